//! The command palette: a field that finds pages, people, licenses and groups, and carries out actions, by keyboard.
//!
//! Choosing an entry opens an address. An action is one, too: `/users?do=add` opens the dialog of the users page (see
//! `ui/address_action.rs`). An action on something, such as ending a session, first asks of what.

mod entry;
pub mod shortcut_list;
mod sources;
mod step;

use crate::{
    caller::Caller,
    i18n::*,
    shell::overlay::OverlayDialog,
    ui::{
        icon::{Glyph, Icon},
        keyed_list::For,
        show::Show,
    },
};
use entry::{Entry, EntryGroup, Target, address_here};
use leptos::{ev, prelude::*};
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate},
};
use sources::Sources;
use step::Step;
use wasm_bindgen::JsCast as _;

/// The state of the open palette.
#[derive(Clone, Copy)]
struct PaletteState {
    /// What has been typed.
    q: RwSignal<String>,
    step: RwSignal<Step>,
    entries: Memo<Vec<Entry>>,
    /// The index of the entry that Enter chooses.
    active: RwSignal<usize>,
    /// Whether Enter was pressed before anything was found: then the first entry is chosen when it is there.
    is_chosen_when_found: RwSignal<bool>,
    sources: Sources,
    choose: Callback<Entry>,
}

impl PaletteState {
    fn new() -> Self {
        let (q, step, active) = (RwSignal::new(String::new()), RwSignal::new(Step::Anything), RwSignal::new(0));
        let sources = Sources::new(q, step);
        let (caller, i18n) = (Caller::get(), use_i18n());
        let (navigate, location) = (use_navigate(), use_location());
        let path = location.pathname;
        let entries =
            Memo::new(move |_| q.with(|q| path.with(|path| sources.entries(i18n, caller, step.get(), q, path))));
        let choose = Callback::new(move |entry: Entry| match entry.target {
            Target::Step(next) => {
                step.set(next);
                q.set(String::new());
                active.set(0);
            }
            Target::Address(address) => {
                close_dialog();
                let here = untrack(|| (location.pathname.get(), location.query.get()));
                navigate(&address_here(&address, &here.0, &here.1), NavigateOptions::default());
            }
        });
        let is_chosen_when_found = RwSignal::new(false);
        let palette = Self { q, step, entries, active, is_chosen_when_found, sources, choose };
        Effect::new(move |_| {
            if is_chosen_when_found.get() && !sources.is_loading() {
                entries.track();
                is_chosen_when_found.set(false);
                palette.choose_active();
            }
        });
        palette
    }

    fn set_text(self, text: String) {
        self.is_chosen_when_found.set(false);
        self.q.set(text);
        self.active.set(0);
    }

    /// Moves to another entry; from the last one to the first, and back.
    fn move_by(self, step: isize) {
        let count = self.entries.with_untracked(Vec::len);
        if count > 0 {
            self.active.update(|active| {
                let moved = isize::try_from(*active).unwrap_or_default() + step;
                *active = usize::try_from(moved.rem_euclid(isize::try_from(count).unwrap_or(isize::MAX))).unwrap_or(0);
            });
            show_active_option();
        }
    }

    fn choose_active(self) {
        let active = self.active.get_untracked();
        if self.entries.with_untracked(Vec::is_empty) && untrack(|| self.sources.is_loading()) {
            self.is_chosen_when_found.set(true);
        } else if let Some(entry) = self.entries.with_untracked(|entries| entries.get(active).cloned()) {
            self.choose.run(entry);
        }
    }

    /// Handles a key; returns whether it did.
    fn press(self, event: &ev::KeyboardEvent) -> bool {
        let is_empty = self.q.with_untracked(String::is_empty);
        match event.key().as_str() {
            "ArrowDown" => self.move_by(1),
            "ArrowUp" => self.move_by(-1),
            "Enter" if !event.is_composing() => self.choose_active(),
            "Backspace" if is_empty && self.step.get_untracked() != Step::Anything => self.step.set(Step::Anything),
            _ => return false,
        }
        true
    }
}

/// The dialog, which exists while it is open.
#[component]
pub fn CommandPalette() -> impl IntoView {
    let i18n = use_i18n();
    let palette = PaletteState::new();
    view! {
        <OverlayDialog class="dialog palette" labelled_by="palette-title">
            <h2 id="palette-title" class="vh">
                {t!(i18n, palette.open)}
            </h2>
            <PaletteField palette />
            <Options palette />
            <p class="palette-foot">
                <span><kbd>"↑"</kbd><kbd>"↓"</kbd>{t!(i18n, palette.key_move)}</span>
                <span><kbd>"Enter"</kbd>{t!(i18n, palette.key_choose)}</span>
                <span><kbd>"Esc"</kbd>{t!(i18n, palette.key_close)}</span>
            </p>
        </OverlayDialog>
    }
}

