//! How one gets one's turn: asks, waits for the offer, asks again, and goes on to the application.

use crate::{
    api::{Api, Failure},
    keep,
};
use gloo_timers::future::TimeoutFuture;
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    ids::TicketId,
    problem::{Code, End},
    ticket::TicketState,
    wire::{
        gate::{EnterGate, GateEntered},
        queue::TicketView,
    },
};

/// Wait before a request that got no answer is repeated, in milliseconds.
const PAUSE: u32 = 2_000;
/// How often one may be sent back here within that time before it is no longer tried.
const ROUNDS: usize = 3;
/// That time, in milliseconds.
const SOON: f64 = 30_000.0;
/// Where the rounds are kept.
const KEPT: &str = "gate";

/// How far one has come.
#[derive(Clone, Debug, PartialEq)]
pub enum Waited {
    /// It is asked.
    Asking,
    /// In the line.
    InLine(Box<GateEntered>),
    /// There is a seat, and it goes on like this.
    Through(Box<GateEntered>, Onward),
    /// Somebody ended the last session, and one has to say whether one goes on.
    Ended(End),
    /// No.
    Refused(Failure),
    /// The place in the line is gone.
    Lost,
}

/// How it goes on once there is a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Onward {
    /// By itself.
    AtOnce,
    /// By hand: the application sends everybody back here.
    Circles,
    /// By hand: what was to be sent to the application was not.
    Unsent,
}

/// The wait.
#[derive(Clone, Copy)]
pub struct Turn {
    /// How far one has come.
    pub waited: RwSignal<Waited>,
    /// The server does not answer.
    pub silent: RwSignal<bool>,
    asked: StoredValue<(String, Option<String>)>,
    unsent: bool,
    api: Api,
}

impl Turn {
    /// Asks for a seat of a product on the way to an address; `unsent` if a form led here, which nobody has got.
    pub fn begin(product: String, to: Option<String>, unsent: bool) -> Self {
        let turn = Self {
            waited: RwSignal::new(Waited::Asking),
            silent: RwSignal::new(false),
            asked: StoredValue::new((product, to)),
            unsent,
            api: Api::get(),
        };
        turn.take(false);
        turn
    }

    /// Asks, and says whether one goes on after somebody ended the last session.
    pub fn take(self, again: bool) {
        self.waited.set(Waited::Asking);
        spawn_local(async move {
            while let Some(ticket) = self.ask(again).await {
                if !self.offered(ticket).await {
                    break;
                }
            }
        });
    }

    /// The place in the line, if there is one.
    pub fn place(self) -> Option<i64> {
        self.waited.with(|waited| match waited {
            Waited::InLine(entered) => entered.ticket.as_ref().map(|ticket| ticket.position),
            _ => None,
        })
    }

    /// Waits no longer.
    pub fn leave(self, ticket: TicketId) {
        spawn_local(async move {
            // Whoever closes the window instead leaves the line, too, only later.
            let _ = self.api.delete(&format!("/tickets/{ticket}")).await;
            let _ = self.waited.try_set(Waited::Lost);
        });
    }

    /// Asks the gate; the ticket to wait with, if that is what it takes.
    async fn ask(self, again: bool) -> Option<TicketView> {
        let (product, return_to) = self.asked.try_get_value()?;
        let path = format!("/gate/{}", js_sys::encode_uri_component(&product));
        loop {
            let answer = self.api.post::<GateEntered>(&path, &EnterGate { return_to: return_to.clone(), again }).await;
            match answer {
                Ok(entered) if entered.is_through() => self.go_on(entered),
                Ok(entered) => {
                    let ticket = entered.ticket.clone();
                    let gone = self.waited.try_set(Waited::InLine(Box::new(entered))).is_some();
                    return ticket.filter(|_| !gone);
                }
                Err(failure) if passes(&failure) => {
                    self.pause().await?;
                    continue;
                }
                Err(failure) => {
                    let ended = failure.ended().cloned();
                    let _ = self.waited.try_set(ended.map_or(Waited::Refused(failure), Waited::Ended));
                }
            }
            return None;
        }
    }

    /// Waits until a seat is offered to the ticket; false if it never will be.
    async fn offered(self, mut ticket: TicketView) -> bool {
        while ticket.state == TicketState::Waiting {
            let path = format!("/tickets/{}?wait=25&position={}", ticket.id, ticket.position);
            match self.api.read::<TicketView>(&path).await {
                Ok(now) => {
                    let shown = self.waited.try_update(|waited| {
                        if let Waited::InLine(entered) = waited {
                            entered.ticket = Some(now.clone());
                        }
                        matches!(waited, Waited::InLine(_))
                    });
                    let _ = self.silent.try_set(false);
                    if shown != Some(true) {
                        // The page is gone, or he waits no longer.
                        return false;
                    }
                    ticket = now;
                }
                Err(failure) if passes(&failure) => {
                    if self.pause().await.is_none() {
                        return false;
                    }
                }
                Err(_) => break,
            }
        }
        if ticket.state == TicketState::Offered {
            return true;
        }
        let _ = self.waited.try_set(Waited::Lost);
        false
    }

    /// Nothing if the page is gone meanwhile.
    async fn pause(self) -> Option<()> {
        TimeoutFuture::new(PAUSE).await;
        self.silent.try_set(true).is_none().then_some(())
    }

    fn go_on(self, entered: GateEntered) {
        let to = entered.return_to.clone();
        let onward = match &to {
            _ if self.unsent => Onward::Unsent,
            Some(_) if circles(js_sys::Date::now()) => Onward::Circles,
            _ => Onward::AtOnce,
        };
        let gone = self.waited.try_set(Waited::Through(Box::new(entered), onward));
        if let Some(to) = to.filter(|_| onward == Onward::AtOnce && gone.is_none()) {
            // Without it there is still the link.
            let _ = window().location().replace(&to);
        }
    }
}

/// Whether it may pass by itself.
fn passes(failure: &Failure) -> bool {
    matches!(failure.code(), None | Some(Code::Unavailable))
}

/// Notes that somebody goes on to an application, and says whether that was too often of late.
fn circles(now: f64) -> bool {
    let mut rounds: Vec<f64> = keep::value(KEPT).unwrap_or_default();
    rounds.retain(|then| now - then < SOON);
    let circles = rounds.len() >= ROUNDS;
    if circles {
        // The next try, by hand, counts anew.
        keep::forget(KEPT);
    } else {
        rounds.push(now);
        keep::keep_value(KEPT, &rounds);
    }
    circles
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn nobody_is_sent_in_circles_for_ever() {
        keep::forget(KEPT);
        assert!((0..3).all(|round| !circles(1_000.0 * f64::from(round))));
        assert!(circles(4_000.0));
        assert!(!circles(5_000.0), "by hand it is tried again");
        assert!(!circles(60_000.0) && !circles(60_001.0) && !circles(60_002.0), "what was long ago does not count");
        keep::forget(KEPT);
    }
}
