//! Whether seats should be reserved for a group whose members are served badly, while all others are served well.

use super::figures::{Replays, TARGET};
use crate::pool::{
    advice::{Advice, GroupLevels, ServiceLevel, advise_reservation},
    replay::{
        Outcome, ReplayError, SessionStep, Settings,
        demand::{Change, ChangeKind, Demand, GroupIndex, Limit, PersonIndex},
    },
};
use seatkeeper_shared::ids::{GroupId, UserId};
use std::collections::{BTreeMap, BTreeSet};

/// The most groups for which floors are tried.
const MAX_GROUPS: usize = 3;
/// The most replays for all of them: each takes about as long as one of the numbers of seats.
const MAX_REPLAYS: usize = 4;
/// With fewer attempts of the members, their share says little.
const MIN_ATTEMPTS: u64 = 20;
/// A floor is tried first with which this share of the members' sessions would begin within it, in percent.
const FIRST_TRY_PERCENT: usize = 99;

/// A group whom the caller sees.
#[derive(Clone, Debug)]
pub struct SizingGroup {
    pub id: GroupId,
    /// The members as they are now.
    pub members: BTreeSet<UserId>,
}

/// A floor for a group with which its members are served well enough.
#[derive(Clone, Debug, PartialEq)]
pub struct ReservedSeats {
    pub group: GroupId,
    /// The seats that are reserved for it today.
    pub floor_before: i64,
    pub floor: i64,
    pub before: GroupLevels,
    pub after: GroupLevels,
}

/// A group whose members are served badly with the present seats, while all others are served well.
#[derive(Clone, Debug, PartialEq)]
pub struct UnderservedGroup {
    id: GroupId,
    members: BTreeSet<PersonIndex>,
    levels: GroupLevels,
    /// The floor that is tried first.
    first_try: i64,
}

/// The groups whose members are served worst by a replay with the present seats, if all others are served well.
pub fn underserved(groups: &[SizingGroup], people: &[UserId], present: &Outcome) -> Vec<UnderservedGroup> {
    let people: BTreeMap<UserId, PersonIndex> = people.iter().copied().zip((0..).map(PersonIndex)).collect();
    let by_person = ServiceLevel::by_person(present);
    let levels = |is_included: &dyn Fn(&PersonIndex) -> bool| -> ServiceLevel {
        by_person.iter().filter(|(person, _)| is_included(person)).map(|(_, level)| *level).sum()
    };
    let found = groups.iter().filter_map(|group| {
        let members: BTreeSet<_> = group.members.iter().filter_map(|user| people.get(user).copied()).collect();
        let of_members = levels(&|person| members.contains(person));
        let is_bad = of_members.attempts >= MIN_ATTEMPTS && !TARGET.is_met(&of_members);
        let others = is_bad.then(|| levels(&|person| !members.contains(person)))?;
        let levels = GroupLevels { members: of_members, others };
        let is_found = others.attempts > 0 && TARGET.is_met(&others);
        is_found.then_some(UnderservedGroup { id: group.id, members, levels, first_try: 0 })
    });
    let mut found: Vec<_> = found.collect();
    let share = |group: &UnderservedGroup| group.levels.members.delayed_share();
    found.sort_by(|one, other| share(other).total_cmp(&share(one)).then(one.id.cmp(&other.id)));
    found.truncate(MAX_GROUPS);
    found
}

impl UnderservedGroup {
    /// Notes how many members have sessions at once if there are enough seats.
    pub fn note_use(&mut self, steps: &[SessionStep]) {
        let (mut live, mut levels) = (BTreeMap::<PersonIndex, u32>::new(), Vec::new());
        for step in steps.iter().filter(|step| self.members.contains(&step.person)) {
            let sessions = live.entry(step.person).or_default();
            if step.begins {
                *sessions += 1;
                levels.push(live.len());
            } else {
                *sessions = sessions.saturating_sub(1);
                if *sessions == 0 {
                    live.remove(&step.person);
                }
            }
        }
        levels.sort_unstable();
        let level = levels.get((levels.len() * FIRST_TRY_PERCENT / 100).min(levels.len().saturating_sub(1)));
        self.first_try = level.map_or(1, |level| i64::try_from(*level).unwrap_or(i64::MAX));
    }
}

/// Makes these groups part of a demand, after the recorded ones.
pub fn add_groups(demand: &mut Demand, recorded: &[GroupId], groups: &[UnderservedGroup]) {
    for (number, group) in groups.iter().enumerate() {
        demand.add_group(index(recorded, number), &group.members);
    }
}

fn index(recorded: &[GroupId], number: usize) -> GroupIndex {
    GroupIndex(u32::try_from(recorded.len() + number).unwrap_or(u32::MAX))
}

/// How many replays the floors for these groups take, at most, if their limits have not changed.
pub fn max_replays(groups: &[UnderservedGroup]) -> usize {
    groups.len() * tries(groups)
}

/// The floors that are tried for each of these groups.
fn tries(groups: &[UnderservedGroup]) -> usize {
    MAX_REPLAYS / groups.len().max(1)
}

/// Tries floors for these groups, which have been added to the demand, each on its own.
///
/// # Errors
/// Returns an error if it was cancelled.
pub fn advise(
    replays: &Replays<'_>,
    recorded: &[GroupId],
    groups: &[UnderservedGroup],
) -> Result<Vec<ReservedSeats>, ReplayError> {
    let tries = tries(groups);
    let trial = |(number, group)| Trial::new(replays, recorded, index(recorded, number), group);
    let all: Result<Vec<_>, _> = groups.iter().enumerate().map(trial).map(|trial| trial.advise(tries)).collect();
    Ok(all?.into_iter().flatten().collect())
}

