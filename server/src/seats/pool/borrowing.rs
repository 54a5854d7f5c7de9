//! Borrowing: a session whose device goes offline keeps its seat until a fixed time, without being heard of.
//!
//! Whoever is offline cannot be told that his session ended. So nobody but he frees the seat before its time, or one seat would be used by
//! two. The exception is a user who is suspended or deleted: he has no right to any seat from then on.

use super::{Ask, Holder, Pool, Refusal};
use crate::seats::facts::{Fact, Live};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{
    ids::{SessionId, UserId},
    problem::Code,
    session::{EndReason, Mode, SessionState},
};
use std::collections::HashSet;

impl Live {
    /// Whether its device may go offline: a customer who joins with a key needs the server.
    pub fn can_be_borrowed(&self) -> bool {
        self.state == SessionState::Connected && self.mode != Mode::Attended
    }
}

impl Pool {
    /// Borrows the seat of a live session for so long from now, but not beyond the end of the license. One that is borrowed already is
    /// never shortened.
    ///
    /// # Errors
    /// The refusal; no such live session, or one that cannot go offline.
    pub fn borrow(&mut self, id: SessionId, length: TimeDelta, now: DateTime<Utc>) -> Result<Live, Refusal> {
        let Some(live) = self.live.get(&id) else {
            return Err(Refusal { code: Code::NotFound, facts: None });
        };
        if !live.can_be_borrowed() {
            return Err(Refusal { code: Code::WrongState, facts: None });
        }
        let (user, holder) = (live.user, self.holder(live.user, &live.device, id));
        self.may_ask(user, now)?;
        self.may_borrow(&holder, length)?;
        self.lend(id, length, now).ok_or(Refusal { code: Code::NotFound, facts: None })
    }

    /// Whether a request that wants to borrow may.
    pub(super) fn may_borrow_as(&self, user: UserId, ask: &Ask) -> Result<(), Refusal> {
        match ask.borrow {
            Some(length) => self.may_borrow(&self.holder(user, &ask.device, ask.session), length),
            None => Ok(()),
        }
    }

    fn may_borrow(&self, holder: &Holder, length: TimeDelta) -> Result<(), Refusal> {
        let rules = &self.terms.rules;
        if rules.borrow_seconds == 0 {
            return Err(self.refusal(Code::NotLendable, None));
        }
        if length > TimeDelta::seconds(rules.borrow_seconds) {
            let mut refusal = self.refusal(Code::BorrowTooLong, None);
            refusal.facts.iter_mut().for_each(|facts| facts.borrow_seconds = Some(rules.borrow_seconds));
            return Err(refusal);
        }
        let lent = self.lent();
        let full = rules.borrow_seats > 0 && i64::try_from(lent.len()).unwrap_or(i64::MAX) >= rules.borrow_seats;
        if full && !lent.contains(holder) {
            return Err(self.refusal(Code::BorrowLimit, None));
        }
        Ok(())
    }

    /// Those whose seats are borrowed.
    fn lent(&self) -> HashSet<Holder> {
        let lent = self.live.values().filter(|live| live.borrowed_until.is_some());
        lent.map(|live| self.holder(live.user, &live.device, live.id)).collect()
    }

    /// From now on the lease is what was borrowed; no heartbeat moves it.
    pub(super) fn lend(&mut self, id: SessionId, length: TimeDelta, now: DateTime<Utc>) -> Option<Live> {
        let until = now + length;
        let until = self.terms.ends_at.map_or(until, |end| until.min(end));
        let live = self.live.get_mut(&id)?;
        let until = live.borrowed_until.map_or(until, |before| until.max(before));
        if live.borrowed_until == Some(until) {
            return Some(live.clone());
        }
        live.borrowed_until = Some(until);
        live.lease_until = until;
        live.last_seen_at = live.last_seen_at.max(now);
        live.warned_at = None;
        // An end that was announced cannot reach him any more.
        let announced = live.ending.take().is_some();
        let (user, lent) = (live.user, live.clone());
        self.due_by(until);
        if announced {
            self.note(Fact::Announced { session: id, user, ending: None });
        }
        self.note(Fact::Borrowed { session: id, user, until });
        Some(lent)
    }

    /// Whether the seat of a session is borrowed.
    pub(super) fn is_borrowed(&self, id: SessionId) -> bool {
        self.live.get(&id).is_some_and(|live| live.borrowed_until.is_some())
    }

    /// Whether a session is borrowed and this is no reason that ends one.
    pub(super) fn is_out_of_reach(&self, id: SessionId, reason: EndReason) -> bool {
        use EndReason::{Abandoned, Finished, LeaseExpired, UserDeactivated};
        self.is_borrowed(id) && !matches!(reason, Finished | Abandoned | LeaseExpired | UserDeactivated)
    }
}
