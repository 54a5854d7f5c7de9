//! The reference side of the comparison: the pure pool, driven step by step as a server batch drives it.

use super::{Outcome, Step};
use crate::harness::{Person, World};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper::pool::{
    EndCause, NewSession, Pool, SeatRequest, Terms,
    changes::{PoolUser, SeatChange},
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

/// The pure pool, and how its sessions and tickets ended.
pub struct Core {
    pool: Pool,
    now: DateTime<Utc>,
    ended_sessions: HashMap<SessionId, EndReason>,
    ended_tickets: HashMap<TicketId, (TicketEnd, Option<SessionId>)>,
}

impl Core {
    /// Starts with the current terms of the license and no sessions.
    pub async fn of(world: &World, license: LicenseId, people: &[Person]) -> Self {
        let license_json = world.admin.get(&format!("/licenses/{license}")).await.ok();
        let terms = Terms {
            license,
            product: serde_json::from_value(license_json["product_id"].clone()).expect("an id"),
            product_name: String::new(),
            key_lifetime: TimeDelta::minutes(10),
            model: Model::Concurrent,
            seats: license_json["seats"].as_i64().expect("seats"),
            starts_at: None,
            archived: false,
            ends_at: None,
            rules: serde_json::from_value(license_json).expect("rules"),
            groups: Vec::new(),
        };
        let mut pool = Pool::new(terms, [], []);
        for agent in people {
            pool.set_user(PoolUser {
                id: agent.id,
                name: String::new(),
                email: String::new(),
                status: UserStatus::Active,
                assigned: true,
                grant_ends_at: None,
                cool_until: None,
                groups: Vec::new(),
            });
        }
        Self { pool, now: world.clock.now(), ended_sessions: HashMap::new(), ended_tickets: HashMap::new() }
    }

    /// Ends what has expired, performs the action, and offers free seats.
    fn step<T>(&mut self, act: impl FnOnce(&mut Pool, DateTime<Utc>) -> T) -> T {
        self.pool.settle(self.now);
        self.pool.offer_seats(self.now);
        let outcome = act(&mut self.pool, self.now);
        self.pool.offer_seats(self.now);
        for (change, _) in self.pool.take_changes() {
            match change {
                SeatChange::Ended { session, end, .. } => drop(self.ended_sessions.insert(session, end.reason)),
                SeatChange::TicketEnded { ticket, reason, session, .. } => {
                    self.ended_tickets.insert(ticket, (reason, session));
                }
                _ => {}
            }
        }
        outcome
    }

    /// The outcome that the API must return; `new` has the ids that it gave new sessions or a ticket.
    pub fn apply(&mut self, people: &[Person], step: Step, new: &[Uuid]) -> Outcome {
        let all = new;
        let new = new.first().copied().unwrap_or_default();
        match step {
            Step::RequestBoth { agent, devices } => self.request_both(people, agent, devices, all),
            Step::RequestSeat { agent, device, wait } => self.request(people, agent, device, wait, new),
            Step::Heartbeat { session, .. } => match self.step(|pool, now| pool.renew(session, false, now)) {
                Ok(_) => (200, None, None),
                Err(_) if self.ended_sessions[&session] == EndReason::LeaseExpired => {
                    (409, Some(Code::LeaseExpired), None)
                }
                Err(_) => (410, Some(Code::SessionEnded), None),
            },
            Step::End { session, .. } => self.end(session, EndReason::Finished),
            Step::EndByAdmin { session } => self.end(session, EndReason::EndedByAdmin),
            Step::Accept { ticket, .. } => self.accept(ticket, new),
            Step::Pass { ticket, .. } => {
                let passed = self.step(|pool, now| {
                    let passed = pool.pass_offer(ticket, now);
                    pool.offer_seats(now);
                    passed.map(|ticket| pool.position(ticket.id))
                });
                match passed {
                    Ok(position) => (200, None, Some(position)),
                    Err(Code::NotFound) => (410, Some(Code::TicketOver), None),
                    Err(code) => (code.status(), Some(code), None),
                }
            }
            Step::CancelTicket { ticket, .. } => {
                let removed = self.step(|pool, now| pool.remove_ticket(ticket, TicketEnd::Withdrawn, None, now));
                if removed { (204, None, None) } else { (410, Some(Code::TicketOver), None) }
            }
            Step::ReadTicket { ticket, .. } => {
                self.step(|pool, now| pool.renew_ticket(ticket, now)).ok();
                (200, None, Some(self.pool.position(ticket)))
            }
            Step::Move { ticket, position } => {
                let moved =
                    self.step(|pool, _| pool.move_ticket(ticket, position).map(|ticket| pool.position(ticket.id)));
                moved.map_or((410, Some(Code::TicketOver), None), |position| (200, None, Some(position)))
            }
            Step::Resize { seats } => {
                self.step(|pool, _| pool.resize(seats)).expect("there are no group floors");
                (200, None, None)
            }
            Step::AdvanceClock { seconds, sweep } => {
                self.now += TimeDelta::seconds(seconds);
                if sweep {
                    self.step(|_, _| ());
                }
                (200, None, None)
            }
        }
    }

    fn request(&mut self, people: &[Person], agent: usize, device: u64, wait: bool, new: Uuid) -> Outcome {
        let user = people[agent].id;
        let request = seat_request(new, &format!("NB-{device}"));
        self.step(|pool, now| match pool.admit(user, request.clone(), now) {
            Ok(_) => (201, None, None),
            Err(refusal) if wait && refusal.can_wait() => {
                let ticket = pool.enqueue(user, TicketId(new), request, now);
                (202, None, Some(pool.position(ticket.id)))
            }
            Err(refusal) => (refusal.code.status(), Some(refusal.code), None),
        })
    }

    /// One after another, or nothing.
    fn request_both(&mut self, people: &[Person], agent: usize, devices: [u64; 2], new: &[Uuid]) -> Outcome {
        let user = people[agent].id;
        self.step(|pool, now| {
            let (mut trial, mut created) = (pool.clone(), Vec::new());
            for (device, index) in devices.into_iter().zip(0..) {
                let id = new.get(created.len()).copied().unwrap_or(Uuid::from_u128(created.len() as u128));
                if let Err(refusal) = trial.admit(user, seat_request(id, &format!("NB-{device}")), now) {
                    return (refusal.code.status(), Some(refusal.code), Some(index));
                }
                trial.offer_seats(now);
                created.push(SessionId(id));
                if created.iter().any(|id| trial.session(*id).is_none()) {
                    return (409, Some(Code::OtherDevice), Some(index));
                }
            }
            *pool = trial;
            (201, None, None)
        })
    }

    fn end(&mut self, session: SessionId, reason: EndReason) -> Outcome {
        let ended = self.step(|pool, now| pool.end(session, &EndCause::automatic(reason), now));
        (200, if ended.is_some() { None } else { Some(Code::SessionEnded) }, None)
    }

    fn accept(&mut self, ticket: TicketId, new: Uuid) -> Outcome {
        match self.step(|pool, now| pool.accept_offer(ticket, new_session(new), now)).map_err(|refusal| refusal.code) {
            Ok(_) => (201, None, None),
            Err(Code::NotFound) => match self.ended_tickets[&ticket] {
                (TicketEnd::Seated, Some(session)) if !self.ended_sessions.contains_key(&session) => (200, None, None),
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

fn new_session(id: Uuid) -> NewSession {
    NewSession { id: SessionId(id), support_key: String::new() }
}

fn seat_request(id: Uuid, device: &str) -> SeatRequest {
    SeatRequest::new(SessionId(id), device.to_owned(), Mode::Application, String::new())
}
