//! Plans the changes that give users what the rules demand. No I/O.

use super::Refusals;
use crate::store::{
    directory_failures::FailedGrant,
    directory_rules::{DirectoryRule, RuleSubject},
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{DirectoryId, LicenseId, RuleId, UserId},
    people::{Role, UserStatus},
};
use std::collections::{BTreeMap, HashMap, HashSet};

/// The changes to make.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// Licenses to assign, with the rule that demands them.
    pub grants: Vec<(UserId, LicenseId, RuleId)>,
    /// Licenses to revoke, which a rule granted.
    pub revokes: Vec<(UserId, LicenseId)>,
    /// Licenses that a rule granted and no rule demands any more, but groups grant as well.
    pub handed_over: Vec<(UserId, LicenseId)>,
    /// Licenses that one rule granted and another one demands now.
    pub reowned: Vec<(UserId, LicenseId, RuleId)>,
    pub roles: Vec<RoleChange>,
    /// The names of these users.
    pub names: HashMap<UserId, String>,
    directories: HashMap<RuleId, DirectoryId>,
}

/// A change of a user's role.
#[derive(Clone, Debug, PartialEq)]
pub struct RoleChange {
    pub user: UserId,
    pub from: Role,
    pub to: Role,
    /// The new role, if a rule granted it.
    pub given: Option<Role>,
    /// The rule that demands it; `None` if no rule does any more.
    pub rule: Option<RuleId>,
    /// The directory that manages the user.
    pub directory: DirectoryId,
}

impl Plan {
    /// Plans the changes for these users under these rules.
    pub fn new(rules: &[DirectoryRule], users: &[RuleSubject]) -> Self {
        let mut plan = Self {
            directories: rules.iter().map(|rule| (rule.view.id, rule.directory)).collect(),
            names: users.iter().map(|user| (user.id, user.name.clone())).collect(),
            ..Self::default()
        };
        for user in users {
            let is_in = |rule: &&DirectoryRule| user.groups.iter().any(|(group, _)| *group == rule.view.group_id);
            let sent_by_own_directory =
                |rule: &&DirectoryRule| user.groups.contains(&(rule.view.group_id, Some(rule.directory)));
            plan.plan_licenses(user, &rules.iter().filter(is_in).collect::<Vec<_>>());
            plan.plan_role(user, &rules.iter().filter(sent_by_own_directory).collect::<Vec<_>>());
        }
        plan
    }

    fn plan_licenses(&mut self, user: &RuleSubject, rules: &[&DirectoryRule]) {
        let mut wanted: BTreeMap<LicenseId, RuleId> = BTreeMap::new();
        for rule in rules {
            for license in &rule.view.license_ids {
                wanted.entry(*license).or_insert(rule.view.id);
            }
        }
        let missing = wanted.iter().filter(|(license, _)| !user.licenses.contains_key(*license));
        if user.status == UserStatus::Active {
            self.grants.extend(missing.map(|(license, rule)| (user.id, *license, *rule)));
        }
        for (license, rule) in &user.licenses {
            match (rule, wanted.get(license)) {
                (Some(_), None) => self.revokes.push((user.id, *license)),
                (Some(before), Some(now)) if before != now => self.reowned.push((user.id, *license, *now)),
                _ => {}
            }
        }
    }

    /// A manually given role stays; agent counts as the default. A rule counts only if its own directory put the user
    /// into the group: otherwise anyone who may change groups could create admins.
    fn plan_role(&mut self, user: &RuleSubject, rules: &[&DirectoryRule]) {
        let Some(directory) = user.directory else { return };
        let wanted = rules.iter().find_map(|rule| Some((rule.view.role?, rule.view.id)));
        let is_rule_based = user.role == Role::Agent || user.given_role == Some(user.role);
        let change = match wanted {
            Some((to, rule)) if is_rule_based && (to != user.role || user.given_role != Some(to)) => {
                Some(RoleChange { user: user.id, from: user.role, to, given: Some(to), rule: Some(rule), directory })
            }
            None if user.given_role.is_some() => {
                let to = if is_rule_based { Role::Agent } else { user.role };
                Some(RoleChange { user: user.id, from: user.role, to, given: None, rule: None, directory })
            }
            _ => None,
        };
        self.roles.extend(change);
    }

    /// Keeps licenses that groups grant as well.
    pub fn hand_over(&mut self, also_given: &HashSet<(LicenseId, UserId)>) {
        let (handed_over, revokes) =
            self.revokes.drain(..).partition(|(user, license)| also_given.contains(&(*license, *user)));
        (self.handed_over, self.revokes) = (handed_over, revokes);
    }

    /// Sorts the grants so that the users whose grant has failed for the longest time come first.
    pub fn longest_waiting_first(&mut self, since: &HashMap<(UserId, LicenseId), DateTime<Utc>>) {
        let since = |(user, license, _): &(UserId, LicenseId, RuleId)| {
            since.get(&(*user, *license)).map_or(DateTime::<Utc>::MAX_UTC, |since| *since)
        };
        // Those of the same age are sorted by id, as in the choice of users for free seats; the others stay sorted by
        // name.
        self.grants.sort_by_key(|grant| {
            let since = since(grant);
            (grant.1, since, (since < DateTime::<Utc>::MAX_UTC).then_some(grant.0))
        });
    }

    /// The plan without the refused changes.
    pub fn without(&self, refusals: &Refusals) -> Self {
        let mut remaining = self.clone();
        remaining.grants.retain(|(user, license, _)| !refusals.contains_key(&(*user, Some(*license))));
        remaining.roles.retain(|change| !refusals.contains_key(&(change.user, None)));
        remaining
    }

