//! Who is signed in, and what they may do. Menus, buttons and pages ask here.

use crate::api::{Failure, call};
use gloo_net::http::Method;
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    permissions::{Action, may},
    problem::Code,
    wire::account::{Me, SetupState},
};

/// What is known about who sits here.
#[derive(Clone, Debug, PartialEq)]
pub enum Who {
    /// Not asked yet.
    Unknown,
    /// Nobody is signed in.
    Nobody,
    /// The installation still waits for its first admin.
    SetupNeeded,
    /// Signed in.
    Known(Box<Me>),
    /// It could not be found out.
    Failed(Failure),
}

/// The one who is signed in.
#[derive(Clone, Copy)]
pub struct Caller {
    who: RwSignal<Who>,
}

impl Caller {
    /// Asks the server and puts itself into the context.
    pub fn provide() -> Self {
        let caller = Self { who: RwSignal::new(Who::Unknown) };
        provide_context(caller);
        caller.ask();
        caller
    }

    /// The caller of the app.
    pub fn get() -> Self {
        expect_context()
    }

    /// What is known.
    pub fn who(self) -> Who {
        self.who.get()
    }

    /// The same, without being asked again when it changes.
    pub fn once(self) -> Who {
        self.who.get_untracked()
    }

    /// Who is signed in.
    pub fn me(self) -> Option<Box<Me>> {
        self.who.with(known)
    }

    /// Who is signed in, without being asked again when it changes.
    pub fn me_once(self) -> Option<Box<Me>> {
        self.who.with_untracked(known)
    }

    /// Whether the one who is signed in may do this.
    pub fn may(self, action: Action) -> bool {
        self.who.with(|who| matches!(who, Who::Known(me) if may(&me.rights, action)))
    }

    /// The account's time zone.
    pub fn zone(self) -> Option<String> {
        self.who.with(|who| if let Who::Known(me) = who { Some(me.account.time_zone.clone()) } else { None })
    }

    /// Somebody has just signed in.
    pub fn came(self, me: Me) {
        self.who.set(Who::Known(Box::new(me)));
    }

    /// Nobody is signed in any more.
    pub fn gone(self) {
        if matches!(self.once(), Who::Known(_)) {
            self.who.set(Who::Nobody);
        }
    }

    /// Asks the server, again.
    pub fn ask(self) {
        spawn_local(async move {
            let who = find_out().await;
            // Asking again while signed in must not redraw the page for nothing, nor throw anybody out when offline.
            if self.once() != who && !(matches!(self.once(), Who::Known(_)) && matches!(who, Who::Failed(_))) {
                self.who.set(who);
            }
        });
    }
}

fn known(who: &Who) -> Option<Box<Me>> {
    if let Who::Known(me) = who { Some(me.clone()) } else { None }
}

async fn find_out() -> Who {
    match call::<(), SetupState>(Method::GET, "/setup", None, None).await {
        Ok(state) if state.needed => return Who::SetupNeeded,
        // Asking who one is without being anybody would be refused, and the browser would complain.
        Ok(state) if !state.signed_in => return Who::Nobody,
        Ok(_) => {}
        Err(failure) => return Who::Failed(failure),
    }
    match call::<(), Me>(Method::GET, "/me", None, None).await {
        Ok(me) => Who::Known(Box::new(me)),
        Err(failure) if failure.code() == Some(Code::NotSignedIn) => Who::Nobody,
        Err(failure) => Who::Failed(failure),
    }
}
