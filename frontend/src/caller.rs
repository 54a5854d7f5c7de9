//! The signed-in user and their rights. Menus, buttons and pages decide by them what to show.

use crate::{
    api::{Failure, send_unobserved},
    local_storage,
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    endpoints,
    permissions::{Action, may},
    problem::Code,
    wire::account::Me,
};

/// Set in this browser while its user is signed in and has not wanted to sign out.
const SIGNED_IN_KEY: &str = "signed_in";

/// Whether a user is signed in, as far as this is known.
#[derive(Clone, Debug, PartialEq)]
pub enum CallerState {
    /// The server has not answered yet.
    Unknown,
    /// No user is signed in.
    SignedOut,
    /// The installation has no admin yet.
    SetupNeeded,
    /// A user is signed in.
    SignedIn(Box<Me>),
    /// The request for the state failed.
    Failed(Failure),
}

/// Why a user who had signed in is no longer signed in, if they did not sign out themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignedOutReason {
    /// The server no longer knows the sign-in, and does not say why: it may have expired or been ended.
    Ended,
    /// The server said that the sign-in was ended, by the user elsewhere or by an admin.
    Revoked,
}

/// The user of the app, in the context.
#[derive(Clone, Copy)]
pub struct Caller {
    state: RwSignal<CallerState>,
    signed_out_reason: RwSignal<Option<SignedOutReason>>,
    sends_mail: RwSignal<bool>,
}

impl Caller {
    /// Provides the caller as a context and fetches its state.
    pub fn provide() -> Self {
        let caller = Self {
            state: RwSignal::new(CallerState::Unknown),
            signed_out_reason: RwSignal::new(None),
            sends_mail: RwSignal::new(false),
        };
        provide_context(caller);
        caller.refresh();
        caller
    }

    /// The caller from the context.
    pub fn get() -> Self {
        expect_context()
    }

    /// The state, tracked.
    pub fn state(self) -> CallerState {
        self.state.get()
    }

    pub fn state_untracked(self) -> CallerState {
        self.state.get_untracked()
    }

    /// The signed-in user, tracked.
    pub fn me(self) -> Option<Box<Me>> {
        self.state.with(signed_in_user)
    }

    /// The signed-in user, untracked.
    pub fn me_untracked(self) -> Option<Box<Me>> {
        self.state.with_untracked(signed_in_user)
    }

    /// Whether the signed-in user has the right to this action, tracked.
    pub fn may(self, action: Action) -> bool {
        self.state.with(|state| matches!(state, CallerState::SignedIn(me) if may(&me.rights, action)))
    }

    /// The account's time zone (IANA name).
    pub fn time_zone(self) -> Option<String> {
        self.state
            .with(|state| if let CallerState::SignedIn(me) = state { Some(me.account.time_zone.clone()) } else { None })
    }

    /// Whether the server sends e-mail, so that users can ask for a link to a new password; tracked.
    pub fn sends_mail(self) -> bool {
        self.sends_mail.get()
    }

    /// Why the user is no longer signed in, for the sign-in page; `None` if they signed out themselves; tracked.
    pub fn signed_out_reason(self) -> Option<SignedOutReason> {
        self.signed_out_reason.get()
    }

    /// A user has signed in, or their own data has changed.
    pub fn set_signed_in(self, me: Me) {
        local_storage::set(SIGNED_IN_KEY, "yes");
        self.signed_out_reason.set(None);
        self.state.set(CallerState::SignedIn(Box::new(me)));
    }

    /// The user has signed out.
    pub fn set_signed_out(self) {
        local_storage::remove(SIGNED_IN_KEY);
        self.signed_out_reason.set(None);
        self.state.set(CallerState::SignedOut);
    }

    /// The server does not accept the sign-in any more. The sign-in page says why, unless the user has signed out in
    /// another tab.
    pub fn sign_in_ended(self, reason: SignedOutReason) {
        if self.state.with_untracked(|state| *state == CallerState::SignedOut) {
            return;
        }
        let was_signed_in = local_storage::get(SIGNED_IN_KEY).is_some();
        self.signed_out_reason.set(was_signed_in.then_some(reason));
        self.state.set(CallerState::SignedOut);
    }

    /// Fetches the state from the server.
    pub fn refresh(self) {
        spawn_local(async move {
            let state = self.fetch_state().await;
            let before = self.state_untracked();
            // An unchanged state must not redraw the page, and being offline must not sign the user out.
            let offline = matches!(before, CallerState::SignedIn(_)) && matches!(state, CallerState::Failed(_));
            match state {
                state if state == before || offline => {}
                CallerState::SignedIn(me) => self.set_signed_in(*me),
                CallerState::SignedOut => self.sign_in_ended(SignedOutReason::Ended),
                state => self.state.set(state),
            }
        });
    }

    async fn fetch_state(self) -> CallerState {
        let setup = match send_unobserved(endpoints::sign_in::setup_state()).await {
            Ok(setup) => setup,
            Err(failure) => return CallerState::Failed(failure),
        };
        self.sends_mail.set(setup.mails);
        if setup.needed {
            return CallerState::SetupNeeded;
        }
        // `/me` would answer 401, which browsers log as an error.
        if !setup.signed_in {
            return CallerState::SignedOut;
        }
        match send_unobserved(endpoints::me::get()).await {
            Ok(me) => CallerState::SignedIn(Box::new(me)),
            Err(failure) if failure.code() == Some(Code::NotSignedIn) => CallerState::SignedOut,
            Err(failure) => CallerState::Failed(failure),
        }
    }
}

fn signed_in_user(state: &CallerState) -> Option<Box<Me>> {
    if let CallerState::SignedIn(me) = state { Some(me.clone()) } else { None }
}