#[component]
fn PaletteField(
    /// The state of the palette.
    palette: PaletteState,
) -> impl IntoView {
    let i18n = use_i18n();
    let has_step = Memo::new(move |_| palette.step.get() != Step::Anything);
    let active_option = move || {
        let count = palette.entries.with(Vec::len);
        (count > 0).then(|| option_id(palette.active.get().min(count - 1)))
    };
    let pressed = move |event: ev::KeyboardEvent| {
        if palette.press(&event) {
            event.prevent_default();
        }
    };
    view! {
        <div class="palette-field">
            <Icon glyph=Glyph::Search />
            <Show when=move || has_step.get()>
                <span class="chip">{move || palette.step.get().label(i18n)}</span>
            </Show>
            <input
                type="text"
                role="combobox"
                aria-expanded="true"
                aria-controls="palette-options"
                aria-activedescendant=active_option
                aria-label=move || palette.step.get().prompt(i18n)
                placeholder=move || palette.step.get().prompt(i18n)
                autocomplete="off"
                spellcheck="false"
                autofocus
                prop:value=move || palette.q.get()
                on:input=move |event| palette.set_text(event_target_value(&event))
                on:keydown=pressed
            />
        </div>
    }
}

#[component]
fn Options(
    /// The state of the palette.
    palette: PaletteState,
) -> impl IntoView {
    let i18n = use_i18n();
    let groups = move || palette.entries.with(|entries| in_groups(entries));
    let is_empty = Memo::new(move |_| palette.entries.with(Vec::is_empty));
    let said = move || match is_empty.get() {
        true if palette.sources.is_loading() => t_string!(i18n, common.loading).to_owned(),
        true => t_string!(i18n, palette.nothing).to_owned(),
        false => {
            let count = palette.entries.with(Vec::len);
            t_string!(i18n, palette.found, count = count)
        }
    };
    view! {
        <div id="palette-options" class="palette-options" role="listbox" aria-labelledby="palette-title">
            <For each=groups key=Clone::clone let:group>
                <OptionGroup palette group=group.0 entries=group.1 />
            </For>
        </div>
        <p class="palette-said" class:vh=move || !is_empty.get() role="status">
            {said}
        </p>
    }
}

/// Entries of one group, each with its place in the list.
type EntriesOfGroup = (EntryGroup, Vec<(usize, Entry)>);

fn in_groups(entries: &[Entry]) -> Vec<EntriesOfGroup> {
    let numbered: Vec<_> = entries.iter().cloned().enumerate().collect();
    let groups = numbered.chunk_by(|one, next| one.1.group == next.1.group);
    groups.filter_map(|group| Some((group.first()?.1.group, group.to_vec()))).collect()
}

#[component]
fn OptionGroup(
    /// The state of the palette.
    palette: PaletteState,
    /// What the entries are.
    group: EntryGroup,
    /// The entries with their places in the list.
    entries: Vec<(usize, Entry)>,
) -> impl IntoView {
    let i18n = use_i18n();
    let options = entries.into_iter().map(|(index, entry)| view! { <EntryOption palette index entry /> });
    view! {
        <div role="group" aria-label=move || group.label(i18n)>
            <div class="palette-group" aria-hidden="true">
                {move || group.label(i18n)}
            </div>
            {options.collect_view()}
        </div>
    }
}

#[component]
fn EntryOption(
    /// The state of the palette.
    palette: PaletteState,
    /// Its place in the list.
    index: usize,
    /// What it shows and does.
    entry: Entry,
) -> impl IntoView {
    let (glyph, label, detail) = (entry.glyph, entry.label.clone(), entry.detail.clone());
    let is_active = move || palette.active.get() == index;
    view! {
        <div
            id=option_id(index)
            class="palette-option"
            role="option"
            aria-selected=move || is_active().to_string()
            // The field keeps the focus.
            on:mousedown=move |event| event.prevent_default()
            on:click=move |_| palette.choose.run(entry.clone())
            on:pointermove=move |_| {
                if palette.active.get_untracked() != index {
                    palette.active.set(index);
                }
            }
        >
            <Icon glyph />
            <span class="palette-label">{label}</span>
            <small>{detail}</small>
        </div>
    }
}

fn option_id(index: usize) -> String {
    format!("palette-option-{index}")
}

/// Scrolls to the active option, which is marked in the next frame.
fn show_active_option() {
    request_animation_frame(|| {
        if let Ok(Some(option)) = document().query_selector(".palette-option[aria-selected=true]") {
            let options = web_sys::ScrollIntoViewOptions::new();
            options.set_block(web_sys::ScrollLogicalPosition::Nearest);
            option.scroll_into_view_with_scroll_into_view_options(&options);
        }
    });
}

/// Closes the dialog as Escape does: the browser returns the focus first.
fn close_dialog() {
    let dialog = document().query_selector("dialog.palette[open]").ok().flatten();
    if let Some(dialog) = dialog.and_then(|dialog| dialog.dyn_into::<web_sys::HtmlDialogElement>().ok()) {
        dialog.close();
    }
}
