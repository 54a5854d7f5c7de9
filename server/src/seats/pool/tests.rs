//! The rules of design, each by name, on the pure decisions: a file for each part of an agent's day.

mod borrowing;
mod endings;
mod groups;
mod idle;
mod line;
mod named;
mod occupancy;
mod offers;
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
        key_life: TimeDelta::minutes(10),
        model,
        seats,
        starts_at: None,
        ends_at: None,
        archived: false,
        rules,
        groups: Vec::new(),
    }
}

pub(super) fn person(number: u128, assigned: bool) -> Person {
    Person {
        id: user(number),
        name: format!("Agent {number}"),
        email: format!("agent{number}@example.org"),
        status: UserStatus::Active,
        assigned,
        cool_until: None,
        groups: Vec::new(),
    }
}

pub(super) fn ask(session: u128, device: &str, mode: Mode) -> Ask {
    Ask {
        session: SessionId(Uuid::from_u128(session)),
        device: device.to_owned(),
        mode,
        platform: None,
        borrow: None,
        remote_device: None,
        support_key: format!("{session:09}"),
        idempotency_key: None,
        ticket: None,
    }
}

/// A license with twenty agents, and the time. Agents have their sessions and tickets under numbers of the test's choice.
pub(super) struct Desk {
    pub pool: Pool,
    pub at: DateTime<Utc>,
}

impl Desk {
    pub fn new(model: Model, seats: i64, rules: Rules) -> Self {
        let mut pool = Pool::new(terms(model, seats, rules), [], []);
        pool.know_assigned(0);
        for number in 1..=20 {
            pool.know(person(number, model == Model::Concurrent));
        }
        Self { pool, at: now() }
    }

    /// A shared license with the usual rules.
    pub fn shared(seats: i64) -> Self {
        Self::new(Model::Concurrent, seats, Rules::default())
    }

    /// One decision as a batch makes it: what is over ends first, and what is free is offered after.
    pub fn decide<T>(&mut self, decision: impl FnOnce(&mut Pool, DateTime<Utc>) -> T) -> T {
        self.pool.settle(self.at);
        self.pool.offer_seats(self.at);
        let made = decision(&mut self.pool, self.at);
        self.pool.offer_seats(self.at);
        made
    }

    pub fn later(&mut self, seconds: i64) {
        self.at += TimeDelta::seconds(seconds);
        self.decide(|_, _| ());
    }

    pub fn change(&mut self, change: impl FnOnce(&mut Rules)) {
        let mut rules = self.pool.terms.rules;
        change(&mut rules);
        self.decide(|pool, at| pool.rule(rules, at));
    }

    pub fn asks(&mut self, by: u128, session: u128) -> Result<Live, Code> {
        self.asks_at(by, session, "NB-1")
    }

    pub fn asks_at(&mut self, by: u128, session: u128, device: &str) -> Result<Live, Code> {
        let ask = ask(session, device, Mode::Application);
        self.decide(|pool, at| pool.admit(user(by), ask, at)).map_err(|refusal| refusal.code)
    }

    /// The agent is refused and takes a ticket.
    pub fn waits(&mut self, by: u128, number: u128) -> Ticket {
        let ask = ask(number, "NB-1", Mode::Application);
        let refusal = self.decide(|pool, at| pool.admit(user(by), ask.clone(), at)).unwrap_err();
        assert!(refusal.may_pass(), "{} is no reason to wait", refusal.code);
        let ticket = self.decide(|pool, at| pool.queue(user(by), ticket(number), ask, at));
        self.pool.ticket(ticket.id).unwrap().clone()
    }

    pub fn accepts(&mut self, number: u128, session: u128) -> Result<Live, Code> {
        let ask = ask(session, "another device", Mode::Attended);
        self.decide(|pool, at| pool.accept(ticket(number), ask, at)).map_err(|refusal| refusal.code)
    }

    pub fn passes(&mut self, number: u128) -> Result<Ticket, Code> {
        self.decide(|pool, at| pool.pass(ticket(number), at))
    }

    pub fn leaves(&mut self, number: u128, reason: TicketEnd) {
        self.decide(|pool, at| pool.leave(ticket(number), reason, None, at));
    }

    pub fn keeps(&mut self, number: u128) -> Result<Ticket, Code> {
        self.decide(|pool, at| pool.keep(ticket(number), at))
    }

    pub fn renews(&mut self, number: u128, active: bool) -> Result<Live, Code> {
        self.decide(|pool, at| pool.renew(session(number), active, at))
    }

    pub fn finishes(&mut self, number: u128) {
        self.ends(number, EndReason::Finished);
    }

    pub fn ends(&mut self, number: u128, reason: EndReason) {
        self.decide(|pool, at| pool.end(session(number), &Ending::by_itself(reason), at)).unwrap();
    }

    /// The tickets in the line, the head first, each with whether a seat is kept for it.
    pub fn line(&self) -> Vec<(u128, bool)> {
        self.pool.tickets().map(|ticket| (ticket.id.0.as_u128(), ticket.offer_until.is_some())).collect()
    }

    /// The sessions that ended since this was asked last, and why.
    pub fn ended(&mut self) -> Vec<(u128, EndReason)> {
        let ended = self.pool.take_facts().into_iter().filter_map(|(fact, _)| match fact {
            Fact::Ended { session, end, .. } => Some((session.0.as_u128(), end.reason)),
            _ => None,
        });
        ended.collect()
    }

    /// The tickets that are over since this was asked last, and why.
    pub fn left(&mut self) -> Vec<(u128, TicketEnd)> {
        let left = self.pool.take_facts().into_iter().filter_map(|(fact, _)| match fact {
            Fact::Left { ticket, reason, .. } => Some((ticket.0.as_u128(), reason)),
            _ => None,
        });
        left.collect()
    }
}

/// The usual rules with another seat rule.
pub(super) fn by(seat_rule: SeatRule) -> Rules {
    Rules { seat_rule, ..Rules::default() }
}
