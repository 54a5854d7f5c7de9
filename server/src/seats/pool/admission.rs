//! The life of a session: admission, which is the only way to a seat, and everything until its end.

use super::{Ask, Ending, Pool, Refusal};
use crate::seats::facts::{Announced, Fact, Live};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{
    ids::{SessionId, UserId},
    license::{Model, SecondDevice},
    people::UserStatus,
    problem::{Code, End},
    session::{EndReason, Mode, Platform, SessionState},
    ticket::TicketEnd,
};

impl Pool {
    /// Admission: gives the user a session with a seat, or says which rule refuses.
    ///
    /// The seat of a holder who has one already is shared; a seat that is kept for his ticket is his. Of two who ask at once
    /// for the last seat, the second finds it occupied by the first.
    ///
    /// # Errors
    /// The refusal, with the facts that the agent is told.
    pub fn admit(&mut self, user: UserId, ask: Ask, now: DateTime<Utc>) -> Result<Live, Refusal> {
        self.may_ask(user, now)?;
        self.may_borrow_as(user, &ask)?;
        let replaced = self.at_other_devices(user, &ask.device)?;
        if replaced.is_empty() {
            self.has_seat_for(user, &ask)?;
        }
        let ending = Ending::by_itself(EndReason::ReplacedByOtherDevice);
        for session in replaced {
            self.end(session, &ending, now);
        }
        let ticket = self.ticket_for(user, &ask.device, ask.session).map(|ticket| ticket.id);
        let borrow = ask.borrow;
        let live = self.begin(user, ask, now);
        let live = borrow.and_then(|length| self.lend(live.id, length, now)).unwrap_or(live);
        if let Some(ticket) = ticket {
            self.leave(ticket, TicketEnd::Seated, Some(live.id), now);
        }
        Ok(live)
    }

    fn begin(&mut self, user: UserId, ask: Ask, now: DateTime<Utc>) -> Live {
        let waits = ask.mode == Mode::Attended;
        let live = Live {
            id: ask.session,
            user,
            device: ask.device,
            state: if waits { SessionState::Waiting } else { SessionState::Connected },
            mode: ask.mode,
            platform: ask.platform,
            remote_device: ask.remote_device,
            support_key: waits.then_some(ask.support_key),
            key_expires_at: waits.then(|| now + self.terms.key_life),
            idempotency_key: ask.idempotency_key,
            created_at: now,
            connected_at: (!waits).then_some(now),
            last_seen_at: now,
            lease_until: now + self.terms.lease(),
            active_at: now,
            warned_at: None,
            ending: None,
            protected: false,
            borrowed_until: None,
        };
        self.insert(live.clone());
        self.note(Fact::Created(live.clone()));
        live
    }

    /// Whether the user may have a seat of this license at all, now.
    pub(super) fn may_ask(&self, user: UserId, now: DateTime<Utc>) -> Result<(), Refusal> {
        let person = self.person(user);
        if person.is_some_and(|person| person.status == UserStatus::Suspended) {
            return Err(self.refusal(Code::UserSuspended, None));
        }
        if !person.is_some_and(|person| person.assigned) {
            return Err(self.refusal(Code::NotAssigned, None));
        }
        if self.terms.archived {
            return Err(self.refusal(Code::Archived, None));
        }
        let cooling = self.cooling(user, now).map(|until| (Code::CoolingDown, until));
        match self.terms.not_valid(now).or(cooling) {
            Some((code, at)) => Err(self.refusal(code, Some(at))),
            None => Ok(()),
        }
    }

    /// The sessions that a new one at this device replaces.
    pub(super) fn at_other_devices(&self, user: UserId, device: &str) -> Result<Vec<SessionId>, Refusal> {
        let mut others = self.sessions_of(user);
        others.retain(|id| self.session(*id).is_some_and(|live| live.device != device));
        match self.terms.rules.second_device {
            SecondDevice::Refuse if !others.is_empty() => Err(self.refusal(Code::OtherDevice, None)),
            // What is borrowed cannot be taken over: its device does not hear of it.
            SecondDevice::TakeOver if others.iter().any(|id| self.is_borrowed(*id)) => {
                Err(self.refusal(Code::OtherDevice, None))
            }
            SecondDevice::TakeOver => Ok(others),
            _ => Ok(Vec::new()),
        }
    }

    /// Whether there is a seat: one that he has, one that is kept for him, or one that is free for him.
    fn has_seat_for(&self, user: UserId, ask: &Ask) -> Result<(), Refusal> {
        let holder = self.holder(user, &ask.device, ask.session);
        let ticket = self.ticket_for(user, &ask.device, ask.session);
        if self.holders.contains_key(&holder) || ticket.is_some_and(|ticket| ticket.offer_until.is_some()) {
            return Ok(());
        }
        self.no_room(user).map_or(Ok(()), |code| Err(self.refusal(code, None)))
    }

    /// Notes that a user got no seat here.
    pub fn refuse(&mut self, user: UserId, code: Code) {
        self.note(Fact::Refused { user, code });
    }

