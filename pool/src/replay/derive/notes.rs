//! What is noted of the demand while the record is read: causes as they are found, and completed by what follows.

use super::{DerivedDemand, Index, limits, person, person_index, terms};
use crate::{
    Session, Ticket,
    replay::{
        demand::{
            Demand, DeviceIndex, EarlierSession, EarlierTicket, Limit, Micros, OfferReaction, Order, PersonIndex,
            ReactionKind, Request, RequestResult, TicketSource, Wait, WaitEnd, Work, WorkEnd, WorkStep, WorkStepKind,
        },
        history::{History, RecordedChange},
    },
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{GroupId, SessionId, TicketId, UserId},
    license::GroupLimit,
    session::{EndReason, Mode, SessionState},
    ticket::TicketEnd,
};
use std::collections::HashMap;

/// Where the work of a session is noted.
#[derive(Clone, Copy, Debug)]
enum WorkPlace {
    Earlier(u32),
    Request(u32),
    /// In the reaction of this number to an offer.
    Accepted(TicketSource, usize),
}

/// A cause that says whether free seats are offered after it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Flag {
    Change(usize),
    Session(SessionId),
    TicketEnd(TicketSource),
    Reaction(TicketSource),
}

#[derive(Clone, Copy, Debug)]
struct LiveTicket {
    source: TicketSource,
    joined: Micros,
    offered_at: Option<Micros>,
}

pub(super) struct Notes {
    pub demand: Demand,
    pub people: Index<UserId>,
    pub devices: Index<String>,
    pub groups: Index<GroupId>,
    sessions: HashMap<SessionId, (WorkPlace, Micros)>,
    tickets: HashMap<TicketId, LiveTicket>,
    /// How often a person has used each mode, for their refused requests.
    modes: HashMap<(PersonIndex, Mode), u32>,
    last_devices: HashMap<PersonIndex, DeviceIndex>,
}

impl Notes {
    pub fn new(history: &History) -> Self {
        let mut groups = Index::default();
        let demand = Demand {
            from: history.from,
            until: history.until,
            terms: terms(&mut groups, history),
            people: Vec::new(),
            devices: 0,
            sessions: Vec::new(),
            tickets: Vec::new(),
            requests: Vec::new(),
            changes: Vec::new(),
            unexplained: 0,
        };
        let mut notes = Self {
            demand,
            people: Index::default(),
            devices: Index::default(),
            groups,
            sessions: HashMap::new(),
            tickets: HashMap::new(),
            modes: HashMap::new(),
            last_devices: HashMap::new(),
        };
        for user in &history.users {
            let index = notes.person(user.id);
            notes.demand.people[index.0 as usize] = person(&mut notes.groups, user, history.from);
        }
        for (number, live) in (0..).zip(&history.sessions) {
            notes.add_earlier_session(number, live);
        }
        for (number, ticket) in (0..).zip(&history.tickets) {
            notes.add_earlier_ticket(number, ticket);
        }
        notes
    }

    fn add_earlier_session(&mut self, number: u32, live: &Session) {
        let began = self.time(live.created_at);
        let (person, device) = (self.person(live.user), self.device(&live.device));
        self.sessions.insert(live.id, (WorkPlace::Earlier(number), began));
        self.last_devices.insert(person, device);
        let session = EarlierSession {
            person,
            device,
            mode: live.mode,
            began,
            connected: live.state == SessionState::Connected,
            borrowed_until: live.borrowed_until.map(|until| self.time(until)),
            work: Work::default(),
        };
        self.demand.sessions.push(session);
    }

    fn add_earlier_ticket(&mut self, number: u32, ticket: &Ticket) {
        let (source, joined) = (TicketSource::Earlier(number), self.time(ticket.created_at));
        let offered_at = ticket.offer_until.map(|_| Micros(0));
        self.tickets.insert(ticket.id, LiveTicket { source, joined, offered_at });
        let offers = offered_at.map(|_| open_reaction()).into_iter().collect();
        let earlier = EarlierTicket {
            person: self.person(ticket.user),
            device: self.device(&ticket.device),
            mode: ticket.mode,
            platform: ticket.platform,
            place: ticket.place,
            joined,
            offered: offered_at.is_some(),
            wait: Wait { offers, ..Wait::default() },
        };
        self.demand.tickets.push(earlier);
    }

