//! Starting a session: one idempotent request, retried while the server does not answer, and its result.

use super::{
    card_data::{Availability, CardData, StartCheck},
    state::ConsolePageState,
};
use crate::api::{Failure, idempotency_key};
use chrono::{DateTime, TimeDelta, Utc};
use gloo_timers::future::TimeoutFuture;
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    endpoints,
    problem::Code,
    session::SessionState,
    wire::sessions::{NewSession, SeatResponse},
};

/// Delays before a request without an answer is repeated, in milliseconds.
const RETRY_DELAYS_MS: [u32; 4] = [1_000, 2_000, 4_000, 8_000];
/// How long a "full" refusal overrides the live feed, which delivers the same change a moment later.
const FULL_REFUSAL_VALIDITY: TimeDelta = TimeDelta::seconds(5);
/// How long any other refusal counts, since the feed does not carry its cause.
const OTHER_REFUSAL_VALIDITY: TimeDelta = TimeDelta::seconds(60);

/// State of the attempts to start a session of one product.
#[derive(Clone, Copy)]
pub struct Attempt {
    /// Whether a request is under way.
    pub busy: RwSignal<bool>,
    /// Whether the request under way has not been answered yet and is being retried.
    pub no_answer: RwSignal<bool>,
    failed: RwSignal<Option<FailedAttempt>>,
    /// The last request that was never answered, with its idempotency key.
    unanswered: StoredValue<Option<(NewSession, String)>>,
    page: ConsolePageState,
}

/// A failed attempt, with the feed position and time at which it failed.
#[derive(Clone, Debug, PartialEq)]
struct FailedAttempt {
    failure: Failure,
    position: i64,
    at: DateTime<Utc>,
}

impl Attempt {
    pub fn new(page: ConsolePageState) -> Self {
        let (busy, no_answer) = (RwSignal::new(false), RwSignal::new(false));
        Self { busy, no_answer, failed: RwSignal::new(None), unanswered: StoredValue::new(None), page }
    }

    /// Whether a session can be started: by the server's last refusal while it is valid, else by the feed.
    pub fn availability(self, card: Memo<CardData>) -> Memo<Availability> {
        let page = self.page;
        Memo::new(move |before| {
            let (position, now) = (page.feed_position(), page.clock.now());
            let failed = self.failed.with(|failed| failed.as_ref().and_then(|r| r.valid_refusal(position, now)));
            let known = || card.with(|card| StartCheck::of(card, &page.device.name(), now));
            Availability::after(before, failed.unwrap_or_else(known))
        })
    }

    /// When the next seat is expected, according to the last refusal.
    pub fn expected(self) -> Option<DateTime<Utc>> {
        self.failed.with(|failed| failed.as_ref()?.failure.refusal()?.expected_at)
    }

    /// Why the last attempt failed.
    pub fn failure(self) -> Option<Failure> {
        self.failed.with(|failed| failed.as_ref().map(|failed| failed.failure.clone()))
    }

