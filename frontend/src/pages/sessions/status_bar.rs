//! The line above the table: how many sessions it shows, what to do with the selected ones, and what is pending.

use super::state::SessionsPageState;
use crate::{
    format::Format,
    i18n::*,
    text::Text,
    ui::{
        icon::{Glyph, Icon},
        list_layout::LayoutMenu,
        list_status::ListStatus,
        show::Show,
    },
};
use leptos::prelude::*;

/// The line.
#[component]
pub fn StatusBar(
    /// Shared state of the page.
    page: SessionsPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let text = move |_| {
        let (found, total) = (page.found.get(), page.scope_count.get());
        let (shown, all) = (format.number(found), format.number(total));
        match found == total {
            true => t_string!(i18n, sessions.count, count = total, n = all),
            false => t_string!(i18n, sessions.shown, count = total, shown = shown, total = all),
        }
    };
    let selected = Memo::new(move |_| page.selected.with(std::collections::BTreeSet::len));
    let selection = move |_| {
        if page.selects_all_matching() {
            return t_string!(i18n, sessions.selected_matching, n = format.number(page.found.get()));
        }
        let (count, ended) = (selected.get(), page.ended_selected.get());
        let selected = t_string!(i18n, sessions.selected, count = count, n = format.number(count));
        match (page.may_end.get(), count, ended) {
            (false, ..) | (_, 0, 0) => String::new(),
            (_, _, 0) => selected,
            (_, _, ended) => {
                let ended = t_string!(i18n, sessions.selected_ended, count = ended, n = format.number(ended));
                selected + t_string!(i18n, common.dot) + &ended
            }
        }
    };
    view! {
        <ListStatus
            text=Text::derive(text)
            selected=Text::derive(selection)
            actions=move || view! { <SelectionActions page selected /> }
        >
            <PendingButton page />
            <LayoutMenu layout=page.layout />
        </ListStatus>
    }
}

/// Buttons to clear the selection and to end the selected sessions.
#[component]
fn SelectionActions(
    /// Shared state of the page.
    page: SessionsPageState,
    /// The number of selected sessions that can be ended.
    selected: Memo<usize>,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let end = move || match page.selects_all_matching() {
        true => t_string!(i18n, sessions.end_matching).to_owned(),
        false => t_string!(i18n, sessions.end_n, count = selected.get(), n = format.number(selected.get())),
    };
    let can_select_more = Memo::new(move |_| page.can_select_all_matching());
    view! {
        <Show when=move || can_select_more.get()>
            <button type="button" class="button small ghost" on:click=move |_| page.select_all_matching()>
                {move || t_string!(i18n, sessions.select_matching, n = format.number(page.found.get()))}
            </button>
        </Show>
        <button type="button" class="button small ghost" on:click=move |_| page.clear_selection()>
            {t!(i18n, sessions.clear)}
        </button>
        <Show when=move || { selected.get() > 0 }>
            <button type="button" class="button small danger" on:click=move |_| page.ask_to_end_selected()>
                {end}
            </button>
        </Show>
    }
}

/// "3 new, 1 ended": what happened while the rows were held; a click shows it.
#[component]
fn PendingButton(
    /// Shared state of the page.
    page: SessionsPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let pending = page.rows.pending;
    let has_pending = Memo::new(move |_| !pending.get().is_empty());
    let text = move || {
        let pending = pending.get();
        let new = (pending.new > 0)
            .then(|| t_string!(i18n, sessions.pending_new, count = pending.new, n = format.number(pending.new)));
        let ended = (pending.ended > 0)
            .then(|| t_string!(i18n, sessions.pending_ended, count = pending.ended, n = format.number(pending.ended)));
        [new, ended].into_iter().flatten().collect::<Vec<_>>().join(t_string!(i18n, common.listed))
    };
    view! {
        // Announced once, not with every change of the numbers.
        <span class="vh" role="status">
            {move || has_pending.get().then(|| t_string!(i18n, sessions.pending_announcement))}
        </span>
        <Show when=move || has_pending.get()>
            <button
                type="button"
                class="button small pending num"
                title=move || t_string!(i18n, sessions.pending_show)
                on:click=move |_| page.rows.show_pending()
            >
                <Icon glyph=Glyph::Reload />
                {text}
                <span class="vh">": " {t!(i18n, sessions.pending_show)}</span>
            </button>
        </Show>
    }
}
