//! Whether a demand can be replayed: it may have been stored, and damaged.

use super::demand::{
    Change, ChangeKind, Demand, DeviceIndex, EarlierSession, EarlierTicket, Micros, PersonIndex, ReactionKind,
    RequestResult, Wait, Work, WorkStepKind,
};

/// No time or length in a record is longer: a thousand years.
const MAX_LENGTH: Micros = Micros::seconds(1_000 * 366 * 86_400);

/// Whether all indexes have a person or device, requests and changes are in order, and no time is absurd.
pub fn is_consistent(demand: &Demand) -> bool {
    let check = Check { people: demand.people.len(), devices: demand.devices, length: demand.length() };
    let period = demand.terms.period;
    let dates = [period.starts_at, period.ends_at, period.end_noticed_at];
    let is_ordered = demand.requests.is_sorted_by_key(|request| (request.at, request.order))
        && demand.changes.is_sorted_by_key(|change| (change.at, change.order));
    is_ordered
        && (Micros(0)..=MAX_LENGTH).contains(&check.length)
        && dates.into_iter().flatten().all(is_near)
        && demand.people.iter().filter_map(|person| person.cool_until).all(is_near)
        && demand.changes.iter().all(|change| check.change(change))
        && check.earlier(demand)
        && check.requests(demand)
}

fn is_near(time: Micros) -> bool {
    (Micros(-MAX_LENGTH.0)..=MAX_LENGTH).contains(&time)
}

struct Check {
    people: usize,
    devices: u32,
    length: Micros,
}

impl Check {
    fn earlier(&self, demand: &Demand) -> bool {
        let session = |live: &EarlierSession| {
            let times = [Some(live.began), live.borrowed_until];
            self.person(live.person)
                && self.device(live.device)
                && times.into_iter().flatten().all(is_near)
                && self.work(&live.work)
        };
        let ticket = |earlier: &EarlierTicket| {
            self.person(earlier.person)
                && self.device(earlier.device)
                && is_near(earlier.joined)
                && self.wait(&earlier.wait)
        };
        demand.sessions.iter().all(session) && demand.tickets.iter().all(ticket)
    }

    fn requests(&self, demand: &Demand) -> bool {
        demand.requests.iter().all(|request| {
            let result = match &request.result {
                RequestResult::Seated(work) => self.work(work),
                RequestResult::Queued(wait) => self.wait(wait),
                RequestResult::Refused(_) => true,
            };
            let is_known = self.person(request.person) && self.device(request.device);
            is_known && self.time(request.at) && request.borrow.is_none_or(is_near) && result
        })
    }

    fn change(&self, change: &Change) -> bool {
        let period = match &change.kind {
            ChangeKind::PeriodChanged(period) => [period.starts_at, period.ends_at, period.end_noticed_at],
            _ => [None; 3],
        };
        let person = match &change.kind {
            ChangeKind::Granted(person) | ChangeKind::Suspended(person) | ChangeKind::Activated(person) => {
                Some(*person)
            }
            ChangeKind::Revoked { person, .. } | ChangeKind::GroupsChanged { person, .. } => Some(*person),
            _ => None,
        };
        self.time(change.at)
            && person.is_none_or(|person| self.person(person))
            && period.into_iter().flatten().all(is_near)
    }

    fn work(&self, work: &Work) -> bool {
        let step = |kind: &WorkStepKind| match kind {
            WorkStepKind::Continued(device) => self.device(*device),
            WorkStepKind::Borrowed(length) => is_near(*length),
        };
        work.steps.iter().all(|of| step(&of.kind) && is_near(of.after))
            && work.end.is_none_or(|end| is_near(end.after))
            && work.connected_after.is_none_or(is_near)
    }

    fn wait(&self, wait: &Wait) -> bool {
        let reactions = wait.offers.iter().all(|reaction| match &reaction.kind {
            ReactionKind::Accepted(work) => is_near(reaction.after) && self.work(work),
            _ => is_near(reaction.after),
        });
        reactions && is_near(wait.waited) && wait.end.is_none_or(|end| is_near(end.after))
    }

    fn person(&self, person: PersonIndex) -> bool {
        (person.0 as usize) < self.people
    }

    fn device(&self, device: DeviceIndex) -> bool {
        device.0 < self.devices
    }

    fn time(&self, at: Micros) -> bool {
        (Micros(0)..=self.length).contains(&at)
    }
}
