//! Advice on a license: what replays at several settings, the usage of each person and the prices suggest. Values only:
//! the texts are the app's.

mod student;
mod trend;

pub use trend::{DailyPeak, Trend, trend};

use crate::replay::{
    Outcome, Totals,
    demand::{GroupIndex, Micros, PersonIndex},
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, iter::Sum, ops::Add};

/// Something that an admin could do, with the numbers that speak for it. Money is per month, in the smallest unit of
/// the currency.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Advice {
    /// Buy this many seats more.
    BuySeats { seats: i64, before: ServiceLevel, after: ServiceLevel, monthly_cost: Option<i64> },
    /// Return this many seats.
    ReturnSeats { seats: i64, before: ServiceLevel, after: ServiceLevel, monthly_saving: Option<i64> },
    /// Give a person a named seat instead of the use of the pool.
    MakeNamed(Conversion),
    /// Let a person use the pool instead of a named seat.
    MakeConcurrent(Conversion),
    /// End idle sessions earlier.
    ShortenIdle { idle_seconds: i64, before: ServiceLevel, after: ServiceLevel },
    /// Reserve seats for the members of a group.
    ReserveForGroup { group: GroupIndex, floor: i64, before: GroupLevels, after: GroupLevels },
}

/// What attempts to get a seat experience.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceLevel {
    pub attempts: u64,
    /// How many of them did not get a seat at once.
    pub delayed: u64,
    pub longest_wait: Micros,
}

/// What the members of a group experience, and all others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupLevels {
    pub members: ServiceLevel,
    pub others: ServiceLevel,
}

/// A person who could change from one kind of license to the other.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conversion {
    pub person: PersonIndex,
    /// The share of the busy time in which the person occupies a seat.
    pub busy_share: f64,
    /// The share from which a named seat is cheaper: its price divided by that of a concurrent one.
    pub break_even: f64,
    pub monthly_saving: i64,
}

impl ServiceLevel {
    /// What all attempts of a replay experience.
    pub fn of(totals: &Totals) -> Self {
        let (attempts, delayed) = (totals.attempts, totals.delayed_or_lost());
        Self { attempts, delayed, longest_wait: totals.longest_wait }
    }

    /// What the attempts of some people experience.
    pub fn of_people(outcome: &Outcome, is_counted: impl Fn(PersonIndex) -> bool) -> Self {
        let mut totals = Totals::default();
        outcome.requests.iter().filter(|request| is_counted(request.person)).for_each(|request| totals.count(request));
        Self::of(&totals)
    }

    /// What the attempts of each person experience.
    pub fn by_person(outcome: &Outcome) -> BTreeMap<PersonIndex, Self> {
        let mut totals = BTreeMap::<_, Totals>::new();
        outcome.requests.iter().for_each(|request| totals.entry(request.person).or_default().count(request));
        totals.iter().map(|(person, totals)| (*person, Self::of(totals))).collect()
    }

    /// The share of attempts that do not get a seat at once, 0 if there are none.
    pub fn delayed_share(&self) -> f64 {
        if self.attempts == 0 { 0.0 } else { self.delayed as f64 / self.attempts as f64 }
    }
}

impl Add for ServiceLevel {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            attempts: self.attempts + other.attempts,
            delayed: self.delayed + other.delayed,
            longest_wait: self.longest_wait.max(other.longest_wait),
        }
    }
}

impl Sum for ServiceLevel {
    fn sum<I: Iterator<Item = Self>>(levels: I) -> Self {
        levels.fold(Self::default(), Self::add)
    }
}

impl GroupLevels {
    /// What the members of a group experience in a replay, and all others.
    pub fn of(outcome: &Outcome, is_member: impl Fn(PersonIndex) -> bool) -> Self {
        let members = ServiceLevel::of_people(outcome, &is_member);
        Self { members, others: ServiceLevel::of_people(outcome, |person| !is_member(person)) }
    }
}

/// What is good enough.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServiceTarget {
    /// The share of attempts that may be delayed, from 0 to 1.
    pub max_delayed_share: f64,
    pub max_wait: Micros,
}

impl ServiceTarget {
    /// Whether this is good enough.
    pub fn is_met(&self, level: &ServiceLevel) -> bool {
        level.delayed_share() <= self.max_delayed_share && level.longest_wait <= self.max_wait
    }
}

/// Prices of a seat per month, in the smallest unit of one currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonthlyPrices {
    pub concurrent: Option<i64>,
    pub named: Option<i64>,
}

