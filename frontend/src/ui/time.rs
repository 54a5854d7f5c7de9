//! A time as people say it ("vor 7 min"), with the exact one, with seconds and zone, under the pointer and at the focus
//! of the keyboard.

use crate::{clock::millis, format::Format, i18n::*};
use chrono::{DateTime, Utc};
use leptos::{ev, html::Div, prelude::*};
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{DomRect, Element, EventTarget};

const TIP_ID: &str = "time-tip";
/// What a pixel is left between the tip and the edge of the window.
const EDGE_PX: f64 = 8.0;

/// A time. It can be focused, unless it is in a row of a table, whose times are told together when the row has the
/// focus.
#[component]
pub fn Time(
    /// The time.
    #[prop(into)]
    at: Signal<DateTime<Utc>>,
    /// Whether it is in a row of a table.
    #[prop(optional)]
    in_row: bool,
    /// How people say it.
    children: Children,
) -> impl IntoView {
    view! {
        <time datetime=move || machine_readable(at.get()) tabindex=(!in_row).then_some("0")>
            {children()}
        </time>
    }
}

fn machine_readable(at: DateTime<Utc>) -> String {
    js_sys::Date::new(&JsValue::from_f64(millis(at))).to_iso_string().into()
}

/// The exact times of an element.
#[derive(Clone, Debug, PartialEq)]
struct Tip {
    /// Each with the title of its column, in a table.
    times: Vec<(Option<String>, DateTime<Utc>)>,
    /// Whether the focus asks for it, and not the pointer.
    by_focus: bool,
    /// The element that it explains.
    of: Element,
    /// The time beside which it is shown.
    beside: Element,
}

impl Tip {
    fn at_pointer(target: &Element) -> Option<Self> {
        let time = target.closest("time").ok().flatten()?;
        let of_cell = in_column(&time).then(|| column_title(&time)).flatten();
        Some(Self { times: vec![(of_cell, parsed(&time)?)], by_focus: false, of: time.clone(), beside: time })
    }

    /// At the focus of the keyboard: on a time, or anywhere in a row with times.
    fn at_focus(target: &Element) -> Option<Self> {
        if !target.matches(":focus-visible").unwrap_or_default() {
            return None;
        }
        if target.matches("time").unwrap_or_default() {
            return Self::at_pointer(target).map(|tip| Self { by_focus: true, ..tip });
        }
        let row = target.closest("tbody tr").ok().flatten()?;
        let found = row.query_selector_all("time").ok()?;
        let found: Vec<Element> = (0..found.length()).filter_map(|index| found.get(index)?.dyn_into().ok()).collect();
        let is_shown = |time: &&Element| time.get_bounding_client_rect().width() > 0.0;
        let shown: Vec<_> = found.iter().filter(is_shown).collect();
        let times: Vec<_> = shown.iter().filter_map(|time| Some((column_title(time), parsed(time)?))).collect();
        let beside = (*shown.first()?).clone();
        (!times.is_empty()).then(|| Self { times, by_focus: true, of: target.clone(), beside })
    }

    /// The place of the tip, from the left and the top of the window: below, or above if there is no room.
    fn place(&self, tip: &DomRect, (width, height): (f64, f64)) -> (f64, f64) {
        let (time, of) = (self.beside.get_bounding_client_rect(), self.of.get_bounding_client_rect());
        let row = self.of.closest("tr").ok().flatten().map(|row| row.get_bounding_client_rect());
        let around = row.filter(|_| self.by_focus).unwrap_or(of);
        let left = time.left().min(width - tip.width() - EDGE_PX).max(EDGE_PX);
        let below = around.bottom();
        let top = if below + tip.height() > height { around.top() - tip.height() } else { below };
        (left, top.max(0.0))
    }
}

fn parsed(time: &Element) -> Option<DateTime<Utc>> {
    time.get_attribute("datetime")?.parse().ok()
}

fn in_column(time: &Element) -> bool {
    time.closest("tbody td").ok().flatten().is_some()
}

/// The title of the column that the time is in.
fn column_title(time: &Element) -> Option<String> {
    let cell = time.closest("td, th").ok().flatten()?;
    let cells = cell.parent_element()?.children();
    let index = (0..cells.length()).find(|index| cells.item(*index).as_ref() == Some(&cell))?;
    let head = cell.closest("table").ok().flatten()?.query_selector("thead tr").ok().flatten()?;
    head.children().item(index)?.text_content().map(|text| text.trim().to_owned())
}