    /// A customer connected. Doing it again changes nothing.
    ///
    /// # Errors
    /// No such live session.
    pub fn connect(&mut self, id: SessionId, platform: Platform, now: DateTime<Utc>) -> Result<Live, Code> {
        let lease = self.terms.lease();
        let live = self.live.get_mut(&id).ok_or(Code::NotFound)?;
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
        self.note(Fact::Connected { session: id, user: live.user, platform, at: now });
        self.due_by(now);
        Ok(live)
    }

    /// Starts the lease anew. An expired lease is not revived: [`Pool::settle`] has ended it.
    ///
    /// # Errors
    /// No such live session.
    pub fn renew(&mut self, id: SessionId, active: bool, now: DateTime<Utc>) -> Result<Live, Code> {
        let until = now + self.terms.lease();
        let live = self.live.get_mut(&id).ok_or(Code::NotFound)?;
        // A clock that was set back must not shorten what was promised; and what is borrowed has its time.
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
            self.note(Fact::Warned { session: id, user: live.user, ends_at: None });
        }
        if let Some(at) = self.idle_warns_at(&live) {
            self.due_by(at);
        }
        Ok(live)
    }

    /// Announces that a session will be ended, so that its agent can finish; or calls that off.
    ///
    /// # Errors
    /// No such live session, or its seat is borrowed.
    pub fn announce(&mut self, id: SessionId, ending: Option<Announced>) -> Result<Live, Code> {
        let live = self.live.get_mut(&id).ok_or(Code::NotFound)?;
        if ending.is_some() && live.borrowed_until.is_some() {
            return Err(Code::Borrowed);
        }
        if live.ending == ending {
            return Ok(live.clone());
        }
        live.ending.clone_from(&ending);
        let live = live.clone();
        if let Some(at) = ending.as_ref().map(|ending| ending.at) {
            self.due_by(at);
        }
        self.note(Fact::Announced { session: id, user: live.user, ending });
        Ok(live)
    }

    /// Marks a session as protected, or no longer.
    ///
    /// # Errors
    /// No such live session.
    pub fn protect(&mut self, id: SessionId, protected: bool, now: DateTime<Utc>) -> Result<Live, Code> {
        let live = self.live.get_mut(&id).ok_or(Code::NotFound)?;
        if live.protected == protected {
            return Ok(live.clone());
        }
        live.protected = protected;
        // Whoever was spared starts anew: he is warned again before anything ends.
        live.warned_at = None;
        let live = live.clone();
        self.note(Fact::Protected { session: id, user: live.user, protected });
        self.due_by(now);
        Ok(live)
    }

    /// The agent goes on with this session at another device, and with all that he has at the same device: one that stayed
    /// there could take a seat of its own. It is a sign of life, too: whoever goes on has a whole lease before him.
    ///
    /// # Errors
    /// No such live session; one of them is a program's, or borrowed: neither can go on elsewhere.
    pub fn go_on(&mut self, id: SessionId, device: &str, now: DateTime<Utc>) -> Result<Live, Code> {
        let Live { user, device: from, .. } = self.live.get(&id).cloned().ok_or(Code::NotFound)?;
        if from != device {
            let beside = self.of_user.get(&user).into_iter().flatten().filter_map(|id| self.live.get(id));
            let beside: Vec<_> = beside.filter(|live| live.device == from).collect();
            if beside.iter().any(|live| live.borrowed_until.is_some()) {
                return Err(Code::Borrowed);
            }
            if beside.iter().any(|live| live.mode == Mode::Application) {
                return Err(Code::WrongState);
            }
            let moved: Vec<_> = beside.into_iter().map(|live| live.id).collect();
            for session in &moved {
                let Some(live) = self.remove(*session) else { continue };
                self.insert(Live { device: device.to_owned(), ..live });
            }
            // Only now, since between two of them he occupies two seats, and the log is to say no such thing.
            for session in moved {
                self.renew(session, true, now)?;
                self.note(Fact::Continued { session, user, from: from.clone(), to: device.to_owned() });
            }
        }
        self.live.get(&id).cloned().ok_or(Code::NotFound)
    }

    /// Ends a session. Ending what is not there changes nothing, nor does a reason that does not end what is borrowed.
    pub fn end(&mut self, id: SessionId, ending: &Ending, now: DateTime<Utc>) -> Option<End> {
        if self.is_out_of_reach(id, ending.reason) {
            return None;
        }
        let live = self.remove(id)?;
        let end = End { reason: ending.reason, at: now, by: ending.by_name.clone(), message: ending.message.clone() };
        self.note(Fact::Ended { session: id, user: live.user, end: end.clone(), by: ending.by });
        if ending.reason == EndReason::EndedByAdmin {
            self.cool_down(live.user, now);
        }
        Some(end)
    }

    /// Whose session an admin ended must not grab the seat back at once. A named seat stays his.
    fn cool_down(&mut self, user: UserId, now: DateTime<Utc>) {
        let pause = TimeDelta::seconds(self.terms.rules.cool_down_seconds);
        if pause.is_zero() || self.terms.model == Model::Named {
            return;
        }
        let until = now + pause;
        self.cooling.insert(user, until);
        self.due_by(until);
        self.note(Fact::Cooling { user, until });
    }
}
