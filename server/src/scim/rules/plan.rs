//! What has to be done so that users have what rules say. No I/O.

use super::Refused;
use crate::store::{
    directory_failures::Failed,
    directory_rules::{Rule, Standing},
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{DirectoryId, LicenseId, RuleId, UserId},
    people::{Role, UserStatus},
};
use std::collections::{BTreeMap, HashMap, HashSet};

/// What has to be done.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// Licenses to assign, and the rule that says so.
    pub grants: Vec<(UserId, LicenseId, RuleId)>,
    /// Licenses to take away, which a rule gave.
    pub revokes: Vec<(UserId, LicenseId)>,
    /// Licenses that a rule gave and no rule says any more, but groups give as well.
    pub handed: Vec<(UserId, LicenseId)>,
    /// Licenses that a rule gave and another one says now.
    pub reowned: Vec<(UserId, LicenseId, RuleId)>,
    /// Roles to change.
    pub roles: Vec<RoleChange>,
    /// What these users are called.
    pub names: HashMap<UserId, String>,
    directories: HashMap<RuleId, DirectoryId>,
}

/// Another role for a user.
#[derive(Clone, Debug, PartialEq)]
pub struct RoleChange {
    /// Whose.
    pub user: UserId,
    /// Which he has until then.
    pub from: Role,
    /// Which he has from then on.
    pub to: Role,
    /// What of it a rule gave.
    pub given: Option<Role>,
    /// The rule that says so; none if the last one no longer does.
    pub rule: Option<RuleId>,
    /// The directory that tells of him.
    pub directory: DirectoryId,
}

impl Plan {
    /// What has to be done for these users under these rules.
    pub fn of(rules: &[Rule], users: &[Standing]) -> Self {
        let mut plan = Self {
            directories: rules.iter().map(|rule| (rule.view.id, rule.directory)).collect(),
            names: users.iter().map(|user| (user.id, user.name.clone())).collect(),
            ..Self::default()
        };
        for user in users {
            let is_in = |rule: &&Rule| user.groups.iter().any(|(group, _)| *group == rule.view.group_id);
            let told = |rule: &&Rule| user.groups.contains(&(rule.view.group_id, Some(rule.directory)));
            plan.licenses(user, &rules.iter().filter(is_in).collect::<Vec<_>>());
            plan.role(user, &rules.iter().filter(told).collect::<Vec<_>>());
        }
        plan
    }