/// Floors for one group.
struct Trial<'a> {
    replays: &'a Replays<'a>,
    group: &'a UnderservedGroup,
    /// The limit for it today, by its new index.
    own: Limit,
    /// Those for other groups today.
    others: Vec<Limit>,
}

impl<'a> Trial<'a> {
    fn new(replays: &'a Replays<'a>, recorded: &[GroupId], index: GroupIndex, group: &'a UnderservedGroup) -> Self {
        let is_own = |limit: &&Limit| recorded.get(limit.group.0 as usize) == Some(&group.id);
        let limits = replays.demand.last_limits();
        let own = limits.iter().find(is_own).copied();
        Self {
            replays,
            group,
            own: Limit { group: index, ..own.unwrap_or(Limit { group: index, floor: 0, cap: None }) },
            others: limits.iter().filter(|limit| !is_own(limit)).copied().collect(),
        }
    }

    fn levels(&self, floor: i64) -> Result<GroupLevels, ReplayError> {
        let limits = self.others.iter().copied().chain([Limit { floor, ..self.own }]).collect();
        let settings = Settings { limits: Some(limits), ..self.replays.settings(self.replays.query.current_seats) };
        let outcome = self.replays.outcome(&settings)?;
        Ok(GroupLevels::of(&outcome, |person| self.group.members.contains(&person)))
    }

    /// What the limits of today lead to: other ones may have been in force.
    fn levels_before(&self) -> Result<GroupLevels, ReplayError> {
        let is_limit = |change: &Change| matches!(change.kind, ChangeKind::LimitsChanged(_));
        let have_changed = self.replays.demand.changes.iter().any(is_limit);
        if have_changed { self.levels(self.own.floor) } else { Ok(self.group.levels) }
    }

    /// Halves the range of floors, so that few replays are needed.
    fn advise(&self, tries: usize) -> Result<Option<ReservedSeats>, ReplayError> {
        let (seats, floor) = (self.replays.query.current_seats, self.own.floor);
        let free = seats - self.others.iter().map(|limit| limit.floor).sum::<i64>();
        let highest = free.min(self.own.cap.unwrap_or(free));
        if highest <= floor {
            return Ok(None);
        }
        let mut levels = vec![(floor, self.levels_before()?)];
        let (mut too_few, mut enough) = (floor, highest + 1);
        let mut next = self.group.first_try.clamp(floor + 1, highest);
        for _ in 0..tries {
            let tried = self.levels(next)?;
            levels.push((next, tried));
            *(if TARGET.is_met(&tried.members) { &mut enough } else { &mut too_few }) = next;
            next = too_few.midpoint(enough);
            if next == too_few {
                break;
            }
        }
        let advice = advise_reservation(self.own.group, floor, &levels, &TARGET);
        Ok(advice.and_then(|advice| self.reserved(advice)))
    }

    fn reserved(&self, advice: Advice) -> Option<ReservedSeats> {
        let Advice::ReserveForGroup { floor, before, after, .. } = advice else { return None };
        Some(ReservedSeats { group: self.group.id, floor_before: self.own.floor, floor, before, after })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::replay::{Fate, RequestOutcome, demand::Micros};
    use seatkeeper_shared::{ids::SessionId, problem::Code};
    use uuid::Uuid;

    fn user(number: u32) -> UserId {
        UserId(Uuid::from_u128(number.into()))
    }

    fn group(number: u128, members: &[u32]) -> SizingGroup {
        let members = members.iter().map(|member| user(*member)).collect();
        SizingGroup { id: GroupId(Uuid::from_u128(number)), members }
    }

    /// Each person has 100 attempts, of which so many are refused.
    fn outcome(refused: [usize; 4]) -> Outcome {
        let of_person = |(person, refused): (u32, usize)| {
            (0..100).map(move |number| RequestOutcome {
                at: Micros(0),
                person: PersonIndex(person),
                fate: if number < refused { Fate::Refused(Code::PoolFull) } else { Fate::Seated },
                is_retried: false,
            })
        };
        Outcome { requests: (0..).zip(refused).flat_map(of_person).collect(), ..Outcome::default() }
    }

    #[test]
    fn groups_are_underserved_if_only_their_members_are() {
        let people: Vec<_> = (0..4).map(user).collect();
        let groups = [group(0, &[0]), group(1, &[1, 7]), group(2, &[0, 1]), group(3, &[]), group(4, &[0, 1, 2, 3])];
        let found = |refused| {
            let found = underserved(&groups, &people, &outcome(refused));
            found.iter().map(|group| group.id.0.as_u128()).collect::<Vec<_>>()
        };
        assert_eq!(found([9, 0, 0, 0]), [0, 2], "the worst first");
        assert_eq!(found([9, 5, 0, 0]), [2], "the others of each alone are served badly, too");
        assert_eq!(found([1, 1, 1, 1]), [0; 0]);
        assert_eq!(found([9, 9, 9, 9]), [0; 0]);
    }

    #[test]
    fn the_first_try_is_how_many_members_work_at_once() {
        let people: Vec<_> = (0..4).map(user).collect();
        let mut found = underserved(&[group(2, &[0, 1])], &people, &outcome([9, 5, 0, 0]));
        let step = |person, session: u128, begins| SessionStep {
            at: Micros(0),
            person: PersonIndex(person),
            session: SessionId(Uuid::from_u128(session)),
            begins,
            occupied: 0,
        };
        found[0].note_use(&[step(0, 1, true), step(2, 2, true), step(0, 1, false), step(1, 3, true)]);
        assert_eq!(found[0].first_try, 1);
        found[0].note_use(&[step(0, 1, true), step(1, 3, true), step(1, 3, false), step(1, 4, true)]);
        assert_eq!(found[0].first_try, 2);
        found[0].note_use(&[]);
        assert_eq!(found[0].first_try, 1);
    }
}
