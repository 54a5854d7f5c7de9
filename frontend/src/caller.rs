//! The signed-in user and their rights. Menus, buttons and pages decide by them what to show.

use crate::api::{Failure, send_request};
use gloo_net::http::Method;
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    permissions::{Action, may},
    problem::Code,
    wire::account::{Me, SetupState},
};

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

/// The user of the app, in the context.
#[derive(Clone, Copy)]
pub struct Caller {
    state: RwSignal<CallerState>,
}

impl Caller {
    /// Provides the caller as a context and fetches its state.
    pub fn provide() -> Self {
        let caller = Self { state: RwSignal::new(CallerState::Unknown) };
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

    /// A user has signed in, or their own data has changed.
    pub fn set_signed_in(self, me: Me) {
        self.state.set(CallerState::SignedIn(Box::new(me)));
    }

    /// The user is no longer signed in.
    pub fn set_signed_out(self) {
        if matches!(self.state_untracked(), CallerState::SignedIn(_)) {
            self.state.set(CallerState::SignedOut);
        }
    }

    /// Fetches the state from the server.
    pub fn refresh(self) {
        spawn_local(async move {
            let state = fetch_state().await;
            let before = self.state_untracked();
            // An unchanged state must not redraw the page, and being offline must not sign the user out.
            let offline = matches!(before, CallerState::SignedIn(_)) && matches!(state, CallerState::Failed(_));
            if before != state && !offline {
                self.state.set(state);
            }
        });
    }
}

fn signed_in_user(state: &CallerState) -> Option<Box<Me>> {
    if let CallerState::SignedIn(me) = state { Some(me.clone()) } else { None }
}

async fn fetch_state() -> CallerState {
    match send_request::<(), SetupState>(Method::GET, "/setup", None, None).await {
        Ok(setup) if setup.needed => return CallerState::SetupNeeded,
        // `/me` would answer 401, which browsers log as an error.
        Ok(setup) if !setup.signed_in => return CallerState::SignedOut,
        Ok(_) => {}
        Err(failure) => return CallerState::Failed(failure),
    }
    match send_request::<(), Me>(Method::GET, "/me", None, None).await {
        Ok(me) => CallerState::SignedIn(Box::new(me)),
        Err(failure) if failure.code() == Some(Code::NotSignedIn) => CallerState::SignedOut,
        Err(failure) => CallerState::Failed(failure),
    }
}
