//! What is replayed: the requests of all people including clones, the attempts they belong to, and what is typical.

use super::{
    demand::{Demand, DeviceIndex, Micros, Order, PersonIndex, ReactionKind, Request, RequestResult, Wait, Work},
    settings::{Assumptions, Growth, Settings},
};
use std::collections::HashMap;

/// By how much the times of a clone are shifted, at most.
const MAX_SHIFT: Micros = Micros::seconds(1_800);
/// How long people take to accept an offer if nobody ever has.
const ACCEPT_DELAY: Micros = Micros::seconds(10);
/// How long a session lasts if none was recorded.
const SESSION_LENGTH: Micros = Micros::seconds(600);

/// A request to be replayed.
#[derive(Clone, Copy, Debug)]
pub struct PlannedRequest {
    pub at: Micros,
    pub order: Order,
    pub person: PersonIndex,
    pub device: DeviceIndex,
    /// Its number in [`Demand::requests`].
    pub source: u32,
    /// The next request of the same attempt, by its number in the plan.
    pub next: Option<u32>,
}

/// All that is replayed.
#[derive(Debug)]
pub struct Plan {
    pub requests: Vec<PlannedRequest>,
    /// Of whom each person is a clone. The first are the recorded ones, of whom each is their own.
    pub originals: Vec<PersonIndex>,
    /// The clones of each recorded person, by number.
    pub clones: HashMap<PersonIndex, Vec<PersonIndex>>,
    pub devices: u32,
    /// The typical length of a session of each recorded person.
    lengths: Vec<Option<Micros>>,
    length: Micros,
    pub accept_delay: Micros,
}

impl Plan {
    pub fn new(demand: &Demand, settings: &Settings, assumptions: &Assumptions) -> Self {
        let works = works_by_person(demand);
        let mut all: Vec<Micros> = works.iter().flatten().copied().collect();
        let mut plan = Self {
            requests: Vec::with_capacity(demand.requests.len()),
            originals: people(demand).collect(),
            clones: HashMap::new(),
            devices: demand.devices,
            length: median(&mut all).unwrap_or(SESSION_LENGTH),
            lengths: works.iter().map(|lengths| median(&mut lengths.clone())).collect(),
            accept_delay: median(&mut accept_delays(demand)).unwrap_or(ACCEPT_DELAY),
        };
        let is_left_out = plan.grow(&works, settings.growth);
        for (source, request) in (0..).zip(&demand.requests) {
            if !is_left_out[request.person.0 as usize] {
                plan.requests.push(planned(source, request));
            }
        }
        plan.add_clones(demand, settings.growth.seed);
        plan.link_attempts(demand, assumptions);
        plan
    }

    /// The typical length of a session of a person.
    pub fn length(&self, person: PersonIndex) -> Micros {
        let original = self.originals.get(person.0 as usize).copied().unwrap_or_default();
        self.lengths.get(original.0 as usize).copied().flatten().unwrap_or(self.length)
    }

    /// Clones people or leaves them out. Returns who is left out.
    fn grow(&mut self, works: &[Vec<Micros>], growth: Growth) -> Vec<bool> {
        let mut is_left_out = vec![false; works.len()];
        let total = |person: &usize| works[*person].iter().map(|length| length.0).sum::<i64>();
        let mut active: Vec<usize> = (0..works.len()).filter(|person| !works[*person].is_empty()).collect();
        active.sort_by_key(|person| (total(person), *person));
        let thirds = [(0, 1, growth.light), (1, 2, growth.middle), (2, 3, growth.heavy)];
        for (first, end, factor) in thirds {
            let mut third = active[active.len() * first / 3..active.len() * end / 3].to_vec();
            shuffle(&mut third, growth.seed);
            let factor = if factor.is_finite() { factor.max(0.0) } else { 1.0 };
            let wanted = (third.len() as f64 * factor).round() as usize;
            for person in third.iter().skip(wanted) {
                is_left_out[*person] = true;
            }
            for person in third.iter().cycle().take(wanted.saturating_sub(third.len())) {
                let original = PersonIndex(u32::try_from(*person).unwrap_or(u32::MAX));
                let clone = PersonIndex(u32::try_from(self.originals.len()).unwrap_or(u32::MAX));
                self.originals.push(original);
                self.clones.entry(original).or_default().push(clone);
            }
        }
        is_left_out
    }

