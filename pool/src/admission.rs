//! The life cycle of a session: admission, which is the only way to get a seat, and all changes until the session ends.

use super::{EndCause, Pool, Refusal, ScheduledEnd, SeatRequest, Session, changes::SeatChange};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{
    ids::{SessionId, UserId},
    license::{Model, SecondDevice},
    people::UserStatus,
    problem::{Code, SessionEnd},
    session::{EndReason, Mode, Platform, SessionState},
    ticket::TicketEnd,
};
use std::collections::BTreeSet;

impl Pool {
    /// Admission: creates a session with a seat, unless a rule refuses.
    ///
    /// A holder who has a seat already shares it, and a seat that is offered to the user's ticket is free for them. Of
    /// two concurrent requests for the last seat, the second finds it occupied by the first.
    ///
    /// # Errors
    /// Returns the refusal, with the numbers that the agent is shown.
    pub fn admit(&mut self, user: UserId, request: SeatRequest, now: DateTime<Utc>) -> Result<Session, Refusal> {
        match request.in_place_of {
            Some(own) => self.admit_in_place_of(own, user, request, now),
            None => self.admit_to(false, user, request, now),
        }
    }

    /// Ends a session of the user and gives its seat to a new one, or does neither. The queue gets nothing less by
    /// that, so it is not asked, and neither are limits: no more seats are occupied than before.
    fn admit_in_place_of(
        &mut self,
        own: SessionId,
        user: UserId,
        request: SeatRequest,
        now: DateTime<Utc>,
    ) -> Result<Session, Refusal> {
        if self.session(own).is_none_or(|live| live.user != user) {
            return Err(self.refusal(Code::NotFound, None));
        }
        if self.is_borrowed(own) {
            return Err(self.refusal(Code::Borrowed, None));
        }
        let ending = self.session(own).and_then(|live| live.ending.clone());
        if ending.is_some() && request.borrow.is_some() {
            return Err(self.refusal(Code::WrongState, None));
        }
        let (savepoint, occupied) = (self.savepoint(&BTreeSet::from([user])), self.occupied());
        self.end(own, &EndCause::automatic(EndReason::GivenUp), now);
        // Unless another session of the user shares it.
        let has_seat = self.occupied() < occupied;
        let request = SeatRequest { in_place_of: None, ..request };
        match self.admit_to(has_seat, user, request.clone(), now) {
            // An end that was scheduled stays with the seat.
            Ok(live) if ending.is_some() => Ok(self.schedule_end(live.id, ending).unwrap_or(live)),
            Ok(live) => Ok(live),
            Err(_) => {
                self.roll_back(savepoint);
                // What refuses it without that session refuses it with it, and this refusal has the true numbers.
                self.admit_to(false, user, request, now)
            }
        }
    }

    /// Creates a session. `has_seat`: there is a seat for it, whatever the license's numbers say.
    fn admit_to(
        &mut self,
        has_seat: bool,
        user: UserId,
        request: SeatRequest,
        now: DateTime<Utc>,
    ) -> Result<Session, Refusal> {
        self.check_eligible(user, now)?;
        self.check_borrow_request(user, &request)?;
        let replaced = self.sessions_to_replace(user, &request.device)?;
        if replaced.is_empty() && !has_seat {
            self.check_seat_for(user, &request)?;
        }
        let cause = EndCause::automatic(EndReason::ReplacedByOtherDevice);
        for session in replaced {
            self.end(session, &cause, now);
        }
        let ticket = self.ticket_for(user, &request.device, request.session).map(|ticket| ticket.id);
        let borrow = request.borrow;
        let live = self.start_session(user, request, now);
        let live = borrow.and_then(|length| self.start_borrowing(live.id, length, now)).unwrap_or(live);
        if let Some(ticket) = ticket {
            self.remove_ticket(ticket, TicketEnd::Seated, Some(live.id), now);
        }
        Ok(live)
    }

    fn start_session(&mut self, user: UserId, request: SeatRequest, now: DateTime<Utc>) -> Session {
        let live = Session::start(user, request, &self.terms, now);
        self.insert(live.clone());
        self.record(SeatChange::Created(live.clone()));
        live
    }

