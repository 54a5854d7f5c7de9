//! The causes of recorded changes: what was asked of the pool, so that it made the change.

use super::{Derivation, Flag, after_sweep, effective_end, effective_start, order};
use crate::{
    EndCause, NewSession, SeatRequest,
    changes::PoolUser,
    replay::{
        demand::{
            Change, ChangeKind, GroupIndex, LicensePeriod, Micros, ReactionKind, Request, RequestResult, Wait, Work,
            WorkStepKind,
        },
        history::{History, RecordedChange},
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{
    ids::{SessionId, TicketId, UserId},
    people::UserStatus,
    problem::Code,
    session::{EndReason, Mode, Platform},
    ticket::TicketEnd,
};
use std::collections::BTreeSet;

impl<'a> Derivation<'a> {
    /// Finds the cause of a change, applies it to the pool and notes it.
    pub(super) fn find_cause(&mut self, number: usize, change: &RecordedChange) {
        let (now, at) = (self.now, self.at());
        match change {
            RecordedChange::Created { .. } => self.created(number, None),
            RecordedChange::Refused { user, code, device } => self.refused(number, *user, *code, device.as_ref()),
            RecordedChange::Queued { ticket, user, device, mode, platform } => {
                let request = seat_request(SessionId(ticket.0), device, *mode, *platform);
                self.queued(number, *user, *ticket, request);
            }
            RecordedChange::Connected { session } => {
                let platform = Platform::Windows;
                drop(self.stage.pool.connect(*session, platform, now));
                self.notes.connect(*session, at);
            }
            RecordedChange::Continued { session, to } => {
                drop(self.stage.pool.continue_on_device(*session, to, now));
                let device = self.notes.device(to);
                self.notes.step(*session, WorkStepKind::Continued(device), at, order(number));
            }
            RecordedChange::Borrowed { session, until } => {
                let length = *until - now;
                drop(self.stage.pool.borrow(*session, length, now));
                self.notes.step(*session, WorkStepKind::Borrowed(Micros::of(length)), at, order(number));
            }
            RecordedChange::Ended { session, user, reason } => self.ended(number, *session, *user, *reason),
            RecordedChange::OfferWithdrawn { ticket } => {
                drop(self.stage.pool.pass_offer(*ticket, now));
                self.notes.react(*ticket, ReactionKind::Passed, at, order(number));
            }
            RecordedChange::Moved { ticket, place } => self.moved(number, *ticket, *place),
            RecordedChange::TicketEnded { ticket, user, reason, .. } => {
                self.ticket_ended(number, *ticket, *user, *reason);
            }
            RecordedChange::Offered { .. } => {}
            _ => self.changed(number, change),
        }
    }

    fn event(&self, number: usize) -> Option<&'a RecordedChange> {
        let history: &'a History = self.history;
        history.events.get(number).map(|event| &event.change)
    }

    /// The events after one, as long as they have the present time.
    fn following(&self, number: usize) -> impl Iterator<Item = (usize, &'a RecordedChange)> + use<'a> {
        let (history, now): (&'a History, _) = (self.history, self.now);
        let later = history.events.iter().enumerate().skip(number + 1);
        later.take_while(move |(_, event)| event.at == now).map(|(number, event)| (number, &event.change))
    }

    /// A session, by a request, perhaps in place of another one, or by the acceptance of an offer.
    fn created(&mut self, number: usize, in_place_of: Option<SessionId>) {
        let Some(RecordedChange::Created { session, user, device, mode, platform }) = self.event(number) else {
            return;
        };
        let (session, user, mode, platform) = (*session, *user, *mode, *platform);
        let request = seat_request(session, device, mode, platform);
        let (now, at) = (self.now, self.at());
        let borrow = match self.following(number).next() {
            Some((_, RecordedChange::Borrowed { session: of, until })) if *of == session => Some(*until - now),
            _ => None,
        };
        // The acceptance of an offer cannot borrow the seat at once, nor end another session.
        let ticket = self.following(number).find_map(|(_, change)| match change {
            RecordedChange::TicketEnded { ticket, session: Some(of), .. } if *of == session => Some(*ticket),
            _ => None,
        });
        let is_plain = borrow.is_none() && in_place_of.is_none();
        let ticket = ticket.filter(|_| is_plain).and_then(|ticket| self.stage.pool.ticket(ticket));
        let accepted = ticket
            .filter(|ticket| ticket.offer_until.is_some() && (&ticket.device, ticket.mode) == (&request.device, mode));
        if let Some(ticket) = accepted.map(|ticket| ticket.id) {
            let new = NewSession { id: session, support_key: String::new() };
            drop(self.stage.pool.accept_offer(ticket, new, now));
            self.notes.accept(ticket, session, at, order(number));
            return;
        }
        let device = request.device.clone();
        drop(self.stage.pool.admit(user, SeatRequest { borrow, in_place_of, ..request }, now));
        let noted = Request {
            at,
            order: order(number),
            person: self.notes.person(user),
            device: self.notes.device(&device),
            mode,
            platform,
            borrow: borrow.map(Micros::of),
            in_place: in_place_of.is_some(),
            result: RequestResult::Seated(Work::default()),
        };
        let request = self.notes.add_request(noted);
        self.notes.add_session(session, request, at);
    }

    /// A refusal. Not noted if a request for one session would not have been refused.
    fn refused(&mut self, number: usize, user: UserId, code: Code, device: Option<&String>) {
        let (now, at) = (self.now, self.at());
        let person = self.notes.person(user);
        let device = device.cloned().or_else(|| self.notes.last_device(person)).unwrap_or_default();
        let borrow = match code {
            Code::BorrowTooLong => Some(TimeDelta::seconds(self.stage.pool.terms.rules.borrow_seconds + 1)),
            Code::NotLendable | Code::BorrowLimit => Some(TimeDelta::seconds(1)),
            _ => None,
        };
        let request =
            SeatRequest { borrow, ..seat_request(SessionId(uuid::Uuid::nil()), &device, Mode::Attended, None) };
        let savepoint = self.stage.pool.savepoint(&BTreeSet::from([user]));
        match self.stage.pool.admit(user, request, now) {
            Ok(_) => self.stage.pool.roll_back(savepoint),
            Err(refusal) => {
                self.stage.pool.record_refusal(user, device.clone(), refusal.code);
                let device = self.notes.device(&device);
                let (result, borrow) = (RequestResult::Refused(code), borrow.map(Micros::of));
                let order = order(number);
                self.notes.add_request(Request { borrow, ..Request::new(at, order, person, device, result) });
            }
        }
    }

    fn queued(&mut self, number: usize, user: UserId, ticket: TicketId, request: SeatRequest) {
        let (now, at) = (self.now, self.at());
        let (mode, platform) = (request.mode, request.platform);
        let (person, device) = (self.notes.person(user), self.notes.device(&request.device));
        self.stage.pool.enqueue(user, ticket, request, now);
        let until = self.stage.pool.cool_down_until(user, now);
        self.wakes.extend(until.map(|until| (after_sweep(until), user)));
        let result = RequestResult::Queued(Wait::default());
        let noted = Request { mode, platform, ..Request::new(at, order(number), person, device, result) };
        let request = self.notes.add_request(noted);
        self.notes.add_ticket(ticket, request, at);
    }

    fn ended(&mut self, number: usize, session: SessionId, user: UserId, reason: EndReason) {
        let at = self.at();
        match reason {
            EndReason::ReplacedByOtherDevice | EndReason::GivenUp => {
                let created = self.following(number).find_map(|(later, change)| match change {
                    RecordedChange::Created { user: by, .. } if *by == user => Some(later),
                    _ => None,
                });
                if self.stage.is_due() {
                    self.catch_up();
                }
                let given_up = Some(session).filter(|_| reason == EndReason::GivenUp);
                created.into_iter().for_each(|created| self.created(created, given_up));
                self.collect();
                self.catch_up();
                match given_up {
                    Some(session) => self.notes.end(session, reason, None, at, order(number)),
                    None => self.notes.follow(&RecordedChange::Ended { session, user, reason }, at, order(number)),
                }
                return;
            }
            EndReason::UserDeactivated => self.suspended(number, user),
            EndReason::AssignmentRevoked => self.revoked(number, user, true),
            _ => {
                let rules = &self.stage.pool.terms.rules;
                let is_borrowed = self.stage.pool.is_borrowed(session);
                let limit = match reason {
                    EndReason::LeaseExpired if !is_borrowed => Some(rules.lease_seconds),
                    EndReason::Idle => Some(rules.idle_seconds),
                    _ => None,
                };
                self.stage.pool.end(session, &EndCause::automatic(reason), self.now);
                self.notes.end(session, reason, limit, at, order(number));
                self.await_offers(Flag::Session(session));
                return;
            }
        }
        self.notes.follow(&RecordedChange::Ended { session, user, reason }, at, order(number));
    }

    fn ticket_ended(&mut self, number: usize, ticket: TicketId, user: UserId, reason: TicketEnd) {
        let (now, at) = (self.now, self.at());
        match reason {
            TicketEnd::UserDeactivated => self.suspended(number, user),
            TicketEnd::AssignmentRevoked => self.revoked(number, user, false),
            _ => {
                let is_offered = self.stage.pool.ticket(ticket).is_some_and(|ticket| ticket.offer_until.is_some());
                let reaction = match reason {
                    TicketEnd::Declined if is_offered => Some(ReactionKind::Declined),
                    TicketEnd::Missed if is_offered => Some(ReactionKind::Missed),
                    _ => None,
                };
                let session = self.event(number).and_then(|change| match change {
                    RecordedChange::TicketEnded { session, .. } => *session,
                    _ => None,
                });
                self.stage.pool.remove_ticket(ticket, reason, session, now);
                let source = match reaction {
                    Some(kind) => self.notes.react(ticket, kind, at, order(number)).map(Flag::Reaction),
                    None => self.notes.leave(ticket, reason, at, order(number)).map(Flag::TicketEnd),
                };
                source.into_iter().for_each(|flag| self.await_offers(flag));
            }
        }
        self.notes.follow(&RecordedChange::TicketEnded { ticket, user, reason, session: None }, at, order(number));
    }

    /// Finds the ticket that was moved: of those that have another place afterwards, the one whose move has led to
    /// exactly that.
    fn moved(&mut self, number: usize, ticket: TicketId, place: i64) {
        let mut run = vec![(ticket, place)];
        run.extend(self.following(number).map_while(|(_, change)| match change {
            RecordedChange::Moved { ticket, place } => Some((*ticket, *place)),
            _ => None,
        }));
        let places: Vec<i64> = self.stage.pool.tickets().map(|ticket| ticket.place).collect();
        let found = run.iter().find_map(|(ticket, place)| {
            let position = i64::try_from(places.iter().position(|other| other == place)? + 1).ok()?;
            let moved = self.stage.pool.queue.clone().move_to(*ticket, position);
            let is_same = moved.iter().map(|moved| (moved.id, moved.place)).eq(run.iter().take(moved.len()).copied());
            (is_same && !moved.is_empty()).then_some((*ticket, position))
        });
        let Some((moved, position)) = found else { return };
        self.stage.pool.move_ticket(moved, position);
        if let Some(ticket) = self.notes.ticket(moved) {
            self.change(number, ChangeKind::Moved { ticket, position });
        }
    }

    /// Whether the revocation of an assignment also ended the user's sessions: that follows at once.
    fn ends_sessions(&self, number: usize, revoked: UserId) -> bool {
        let is_consequence = |change: &RecordedChange| match change {
            RecordedChange::TicketEnded { user, reason, .. } => {
                *user == revoked && *reason == TicketEnd::AssignmentRevoked
            }
            RecordedChange::Ended { user, reason, .. } => *user == revoked && *reason == EndReason::AssignmentRevoked,
            _ => false,
        };
        let mut consequences =
            self.following(number).map(|(_, change)| change).take_while(|change| is_consequence(change));
        consequences.any(|change| matches!(change, RecordedChange::Ended { .. }))
    }

    fn suspended(&mut self, number: usize, user: UserId) {
        self.know(user);
        self.stage.pool.suspend(user, &EndCause::automatic(EndReason::UserDeactivated), self.now);
        let person = self.notes.person(user);
        self.change(number, ChangeKind::Suspended(person));
    }

    fn revoked(&mut self, number: usize, user: UserId, end_sessions: bool) {
        let cause = EndCause::automatic(EndReason::AssignmentRevoked);
        self.know(user);
        let _ = self.stage.pool.revoke(user, end_sessions.then_some(&cause), self.now);
        let person = self.notes.person(user);
        self.change(number, ChangeKind::Revoked { person, end_sessions });
    }

    /// A change by an admin or of the account.
    fn changed(&mut self, number: usize, change: &RecordedChange) {
        match change {
            RecordedChange::Granted(user) => {
                self.know(*user);
                let _ = self.stage.pool.grant(*user);
                let person = self.notes.person(*user);
                self.change(number, ChangeKind::Granted(person));
            }
            RecordedChange::Revoked(user) => {
                let end_sessions = self.ends_sessions(number, *user);
                self.revoked(number, *user, end_sessions);
            }
            RecordedChange::Suspended(user) => {
                self.suspended(number, *user);
                self.expected.push(change.clone());
            }
            RecordedChange::Activated(user) => {
                let person = self.notes.person(*user);
                self.change_user(*user, |user| user.status = UserStatus::Active);
                self.change(number, ChangeKind::Activated(person));
                self.expected.push(change.clone());
            }
            RecordedChange::GroupsChanged { user, groups } => {
                let person = self.notes.person(*user);
                let indexes = groups.iter().map(|group| GroupIndex(self.notes.groups.of(group)));
                let kind = ChangeKind::GroupsChanged { person, groups: indexes.collect() };
                self.change_user(*user, |user| user.groups.clone_from(groups));
                self.change(number, kind);
                self.expected.push(change.clone());
            }
            RecordedChange::Resized(seats) => {
                let _ = self.stage.pool.resize(*seats);
                self.change(number, ChangeKind::Resized(*seats));
            }
            RecordedChange::RulesChanged(rules) => {
                self.stage.pool.change_rules(*rules, self.now);
                self.change(number, ChangeKind::RulesChanged(*rules));
            }
            RecordedChange::LimitsChanged(limits) => {
                let _ = self.stage.pool.limit_groups(limits);
                let limits = self.notes.limits(limits);
                self.change(number, ChangeKind::LimitsChanged(limits));
            }
            RecordedChange::PeriodChanged { starts_at, ends_at } => {
                let starts_at = effective_start(self.history, *starts_at, number + 1);
                let noticed = effective_end(self.history, *ends_at, number + 1);
                (self.stage.pool.terms.starts_at, self.stage.pool.terms.ends_at) = (starts_at, *ends_at);
                self.stage.end_noticed_at = noticed;
                let time = |at: Option<DateTime<Utc>>| at.map(|at| self.time(at));
                let (starts_at, ends_at, end_noticed_at) = (time(starts_at), time(*ends_at), time(noticed));
                let period = LicensePeriod { starts_at, ends_at, end_noticed_at };
                self.change(number, ChangeKind::PeriodChanged(period));
                self.expected.push(change.clone());
            }
            RecordedChange::Archived(archived) => {
                self.stage.pool.terms.archived = *archived;
                self.change(number, ChangeKind::Archived(*archived));
                self.expected.push(change.clone());
            }
            _ => {}
        }
    }

    /// Notes a change, after which free seats are offered when the next cause is known.
    fn change(&mut self, number: usize, kind: ChangeKind) {
        let (at, order) = (self.at(), order(number));
        self.notes.demand.changes.push(Change { at, order, kind, offers_after: false });
        self.await_offers(Flag::Change(self.notes.demand.changes.len() - 1));
    }

    fn await_offers(&mut self, flag: Flag) {
        self.unoffered = Some(flag);
        self.stage.note_change();
    }

    /// Makes sure that the pool knows a user, who may be new.
    fn know(&mut self, user: UserId) {
        if self.stage.pool.user(user).is_none() {
            self.stage.pool.set_user(new_user(user));
        }
    }

    fn change_user(&mut self, user: UserId, change: impl FnOnce(&mut PoolUser)) {
        self.know(user);
        if let Some(user) = self.stage.pool.users.get_mut(&user) {
            change(user);
        }
    }
}

/// A user to whom the license is not assigned.
pub(in crate::replay) fn new_user(id: UserId) -> PoolUser {
    let (name, email, groups) = (String::new(), String::new(), Vec::new());
    PoolUser {
        id,
        name,
        email,
        status: UserStatus::Active,
        assigned: false,
        grant_ends_at: None,
        cool_until: None,
        groups,
    }
}

pub(in crate::replay) fn seat_request(
    session: SessionId,
    device: &str,
    mode: Mode,
    platform: Option<Platform>,
) -> SeatRequest {
    SeatRequest { platform, ..SeatRequest::new(session, device.to_owned(), mode, String::new()) }
}
