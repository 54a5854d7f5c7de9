//! A test for each rule of the seats, on the pool without I/O.

mod borrowing;
mod endings;
mod grant_ends;
mod groups;
mod idle;
mod named;
mod occupancy;
mod offers;
mod queue;
mod second_device;

use super::*;
use seatkeeper_shared::{
    ids::{GroupId, LicenseId, ProductId},
    license::{Model, Rules, SeatRule, SecondDevice},
    people::UserStatus,
    session::{Mode, Platform},
    ticket::TicketEnd,
};
use uuid::Uuid;

pub(super) fn now() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
}

pub(super) fn user(number: u128) -> UserId {
    UserId(Uuid::from_u128(number))
}

pub(super) fn session(number: u128) -> SessionId {
    SessionId(Uuid::from_u128(number))
}

pub(super) fn ticket(number: u128) -> TicketId {
    TicketId(Uuid::from_u128(number))
}

pub(super) fn group(number: u128) -> GroupId {
    GroupId(Uuid::from_u128(number))
}

pub(super) fn terms(model: Model, seats: i64, rules: Rules) -> Terms {
    Terms {
        license: LicenseId(Uuid::from_u128(1)),
        product: ProductId(Uuid::from_u128(2)),
        product_name: "Remote Support v5".to_owned(),
        key_lifetime: TimeDelta::minutes(10),
        model,
        seats,
        starts_at: None,
        ends_at: None,
        archived: false,
        rules,
        groups: Vec::new(),
    }
}

pub(super) fn pool_user(number: u128, assigned: bool) -> PoolUser {
    PoolUser {
        id: user(number),
        name: format!("Agent {number}"),
        email: format!("agent{number}@example.org"),
        status: UserStatus::Active,
        assigned,
        grant_ends_at: None,
        cool_until: None,
        groups: Vec::new(),
    }
}

pub(super) fn request(session: u128, device: &str, mode: Mode) -> SeatRequest {
    SeatRequest::new(SessionId(Uuid::from_u128(session)), device.to_owned(), mode, format!("{session:09}"))
}

pub(super) fn new_session(id: u128) -> NewSession {
    NewSession { id: SessionId(Uuid::from_u128(id)), support_key: format!("{id:09}") }
}

/// A license with twenty agents, at a time. Agents, sessions and tickets are identified by numbers.
pub(super) struct Scenario {
    pub pool: Pool,
    pub at: DateTime<Utc>,
}

impl Scenario {
    pub fn new(model: Model, seats: i64, rules: Rules) -> Self {
        let mut pool = Pool::new(terms(model, seats, rules), [], []);
        pool.set_assigned_count(0);
        for number in 1..=20 {
            pool.set_user(pool_user(number, model == Model::Concurrent));
        }
        Self { pool, at: now() }
    }

    /// A concurrent license with the default rules.
    pub fn concurrent(seats: i64) -> Self {
        Self::new(Model::Concurrent, seats, Rules::default())
    }

    /// Makes a decision as a batch does: settles the pool before and offers free seats afterwards.
    pub fn decide<T>(&mut self, decision: impl FnOnce(&mut Pool, DateTime<Utc>) -> T) -> T {
        self.pool.settle(self.at);
        self.pool.offer_seats(self.at);
        let result = decision(&mut self.pool, self.at);
        self.pool.offer_seats(self.at);
        result
    }

    pub fn advance(&mut self, seconds: i64) {
        self.at += TimeDelta::seconds(seconds);
        self.decide(|_, _| ());
    }

    pub fn change(&mut self, change: impl FnOnce(&mut Rules)) {
        let mut rules = self.pool.terms.rules;
        change(&mut rules);
        self.decide(|pool, at| pool.change_rules(rules, at));
    }

    /// The agent requests a seat for a session at their usual device.
    pub fn asks(&mut self, by: u128, session: u128) -> Result<Session, Code> {
        self.asks_at(by, session, "NB-1")
    }

    pub fn asks_at(&mut self, by: u128, session: u128, device: &str) -> Result<Session, Code> {
        let request = request(session, device, Mode::Application);
        self.decide(|pool, at| pool.admit(user(by), request, at)).map_err(|refusal| refusal.code)
    }

    /// The agent is refused and takes a ticket.
    pub fn waits(&mut self, by: u128, number: u128) -> Ticket {
        let request = request(number, "NB-1", Mode::Application);
        let refusal = self.decide(|pool, at| pool.admit(user(by), request.clone(), at)).unwrap_err();
        assert!(refusal.can_wait(), "{} is no reason to wait", refusal.code);
        let ticket = self.decide(|pool, at| pool.enqueue(user(by), ticket(number), request, at));
        self.pool.ticket(ticket.id).unwrap().clone()
    }

    pub fn accepts(&mut self, number: u128, session: u128) -> Result<Session, Code> {
        self.decide(|pool, at| pool.accept_offer(ticket(number), new_session(session), at))
            .map_err(|refusal| refusal.code)
    }

    pub fn passes(&mut self, number: u128) -> Result<Ticket, Code> {
        self.decide(|pool, at| pool.pass_offer(ticket(number), at))
    }

    pub fn leaves(&mut self, number: u128, reason: TicketEnd) {
        self.decide(|pool, at| pool.remove_ticket(ticket(number), reason, None, at));
    }

    pub fn renews_ticket(&mut self, number: u128) -> Result<Ticket, Code> {
        self.decide(|pool, at| pool.renew_ticket(ticket(number), at))
    }

    pub fn renews(&mut self, number: u128, active: bool) -> Result<Session, Code> {
        self.decide(|pool, at| pool.renew(session(number), active, at))
    }

    pub fn finishes(&mut self, number: u128) {
        self.ends(number, EndReason::Finished);
    }

    pub fn ends(&mut self, number: u128, reason: EndReason) {
        self.decide(|pool, at| pool.end(session(number), &EndCause::automatic(reason), at)).unwrap();
    }

    /// The tickets in the queue, the head first, each with whether it has an offer.
    pub fn queue(&self) -> Vec<(u128, bool)> {
        self.pool.tickets().map(|ticket| (ticket.id.0.as_u128(), ticket.offer_until.is_some())).collect()
    }

    /// The sessions that ended since the last call, and why.
    pub fn ended_sessions(&mut self) -> Vec<(u128, EndReason)> {
        let ended = self.pool.take_changes().into_iter().filter_map(|(change, _)| match change {
            SeatChange::Ended { session, end, .. } => Some((session.0.as_u128(), end.reason)),
            _ => None,
        });
        ended.collect()
    }

    /// The tickets that ended since the last call, and why.
    pub fn ended_tickets(&mut self) -> Vec<(u128, TicketEnd)> {
        let ended = self.pool.take_changes().into_iter().filter_map(|(change, _)| match change {
            SeatChange::TicketEnded { ticket, reason, .. } => Some((ticket.0.as_u128(), reason)),
            _ => None,
        });
        ended.collect()
    }
}

/// The default rules with another seat rule.
pub(super) fn rules_with(seat_rule: SeatRule) -> Rules {
    Rules { seat_rule, ..Rules::default() }
}
