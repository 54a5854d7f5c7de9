//! The other side of the agreement: the pure pool, driven step by step as a batch of the server drives it.

use super::{Said, Step};
use crate::world::{Person, World};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper::seats::{
    facts::{Fact, Person as Known},
    pool::{Ask, Ending, Pool, Terms},
};
use seatkeeper_shared::{
    ids::{LicenseId, SessionId, TicketId},
    license::Model,
    people::UserStatus,
    problem::Code,
    session::{EndReason, Mode},
    ticket::TicketEnd,
};
use std::collections::HashMap;
use uuid::Uuid;

/// The pure pool, and what it said of what is over.
pub struct Core {
    pool: Pool,
    now: DateTime<Utc>,
    ended: HashMap<SessionId, EndReason>,
    left: HashMap<TicketId, (TicketEnd, Option<SessionId>)>,
}

impl Core {
    /// A license as it is now, with nobody in it.
    pub async fn of(world: &World, license: LicenseId, people: &[Person]) -> Self {
        let seen = world.admin.get(&format!("/licenses/{license}")).await.ok();
        let terms = Terms {
            license,
            product: serde_json::from_value(seen["product_id"].clone()).expect("an id"),
            product_name: String::new(),
            key_life: TimeDelta::minutes(10),
            model: Model::Concurrent,
            seats: seen["seats"].as_i64().expect("seats"),
            starts_at: None,
            archived: false,
            ends_at: None,
            rules: serde_json::from_value(seen).expect("rules"),
            groups: Vec::new(),
        };
        let mut pool = Pool::new(terms, [], []);
        for agent in people {
            pool.know(Known {
                id: agent.id,
                name: String::new(),
                email: String::new(),
                status: UserStatus::Active,
                assigned: true,
                cool_until: None,
                groups: Vec::new(),
            });
        }
        Self { pool, now: world.clock.now(), ended: HashMap::new(), left: HashMap::new() }
    }

    /// Ends what is over, does it, and offers what is free.
    fn step<T>(&mut self, act: impl FnOnce(&mut Pool, DateTime<Utc>) -> T) -> T {
        self.pool.settle(self.now);
        self.pool.offer_seats(self.now);
        let outcome = act(&mut self.pool, self.now);
        self.pool.offer_seats(self.now);
        for (fact, _) in self.pool.take_facts() {
            match fact {
                Fact::Ended { session, end, .. } => drop(self.ended.insert(session, end.reason)),
                Fact::Left { ticket, reason, session, .. } => drop(self.left.insert(ticket, (reason, session))),
                _ => {}
            }
        }
        outcome
    }

    /// What the API must answer; a new session or ticket has the id that it got there.
    pub fn does(&mut self, people: &[Person], step: Step, new: Uuid) -> Said {
        match step {
            Step::Ask { agent, device, wait } => self.asks(people, agent, device, wait, new),
            Step::Beat { session, .. } => match self.step(|pool, now| pool.renew(session, false, now)) {
                Ok(_) => (200, None, None),
                Err(_) if self.ended[&session] == EndReason::LeaseExpired => (409, Some(Code::LeaseExpired), None),
                Err(_) => (410, Some(Code::SessionEnded), None),
            },
            Step::End { session, .. } => self.ends(session, EndReason::Finished),
            Step::EndByAdmin { session } => self.ends(session, EndReason::EndedByAdmin),
            Step::Accept { ticket, .. } => self.accepts(ticket, new),
            Step::Pass { ticket, .. } => {
                let passed = self.step(|pool, now| {
                    let passed = pool.pass(ticket, now);
                    pool.offer_seats(now);
                    passed.map(|ticket| pool.position(ticket.id))
                });
                match passed {
                    Ok(position) => (200, None, Some(position)),
                    Err(Code::NotFound) => (410, Some(Code::TicketOver), None),
                    Err(code) => (code.status(), Some(code), None),
                }
            }
            Step::Leave { ticket, .. } => {
                let left = self.step(|pool, now| pool.leave(ticket, TicketEnd::Withdrawn, None, now));
                if left { (204, None, None) } else { (410, Some(Code::TicketOver), None) }
            }
            Step::Look { ticket, .. } => {
                self.step(|pool, now| pool.keep(ticket, now)).ok();
                (200, None, Some(self.pool.position(ticket)))
            }
            Step::Move { ticket, position } => {
                let moved = self.step(|pool, _| pool.put(ticket, position).map(|ticket| pool.position(ticket.id)));
                moved.map_or((410, Some(Code::TicketOver), None), |position| (200, None, Some(position)))
            }
            Step::Resize { seats } => {
                self.step(|pool, _| pool.resize(seats)).expect("nothing is kept for groups");
                (200, None, None)
            }
            Step::Time { seconds, sweep } => {
                self.now += TimeDelta::seconds(seconds);
                if sweep {
                    self.step(|_, _| ());
                }
                (200, None, None)
            }
        }
    }

    fn asks(&mut self, people: &[Person], agent: usize, device: u64, wait: bool, new: Uuid) -> Said {
        let user = people[agent].id;
        let asked = ask(new, &format!("NB-{device}"));
        self.step(|pool, now| match pool.admit(user, asked.clone(), now) {
            Ok(_) => (201, None, None),
            Err(refusal) if wait && refusal.may_pass() => {
                let ticket = pool.queue(user, TicketId(new), asked, now);
                (202, None, Some(pool.position(ticket.id)))
            }
            Err(refusal) => (refusal.code.status(), Some(refusal.code), None),
        })
    }

    fn ends(&mut self, session: SessionId, reason: EndReason) -> Said {
        let ended = self.step(|pool, now| pool.end(session, &Ending::by_itself(reason), now));
        (200, if ended.is_some() { None } else { Some(Code::SessionEnded) }, None)
    }

    fn accepts(&mut self, ticket: TicketId, new: Uuid) -> Said {
        match self.step(|pool, now| pool.accept(ticket, ask(new, ""), now)).map_err(|refusal| refusal.code) {
            Ok(_) => (201, None, None),
            Err(Code::NotFound) => match self.left[&ticket] {
                (TicketEnd::Seated, Some(session)) if !self.ended.contains_key(&session) => (200, None, None),
                _ => (410, Some(Code::TicketOver), None),
            },
            Err(code) => (code.status(), Some(code), None),
        }
    }

    /// Occupied seats, live sessions, tickets and offers.
    pub fn counts(&self) -> [i64; 4] {
        let offered = self.pool.tickets().filter(|ticket| ticket.offer_until.is_some()).count();
        let count = |number: usize| i64::try_from(number).expect("a number");
        [self.pool.occupied(), count(self.pool.sessions().count()), self.pool.waiting(), count(offered)]
    }
}

fn ask(id: Uuid, device: &str) -> Ask {
    Ask {
        session: SessionId(id),
        device: device.to_owned(),
        mode: Mode::Application,
        platform: None,
        remote_device: None,
        support_key: String::new(),
        idempotency_key: None,
        ticket: None,
        borrow: None,
    }
}