/// Whether to buy or to return seats: the smallest of the replayed sizes that is good enough, if it is not the present
/// one. `levels` are numbers of seats, among them the present one, with what they lead to.
pub fn advise_size(
    seats: i64,
    levels: &[(i64, ServiceLevel)],
    target: &ServiceTarget,
    prices: &MonthlyPrices,
) -> Option<Advice> {
    let before = levels.iter().find(|(size, _)| *size == seats)?.1;
    let enough = levels.iter().filter(|(_, level)| target.is_met(level));
    let (size, after) = enough.min_by_key(|(size, _)| *size).copied()?;
    let price = |count: i64| prices.concurrent.map(|price| price.saturating_mul(count));
    let difference = size - seats;
    match difference {
        0 => None,
        1.. => Some(Advice::BuySeats { seats: difference, before, after, monthly_cost: price(difference) }),
        _ => Some(Advice::ReturnSeats { seats: -difference, before, after, monthly_saving: price(-difference) }),
    }
}

/// How much of the busy time people occupy a seat, and which kind of license they have.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PersonUsage {
    pub person: PersonIndex,
    pub is_named: bool,
    /// The share of the busy time, from 0 to 1: of the hours in which the pool is fullest, because they decide how many
    /// seats it needs.
    pub busy_share: f64,
}

/// Who should change from one kind of license to the other, those first who save most. Somebody who occupies a
/// concurrent seat in a share of the busy time costs that share of its price.
pub fn advise_conversions(usage: &[PersonUsage], prices: &MonthlyPrices) -> Vec<Advice> {
    let (Some(concurrent), Some(named)) = (prices.concurrent, prices.named) else { return Vec::new() };
    if concurrent <= 0 || named < 0 {
        return Vec::new();
    }
    let break_even = named as f64 / concurrent as f64;
    let conversion = |person: &PersonUsage| {
        let shared = (person.busy_share * concurrent as f64).round() as i64;
        let monthly_saving = if person.is_named { named - shared } else { shared - named };
        let PersonUsage { person, is_named, busy_share } = *person;
        (is_named, Conversion { person, busy_share, break_even, monthly_saving })
    };
    let mut conversions: Vec<_> = usage.iter().filter(|person| person.busy_share.is_finite()).map(conversion).collect();
    conversions.retain(|(_, conversion)| conversion.monthly_saving > 0);
    conversions.sort_by_key(|(_, conversion)| (-conversion.monthly_saving, conversion.person));
    let advice = |(is_named, conversion)| {
        if is_named { Advice::MakeConcurrent(conversion) } else { Advice::MakeNamed(conversion) }
    };
    conversions.into_iter().map(advice).collect()
}

/// Whether a shorter idle time makes the present seats good enough: the longest of the replayed ones that does, because
/// it disturbs least. `levels` are idle times in seconds with what they lead to; 0 means that idleness ends nothing.
pub fn advise_idle_time(idle_seconds: i64, levels: &[(i64, ServiceLevel)], target: &ServiceTarget) -> Option<Advice> {
    let before = levels.iter().find(|(idle, _)| *idle == idle_seconds)?.1;
    if target.is_met(&before) {
        return None;
    }
    let is_shorter = |idle: i64| idle > 0 && (idle < idle_seconds || idle_seconds == 0);
    let enough = levels.iter().filter(|(idle, level)| is_shorter(*idle) && target.is_met(level));
    let (idle_seconds, after) = enough.max_by_key(|(idle, _)| *idle).copied()?;
    Some(Advice::ShortenIdle { idle_seconds, before, after })
}

/// Whether to reserve seats for a group: the fewest of the replayed numbers with which its members are served well
/// enough and all others still are, if the present number is not. `levels` are floors with what they lead to.
pub fn advise_reservation(
    group: GroupIndex,
    floor: i64,
    levels: &[(i64, GroupLevels)],
    target: &ServiceTarget,
) -> Option<Advice> {
    let before = levels.iter().find(|(seats, _)| *seats == floor)?.1;
    if target.is_met(&before.members) {
        return None;
    }
    let is_enough = |levels: &GroupLevels| target.is_met(&levels.members) && target.is_met(&levels.others);
    let enough = levels.iter().filter(|(seats, levels)| *seats > floor && is_enough(levels));
    let (floor, after) = enough.min_by_key(|(seats, _)| *seats).copied()?;
    Some(Advice::ReserveForGroup { group, floor, before, after })
}

#[cfg(test)]
mod tests;