    /// Adds the requests of clones, each at devices of its own.
    fn add_clones(&mut self, demand: &Demand, seed: u64) {
        if self.clones.is_empty() {
            return;
        }
        let (length, mut devices) = (demand.length(), HashMap::new());
        for (source, request) in (0..).zip(&demand.requests) {
            for clone in self.clones.get(&request.person).into_iter().flatten() {
                let at = request.at.plus(shift(seed, *clone));
                if at < Micros(0) || at >= length {
                    continue;
                }
                let device = *devices.entry((*clone, request.device)).or_insert_with(|| {
                    self.devices += 1;
                    DeviceIndex(self.devices - 1)
                });
                let order = Order::LAST;
                self.requests.push(PlannedRequest { at, order, person: *clone, device, source, next: None });
            }
        }
        self.requests.sort_by_key(|request| (request.at, request.order));
    }

    /// Links each refused request with the next one of the same attempt.
    fn link_attempts(&mut self, demand: &Demand, assumptions: &Assumptions) {
        let gap = assumptions.attempt_gap();
        let mut last: HashMap<(PersonIndex, DeviceIndex), usize> = HashMap::new();
        for number in 0..self.requests.len() {
            let request = self.requests[number];
            let key = (request.person, request.device);
            if let Some(before) = last.remove(&key)
                && request.at.since(self.requests[before].at) <= gap
            {
                self.requests[before].next = u32::try_from(number).ok();
            }
            if let RequestResult::Refused(_) = demand.requests[request.source as usize].result {
                last.insert(key, number);
            }
        }
    }
}

fn planned(source: u32, request: &Request) -> PlannedRequest {
    let Request { at, order, person, device, .. } = *request;
    PlannedRequest { at, order, person, device, source, next: None }
}

fn people(demand: &Demand) -> impl Iterator<Item = PersonIndex> {
    (0..).take(demand.people.len()).map(PersonIndex)
}

/// The lengths of the recorded sessions of each person that ended.
fn works_by_person(demand: &Demand) -> Vec<Vec<Micros>> {
    let mut lengths = vec![Vec::new(); demand.people.len()];
    let mut add = |person: PersonIndex, work: &Work| {
        let list = lengths.get_mut(person.0 as usize);
        list.zip(work.end).into_iter().for_each(|(list, end)| list.push(end.after));
    };
    for earlier in &demand.sessions {
        add(earlier.person, &earlier.work);
    }
    for ticket in &demand.tickets {
        accepted(&ticket.wait).into_iter().for_each(|work| add(ticket.person, work));
    }
    for request in &demand.requests {
        match &request.result {
            RequestResult::Seated(work) => add(request.person, work),
            RequestResult::Queued(wait) => accepted(wait).into_iter().for_each(|work| add(request.person, work)),
            RequestResult::Refused(_) => {}
        }
    }
    lengths
}

/// The work that a wait led to.
pub fn accepted(wait: &Wait) -> Option<&Work> {
    wait.offers.iter().find_map(|reaction| match &reaction.kind {
        ReactionKind::Accepted(work) => Some(work),
        _ => None,
    })
}

fn accept_delays(demand: &Demand) -> Vec<Micros> {
    let waits = demand.requests.iter().filter_map(|request| match &request.result {
        RequestResult::Queued(wait) => Some(wait),
        _ => None,
    });
    let reactions = waits.flat_map(|wait| &wait.offers);
    let accepted = reactions.filter(|reaction| matches!(reaction.kind, ReactionKind::Accepted(_)));
    accepted.map(|reaction| reaction.after).collect()
}

/// The middle value, of an even number the lower one.
fn median(values: &mut [Micros]) -> Option<Micros> {
    let middle = values.len().checked_sub(1)? / 2;
    Some(*values.select_nth_unstable(middle).1)
}

/// A number that depends on the seed and another number alone, by the splitmix64 generator.
fn random(seed: u64, number: u64) -> u64 {
    let mut mixed = seed.wrapping_add(number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

fn shuffle(people: &mut [usize], seed: u64) {
    people.sort_by_key(|person| (random(seed, *person as u64), *person));
}

/// By how much the times of a clone are shifted, earlier or later.
fn shift(seed: u64, clone: PersonIndex) -> Micros {
    let range = u64::try_from(2 * MAX_SHIFT.0).unwrap_or(u64::MAX);
    let within = random(seed.rotate_left(32), u64::from(clone.0)) % range;
    Micros(i64::try_from(within).unwrap_or(0) - MAX_SHIFT.0)
}
