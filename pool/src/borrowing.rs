//! Borrowing: a session whose device goes offline keeps its seat until a fixed time, without heartbeats.
//!
//! A device that is offline does not learn that its session ended. So only its agent can free the seat early; otherwise
//! two agents could use one seat. The exception is a user who is suspended or deleted, who loses the right to any seat.

use super::{
    Holder, Pool, Refusal, SeatRequest, Session,
    changes::{PoolUser, SeatChange},
};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{
    ids::{SessionId, UserId},
    problem::Code,
    session::{EndReason, Mode, SessionState},
};
use std::collections::HashSet;

impl Session {
    /// Whether the device may go offline. An attended session may not, because a customer joins it through the server.
    pub fn can_be_borrowed(&self) -> bool {
        self.state == SessionState::Connected && self.mode != Mode::Attended
    }
}

impl Pool {
    /// Borrows the seat of a live session for `length` from now, but not beyond the end of the license or of the user's
    /// assignment. Never shortens the time of a seat that is borrowed already.
    ///
    /// # Errors
    /// Returns a refusal if a rule refuses, there is no such live session, or it cannot be used offline.
    pub fn borrow(&mut self, id: SessionId, length: TimeDelta, now: DateTime<Utc>) -> Result<Session, Refusal> {
        let Some(live) = self.sessions.get(&id) else {
            return Err(Refusal { code: Code::NotFound, facts: None });
        };
        if !live.can_be_borrowed() {
            return Err(Refusal { code: Code::WrongState, facts: None });
        }
        let (user, holder) = (live.user, self.holder(live.user, &live.device, id));
        self.check_eligible(user, now)?;
        self.check_borrow(&holder, length)?;
        self.start_borrowing(id, length, now).ok_or(Refusal { code: Code::NotFound, facts: None })
    }

    /// Checks whether a request may borrow the seat, if it wants to.
    pub(super) fn check_borrow_request(&self, user: UserId, request: &SeatRequest) -> Result<(), Refusal> {
        match request.borrow {
            Some(length) => self.check_borrow(&self.holder(user, &request.device, request.session), length),
            None => Ok(()),
        }
    }

    fn check_borrow(&self, holder: &Holder, length: TimeDelta) -> Result<(), Refusal> {
        let rules = &self.terms.rules;
        if rules.borrow_seconds == 0 {
            return Err(self.refusal(Code::NotLendable, None));
        }
        if length > TimeDelta::seconds(rules.borrow_seconds) {
            let mut refusal = self.refusal(Code::BorrowTooLong, None);
            refusal.facts.iter_mut().for_each(|facts| facts.borrow_seconds = Some(rules.borrow_seconds));
            return Err(refusal);
        }
        let borrowing = self.borrowing_holders();
        let is_full =
            rules.borrow_seats > 0 && i64::try_from(borrowing.len()).unwrap_or(i64::MAX) >= rules.borrow_seats;
        if is_full && !borrowing.contains(holder) {
            return Err(self.refusal(Code::BorrowLimit, None));
        }
        Ok(())
    }

    /// The holders of borrowed seats.
    fn borrowing_holders(&self) -> HashSet<Holder> {
        let borrowed = self.sessions.values().filter(|live| live.borrowed_until.is_some());
        borrowed.map(|live| self.holder(live.user, &live.device, live.id)).collect()
    }

    /// Sets the lease to the borrowed time, which heartbeats do not change.
    pub(super) fn start_borrowing(&mut self, id: SessionId, length: TimeDelta, now: DateTime<Utc>) -> Option<Session> {
        let until = now + length;
        let live = self.sessions.get_mut(&id)?;
        let grant_end = self.users.get(&live.user).and_then(PoolUser::grant_end);
        let until = [self.terms.ends_at, grant_end].into_iter().flatten().fold(until, DateTime::min);
        let until = live.borrowed_until.map_or(until, |before| until.max(before));
        if live.borrowed_until == Some(until) {
            return Some(live.clone());
        }
        live.borrowed_until = Some(until);
        live.lease_until = until;
        live.last_seen_at = live.last_seen_at.max(now);
        live.warned_at = None;
        // The agent would not learn of a scheduled end any more.
        let had_scheduled_end = live.ending.take().is_some();
        let (user, borrowed) = (live.user, live.clone());
        self.settle_by(until);
        if had_scheduled_end {
            self.record(SeatChange::EndScheduled { session: id, user, ending: None });
        }
        self.record(SeatChange::Borrowed { session: id, user, until });
        Some(borrowed)
    }

    pub(super) fn is_borrowed(&self, id: SessionId) -> bool {
        self.sessions.get(&id).is_some_and(|live| live.borrowed_until.is_some())
    }

    /// Whether the seat of a session is borrowed and the reason does not end borrowing.
    pub(super) fn is_protected_by_borrowing(&self, id: SessionId, reason: EndReason) -> bool {
        use EndReason::{Abandoned, Finished, LeaseExpired, UserDeactivated};
        self.is_borrowed(id) && !matches!(reason, Finished | Abandoned | LeaseExpired | UserDeactivated)
    }
}
