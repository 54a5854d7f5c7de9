//! Entering an application through the gate: request a seat, wait for an offer, request again, continue to the
//! application.

use crate::{
    api::{Api, Failure},
    local_storage,
};
use gloo_timers::future::TimeoutFuture;
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    endpoints,
    ids::TicketId,
    problem::{Code, SessionEnd},
    ticket::TicketState,
    wire::{
        gate::{EnterGate, GateAdmission},
        queue::TicketView,
    },
};
use std::time::Duration;

/// The delay before a request without an answer is repeated.
const RETRY_INTERVAL_MS: u32 = 2_000;
/// How long the server may hold a request for changes of the ticket.
const LONG_POLL: Duration = Duration::from_secs(25);
/// How often the application may send a user back here, within [`REDIRECT_WINDOW_MS`], before this counts as a loop.
const MAX_REDIRECTS: usize = 3;
const REDIRECT_WINDOW_MS: f64 = 30_000.0;
/// The times of the last redirects, in milliseconds.
const STORAGE_KEY: &str = "gate";

/// The progress of an entry.
#[derive(Clone, Debug, PartialEq)]
pub enum EntryState {
    /// A seat is being requested.
    Requesting,
    /// The user waits in the queue.
    Queued(Box<GateAdmission>),
    /// The user has a seat and continues to the application.
    Admitted(Box<GateAdmission>, ContinueMode),
    /// The user's last session was ended; they must confirm to continue.
    Ended(SessionEnd),
    /// The request was refused.
    Refused(Failure),
    /// The ticket is no longer valid.
    LeftQueue,
}

/// How a user with a seat gets to the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContinueMode {
    /// By a redirect.
    Automatic,
    /// By a link, because the application keeps sending the user back here.
    RedirectLoop,
    /// By a link, because a form led here whose data the application has not received.
    FormNotSent,
}

/// One entry into an application.
#[derive(Clone, Copy)]
pub struct GateEntry {
    /// The progress.
    pub state: RwSignal<EntryState>,
    /// Whether the server does not answer.
    pub unreachable: RwSignal<bool>,
    target: StoredValue<(String, Option<String>)>,
    /// Whether a form led here whose data the application has not received, so that the user continues by a link.
    pub unsent: bool,
    api: Api,
}

impl GateEntry {
    /// Requests a seat of a product, to continue to the URL `to`. `unsent`: a form led here, whose data was not
    /// delivered.
    pub fn begin(product: String, to: Option<String>, unsent: bool) -> Self {
        let entry = Self {
            state: RwSignal::new(EntryState::Requesting),
            unreachable: RwSignal::new(false),
            target: StoredValue::new((product, to)),
            unsent,
            api: Api::get(),
        };
        entry.request(false);
        entry
    }

    /// Requests a seat. `again` confirms that the user continues although their last session was ended.
    pub fn request(self, again: bool) {
        self.state.set(EntryState::Requesting);
        spawn_local(async move {
            while let Some(ticket) = self.enter(again).await {
                if !self.wait_for_offer(ticket).await {
                    break;
                }
            }
        });
    }

    /// The place in the queue while the user waits; tracked.
    pub fn queue_position(self) -> Option<i64> {
        self.state.with(|state| match state {
            EntryState::Queued(entered) => entered.ticket.as_ref().map(|ticket| ticket.position),
            _ => None,
        })
    }

    /// Gives up the ticket.
    pub fn leave(self, ticket: TicketId) {
        spawn_local(async move {
            // If this fails, the ticket expires by itself, as when the user closes the window.
            let _ = self.api.send(endpoints::tickets::leave(ticket)).await;
            let _ = self.state.try_set(EntryState::LeftQueue);
        });
    }

    /// Asks the gate for a seat; returns the ticket if the user has to wait.
    async fn enter(self, again: bool) -> Option<TicketView> {
        let (product, return_to) = self.target.try_get_value()?;
        loop {
            let body = EnterGate { return_to: return_to.clone(), again };
            match self.api.send(endpoints::gate::enter(&product, &body)).await {
                Ok(entered) if entered.has_seat() => self.continue_to_application(entered),
                Ok(entered) => {
                    let ticket = entered.ticket.clone();
                    let gone = self.state.try_set(EntryState::Queued(Box::new(entered))).is_some();
                    return ticket.filter(|_| !gone);
                }
                Err(failure) if is_transient(&failure) => {
                    self.pause().await?;
                    continue;
                }
                Err(failure) => {
                    let ended = failure.ended().cloned();
                    let _ = self.state.try_set(ended.map_or(EntryState::Refused(failure), EntryState::Ended));
                }
            }
            return None;
        }
    }

    /// Waits until the ticket is offered a seat; returns false if it never will be.
    async fn wait_for_offer(self, mut ticket: TicketView) -> bool {
        while ticket.state == TicketState::Waiting {
            match self.api.send(endpoints::tickets::watch(&ticket, LONG_POLL)).await {
                Ok(now) => {
                    let shown = self.state.try_update(|state| {
                        if let EntryState::Queued(entered) = state {
                            entered.ticket = Some(now.clone());
                        }
                        matches!(state, EntryState::Queued(_))
                    });
                    let _ = self.unreachable.try_set(false);
                    if shown != Some(true) {
                        // The page was closed, or the user left the queue.
                        return false;
                    }
                    ticket = now;
                }
                Err(failure) if is_transient(&failure) => {
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
        let _ = self.state.try_set(EntryState::LeftQueue);
        false
    }

    /// Waits before a retry; returns `None` if the page has been closed meanwhile.
    async fn pause(self) -> Option<()> {
        TimeoutFuture::new(RETRY_INTERVAL_MS).await;
        self.unreachable.try_set(true).is_none().then_some(())
    }

    fn continue_to_application(self, entered: GateAdmission) {
        let to = entered.return_to.clone();
        let mode = match &to {
            _ if self.unsent => ContinueMode::FormNotSent,
            Some(_) if is_redirect_loop(js_sys::Date::now()) => ContinueMode::RedirectLoop,
            _ => ContinueMode::Automatic,
        };
        let gone = self.state.try_set(EntryState::Admitted(Box::new(entered), mode));
        if let Some(to) = to.filter(|_| mode == ContinueMode::Automatic && gone.is_none()) {
            // If this fails, the page still shows the link.
            let _ = window().location().replace(&to);
        }
    }
}

/// Whether the same request may succeed a moment later.
fn is_transient(failure: &Failure) -> bool {
    matches!(failure.code(), None | Some(Code::Unavailable))
}

/// Records a redirect to the application; returns whether there were too many recently.
fn is_redirect_loop(now: f64) -> bool {
    let mut redirects: Vec<f64> = local_storage::get_json(STORAGE_KEY).unwrap_or_default();
    redirects.retain(|then| now - then < REDIRECT_WINDOW_MS);
    let looping = redirects.len() >= MAX_REDIRECTS;
    if looping {
        // Counting starts over when the user continues by the link.
        local_storage::remove(STORAGE_KEY);
    } else {
        redirects.push(now);
        local_storage::set_json(STORAGE_KEY, &redirects);
    }
    looping
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn a_redirect_loop_is_detected() {
        local_storage::remove(STORAGE_KEY);
        assert!((0..3).all(|round| !is_redirect_loop(1_000.0 * f64::from(round))));
        assert!(is_redirect_loop(4_000.0));
        assert!(!is_redirect_loop(5_000.0), "counting starts over");
        assert!((60..63).all(|seconds| !is_redirect_loop(1_000.0 * f64::from(seconds))), "old redirects do not count");
        local_storage::remove(STORAGE_KEY);
    }
}
