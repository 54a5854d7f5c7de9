//! Table of events, or its empty, loading or error state; and the footer.

use super::{filter::Filter, row::Row, state::AuditPageState};
use crate::{
    api::Failure,
    format::Format,
    i18n::*,
    ui::{
        empty_state::{EmptyState, LoadError, Skeleton},
        icon::Glyph,
    },
};
use leptos::prelude::*;

/// What the list area shows.
#[derive(Clone, Copy, Debug, PartialEq)]
enum TableContent {
    Loading,
    Failed,
    Empty,
    Events,
}

#[component]
pub fn EventTable(
    /// Shared state of the page.
    page: AuditPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let content = Memo::new(move |_| match (page.events.with(Vec::is_empty), page.failure.with(Option::is_some)) {
        (false, _) => TableContent::Events,
        (true, true) => TableContent::Failed,
        (true, false) if page.loading.get() => TableContent::Loading,
        (true, false) => TableContent::Empty,
    });
    let empty = move || {
        view! {
            <EmptyState
                glyph=Glyph::Search
                title=Signal::derive(move || t_string!(i18n, audit.none_title).to_owned())
                text=Signal::derive(move || t_string!(i18n, audit.none_text).to_owned())
            >
                <button
                    type="button"
                    class="button"
                    on:click=move |_| page.update_filter(|filter| *filter = Filter::default())
                >
                    {t!(i18n, common.reset)}
                </button>
            </EmptyState>
        }
    };
    let failed = move || {
        let failure = page.failure.get().unwrap_or(Failure::Unreachable);
        view! { <LoadError failure=Signal::stored(failure) retry=move |()| page.load() /> }
    };
    move || match content.get() {
        TableContent::Loading => view! { <Skeleton rows=8 /> }.into_any(),
        TableContent::Failed => failed().into_any(),
        TableContent::Empty => empty().into_any(),
        TableContent::Events => view! { <EventRows page /> }.into_any(),
    }
}

#[component]
fn EventRows(
    /// Shared state of the page.
    page: AuditPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <table class="audit" aria-busy=move || page.loading.get().to_string()>
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
                <For each=move || page.events.get() key=|event| event.position let:event>
                    <Row page event />
                </For>
            </tbody>
        </table>
    }
}

/// Number of events shown, and a button to load older ones.
#[component]
pub fn TableFooter(
    /// Shared state of the page.
    page: AuditPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let shown = move || {
        let count = page.events.with(Vec::len);
        let more = page.next.with(Option::is_some);
        (count > 0).then(|| {
            let shown = t_string!(i18n, audit.shown, count = count, n = format.number(count));
            if more { shown } else { format!("{shown}. {}", t_string!(i18n, audit.all_shown)) }
        })
    };
    let failed = move || page.failure.get().filter(|_| !page.events.with(Vec::is_empty));
    view! {
        {move || {
            failed().map(|failure| view! { <LoadError failure=Signal::stored(failure) retry=move |()| page.load() /> })
        }}
        <footer class="list-foot">
            <span class="num" role="status">
                {shown}
            </span>
            <Show when=move || page.next.with(Option::is_some)>
                <button
                    type="button"
                    class="button small"
                    aria-disabled=move || page.loading.get().to_string()
                    on:click=move |_| {
                        if !page.loading.get_untracked() {
                            page.load_more();
                        }
                    }
                >
                    {move || {
                        if page.loading.get() { t_string!(i18n, common.loading) } else { t_string!(i18n, audit.more) }
                    }}
                </button>
            </Show>
        </footer>
    }
}
