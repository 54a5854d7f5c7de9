//! The question before sessions are ended: whom it hits, when, what follows, why.

use super::{
    board::Board,
    outcome::{Missed, Outcome, end, misses},
    when::When,
};
use crate::{
    api::Api,
    format::{Format, Texts},
    i18n::*,
    ui::{
        dialog::Dialog,
        face::{Wrong, usual},
        field::TextField,
        form::Form,
        icon::{Glyph, Icon},
        toast::Toasts,
    },
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    session::SessionState,
    validate,
    wire::sessions::{EndResult, EndSessions, SessionView},
};

/// Up to so many people are named.
const NAMED: usize = 6;

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
    let (reason, minutes, protected_too) = (RwSignal::new(String::new()), RwSignal::new(0), RwSignal::new(false));
    let hit = Memo::new(move |_| hit(board));
    let protected = Memo::new(move |_| hit.with(|all| all.iter().filter(|session| session.protected).count()));
    let count = Memo::new(move |_| {
        let spared = if protected_too.get() { 0 } else { protected.get() };
        board.targets.with(Vec::len).saturating_sub(spared)
    });
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let text = reason.get_untracked();
        let message = validate::message(Some(&text));
        if count.get_untracked() > 0 && form.begin([("message", message.clone().err())]) {
            let (ids, known) = (board.targets.get_untracked(), hit.get_untracked());
            let how = EndSessions {
                ids: Vec::new(),
                message: message.unwrap_or_default(),
                in_seconds: Some(minutes.get_untracked() * 60).filter(|seconds| *seconds > 0),
                protected_too: protected_too.get_untracked(),
            };
            spawn_local(async move {
                match end(api, &ids, &how).await {
                    Ok(results) => {
                        told(i18n, format, toasts, &results);
                        let failed = misses(&results, &known);
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
            <Whom hit />
            <Show when=move || { protected.get() > 0 }>
                <Protected protected protected_too />
            </Show>
            <When minutes />
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
            <Buttons board form count />
        </form>
    }
}

/// Whose sessions they are, and how many are connected to a customer.
#[component]
fn Whom(
    /// The sessions.
    hit: Memo<Vec<SessionView>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let people = move || {
        let names = hit.with(|all| names(all));
        t_string!(i18n, sessions.end_people, count = names.len(), names = format.names(&names, NAMED))
    };
    let connected = Memo::new(move |_| {
        hit.with(|all| all.iter().filter(|session| session.state == SessionState::Connected).count())
    });
    let connected_text = move || match hit.with(Vec::len) {
        1 => t_string!(i18n, sessions.end_connected_sole).to_owned(),
        _ => t_string!(i18n, sessions.end_connected, count = connected.get()),
    };
    view! {
        <p>{people}</p>
        <Show when=move || { connected.get() > 0 }>
            <p class="note">{connected_text}</p>
        </Show>
    }
}

/// Some are protected: they are spared unless that is ticked.
#[component]
fn Protected(
    /// How many.
    protected: Memo<usize>,
    /// Whether they shall end too.
    protected_too: RwSignal<bool>,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let text = move || {
        let count = protected.get();
        t_string!(i18n, sessions.protected, count = count, n = format.number(count))
    };
    view! {
        <div class="note protected-note">
            <Icon glyph=Glyph::Lock />
            <div>
                <p>{text}</p>
                <label class="check">
                    <input
                        type="checkbox"
                        name="protected_too"
                        prop:checked=move || protected_too.get()
                        on:change=move |event| protected_too.set(event_target_checked(&event))
                    />
                    <span>{t!(i18n, sessions.protected_too)}</span>
                </label>
            </div>
        </div>
    }
}

#[component]
fn Buttons(
    /// The page.
    board: Board,
    /// The form.
    form: Form,
    /// How many sessions will end.
    count: Memo<usize>,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let label = move || match (form.busy(), count.get()) {
        (true, _) => t_string!(i18n, sessions.ending).to_owned(),
        (_, 0) => t_string!(i18n, sessions.end_none).to_owned(),
        (_, count) => t_string!(i18n, sessions.end_confirm, count = count, n = format.number(count)),
    };
    view! {
        <div class="acts">
            <button type="button" class="button" on:click=move |_| board.asking.set(false)>
                {t!(i18n, common.cancel)}
            </button>
            <button
                type="submit"
                class="button danger"
                aria-disabled=move || (form.busy() || count.get() == 0).to_string()
            >
                {label}
            </button>
        </div>
    }
}

/// Says how many ended, and how many will.
fn told(i18n: Texts, format: Format, toasts: Toasts, results: &[EndResult]) {
    let count = |which: fn(&EndResult) -> bool| results.iter().filter(|result| which(result)).count();
    let number = |count: usize| untrack(|| format.number(count));
    let ended = count(|result| result.ended.is_some() && result.refused.is_none());
    if ended > 0 {
        toasts.good(tu_string!(i18n, sessions.end_done, count = ended, n = number(ended)));
    }
    let announced = count(|result| result.ending.is_some());
    if announced > 0 {
        toasts.good(tu_string!(i18n, sessions.end_announced, count = announced, n = number(announced)));
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