/// The place of the exact times; exists once, in the layout. Escape hides it.
#[component]
pub fn TimeTip() -> impl IntoView {
    let i18n = use_i18n();
    let (format, node) = (Format::get(), NodeRef::<Div>::new());
    let tip = RwSignal::new_local(None::<Tip>);
    let handles = [
        window_event_listener(ev::pointerover, move |event| {
            if let Some(target) = element(event.target())
                && target.closest(&format!("#{TIP_ID}")).ok().flatten().is_none()
            {
                show_pointed(tip, Tip::at_pointer(&target));
            }
        }),
        window_event_listener(ev::focusin, move |event| {
            show(tip, element(event.target()).and_then(|target| Tip::at_focus(&target)));
        }),
        window_event_listener(ev::focusout, move |_| show(tip, None)),
    ];
    // Moving to a row scrolls to it.
    let scroll = window_event_listener(ev::scroll, move |_| match tip.get_untracked() {
        Some(shown) if shown.by_focus => {
            if let Some(node) = node.get_untracked() {
                place(&node, Some(&shown));
            }
        }
        _ => show(tip, None),
    });
    let escape = window_event_listener(ev::keydown, move |event| {
        if event.key() == "Escape" {
            show(tip, None);
        }
    });
    on_cleanup(move || {
        handles.into_iter().for_each(|handle| handle.remove());
        scroll.remove();
        escape.remove();
    });
    let described = StoredValue::new_local(None::<Tip>);
    Effect::new(move |_| {
        let now = tip.get();
        described.update_value(|before| {
            describe(before.as_ref(), now.as_ref());
            *before = now.clone();
        });
        if let Some(node) = node.get() {
            // The new text has to be in the page before it is measured.
            request_animation_frame(move || place(&node, tip.try_get_untracked().flatten().as_ref()));
        }
    });
    let lines = move || {
        let line = |(title, at): &(Option<String>, DateTime<Utc>)| {
            let exact = format.exact(*at);
            let title = title.as_ref().filter(|title| !title.is_empty());
            let text =
                title.map(|title| t_string!(i18n, time.of_column, column = title.as_str(), time = exact.clone()));
            view! { <span>{text.unwrap_or(exact)}</span> }
        };
        tip.with(|tip| tip.iter().flat_map(|tip| &tip.times).map(line).collect_view())
    };
    view! {
        <div id=TIP_ID role="tooltip" class="time-tip num" popover="manual" node_ref=node>
            {lines}
        </div>
    }
}

fn element(target: Option<EventTarget>) -> Option<Element> {
    target?.dyn_into().ok()
}

/// The pointer does not hide what the focus asks for.
fn show_pointed(tip: RwSignal<Option<Tip>, LocalStorage>, now: Option<Tip>) {
    let keeps = now.is_none() && tip.with_untracked(|before| before.as_ref().is_some_and(|before| before.by_focus));
    if !keeps {
        show(tip, now);
    }
}

fn show(tip: RwSignal<Option<Tip>, LocalStorage>, now: Option<Tip>) {
    if tip.with_untracked(|before| *before != now) {
        tip.set(now);
    }
}

/// Tells screen readers of the tip at the focus.
fn describe(before: Option<&Tip>, now: Option<&Tip>) {
    if let Some(before) = before.filter(|tip| tip.of.get_attribute("aria-describedby").as_deref() == Some(TIP_ID)) {
        // Fails only for invalid names.
        let _ = before.of.remove_attribute("aria-describedby");
    }
    if let Some(now) = now.filter(|tip| tip.by_focus && !tip.of.has_attribute("aria-describedby")) {
        let _ = now.of.set_attribute("aria-describedby", TIP_ID);
    }
}

fn place(node: &web_sys::HtmlDivElement, tip: Option<&Tip>) {
    // Showing and hiding fail only if it is shown or hidden already.
    let Some(tip) = tip else {
        let _ = node.hide_popover();
        return;
    };
    let _ = node.show_popover();
    let size = |of: Result<JsValue, JsValue>| of.ok().and_then(|size| size.as_f64()).unwrap_or_default();
    let window_size = (size(window().inner_width()), size(window().inner_height()));
    let (left, top) = tip.place(&node.get_bounding_client_rect(), window_size);
    let style = web_sys::HtmlElement::style(node);
    // Fails only for invalid properties.
    let _ = style.set_property("left", &format!("{left}px"));
    let _ = style.set_property("top", &format!("{top}px"));
}