    /// Checks whether the user may have a seat of this license at this time, if one is free.
    pub(super) fn check_eligible(&self, user: UserId, now: DateTime<Utc>) -> Result<(), Refusal> {
        let pool_user = self.user(user);
        if pool_user.is_some_and(|user| user.status == UserStatus::Suspended) {
            return Err(self.refusal(Code::UserSuspended, None));
        }
        if !pool_user.is_some_and(|user| user.assigned) {
            return Err(self.refusal(Code::NotAssigned, None));
        }
        if self.terms.archived {
            return Err(self.refusal(Code::Archived, None));
        }
        let cool_down = self.cool_down_until(user, now).map(|until| (Code::CoolingDown, until));
        match self.terms.validity_refusal(now).or(cool_down) {
            Some((code, at)) => Err(self.refusal(code, Some(at))),
            None => Ok(()),
        }
    }

    /// The sessions at other devices that a new session at this device replaces.
    pub(super) fn sessions_to_replace(&self, user: UserId, device: &str) -> Result<Vec<SessionId>, Refusal> {
        let mut others = self.sessions_of(user);
        others.retain(|id| self.session(*id).is_some_and(|live| live.device != device));
        match self.terms.rules.second_device {
            SecondDevice::Refuse if !others.is_empty() => Err(self.refusal(Code::OtherDevice, None)),
            // A borrowed session cannot be taken over, because its device would not learn of it.
            SecondDevice::TakeOver if others.iter().any(|id| self.is_borrowed(*id)) => {
                Err(self.refusal(Code::OtherDevice, None))
            }
            SecondDevice::TakeOver => Ok(others),
            _ => Ok(Vec::new()),
        }
    }

    /// Checks whether there is a seat: one that the holder occupies, one that is offered to the user, or a free one.
    fn check_seat_for(&self, user: UserId, request: &SeatRequest) -> Result<(), Refusal> {
        let holder = self.holder(user, &request.device, request.session);
        let ticket = self.ticket_for(user, &request.device, request.session);
        if self.holders.contains_key(&holder) || ticket.is_some_and(|ticket| ticket.offer_until.is_some()) {
            return Ok(());
        }
        self.seat_refusal(user).map_or(Ok(()), |code| Err(self.refusal(code, None)))
    }

    /// Records that a user was refused a seat.
    pub fn record_refusal(&mut self, user: UserId, device: String, code: Code) {
        self.record(SeatChange::Refused { user, device, code });
    }

    /// Records that a customer connected. Does nothing if one is connected already.
    ///
    /// # Errors
    /// Returns an error if there is no such live session.
    pub fn connect(&mut self, id: SessionId, platform: Platform, now: DateTime<Utc>) -> Result<Session, Code> {
        let lease = self.terms.lease();
        let live = self.sessions.get_mut(&id).ok_or(Code::NotFound)?;
        if live.state == SessionState::Connected {
            return Ok(live.clone());
        }
        live.state = SessionState::Connected;
        live.platform = Some(platform);
        live.support_key = None;
        live.key_expires_at = None;
        live.connected_at = Some(now);
        live.last_seen_at = live.last_seen_at.max(now);
        live.lease_until = live.lease_until.max(now + lease);
        live.active_at = now;
        live.warned_at = None;
        let live = live.clone();
        self.record(SeatChange::Connected { session: id, user: live.user, platform, at: now });
        self.settle_by(now);
        Ok(live)
    }

    /// Renews the lease of a session. An expired lease is not revived, because [`Pool::settle`] has ended the session.
    ///
    /// # Errors
    /// Returns an error if there is no such live session.
    pub fn renew(&mut self, id: SessionId, active: bool, now: DateTime<Utc>) -> Result<Session, Code> {
        let until = now + self.terms.lease();
        let live = self.sessions.get_mut(&id).ok_or(Code::NotFound)?;
        // A clock that was set back must not shorten the lease. The lease of a borrowed seat is fixed.
        if live.borrowed_until.is_none() {
            live.lease_until = live.lease_until.max(until);
        }
        live.last_seen_at = live.last_seen_at.max(now);
        let mut warned = None;
        if active {
            live.active_at = live.active_at.max(now);
            warned = live.warned_at.take();
        }
        let live = live.clone();
        if warned.is_some() {
            self.record(SeatChange::Warned { session: id, user: live.user, ends_at: None });
        }
        if let Some(at) = self.idle_warns_at(&live) {
            self.settle_by(at);
        }
        Ok(live)
    }