    fn licenses(&mut self, user: &Standing, rules: &[&Rule]) {
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

    /// A role that somebody gave stays; that of an agent is what one has if nobody gave any. Only the rules count whose own directory
    /// put the user into the group: whoever may change groups could otherwise make admins.
    fn role(&mut self, user: &Standing, rules: &[&Rule]) {
        let Some(directory) = user.directory else { return };
        let wanted = rules.iter().find_map(|rule| Some((rule.view.role?, rule.view.id)));
        let ruled = user.role == Role::Agent || user.given_role == Some(user.role);
        let change = match wanted {
            Some((to, rule)) if ruled && (to != user.role || user.given_role != Some(to)) => {
                Some(RoleChange { user: user.id, from: user.role, to, given: Some(to), rule: Some(rule), directory })
            }
            None if user.given_role.is_some() => {
                let to = if ruled { Role::Agent } else { user.role };
                Some(RoleChange { user: user.id, from: user.role, to, given: None, rule: None, directory })
            }
            _ => None,
        };
        self.roles.extend(change);
    }

    /// What groups give as well is not taken away.
    pub fn hand_over(&mut self, also_given: &HashSet<(LicenseId, UserId)>) {
        let (handed, revokes) =
            self.revokes.drain(..).partition(|(user, license)| also_given.contains(&(*license, *user)));
        (self.handed, self.revokes) = (handed, revokes);
    }

    /// Puts those first for whom it could not be done for the longest.
    pub fn eldest_first(&mut self, since: &HashMap<(UserId, LicenseId), DateTime<Utc>>) {
        let since = |(user, license, _): &(UserId, LicenseId, RuleId)| {
            since.get(&(*user, *license)).map_or(DateTime::<Utc>::MAX_UTC, |since| *since)
        };
        // Of the same age, by id, as those are chosen for whom there are seats; the others stay by name.
        self.grants.sort_by_key(|grant| {
            let since = since(grant);
            (grant.1, since, (since < DateTime::<Utc>::MAX_UTC).then_some(grant.0))
        });
    }

    /// The same without what was refused.
    pub fn without(&self, refused: &Refused) -> Self {
        let mut left = self.clone();
        left.grants.retain(|(user, license, _)| !refused.contains_key(&(*user, Some(*license))));
        left.roles.retain(|change| !refused.contains_key(&(change.user, None)));
        left
    }

    /// Whether nothing has to be done.
    pub fn is_done(&self) -> bool {
        self.grants.is_empty()
            && self.revokes.is_empty()
            && self.handed.is_empty()
            && self.reowned.is_empty()
            && self.roles.is_empty()
    }

    /// What of it was refused.
    pub fn failed(&self, refused: &Refused) -> Vec<Failed> {
        let licenses = self.grants.iter().filter_map(|(user, license, rule)| {
            let (code, directory) = (*refused.get(&(*user, Some(*license)))?, *self.directories.get(rule)?);
            Some(Failed { user: *user, rule: Some(*rule), directory, license: Some(*license), code })
        });
        let roles = self.roles.iter().filter_map(|change| {
            let code = *refused.get(&(change.user, None))?;
            let of_rule = change.rule.and_then(|rule| self.directories.get(&rule)).copied();
            let directory = of_rule.unwrap_or(change.directory);
            Some(Failed { user: change.user, rule: change.rule, directory, license: None, code })
        });
        licenses.chain(roles).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use seatkeeper_shared::{ids::GroupId, wire::directory::RuleView};
    use uuid::Uuid;

    fn rule(number: u128, group: u128, licenses: &[u128], role: Option<Role>) -> Rule {
        let view = RuleView {
            id: RuleId(Uuid::from_u128(number)),
            group_id: GroupId(Uuid::from_u128(group)),
            group_name: String::new(),
            license_ids: licenses.iter().map(|license| LicenseId(Uuid::from_u128(*license))).collect(),
            role,
        };
        Rule { directory: DirectoryId(Uuid::nil()), view }
    }

    fn user(groups: &[u128], licenses: &[(u128, Option<u128>)]) -> Standing {
        Standing {
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
    fn what_a_rule_gave_goes_with_it_and_what_somebody_gave_stays() {
        let rules = [rule(1, 10, &[100, 101], None), rule(2, 20, &[101], None)];
        let plan = Plan::of(&rules, &[user(&[10, 20], &[(100, None)])]);
        assert_eq!(plan.grants.len(), 1, "100 is there already");
        let plan = Plan::of(&rules, &[user(&[20], &[(100, None), (101, Some(1))])]);
        assert!(plan.grants.is_empty() && plan.revokes.is_empty());
        assert_eq!(plan.reowned[0].2, RuleId(Uuid::from_u128(2)), "another rule says it now");
        let plan = Plan::of(&rules, &[user(&[], &[(100, None), (101, Some(2))])]);
        assert_eq!(plan.revokes, [(UserId(Uuid::from_u128(1)), LicenseId(Uuid::from_u128(101)))]);
        let suspended = Standing { status: UserStatus::Suspended, ..user(&[10], &[]) };
        assert!(Plan::of(&rules, &[suspended]).is_done());
    }

    #[test]
    fn the_first_rule_with_a_role_says_it_and_a_role_that_somebody_gave_stays() {
        let rules =
            [rule(1, 10, &[], None), rule(2, 20, &[], Some(Role::Manager)), rule(3, 30, &[], Some(Role::Admin))];
        let roles = |user: Standing| Plan::of(&rules, &[user]).roles.into_iter().map(|c| (c.to, c.given)).next();
        assert_eq!(roles(user(&[10, 20, 30], &[])), Some((Role::Manager, Some(Role::Manager))));
        let manual = Standing { role: Role::Admin, ..user(&[20], &[]) };
        assert_eq!(roles(manual.clone()), None);
        let given = Standing { given_role: Some(Role::Admin), ..manual };
        assert_eq!(roles(given.clone()), Some((Role::Manager, Some(Role::Manager))));
        assert_eq!(roles(Standing { groups: Vec::new(), ..given }), Some((Role::Agent, None)));
        assert_eq!(roles(Standing { directory: None, ..user(&[20], &[]) }), None, "nothing could note it");
    }

    #[test]
    fn a_membership_that_the_rules_own_directory_did_not_tell_gives_licenses_and_no_role() {
        let rules = [rule(1, 10, &[100], Some(Role::Admin))];
        let other = DirectoryId(Uuid::from_u128(9));
        for by in [None, Some(other)] {
            let groups = vec![(GroupId(Uuid::from_u128(10)), by)];
            let plan = Plan::of(&rules, &[Standing { groups: groups.clone(), ..user(&[], &[]) }]);
            assert_eq!((plan.grants.len(), plan.roles), (1, Vec::new()), "{by:?}");
            let given = Standing { role: Role::Admin, given_role: Some(Role::Admin), groups, ..user(&[], &[]) };
            let plan = Plan::of(&rules, &[given]);
            assert_eq!(plan.roles.first().map(|change| change.to), Some(Role::Agent), "nor does it keep one: {by:?}");
        }
    }
}
