//! Dialog to end sessions: affected agents, time and message.

use super::{
    end_result::{self, NotEndedSessions, end_sessions},
    end_time::EndTimeChoice,
    state::SessionsPageState,
};
use crate::{
    api::Api,
    format::{Format, Texts},
    i18n::*,
    text::{Text, text},
    ui::{
        checkbox::Checkbox,
        field::TextField,
        form::Form,
        form_dialog::{Dialogs, FormDialog},
        icon::{Glyph, Icon},
        show::Show,
        toast::Toasts,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{
    ids::SessionId,
    session::SessionState,
    validate,
    wire::sessions::{EndResult, EndSessions, SessionView},
};
use std::collections::BTreeSet;

/// Maximum number of agents listed by name.
const MAX_LISTED_NAMES: usize = 6;

#[component]
pub fn EndDialog(
    /// Shared state of the page.
    page: SessionsPageState,
    /// The sessions to end.
    targets: Vec<SessionId>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (format, api, toasts, dialogs) = (Format::get(), Api::get(), Toasts::get(), Dialogs::get());
    let (form, total, targets) = (Form::default(), targets.len(), StoredValue::new(targets));
    let (reason, minutes, protected_too) = (RwSignal::new(String::new()), RwSignal::new(0), RwSignal::new(false));
    let affected = Memo::new(move |_| targets.with_value(|ids| live_sessions(page, ids)));
    let protected = Memo::new(move |_| affected.with(|all| all.iter().filter(|session| session.protected).count()));
    let count = Memo::new(move |_| total.saturating_sub(if protected_too.get() { 0 } else { protected.get() }));
    let submit = move |()| {
        let (ids, known) = (targets.get_value(), affected.get_untracked());
        let text = reason.get_untracked();
        let message = validate::message(Some(&text));
        let request = EndSessions {
            ids: Vec::new(),
            message: message.clone().unwrap_or_default(),
            in_seconds: Some(minutes.get_untracked() * 60).filter(|seconds| *seconds > 0),
            protected_too: protected_too.get_untracked(),
        };
        form.run([("message", message.err())], end_sessions(api, ids, request), move |results| {
            show_toasts(i18n, format, toasts, &results);
            page.forget_ended(&results);
            match end_result::not_ended(&results, &known) {
                none if none.is_empty() => dialogs.close_if(form),
                failed if form.is_open() => dialogs.open(move || view! { <NotEndedSessions failed=failed.clone() /> }),
                _ => {}
            }
        });
    };
    view! {
        <FormDialog
            scope="sessions-page"
            title=title(format, affected, total)
            form
            submit
            danger=true
            confirm=confirm_label(format, form, count)
            blocked=Signal::derive(move || count.get() == 0)
        >
            <AffectedAgents affected />
            <ProtectedNote protected protected_too />
            <EndTimeChoice minutes />
            <TextField
                label=text!(sessions.end_reason)
                value=reason
                name="message"
                hint=text!(sessions.end_reason_hint)
                form
                optional=true
                autofocus=true
            />
        </FormDialog>
    }
}

fn title(format: Format, affected: Memo<Vec<SessionView>>, total: usize) -> Text {
    let name = move || affected.with(|all| all.first().map(|session| session.user_name.clone())).unwrap_or_default();
    text!(sessions.end_title, count = total, n = format.number(total), name = name())
}

/// "End 3 sessions", or what goes on.
pub fn confirm_label(format: Format, form: Form, count: Memo<usize>) -> Text {
    Text::derive(move |locale| match (form.busy(), count.get()) {
        (true, _) => td_string!(locale, sessions.ending).to_owned(),
        (_, 0) => td_string!(locale, sessions.end_none).to_owned(),
        (_, count) => td_string!(locale, sessions.end_confirm, count = count, n = format.number(count)),
    })
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

/// Note about protected sessions, if there are any, with a checkbox to include them.
#[component]
pub fn ProtectedNote(
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
        <Show when=move || { protected.get() > 0 }>
            <div class="note protected-note">
                <Icon glyph=Glyph::Lock />
                <div>
                    <p>{text}</p>
                    <Checkbox label=text!(sessions.protected_too) name="protected_too" value=protected_too />
                </div>
            </div>
        </Show>
    }
}

/// Shows how many sessions ended or will end.
pub fn show_toasts(i18n: Texts, format: Format, toasts: Toasts, results: &[EndResult]) {
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

/// Those of the sessions that are live still.
fn live_sessions(page: SessionsPageState, ids: &[SessionId]) -> Vec<SessionView> {
    page.live.state.with(|state| ids.iter().filter_map(|id| state.sessions.get(id)).cloned().collect())
}

/// Names of the agents, without duplicates.
fn agent_names(sessions: &[SessionView]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    sessions.iter().filter(|s| seen.insert(s.user_id)).map(|s| s.user_name.clone()).collect()
}
