//! One try to start a session: asked once however often the network fails, and what came of it.

use super::{
    cards::{Card, Outlook, Start},
    desk::Desk,
};
use crate::api::{Api, Failure, fresh_key};
use chrono::{DateTime, TimeDelta, Utc};
use gloo_timers::future::TimeoutFuture;
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    problem::Code,
    session::SessionState,
    wire::{
        queue::TicketView,
        sessions::{NewSession, SessionView},
    },
};
use serde::Deserialize;

/// Waits before a request that got no answer is repeated, in milliseconds.
const WAITS: [u32; 4] = [1_000, 2_000, 4_000, 8_000];
/// How long a refusal counts for more than the feed, which says the same a moment later.
const FIRST_HAND: TimeDelta = TimeDelta::seconds(5);
/// How long one counts of which the feed says nothing.
const ALONE: TimeDelta = TimeDelta::seconds(60);

/// What a request for a seat is answered with.
#[derive(Deserialize)]
#[serde(untagged)]
enum Got {
    Session(Box<SessionView>),
    Ticket(Box<TicketView>),
}

/// The tries to start a session of one product.
#[derive(Clone, Copy)]
pub struct Attempt {
    /// It is under way.
    pub busy: RwSignal<bool>,
    /// It is under way, and the server does not answer.
    pub silent: RwSignal<bool>,
    refused: RwSignal<Option<Refused>>,
    /// What was asked last and never answered, with its key.
    open: StoredValue<Option<(NewSession, String)>>,
    desk: Desk,
}

/// That it did not succeed, and what was known then.
#[derive(Clone, Debug, PartialEq)]
struct Refused {
    failure: Failure,
    position: i64,
    at: DateTime<Utc>,
}

impl Attempt {
    /// Nothing was tried yet.
    pub fn new(desk: Desk) -> Self {
        let (busy, silent) = (RwSignal::new(false), RwSignal::new(false));
        Self { busy, silent, refused: RwSignal::new(None), open: StoredValue::new(None), desk }
    }

    /// Whether one may start: as the server has just said, else as the feed says.
    pub fn outlook(self, card: Memo<Card>) -> Memo<Outlook> {
        let desk = self.desk;
        Memo::new(move |before| {
            let (position, now) = (desk.position(), desk.clock.now());
            let refused = self.refused.with(|refused| refused.as_ref().and_then(|r| r.first_hand(position, now)));
            let known = || card.with(|card| Start::of(card, &desk.device.name(), now));
            Outlook::after(before, refused.unwrap_or_else(known))
        })
    }

    /// When the next seat is expected, as the last refusal said.
    pub fn expected(self) -> Option<DateTime<Utc>> {
        self.refused.with(|refused| refused.as_ref()?.failure.refusal()?.expected_at)
    }

    /// Why the last try did not succeed.
    pub fn failure(self) -> Option<Failure> {
        self.refused.with(|refused| refused.as_ref().map(|refused| refused.failure.clone()))
    }

    /// Asks for a session, and says so when there is one or a place in the line.
    pub fn start(self, wanted: NewSession, done: Option<Callback<()>>) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.refused.set(None);
        let key = self.open.with_value(|open| match open {
            // The request may have arrived without its answer: with the same key it cannot take a second seat.
            Some((asked, key)) if *asked == wanted => key.clone(),
            _ => fresh_key(),
        });
        self.open.set_value(Some((wanted.clone(), key.clone())));
        spawn_local(async move {
            let mut answer = self.ask(&wanted, &key).await;
            if matches!(&answer, Ok(Got::Session(session)) if session.state == SessionState::Ended) {
                // That request had arrived, and its session is over meanwhile.
                answer = self.ask(&wanted, &fresh_key()).await;
            }
            let got = answer.is_ok();
            self.answered(answer);
            if let Some(done) = done.filter(|_| got) {
                // The page may be gone.
                let _ = done.try_run(());
            }
        });
    }

    async fn ask(self, wanted: &NewSession, key: &str) -> Result<Got, Failure> {
        let api: Api = self.desk.api;
        for wait in WAITS {
            match api.post_once("/sessions", wanted, key).await {
                Err(failure) if unanswered(&failure) => {
                    if self.silent.try_set(true).is_some() {
                        // The page is gone, and with it the wish.
                        return Err(failure);
                    }
                    TimeoutFuture::new(wait).await;
                }
                answer => return answer,
            }
        }
        api.post_once("/sessions", wanted, key).await
    }

    fn answered(self, answer: Result<Got, Failure>) {
        if !matches!(&answer, Err(failure) if unanswered(failure)) {
            self.open.try_set_value(None);
        }
        match answer {
            Ok(Got::Session(session)) => self.desk.started(&session),
            Ok(Got::Ticket(ticket)) => self.desk.waits(*ticket),
            Err(failure) => {
                let position = self.desk.position_once();
                let refused = Refused { failure, position, at: self.desk.clock.once() };
                let _ = self.refused.try_set(Some(refused));
            }
        }
        let _ = self.silent.try_set(false);
        let _ = self.busy.try_set(false);
    }
}

impl Refused {
    /// What it says of the seats, until the feed has told more.
    fn first_hand(&self, position: i64, now: DateTime<Utc>) -> Option<Start> {
        let Failure::Problem(problem) = &self.failure else { return None };
        let start = Start::refused(problem.code, problem.refusal.as_ref());
        let holds = match (start, problem.code) {
            (Start::No(Code::CoolingDown, Some(until)), _) => now < until,
            (_, Code::PoolFull | Code::OverCapacity) => position <= self.position && now < self.at + FIRST_HAND,
            _ => now < self.at + ALONE,
        };
        (start.waits() && holds).then_some(start)
    }
}

/// Whether nobody knows if the request was carried out.
fn unanswered(failure: &Failure) -> bool {
    matches!(failure.code(), None | Some(Code::Unavailable))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample::at;
    use seatkeeper_shared::problem::Problem;
    use wasm_bindgen_test::wasm_bindgen_test;

    fn refused(code: Code) -> Refused {
        Refused { failure: Failure::Problem(Box::new(Problem::new(code))), position: 7, at: at(0) }
    }

    #[wasm_bindgen_test]
    fn a_refusal_holds_until_the_feed_tells_more() {
        let full = refused(Code::PoolFull);
        assert_eq!(full.first_hand(7, at(1)), Some(Start::No(Code::PoolFull, None)));
        assert_eq!(full.first_hand(8, at(1)), None, "the feed knows more");
        assert_eq!(full.first_hand(7, at(5)), None, "the feed had told it already");
    }

    #[wasm_bindgen_test]
    fn what_the_feed_knows_nothing_of_holds_for_a_minute() {
        let limited = refused(Code::GroupLimit);
        assert_eq!(limited.first_hand(8, at(59)), Some(Start::No(Code::GroupLimit, None)));
        assert_eq!(limited.first_hand(8, at(60)), None);
    }

    #[wasm_bindgen_test]
    fn what_does_not_pass_by_itself_does_not_lock_the_button() {
        assert_eq!(refused(Code::NotAssigned).first_hand(7, at(1)), None);
        let unreachable = Refused { failure: Failure::Unreachable, ..refused(Code::Internal) };
        assert_eq!(unreachable.first_hand(7, at(1)), None);
    }

    #[wasm_bindgen_test]
    fn only_a_request_without_an_answer_is_repeated() {
        assert!(unanswered(&Failure::Unreachable));
        assert!(unanswered(&refused(Code::Unavailable).failure));
        assert!(!unanswered(&refused(Code::PoolFull).failure));
    }
}