    fn time(&self, time: DateTime<Utc>) -> Micros {
        Micros::of(time - self.demand.from)
    }

    pub fn person(&mut self, user: UserId) -> PersonIndex {
        person_index(&mut self.people, &mut self.demand, user)
    }

    pub fn device(&mut self, device: &String) -> DeviceIndex {
        DeviceIndex(self.devices.of(device))
    }

    pub fn limits(&mut self, of: &[GroupLimit]) -> Vec<Limit> {
        limits(&mut self.groups, of)
    }

    /// The device that a person used last.
    pub fn last_device(&self, person: PersonIndex) -> Option<String> {
        let device = self.last_devices.get(&person)?;
        self.devices.values.get(device.0 as usize).cloned()
    }

    pub fn add_request(&mut self, request: Request) -> u32 {
        self.last_devices.insert(request.person, request.device);
        if !matches!(request.result, RequestResult::Refused(_)) {
            *self.modes.entry((request.person, request.mode)).or_default() += 1;
        }
        self.demand.requests.push(request);
        u32::try_from(self.demand.requests.len() - 1).unwrap_or(u32::MAX)
    }

    /// A request became a session.
    pub fn add_session(&mut self, id: SessionId, request: u32, at: Micros) {
        self.sessions.insert(id, (WorkPlace::Request(request), at));
    }

    /// A request became a ticket.
    pub fn add_ticket(&mut self, id: TicketId, request: u32, joined: Micros) {
        self.tickets.insert(id, LiveTicket { source: TicketSource::Request(request), joined, offered_at: None });
    }

    /// The source of a ticket in the queue.
    pub fn ticket(&self, id: TicketId) -> Option<TicketSource> {
        self.tickets.get(&id).map(|ticket| ticket.source)
    }

    /// Notes the reaction to the offer that a ticket has. Returns the source of the ticket.
    pub fn react(&mut self, id: TicketId, kind: ReactionKind, at: Micros, order: Order) -> Option<TicketSource> {
        let ticket = self.tickets.get_mut(&id)?;
        let (source, offered_at) = (ticket.source, ticket.offered_at.take()?);
        let reaction = self.wait_mut(source)?.offers.last_mut()?;
        *reaction = OfferReaction { after: at.since(offered_at), order, kind, offers_after: false };
        Some(source)
    }

    /// Notes that the offer of a ticket became a session.
    pub fn accept(&mut self, ticket: TicketId, session: SessionId, at: Micros, order: Order) {
        if let Some(source) = self.react(ticket, ReactionKind::Accepted(Work::default()), at, order) {
            let number = self.wait_mut(source).map_or(0, |wait| wait.offers.len() - 1);
            self.sessions.insert(session, (WorkPlace::Accepted(source, number), at));
        }
    }

    /// Notes that a ticket left the queue other than by the reaction to an offer.
    pub fn leave(&mut self, id: TicketId, reason: TicketEnd, at: Micros, order: Order) -> Option<TicketSource> {
        let LiveTicket { source, joined, .. } = *self.tickets.get(&id)?;
        let after = at.since(joined);
        self.wait_mut(source)?.end = Some(WaitEnd { after, order, reason, offers_after: false });
        Some(source)
    }

    /// Notes the end of a session. `limit` is the lease or idle time that ended it, in seconds.
    pub fn end(&mut self, id: SessionId, reason: EndReason, limit: Option<i64>, at: Micros, order: Order) {
        self.change_work(id, |work, began| {
            work.end = Some(WorkEnd {
                after: at.since(began),
                reason,
                order,
                follows: order == Order::LAST,
                limit_seconds: limit,
                offers_after: false,
            });
        });
    }

    pub fn step(&mut self, id: SessionId, kind: WorkStepKind, at: Micros, order: Order) {
        self.change_work(id, |work, began| work.steps.push(WorkStep { after: at.since(began), order, kind }));
    }

    pub fn connect(&mut self, id: SessionId, at: Micros) {
        self.change_work(id, |work, began| work.connected_after = Some(at.since(began)));
    }