    /// Requests a session. `done` runs once there is a session or a ticket.
    pub fn start(self, request: NewSession, done: Option<Callback<()>>) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.failed.set(None);
        let key = self.unanswered.with_value(|unanswered| match unanswered {
            // The server may have executed the request: the same key prevents a second seat.
            Some((asked, key)) if *asked == request => key.clone(),
            _ => idempotency_key(),
        });
        self.unanswered.set_value(Some((request.clone(), key.clone())));
        spawn_local(async move {
            let mut answer = self.ask(&request, &key).await;
            if matches!(&answer, Ok(SeatResponse::Seat(session)) if session.state == SessionState::Ended) {
                // The earlier request had succeeded, and its session has ended since.
                answer = self.ask(&request, &idempotency_key()).await;
            }
            let succeeded = answer.is_ok();
            self.answered(answer);
            if let Some(done) = done.filter(|_| succeeded) {
                // The page may have been left.
                let _ = done.try_run(());
            }
        });
    }

    async fn ask(self, request: &NewSession, key: &str) -> Result<SeatResponse, Failure> {
        let send = async || self.page.api.send(endpoints::sessions::request(request, key)).await;
        for wait in RETRY_DELAYS_MS {
            match send().await {
                Err(failure) if has_no_answer(&failure) => {
                    if self.no_answer.try_set(true).is_some() {
                        // The page was left, so the request is dropped.
                        return Err(failure);
                    }
                    TimeoutFuture::new(wait).await;
                }
                answer => return answer,
            }
        }
        send().await
    }

    fn answered(self, answer: Result<SeatResponse, Failure>) {
        if !matches!(&answer, Err(failure) if has_no_answer(failure)) {
            self.unanswered.try_set_value(None);
        }
        match answer {
            Ok(SeatResponse::Seat(session)) => self.page.sessions.on_started(&session),
            Ok(SeatResponse::Queued(ticket)) => self.page.on_ticket_taken(ticket),
            Err(failure) => {
                let position = self.page.feed_position_untracked();
                let failed = FailedAttempt { failure, position, at: self.page.clock.now_untracked() };
                let _ = self.failed.try_set(Some(failed));
            }
        }
        let _ = self.no_answer.try_set(false);
        let _ = self.busy.try_set(false);
    }
}

impl FailedAttempt {
    /// The refusal, as long as it is newer than the feed.
    fn valid_refusal(&self, position: i64, now: DateTime<Utc>) -> Option<StartCheck> {
        let Failure::Problem(problem) = &self.failure else { return None };
        let start = StartCheck::from_refusal(problem.code, problem.refusal.as_ref());
        let holds = match (start, problem.code) {
            (StartCheck::Refused(Code::CoolingDown, Some(until)), _) => now < until,
            (_, Code::PoolFull | Code::OverCapacity) => {
                position <= self.position && now < self.at + FULL_REFUSAL_VALIDITY
            }
            _ => now < self.at + OTHER_REFUSAL_VALIDITY,
        };
        (start.can_wait() && holds).then_some(start)
    }
}

/// Whether it is unknown if the server executed the request.
fn has_no_answer(failure: &Failure) -> bool {
    matches!(failure.code(), None | Some(Code::Unavailable))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample::at;
    use seatkeeper_shared::problem::Problem;
    use wasm_bindgen_test::wasm_bindgen_test;

    fn failed(code: Code) -> FailedAttempt {
        FailedAttempt { failure: Failure::Problem(Box::new(Problem::new(code))), position: 7, at: at(0) }
    }

    #[wasm_bindgen_test]
    fn a_refusal_is_valid_until_the_feed_advances() {
        let full = failed(Code::PoolFull);
        assert_eq!(full.valid_refusal(7, at(1)), Some(StartCheck::Refused(Code::PoolFull, None)));
        assert_eq!(full.valid_refusal(8, at(1)), None, "the feed is newer");
        assert_eq!(full.valid_refusal(7, at(5)), None, "the feed contains it by now");
    }

    #[wasm_bindgen_test]
    fn a_refusal_that_the_feed_does_not_carry_is_valid_for_a_minute() {
        let limited = failed(Code::GroupLimit);
        assert_eq!(limited.valid_refusal(8, at(59)), Some(StartCheck::Refused(Code::GroupLimit, None)));
        assert_eq!(limited.valid_refusal(8, at(60)), None);
    }

    #[wasm_bindgen_test]
    fn a_permanent_refusal_does_not_disable_the_button() {
        assert_eq!(failed(Code::NotAssigned).valid_refusal(7, at(1)), None);
        let unreachable = FailedAttempt { failure: Failure::Unreachable, ..failed(Code::Internal) };
        assert_eq!(unreachable.valid_refusal(7, at(1)), None);
    }

    #[wasm_bindgen_test]
    fn only_a_request_without_an_answer_is_repeated() {
        assert!(has_no_answer(&Failure::Unreachable));
        assert!(has_no_answer(&failed(Code::Unavailable).failure));
        assert!(!has_no_answer(&failed(Code::PoolFull).failure));
    }
}
