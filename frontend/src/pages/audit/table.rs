//! Table of events, or its empty, loading or error state; and the foot.

use super::{filter::Filter, row::Row, state::AuditPageState};
use crate::ui::keyed_list::For;
use crate::ui::show::Show;
use crate::{
    format::Format,
    i18n::*,
    text::{Text, text},
    ui::{empty_state::EmptyState, focus::focus_on, icon::Glyph, list_foot::ListFoot, query::Loaded},
};
use leptos::prelude::*;

#[component]
pub fn EventTable(
    /// Shared state of the page.
    page: AuditPageState,
) -> impl IntoView {
    let is_empty = Memo::new(move |_| page.events.items().with(Vec::is_empty));
    view! {
        <Loaded status=page.events.status() rows=8>
            <Show when=move || !is_empty.get() fallback=move || view! { <NoEvents page /> }>
                <EventRows page />
            </Show>
        </Loaded>
    }
}

#[component]
fn NoEvents(
    /// Shared state of the page.
    page: AuditPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let reset = move |_| {
        page.update_filter(|filter| *filter = Filter::default());
        focus_on(".audit-bar select");
    };
    view! {
        <EmptyState glyph=Glyph::Search title=text!(audit.none_title) text=text!(audit.none_text)>
            <button type="button" class="button" on:click=reset>
                {t!(i18n, common.reset)}
            </button>
        </EmptyState>
    }
}

#[component]
fn EventRows(
    /// Shared state of the page.
    page: AuditPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <table class="audit" aria-busy=move || page.events.status().is_loading().to_string()>
            <caption class="vh">{t!(i18n, audit.caption)}</caption>
            <thead>
                <tr>
                    <th scope="col">{t!(i18n, audit.when)}</th>
                    <th scope="col">{t!(i18n, audit.what)}</th>
                    <th scope="col">{t!(i18n, audit.actor)}</th>
                    <th scope="col">{t!(i18n, audit.subject)}</th>
                    <th scope="col">{t!(i18n, audit.address_column)}</th>
                </tr>
            </thead>
            <tbody>
                <For each=move || page.events.items().get() key=|event| event.position let:event>
                    <Row page event />
                </For>
            </tbody>
        </table>
    }
}

/// Number of events shown, and a button to load older ones.
#[component]
pub fn Foot(
    /// Shared state of the page.
    page: AuditPageState,
) -> impl IntoView {
    let format = Format::get();
    let shown = Text::derive(move |locale| {
        let count = page.events.items().with(Vec::len);
        let shown = td_string!(locale, audit.shown, count = count, n = format.number(count));
        match (count, page.events.has_more()) {
            (0, _) => String::new(),
            (_, true) => shown,
            (_, false) => format!("{shown}. {}", td_string!(locale, audit.all_shown)),
        }
    });
    view! { <ListFoot paging=page.events.paging() shown more=text!(audit.more) /> }
}
