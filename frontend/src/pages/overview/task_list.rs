//! What needs action now, each with a link to where it is dealt with.

use super::{
    state::OverviewState,
    task_text::{Urgency, task_text},
};
use crate::{
    format::Format,
    i18n::*,
    ui::{
        icon::{Glyph, Icon},
        keyed_list::For,
        show::Show,
    },
};
use leptos::prelude::*;
use leptos_router::components::A;
use seatkeeper_shared::wire::reports::Task;

/// The tasks, the most urgent first, or that there is nothing to do.
#[component]
pub fn TaskList(
    /// The state of the page.
    page: OverviewState,
) -> impl IntoView {
    let i18n = use_i18n();
    let tasks = Memo::new(move |_| page.overview.with(|overview| overview.tasks.clone()).unwrap_or_default());
    let indexes = move || (0..tasks.with(Vec::len)).collect::<Vec<_>>();
    view! {
        <section class="card tasks" aria-labelledby="tasks-title">
            <h2 id="tasks-title">{t!(i18n, overview.tasks)}</h2>
            <Show
                when=move || !tasks.with(Vec::is_empty)
                fallback=move || view! {
                    <p class="all-well">
                        <Icon glyph=Glyph::Tick />
                        {t!(i18n, overview.no_tasks)}
                    </p>
                }
            >
                <ul class="lines">
                    <For each=indexes key=|index| *index let:index>
                        <TaskRow page task=Memo::new(move |_| tasks.with(|tasks| tasks.get(index).cloned())) />
                    </For>
                </ul>
            </Show>
        </section>
    }
}

#[component]
fn TaskRow(
    /// The state of the page.
    page: OverviewState,
    /// The task; absent once the list has become shorter.
    task: Memo<Option<Task>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let words = Memo::new(move |_| {
        task.with(|task| task.as_ref().map(|task| task_text(page, i18n, format, task))).unwrap_or_default()
    });
    let urgency = Memo::new(move |_| task.with(|task| task.as_ref().map_or(Urgency::Later, Urgency::of)));
    view! {
        <li>
            <span class="task">
                <i class=move || urgency.get().class() aria-hidden="true"></i>
                <span>
                    <span class="vh">{move || urgency.get().label(i18n)} ": "</span>
                    <b>{move || words.with(|words| words.what.clone())}</b>
                    <small>{move || words.with(|words| words.more.clone())}</small>
                </span>
            </span>
            <A href=move || words.with(|words| words.path.clone()) attr:class="button small">
                {move || words.with(|words| words.act.clone())}
                <span class="vh">": " {move || words.with(|words| words.what.clone())}</span>
            </A>
        </li>
    }
}
