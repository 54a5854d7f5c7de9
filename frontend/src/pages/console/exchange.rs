//! Giving up one of one's own sessions for a new one, when no seat is free.

use super::{
    card_data::{CardData, StartCheck},
    session_fields::SessionFields,
    state::ConsolePageState,
};
use crate::{
    api::idempotency_key,
    format::{Format, Texts},
    i18n::*,
    labels, lazy_dialog,
    text::text,
    ui::{
        check_list::{CheckListItem, RadioList},
        form::Form,
        form_dialog::{Dialogs, FormDialog},
        show::Show,
        toast::Toasts,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{
    endpoints,
    ids::SessionId,
    problem::Code,
    session::SessionState,
    wire::sessions::{NewSession, SeatResponse, SessionView},
};

/// The sessions that can be given up for another one: those on the licenses that are full. A borrowed seat must be
/// returned first.
fn exchangeable(card: &CardData, start: StartCheck) -> Vec<SessionView> {
    use Code::{GroupLimit, OverCapacity, PoolFull, ReservedForGroup};
    let is_full = matches!(start, StartCheck::Refused(PoolFull | OverCapacity | GroupLimit | ReservedForGroup, _));
    let is_assigned = |session: &SessionView| card.licenses.iter().any(|license| license.id == session.license_id);
    let may = |session: &&SessionView| is_full && session.borrowed_until.is_none() && is_assigned(session);
    card.sessions.iter().filter(may).cloned().collect()
}

/// Opens the dialog, if there is a session to give up.
#[component]
pub fn ExchangeButton(
    /// The product's card data.
    card: Memo<CardData>,
    /// Whether a session can be started.
    start: Memo<StartCheck>,
    /// The kind of session to start.
    fields: SessionFields,
) -> impl IntoView {
    let i18n = use_i18n();
    let (page, dialogs) = (ConsolePageState::get(), Dialogs::get());
    let is_possible = Memo::new(move |_| card.with(|card| !exchangeable(card, start.get()).is_empty()));
    let open = move |_| {
        let sessions = card.with_untracked(|card| exchangeable(card, start.get_untracked()));
        if let (Some(request), false) = (fields.request(page, card, false), sessions.is_empty()) {
            dialogs.open(lazy_dialog!(exchange_session(sessions: Vec<SessionView>, request: NewSession) {
                view! { <ExchangeDialog sessions request /> }
            }));
        }
    };
    view! {
        <Show when=move || is_possible.get()>
            <button type="button" class="button" aria-haspopup="dialog" on:click=open>
                {t!(i18n, console.exchange)}
            </button>
        </Show>
    }
}

#[component]
fn ExchangeDialog(
    /// Those of which one is given up.
    sessions: Vec<SessionView>,
    /// The request for the new session.
    request: NewSession,
) -> impl IntoView {
    let i18n = use_i18n();
    let page = ConsolePageState::get();
    let (format, form, toasts, dialogs) = (Format::get(), Form::default(), Toasts::get(), Dialogs::get());
    let selected = RwSignal::new(sessions.first().map(|session| session.id));
    let (sessions, request, key) = (StoredValue::new(sessions), StoredValue::new(request), idempotency_key());
    let key = StoredValue::new(key);
    let items =
        Signal::derive(move || sessions.with_value(|all| all.iter().map(|one| item(i18n, format, one)).collect()));
    let has_customer = Memo::new(move |_| {
        let chosen = selected.get();
        sessions.with_value(|all| all.iter().any(|one| Some(one.id) == chosen && one.state == SessionState::Connected))
    });
    let submit = move |()| {
        let Some(own) = selected.get_untracked() else { return };
        let request = NewSession { in_place_of: Some(own), ..request.get_value() };
        // Another choice is another request.
        let key = format!("{}-{own}", key.get_value());
        let done = move |answer: SeatResponse| {
            if let SeatResponse::Seat(session) = answer {
                page.sessions.stop_keeping_alive(own);
                page.sessions.on_started(&session);
                toasts.success(tu_string!(i18n, console.exchange_done));
            }
            dialogs.close_if(form);
        };
        form.submit([], || endpoints::sessions::request(&request, &key), done);
    };
    view! {
        <FormDialog title=text!(console.exchange_title) form submit confirm=text!(console.exchange_confirm) danger=true>
            <p>{t!(i18n, console.exchange_text)}</p>
            <RadioList label=text!(console.exchange_which) name="exchange" items selected />
            <Show when=move || has_customer.get()>
                <p class="note">{t!(i18n, console.exchange_connected)}</p>
            </Show>
        </FormDialog>
    }
}

/// "Verbunden seit 12 min", and where.
fn item(i18n: Texts, format: Format, session: &SessionView) -> CheckListItem<Option<SessionId>> {
    let text = match session.connected_at {
        Some(since) => t_string!(i18n, console.connected_since, span = format.since(since)),
        None => labels::session_state(i18n, session.state).to_owned(),
    };
    let remote = session.remote_device.clone().map(|device| t_string!(i18n, console.at_remote, device = device));
    let device = t_string!(i18n, console.on_device, device = session.device.clone());
    let parts = [Some(labels::mode(i18n, session.mode).to_owned()), remote, Some(device)];
    let note = parts.into_iter().flatten().collect::<Vec<_>>().join(t_string!(i18n, common.dot));
    CheckListItem { value: Some(session.id), text, note }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample::{at, license, session};
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn a_session_can_be_given_up_only_if_the_license_is_full() {
        let borrowed = SessionView { borrowed_until: Some(at(600)), ..session(2) };
        let card = super::super::card_data::cards(&[license(1, 2)], &[session(1), borrowed], &[]).remove(0);
        let ids = |start| exchangeable(&card, start).iter().map(|session| session.id).collect::<Vec<_>>();
        assert_eq!(ids(StartCheck::Refused(Code::PoolFull, None)), [session(1).id]);
        assert_eq!(ids(StartCheck::Free), []);
        assert_eq!(ids(StartCheck::Refused(Code::CoolingDown, Some(at(60)))), []);
        let revoked = CardData { licenses: Vec::new(), ..card.clone() };
        assert_eq!(exchangeable(&revoked, StartCheck::Refused(Code::PoolFull, None)), []);
    }
}
