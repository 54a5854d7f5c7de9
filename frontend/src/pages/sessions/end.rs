//! The question before sessions are ended: whom it hits, what follows, why; and what came of it.

use super::board::Board;
use crate::{
    api::{Api, Failure},
    format::Format,
    i18n::*,
    ui::{
        dialog::Dialog,
        face::{Wrong, usual},
        field::TextField,
        form::Form,
        toast::Toasts,
    },
    words,
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    ids::SessionId,
    problem::{Code, End},
    session::SessionState,
    validate::{self, MAX_BULK},
    wire::sessions::{EndResult, EndResults, EndSessions, SessionView},
};

/// Up to so many people are named.
const NAMED: usize = 6;

/// A session that was not ended by us.
#[derive(Clone, Debug, PartialEq)]
struct Missed {
    name: String,
    ended: Option<End>,
    refused: Code,
}

/// The question.
#[component]
pub fn EndDialog(
    /// The page.
    board: Board,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let missed = RwSignal::new(Vec::<Missed>::new());
    Effect::new(move |_| {
        if !board.asking.get() {
            missed.set(Vec::new());
        }
    });
    let title = move || {
        let count = board.targets.with(Vec::len);
        t_string!(i18n, sessions.end_title, count = count, n = format.number(count))
    };
    view! {
        <Dialog open=board.asking title=Signal::derive(title)>
            <Show when=move || missed.with(Vec::is_empty) fallback=move || view! { <Outcome board missed /> }>
                <Question board missed />
            </Show>
        </Dialog>
    }
}

#[component]
fn Question(
    /// The page.
    board: Board,
    /// Where to put what was not ended by us.
    missed: RwSignal<Vec<Missed>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (format, api, toasts, form) = (Format::get(), Api::get(), Toasts::get(), Form::default());
    let reason = RwSignal::new(String::new());
    let hit = Memo::new(move |_| hit(board));
    let people = move || {
        let names = hit.with(|all| names(all));
        t_string!(i18n, sessions.end_people, count = names.len(), names = format.names(&names, NAMED))
    };
    let connected = move || hit.with(|all| all.iter().filter(|s| s.state == SessionState::Connected).count());
    let count = board.targets.with_untracked(Vec::len);
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let text = reason.get_untracked();
        let message = validate::message(Some(&text));
        if form.begin([("message", message.clone().err())]) {
            let (ids, known) = (board.targets.get_untracked(), hit.get_untracked());
            spawn_local(async move {
                match end(api, &ids, message.unwrap_or_default()).await {
                    Ok(results) => {
                        let failed = misses(&results, &known);
                        let done = results.len() - failed.len();
                        if done > 0 {
                            let n = untrack(|| format.number(done));
                            toasts.good(tu_string!(i18n, sessions.end_done, count = done, n = n));
                        }
                        board.selection.update(|selection| selection.clear());
                        form.done();
                        board.asking.set(!failed.is_empty());
                        missed.set(failed);
                    }
                    Err(failure) => form.failed(failure),
                }
            });
        }
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <p>{people}</p>
            {move || {
                (connected() > 0)
                    .then(|| {
                        let text = if count == 1 {
                            t_string!(i18n, sessions.end_connected_sole).to_owned()
                        } else {
                            t_string!(i18n, sessions.end_connected, count = connected())
                        };
                        view! { <p class="note">{text}</p> }
                    })
            }}
            <p class="muted">{t!(i18n, sessions.end_follows)}</p>
            <TextField
                label=Signal::derive(move || t_string!(i18n, sessions.end_reason).to_owned())
                value=reason
                name="message"
                hint=Signal::derive(move || Some(t_string!(i18n, sessions.end_reason_hint).to_owned()))
                error=form.error("message")
                optional=true
                first=true
            />
            <Wrong text=Signal::derive(move || usual(i18n, form.failure())) />
            <div class="acts">
                <button type="button" class="button" on:click=move |_| board.asking.set(false)>
                    {t!(i18n, common.cancel)}
                </button>
                <button type="submit" class="button danger" aria-disabled=move || form.busy().to_string()>
                    {move || {
                        if form.busy() {
                            t_string!(i18n, sessions.ending).to_owned()
                        } else {
                            t_string!(i18n, sessions.end_confirm, count = count, n = format.number(count))
                        }
                    }}
                </button>
            </div>
        </form>
    }
}

/// What was not ended by us, and why.
#[component]
fn Outcome(
    /// The page.
    board: Board,
    /// What was not ended by us.
    missed: RwSignal<Vec<Missed>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let why = move |one: &Missed| match &one.ended {
        Some(end) => t_string!(i18n, sessions.was_ended, how = words::how(i18n, end)),
        None if one.refused == Code::NotFound => t_string!(i18n, sessions.was_gone).to_owned(),
        None => words::problem(i18n, one.refused).to_owned(),
    };
    let line = move |one: Missed| {
        let text = why(&one);
        view! {
            <li>
                <b>{one.name}</b>
                " "
                <span class="muted">{text}</span>
            </li>
        }
    };
    view! {
        <div class="form">
            <p>{move || t_string!(i18n, sessions.end_failed, count = missed.with(Vec::len))}</p>
            <ul class="results">{move || missed.get().into_iter().map(line).collect_view()}</ul>
            <div class="acts">
                <button type="button" class="button primary" autofocus on:click=move |_| board.asking.set(false)>
                    {t!(i18n, common.done)}
                </button>
            </div>
        </div>
    }
}

/// The sessions that are about to be ended and still live.
fn hit(board: Board) -> Vec<SessionView> {
    board
        .live
        .state
        .with(|state| board.targets.with(|ids| ids.iter().filter_map(|id| state.sessions.get(id)).cloned().collect()))
}

/// Whose they are, each person once.
fn names(sessions: &[SessionView]) -> Vec<String> {
    let mut seen = std::collections::BTreeSet::new();
    sessions.iter().filter(|s| seen.insert(s.user_id)).map(|s| s.user_name.clone()).collect()
}

async fn end(api: Api, ids: &[SessionId], message: Option<String>) -> Result<Vec<EndResult>, Failure> {
    let mut results = Vec::with_capacity(ids.len());
    for some in ids.chunks(MAX_BULK) {
        let body = EndSessions { ids: some.to_vec(), message: message.clone(), in_seconds: None, protected_too: false };
        results.extend(api.post::<EndResults>("/sessions/end", &body).await?.results);
    }
    Ok(results)
}

fn misses(results: &[EndResult], known: &[SessionView]) -> Vec<Missed> {
    let name = |id| known.iter().find(|s| s.id == id).map(|s| s.user_name.clone()).unwrap_or_default();
    let missed = |result: &EndResult| {
        Some(Missed { name: name(result.id), ended: result.ended.clone(), refused: result.refused? })
    };
    results.iter().filter_map(missed).collect()
}
