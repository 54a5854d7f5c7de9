//! The list of keyboard shortcuts.

use crate::{
    caller::Caller,
    format::Texts,
    i18n::*,
    local_storage,
    shell::{
        nav::NavPage,
        overlay::OverlayDialog,
        shortcuts::{PAGE_KEYS, STORAGE_KEY, are_enabled},
    },
    ui::keyed_list::For,
};
use leptos::prelude::*;

/// The keys of a shortcut, and what it does.
type Line = (&'static [&'static str], fn(Texts) -> &'static str);

const EVERYWHERE: [Line; 3] = [
    (&["Ctrl", "K"], |i18n| t_string!(i18n, palette.open)),
    (&["/"], |i18n| t_string!(i18n, palette.key_search)),
    (&["?"], |i18n| t_string!(i18n, palette.shortcuts)),
];

const LISTS: [Line; 4] = [
    (&["J", "K"], |i18n| t_string!(i18n, palette.key_rows)),
    (&["X"], |i18n| t_string!(i18n, palette.key_select)),
    (&["Enter"], |i18n| t_string!(i18n, palette.key_enter)),
    (&["E"], |i18n| t_string!(i18n, palette.key_end)),
];

/// The dialog with the shortcuts, and the setting that turns off those of single characters.
#[component]
pub fn ShortcutList() -> impl IntoView {
    let i18n = use_i18n();
    let caller = Caller::get();
    let pages = move || {
        let allowed = PAGE_KEYS.into_iter().filter(|(_, page)| caller.may(page.required_action()));
        allowed.collect::<Vec<(&str, NavPage)>>()
    };
    let lines = move |lines: &'static [Line]| {
        lines.iter().map(|(keys, text)| view! { <ShortcutLine keys=keys.to_vec() text=text(i18n) /> }).collect_view()
    };
    view! {
        <OverlayDialog class="dialog shortcuts" labelled_by="shortcuts-title">
            <div class="form">
                <h2 id="shortcuts-title">{t!(i18n, palette.shortcuts)}</h2>
                <dl class="shortcut-list">
                    {lines(&EVERYWHERE)}
                    <For each=pages key=|(key, _)| *key let:page>
                        <ShortcutLine keys=vec!["G", page.0] text=page.1.label(i18n) />
                    </For>
                    {lines(&LISTS)}
                </dl>
                <KeysSetting />
                <form method="dialog" class="acts">
                    <button class="button primary">{t!(i18n, common.done)}</button>
                </form>
            </div>
        </OverlayDialog>
    }
}

#[component]
fn ShortcutLine(
    /// The keys, one after the other.
    keys: Vec<&'static str>,
    /// What they do.
    text: &'static str,
) -> impl IntoView {
    view! {
        <div>
            <dt>{keys.into_iter().map(|key| view! { <kbd>{key}</kbd> }).collect_view()}</dt>
            <dd>{text}</dd>
        </div>
    }
}

#[component]
fn KeysSetting() -> impl IntoView {
    let i18n = use_i18n();
    let changed = move |event| {
        let value = if event_target_checked(&event) { "on" } else { "off" };
        local_storage::set(STORAGE_KEY, value);
    };
    view! {
        <label class="check">
            <input type="checkbox" prop:checked=are_enabled() on:change=changed />
            <span>{t!(i18n, palette.keys_on)}</span>
        </label>
    }
}
