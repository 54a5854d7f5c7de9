//! Dialog to end sessions: affected agents, time, message, and the result.

use super::{
    end_result::{self, EndResultList, NotEnded, end_sessions},
    end_time::EndTimeChoice,
    state::SessionsPageState,
};
use crate::{
    api::Api,
    format::{Format, Texts},
    i18n::*,
    ui::{
        dialog::Dialog,
        error_message::{ErrorMessage, failure_text},
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

/// Maximum number of agents listed by name.
const MAX_LISTED_NAMES: usize = 6;

#[component]
pub fn EndDialog(
    /// Shared state of the page.
    page: SessionsPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let not_ended = RwSignal::new(Vec::<NotEnded>::new());
    Effect::new(move |_| {
        if !page.end_dialog_open.get() {
            not_ended.set(Vec::new());
        }
    });
    let title = move || {
        let count = page.targets.with(Vec::len);
        t_string!(i18n, sessions.end_title, count = count, n = format.number(count))
    };
    view! {
        <Dialog open=page.end_dialog_open title=Signal::derive(title)>
            <Show
                when=move || not_ended.with(Vec::is_empty)
                fallback=move || view! { <EndResultList page not_ended /> }
            >
                <EndForm page not_ended />
            </Show>
        </Dialog>
    }
}

#[component]
fn EndForm(
    /// Shared state of the page.
    page: SessionsPageState,
    /// Receives the sessions that were not ended.
    not_ended: RwSignal<Vec<NotEnded>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (format, api, toasts, form) = (Format::get(), Api::get(), Toasts::get(), Form::default());
    let (reason, minutes, protected_too) = (RwSignal::new(String::new()), RwSignal::new(0), RwSignal::new(false));
    let affected = Memo::new(move |_| affected(page));
    let protected = Memo::new(move |_| affected.with(|all| all.iter().filter(|session| session.protected).count()));
    let count = Memo::new(move |_| {
        let spared = if protected_too.get() { 0 } else { protected.get() };
        page.targets.with(Vec::len).saturating_sub(spared)
    });
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let text = reason.get_untracked();
        let message = validate::message(Some(&text));
        if count.get_untracked() > 0 && form.begin([("message", message.clone().err())]) {
            let (ids, known) = (page.targets.get_untracked(), affected.get_untracked());
            let request = EndSessions {
                ids: Vec::new(),
                message: message.unwrap_or_default(),
                in_seconds: Some(minutes.get_untracked() * 60).filter(|seconds| *seconds > 0),
                protected_too: protected_too.get_untracked(),
            };
            spawn_local(async move {
                match end_sessions(api, &ids, &request).await {
                    Ok(results) => {
                        show_toasts(i18n, format, toasts, &results);
                        let failed = end_result::not_ended(&results, &known);
                        page.selection.update(|selection| selection.clear());
                        form.done();
                        page.end_dialog_open.set(!failed.is_empty());
                        not_ended.set(failed);
                    }
                    Err(failure) => form.failed(failure),
                }
            });
        }
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <AffectedAgents affected />
            <Show when=move || { protected.get() > 0 }>
                <ProtectedNote protected protected_too />
            </Show>
            <EndTimeChoice minutes />
            <TextField
                label=Signal::derive(move || t_string!(i18n, sessions.end_reason).to_owned())
                value=reason
                name="message"
                hint=Signal::derive(move || Some(t_string!(i18n, sessions.end_reason_hint).to_owned()))
                error=form.error("message")
                optional=true
                autofocus=true
            />
            <ErrorMessage text=Signal::derive(move || failure_text(i18n, form.failure())) />
            <Buttons page form count />
        </form>
    }
}

/// Names of the affected agents, and the number of sessions connected to a customer.
#[component]
fn AffectedAgents(
    /// The sessions to be ended.
    affected: Memo<Vec<SessionView>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let people = move || {
        let agent_names = affected.with(|all| agent_names(all));
        t_string!(
            i18n,
            sessions.end_people,
            count = agent_names.len(),
            n = format.number(agent_names.len()),
            names = format.names(&agent_names, MAX_LISTED_NAMES)
        )
    };
    let connected = Memo::new(move |_| {
        affected.with(|all| all.iter().filter(|session| session.state == SessionState::Connected).count())
    });
    let connected_text = move || match affected.with(Vec::len) {
        1 => t_string!(i18n, sessions.end_connected_sole).to_owned(),
        _ => t_string!(i18n, sessions.end_connected, count = connected.get(), n = format.number(connected.get())),
    };
    view! {
        <p>{people}</p>
        <Show when=move || { connected.get() > 0 }>
            <p class="note">{connected_text}</p>
        </Show>
    }
}

/// Note about protected sessions, with a checkbox to include them.
#[component]
fn ProtectedNote(
    /// Number of protected sessions.
    protected: Memo<usize>,
    /// Whether they are ended too.
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
    /// Shared state of the page.
    page: SessionsPageState,
    /// State and errors of the form.
    form: Form,
    /// Number of sessions that will be ended.
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
            <button type="button" class="button" on:click=move |_| page.end_dialog_open.set(false)>
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

/// Shows how many sessions ended or will end.
fn show_toasts(i18n: Texts, format: Format, toasts: Toasts, results: &[EndResult]) {
    let count = |which: fn(&EndResult) -> bool| results.iter().filter(|result| which(result)).count();
    let number = |count: usize| untrack(|| format.number(count));
    let ended = count(|result| result.ended.is_some() && result.refused.is_none());
    if ended > 0 {
        toasts.success(tu_string!(i18n, sessions.end_done, count = ended, n = number(ended)));
    }
    let announced = count(|result| result.ending.is_some());
    if announced > 0 {
        toasts.success(tu_string!(i18n, sessions.end_announced, count = announced, n = number(announced)));
    }
}

/// The sessions to be ended that are still live.
fn affected(page: SessionsPageState) -> Vec<SessionView> {
    page.live
        .state
        .with(|state| page.targets.with(|ids| ids.iter().filter_map(|id| state.sessions.get(id)).cloned().collect()))
}

/// Names of the agents, without duplicates.
fn agent_names(sessions: &[SessionView]) -> Vec<String> {
    let mut seen = std::collections::BTreeSet::new();
    sessions.iter().filter(|s| seen.insert(s.user_id)).map(|s| s.user_name.clone()).collect()
}
