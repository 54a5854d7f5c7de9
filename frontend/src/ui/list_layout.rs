//! How a person likes a list: which columns it shows, how dense it is, and its usual order. Kept in this browser, for
//! each person who signs in with it.

use super::{
    icon::{Glyph, Icon},
    keyed_list::For,
    menu::Menu,
    segmented_control::{Segment, SegmentedControl},
};
use crate::{caller::Caller, format::Texts, i18n::*, lazy_view, local_storage, text::text};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A column that can be hidden.
#[derive(Debug)]
pub struct ListColumn {
    /// Its name in style sheets (`.head-device`, `.cell-device`) and in what is kept.
    pub name: &'static str,
    pub label: fn(Texts) -> &'static str,
}

/// What the browser stores for a person.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct KeptLayout {
    hidden: BTreeSet<String>,
    compact: bool,
    /// The usual order, as in the address.
    sort: Option<String>,
}

/// What a person has chosen for a list, and the choice itself.
#[derive(Clone, Copy)]
pub struct ListLayout {
    /// The columns that can be hidden.
    columns: &'static [ListColumn],
    key: StoredValue<String>,
    kept: RwSignal<KeptLayout>,
}

impl ListLayout {
    /// What the signed-in user has kept for the list of this name.
    pub fn load(list: &'static str, columns: &'static [ListColumn]) -> Self {
        let user = Caller::get().me_untracked().map(|me| me.id.to_string()).unwrap_or_default();
        let key = format!("list.{list}.{user}");
        let kept = RwSignal::new(local_storage::get_json(&key).unwrap_or_default());
        Self { columns, key: StoredValue::new(key), kept }
    }

    /// The names of the hidden columns, for `data-hidden`; tracked.
    pub fn hidden(self) -> String {
        self.kept.with(|kept| {
            let hidden = self.columns.iter().map(|column| column.name).filter(|name| kept.hidden.contains(*name));
            hidden.collect::<Vec<_>>().join(" ")
        })
    }

    /// Whether rows are as low as possible; tracked.
    pub fn is_compact(self) -> bool {
        self.kept.with(|kept| kept.compact)
    }

    /// The usual order, as in the address; tracked.
    pub fn sort(self) -> Option<String> {
        self.kept.with(|kept| kept.sort.clone())
    }

    /// Makes this the usual order.
    pub fn keep_sort(self, sort: String) {
        self.change(|kept| kept.sort = Some(sort));
    }

    fn change(self, change: impl FnOnce(&mut KeptLayout)) {
        self.kept.update(change);
        self.key.with_value(|key| self.kept.with_untracked(|kept| local_storage::set_json(key, kept)));
        // Long tables measure their rows again.
        request_animation_frame(|| drop(web_sys::Event::new("resize").map(|event| window().dispatch_event(&event))));
    }
}

/// The button that opens the choice of columns and density, which is downloaded a moment after the page was shown.
#[component]
pub fn LayoutMenu(
    /// The layout of the list.
    layout: ListLayout,
) -> impl IntoView {
    let i18n = use_i18n();
    let choice = lazy_view!(list_layout(layout: ListLayout) { view! { <LayoutChoice layout /> } });
    view! {
        <Menu
            class="button small layout-button"
            trigger=move || {
                view! {
                    {t!(i18n, layout.columns)}
                    <Icon glyph=Glyph::Chevron />
                }
            }
        >
            {choice(layout)}
        </Menu>
    }
}

#[component]
fn LayoutChoice(
    /// The layout of the list.
    layout: ListLayout,
) -> impl IntoView {
    let i18n = use_i18n();
    let segments = move || {
        let one = |value, text: &str| Segment { value, text: text.to_owned(), glyph: None };
        vec![one("comfortable", t_string!(i18n, layout.comfortable)), one("compact", t_string!(i18n, layout.compact))]
    };
    let density = move || if layout.is_compact() { "compact" } else { "comfortable" }.to_owned();
    let choose = move |value: &'static str| layout.change(|kept| kept.compact = value == "compact");
    view! {
        <div class="layout-choice">
            <fieldset>
                <legend>{t!(i18n, layout.shown)}</legend>
                <For each=move || 0..layout.columns.len() key=|index| *index let:index>
                    <ColumnCheckbox layout column=&layout.columns[index] />
                </For>
            </fieldset>
            <SegmentedControl
                label=text!(layout.density)
                segments=Signal::derive(segments)
                value=Signal::derive(density)
                choose
            />
            <button
                type="button"
                class="button small"
                on:click=move |_| layout.change(|kept| *kept = KeptLayout::default())
            >
                {t!(i18n, layout.reset)}
            </button>
        </div>
    }
}

#[component]
fn ColumnCheckbox(
    /// The layout of the list.
    layout: ListLayout,
    /// The column to show or hide.
    column: &'static ListColumn,
) -> impl IntoView {
    let i18n = use_i18n();
    let shown = move || layout.kept.with(|kept| !kept.hidden.contains(column.name));
    let changed = move |event| {
        let is_shown = event_target_checked(&event);
        layout.change(|kept| {
            if is_shown {
                kept.hidden.remove(column.name);
            } else {
                kept.hidden.insert(column.name.to_owned());
            }
        });
    };
    view! {
        <label class="check">
            <input type="checkbox" name=column.name prop:checked=shown on:change=changed />
            <span>{move || (column.label)(i18n)}</span>
        </label>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn what_an_earlier_version_kept_is_still_read() {
        let kept: KeptLayout = serde_json::from_str(r#"{ "hidden": ["device"], "width": 3 }"#).unwrap();
        assert_eq!(kept, KeptLayout { hidden: ["device".to_owned()].into(), ..KeptLayout::default() });
        let text = serde_json::to_string(&kept).unwrap();
        assert_eq!(serde_json::from_str::<KeptLayout>(&text).unwrap(), kept);
    }
}
