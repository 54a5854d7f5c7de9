//! The table of entries, or why there is none; how many are shown, and more.

use super::{desk::Desk, filter::Filter, row::Row};
use crate::{
    api::Failure,
    format::Format,
    i18n::*,
    ui::{
        face::{Empty, Failed, Skeleton},
        icon::Glyph,
    },
};
use leptos::prelude::*;

/// What the list shows.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Face {
    Loading,
    Failed,
    Nothing,
    Some,
}

/// The table, or why there is none.
#[component]
pub fn Table(
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let face = Memo::new(move |_| match (desk.events.with(Vec::is_empty), desk.failure.with(Option::is_some)) {
        (false, _) => Face::Some,
        (true, true) => Face::Failed,
        (true, false) if desk.loading.get() => Face::Loading,
        (true, false) => Face::Nothing,
    });
    let nothing = move || {
        view! {
            <Empty
                glyph=Glyph::Search
                title=Signal::derive(move || t_string!(i18n, audit.none_title).to_owned())
                text=Signal::derive(move || t_string!(i18n, audit.none_text).to_owned())
            >
                <button type="button" class="button" on:click=move |_| desk.narrow(|filter| *filter = Filter::default())>
                    {t!(i18n, common.reset)}
                </button>
            </Empty>
        }
    };
    let failed = move || {
        let failure = desk.failure.get().unwrap_or(Failure::Unreachable);
        view! { <Failed failure=Signal::stored(failure) retry=move |()| desk.load() /> }
    };
    move || match face.get() {
        Face::Loading => view! { <Skeleton rows=8 /> }.into_any(),
        Face::Failed => failed().into_any(),
        Face::Nothing => nothing().into_any(),
        Face::Some => view! { <Rows desk /> }.into_any(),
    }
}

#[component]
fn Rows(
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <table class="audit" aria-busy=move || desk.loading.get().to_string()>
            <caption class="vh">{t!(i18n, audit.caption)}</caption>
            <thead>
                <tr>
                    <th scope="col">{t!(i18n, audit.when)}</th>
                    <th scope="col">{t!(i18n, audit.what)}</th>
                    <th scope="col">{t!(i18n, audit.who)}</th>
                    <th scope="col">{t!(i18n, audit.whom)}</th>
                    <th scope="col">{t!(i18n, audit.whence)}</th>
                </tr>
            </thead>
            <tbody>
                <For each=move || desk.events.get() key=|event| event.position let:event>
                    <Row desk event />
                </For>
            </tbody>
        </table>
    }
}

/// How many are listed, and older ones.
#[component]
pub fn Foot(
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let shown = move || {
        let count = desk.events.with(Vec::len);
        let more = desk.next.with(Option::is_some);
        (count > 0).then(|| {
            let shown = t_string!(i18n, audit.shown, count = count, n = format.number(count));
            if more { shown } else { format!("{shown}. {}", t_string!(i18n, audit.all_shown)) }
        })
    };
    let failed = move || desk.failure.get().filter(|_| !desk.events.with(Vec::is_empty));
    view! {
        {move || failed().map(|failure| view! { <Failed failure=Signal::stored(failure) retry=move |()| desk.load() /> })}
        <footer class="list-foot">
            <span class="num" role="status">
                {shown}
            </span>
            <Show when=move || desk.next.with(Option::is_some)>
                <button
                    type="button"
                    class="button small"
                    aria-disabled=move || desk.loading.get().to_string()
                    on:click=move |_| {
                        if !desk.loading.get_untracked() {
                            desk.more();
                        }
                    }
                >
                    {move || {
                        if desk.loading.get() { t_string!(i18n, common.loading) } else { t_string!(i18n, audit.more) }
                    }}
                </button>
            </Show>
        </footer>
    }
}