    /// Completes what is noted by a change that follows from others, or whose cause is noted.
    pub fn follow(&mut self, change: &RecordedChange, at: Micros, order: Order) {
        match change {
            RecordedChange::Ended { session, .. } if self.work(*session).is_some_and(|work| work.end.is_none()) => {
                self.end(*session, EndReason::Finished, None, at, Order::LAST);
            }
            RecordedChange::Offered { ticket } => {
                let Some(live) = self.tickets.get_mut(ticket) else { return };
                live.offered_at = Some(at);
                let source = live.source;
                if let Some(wait) = self.wait_mut(source) {
                    wait.offers.push(OfferReaction { order, ..open_reaction() });
                }
            }
            RecordedChange::OfferWithdrawn { ticket } => drop(self.react(*ticket, ReactionKind::Open, at, Order::LAST)),
            RecordedChange::TicketEnded { ticket, .. } => self.close(*ticket, at),
            _ => {}
        }
    }

    /// Notes that a ticket is over, or the period is.
    fn close(&mut self, id: TicketId, at: Micros) {
        self.react(id, ReactionKind::Open, at, Order::LAST);
        let Some(LiveTicket { source, joined, .. }) = self.tickets.remove(&id) else { return };
        if let Some(wait) = self.wait_mut(source) {
            wait.waited = at.since(joined);
        }
    }

    pub fn set_offers_after(&mut self, flag: Flag) {
        match flag {
            Flag::Change(number) => {
                self.demand.changes.get_mut(number).into_iter().for_each(|change| change.offers_after = true);
            }
            Flag::Session(id) => {
                self.change_work(id, |work, _| work.end.iter_mut().for_each(|end| end.offers_after = true));
            }
            Flag::TicketEnd(source) => {
                let end = self.wait_mut(source).and_then(|wait| wait.end.as_mut());
                end.into_iter().for_each(|end| end.offers_after = true);
            }
            Flag::Reaction(source) => {
                let reaction = self.wait_mut(source).and_then(|wait| wait.offers.last_mut());
                reaction.into_iter().for_each(|reaction| reaction.offers_after = true);
            }
        }
    }

    fn wait_mut(&mut self, source: TicketSource) -> Option<&mut Wait> {
        match source {
            TicketSource::Earlier(number) => {
                self.demand.tickets.get_mut(number as usize).map(|ticket| &mut ticket.wait)
            }
            TicketSource::Request(number) => match &mut self.demand.requests.get_mut(number as usize)?.result {
                RequestResult::Queued(wait) => Some(wait),
                _ => None,
            },
        }
    }

    fn work(&mut self, id: SessionId) -> Option<&mut Work> {
        match self.sessions.get(&id)?.0 {
            WorkPlace::Earlier(number) => self.demand.sessions.get_mut(number as usize).map(|live| &mut live.work),
            WorkPlace::Request(number) => match &mut self.demand.requests.get_mut(number as usize)?.result {
                RequestResult::Seated(work) => Some(work),
                _ => None,
            },
            WorkPlace::Accepted(source, number) => match &mut self.wait_mut(source)?.offers.get_mut(number)?.kind {
                ReactionKind::Accepted(work) => Some(work),
                _ => None,
            },
        }
    }

    /// Changes the work of a session, which is given with its beginning.
    fn change_work(&mut self, id: SessionId, change: impl FnOnce(&mut Work, Micros)) {
        let Some((_, began)) = self.sessions.get(&id).copied() else { return };
        if let Some(work) = self.work(id) {
            change(work, began);
        }
    }

    pub fn finish(mut self, end: Micros) -> DerivedDemand {
        for id in self.tickets.keys().copied().collect::<Vec<_>>() {
            self.close(id, end);
        }
        for request in &mut self.demand.requests {
            if let RequestResult::Refused(_) = request.result {
                let uses = |mode: &Mode| self.modes.get(&(request.person, *mode)).copied().unwrap_or_default();
                request.mode = Mode::ALL.iter().copied().max_by_key(uses).unwrap_or(request.mode);
            }
        }
        self.demand.devices = u32::try_from(self.devices.values.len()).unwrap_or(u32::MAX);
        let (people, devices, groups) = (self.people.values, self.devices.values, self.groups.values);
        DerivedDemand { demand: self.demand, people, devices, groups }
    }
}

fn open_reaction() -> OfferReaction {
    OfferReaction { after: Micros(0), order: Order::LAST, kind: ReactionKind::Open, offers_after: false }
}