    /// Whether there is nothing to change.
    pub fn is_empty(&self) -> bool {
        self.grants.is_empty()
            && self.revokes.is_empty()
            && self.handed_over.is_empty()
            && self.reowned.is_empty()
            && self.roles.is_empty()
    }

    /// The refused changes.
    pub fn failures(&self, refusals: &Refusals) -> Vec<FailedGrant> {
        let licenses = self.grants.iter().filter_map(|(user, license, rule)| {
            let (code, directory) = (*refusals.get(&(*user, Some(*license)))?, *self.directories.get(rule)?);
            Some(FailedGrant { user: *user, rule: Some(*rule), directory, license: Some(*license), code })
        });
        let roles = self.roles.iter().filter_map(|change| {
            let code = *refusals.get(&(change.user, None))?;
            let of_rule = change.rule.and_then(|rule| self.directories.get(&rule)).copied();
            let directory = of_rule.unwrap_or(change.directory);
            Some(FailedGrant { user: change.user, rule: change.rule, directory, license: None, code })
        });
        licenses.chain(roles).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use seatkeeper_shared::{ids::GroupId, wire::directory::RuleView};
    use uuid::Uuid;

    fn rule(number: u128, group: u128, licenses: &[u128], role: Option<Role>) -> DirectoryRule {
        let view = RuleView {
            id: RuleId(Uuid::from_u128(number)),
            group_id: GroupId(Uuid::from_u128(group)),
            group_name: String::new(),
            license_ids: licenses.iter().map(|license| LicenseId(Uuid::from_u128(*license))).collect(),
            role,
        };
        DirectoryRule { directory: DirectoryId(Uuid::nil()), view }
    }

    fn user(groups: &[u128], licenses: &[(u128, Option<u128>)]) -> RuleSubject {
        RuleSubject {
            id: UserId(Uuid::from_u128(1)),
            name: "Anja".to_owned(),
            role: Role::Agent,
            given_role: None,
            directory: Some(DirectoryId(Uuid::nil())),
            status: UserStatus::Active,
            groups: groups
                .iter()
                .map(|group| (GroupId(Uuid::from_u128(*group)), Some(DirectoryId(Uuid::nil()))))
                .collect(),
            licenses: licenses
                .iter()
                .map(|(license, rule)| (LicenseId(Uuid::from_u128(*license)), rule.map(|r| RuleId(Uuid::from_u128(r)))))
                .collect(),
        }
    }

    #[test]
    fn licenses_of_a_rule_go_with_it_and_manual_ones_stay() {
        let rules = [rule(1, 10, &[100, 101], None), rule(2, 20, &[101], None)];
        let plan = Plan::new(&rules, &[user(&[10, 20], &[(100, None)])]);
        assert_eq!(plan.grants.len(), 1, "the user has 100 already");
        let plan = Plan::new(&rules, &[user(&[20], &[(100, None), (101, Some(1))])]);
        assert!(plan.grants.is_empty() && plan.revokes.is_empty());
        assert_eq!(plan.reowned[0].2, RuleId(Uuid::from_u128(2)), "another rule demands it now");
        let plan = Plan::new(&rules, &[user(&[], &[(100, None), (101, Some(2))])]);
        assert_eq!(plan.revokes, [(UserId(Uuid::from_u128(1)), LicenseId(Uuid::from_u128(101)))]);
        let suspended = RuleSubject { status: UserStatus::Suspended, ..user(&[10], &[]) };
        assert!(Plan::new(&rules, &[suspended]).is_empty());
    }

    #[test]
    fn the_first_rule_with_a_role_applies_and_a_manual_role_stays() {
        let rules =
            [rule(1, 10, &[], None), rule(2, 20, &[], Some(Role::Manager)), rule(3, 30, &[], Some(Role::Admin))];
        let roles = |user: RuleSubject| Plan::new(&rules, &[user]).roles.into_iter().map(|c| (c.to, c.given)).next();
        assert_eq!(roles(user(&[10, 20, 30], &[])), Some((Role::Manager, Some(Role::Manager))));
        let manual = RuleSubject { role: Role::Admin, ..user(&[20], &[]) };
        assert_eq!(roles(manual.clone()), None);
        let given = RuleSubject { given_role: Some(Role::Admin), ..manual };
        assert_eq!(roles(given.clone()), Some((Role::Manager, Some(Role::Manager))));
        assert_eq!(roles(RuleSubject { groups: Vec::new(), ..given }), Some((Role::Agent, None)));
        assert_eq!(
            roles(RuleSubject { directory: None, ..user(&[20], &[]) }),
            None,
            "there is no directory to record it for"
        );
    }

    #[test]
    fn a_membership_from_elsewhere_gives_licenses_but_no_role() {
        let rules = [rule(1, 10, &[100], Some(Role::Admin))];
        let other = DirectoryId(Uuid::from_u128(9));
        for by in [None, Some(other)] {
            let groups = vec![(GroupId(Uuid::from_u128(10)), by)];
            let plan = Plan::new(&rules, &[RuleSubject { groups: groups.clone(), ..user(&[], &[]) }]);
            assert_eq!((plan.grants.len(), plan.roles), (1, Vec::new()), "{by:?}");
            let given = RuleSubject { role: Role::Admin, given_role: Some(Role::Admin), groups, ..user(&[], &[]) };
            let plan = Plan::new(&rules, &[given]);
            assert_eq!(
                plan.roles.first().map(|change| change.to),
                Some(Role::Agent),
                "nor does it keep a role: {by:?}"
            );
        }
    }
}