    /// Schedules the end of a session, so that its agent can finish, or cancels it.
    ///
    /// # Errors
    /// Returns an error if there is no such live session or its seat is borrowed.
    pub fn schedule_end(&mut self, id: SessionId, ending: Option<ScheduledEnd>) -> Result<Session, Code> {
        let live = self.sessions.get_mut(&id).ok_or(Code::NotFound)?;
        if ending.is_some() && live.borrowed_until.is_some() {
            return Err(Code::Borrowed);
        }
        if live.ending == ending {
            return Ok(live.clone());
        }
        live.ending.clone_from(&ending);
        let live = live.clone();
        if let Some(at) = ending.as_ref().map(|ending| ending.at) {
            self.settle_by(at);
        }
        self.record(SeatChange::EndScheduled { session: id, user: live.user, ending });
        Ok(live)
    }

    /// Sets whether a session is protected.
    ///
    /// # Errors
    /// Returns an error if there is no such live session.
    pub fn protect(&mut self, id: SessionId, protected: bool, now: DateTime<Utc>) -> Result<Session, Code> {
        let live = self.sessions.get_mut(&id).ok_or(Code::NotFound)?;
        if live.protected == protected {
            return Ok(live.clone());
        }
        live.protected = protected;
        // An earlier warning no longer counts: the agent is warned again before the session ends.
        live.warned_at = None;
        let live = live.clone();
        self.record(SeatChange::Protected { session: id, user: live.user, protected });
        self.settle_by(now);
        Ok(live)
    }

    /// Moves a session to another device, together with all sessions of the agent at the same device: one that stayed
    /// there could occupy another seat. Renews their leases, too.
    ///
    /// # Errors
    /// Returns an error if there is no such live session, or if one of the sessions is an application's or borrowed,
    /// which cannot be moved.
    pub fn continue_on_device(&mut self, id: SessionId, device: &str, now: DateTime<Utc>) -> Result<Session, Code> {
        let Session { user, device: from, .. } = self.sessions.get(&id).cloned().ok_or(Code::NotFound)?;
        if from != device {
            let at_device =
                self.sessions_by_user.get(&user).into_iter().flatten().filter_map(|id| self.sessions.get(id));
            let at_device: Vec<_> = at_device.filter(|live| live.device == from).collect();
            if at_device.iter().any(|live| live.borrowed_until.is_some()) {
                return Err(Code::Borrowed);
            }
            if at_device.iter().any(|live| live.mode == Mode::Application) {
                return Err(Code::WrongState);
            }
            let moved: Vec<_> = at_device.into_iter().map(|live| live.id).collect();
            for session in &moved {
                let Some(live) = self.remove(*session) else { continue };
                self.insert(Session { device: device.to_owned(), ..live });
            }
            // After all were moved: in between, the agent occupies two seats, which the event log must not show.
            for session in moved {
                self.renew(session, true, now)?;
                self.record(SeatChange::Continued { session, user, from: from.clone(), to: device.to_owned() });
            }
        }
        self.sessions.get(&id).cloned().ok_or(Code::NotFound)
    }

    /// Ends a session. Does nothing if there is no such live session, or if its seat is borrowed and the reason does
    /// not end borrowing.
    pub fn end(&mut self, id: SessionId, cause: &EndCause, now: DateTime<Utc>) -> Option<SessionEnd> {
        if self.is_protected_by_borrowing(id, cause.reason) {
            return None;
        }
        let live = self.remove(id)?;
        let end =
            SessionEnd { reason: cause.reason, at: now, by: cause.by_name.clone(), message: cause.message.clone() };
        self.record(SeatChange::Ended { session: id, user: live.user, end: end.clone(), by: cause.by });
        if cause.reason == EndReason::EndedByAdmin {
            self.start_cool_down(live.user, now);
        }
        Some(end)
    }

    /// Starts a cool-down, so that a user whose session an admin ended does not get a seat again at once. A named seat
    /// remains assigned to the user and has no cool-down.
    fn start_cool_down(&mut self, user: UserId, now: DateTime<Utc>) {
        let length = TimeDelta::seconds(self.terms.rules.cool_down_seconds);
        if length.is_zero() || self.terms.model == Model::Named {
            return;
        }
        let until = now + length;
        self.cool_downs.insert(user, until);
        self.settle_by(until);
        self.record(SeatChange::CoolDownStarted { user, until });
    }
}
