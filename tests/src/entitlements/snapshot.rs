//! The entitlements of all users as a set of facts read from the database, and which rights allow a fact to be added or
//! removed.

use super::fixture::Fixture;
use crate::harness::{Engine, World};
use seatkeeper_shared::{
    ids::UserId,
    permissions::{Action, Rights, may},
};
use sqlx::{Connection as _, PgConnection};
use std::{
    collections::BTreeSet,
    sync::{LazyLock, OnceLock},
};

/// Queries for facts: the kind, the id of the subject, and the value.
const FACT_QUERIES: [&str; 18] = [
    "SELECT 'role ' || CAST(id AS TEXT) || ' ' || role FROM users WHERE deleted_at IS NULL",
    "SELECT 'permissions ' || CAST(id AS TEXT) || ' ' || permissions FROM users WHERE deleted_at IS NULL",
    "SELECT 'limited ' || CAST(id AS TEXT) || ' ' || CAST(limited_to_groups AS TEXT) \
     FROM users WHERE deleted_at IS NULL",
    "SELECT 'billing ' || CAST(id AS TEXT) || ' ' || CAST(billing_contact AS TEXT) FROM users WHERE deleted_at IS NULL",
    "SELECT 'status ' || CAST(id AS TEXT) || ' ' || status FROM users WHERE deleted_at IS NULL",
    "SELECT 'email ' || CAST(id AS TEXT) || ' ' || email FROM users WHERE deleted_at IS NULL",
    "SELECT 'password ' || CAST(id AS TEXT) || ' ' || COALESCE(password_hash, '') FROM users WHERE deleted_at IS NULL",
    "SELECT 'manages ' || CAST(user_id AS TEXT) || ' ' || CAST(group_id AS TEXT) FROM group_managers",
    "SELECT 'license ' || CAST(user_id AS TEXT) || ' ' || CAST(license_id AS TEXT) FROM assignments",
    "SELECT 'token ' || CAST(user_id AS TEXT) || ' ' || CAST(id AS TEXT) FROM api_tokens",
    "SELECT 'link ' || CAST(user_id AS TEXT) || ' ' || secret_hash FROM password_links",
    "SELECT 'sign-in ' || CAST(user_id AS TEXT) || ' ' || secret_hash FROM browser_sessions",
    "SELECT 'member ' || CAST(user_id AS TEXT) || ' ' || CAST(group_id AS TEXT) FROM group_members",
    "SELECT 'group-license ' || CAST(group_id AS TEXT) || ' ' || CAST(license_id AS TEXT) FROM group_licenses",
    "SELECT 'rule ' || CAST(group_id AS TEXT) || ' ' || CAST(id AS TEXT) || COALESCE(role, '') FROM directory_rules",
    "SELECT 'rule ' || CAST(rule_id AS TEXT) || ' ' || CAST(license_id AS TEXT) FROM directory_rule_licenses",
    "SELECT 'limits ' || CAST(id AS TEXT) || ' ' || group_limits FROM licenses",
    "SELECT 'seats ' || CAST(id AS TEXT) || ' ' || CAST(seats AS TEXT) FROM licenses",
];

/// All facts at one moment, in one text: comparing it first is fast, since mostly nothing has changed.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    text: String,
    lines: OnceLock<BTreeSet<String>>,
}

impl PartialEq for Snapshot {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Snapshot {
    /// Reads all facts once.
    pub async fn read(world: &World) -> Self {
        SnapshotReader::of(world).await.read().await
    }

    fn lines(&self) -> &BTreeSet<String> {
        let facts = || self.text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect();
        self.lines.get_or_init(facts)
    }

    /// The value of a fact that each user or license has once.
    fn value(&self, kind: &str, about: &str) -> Option<&str> {
        let start = format!("{kind} {about} ");
        let first = self.lines().range(start.clone()..).next()?;
        first.strip_prefix(&start)
    }

    /// Whether facts about the users, groups or licenses of a fixture differ between two moments.
    pub fn differs_for(&self, after: &Self, fixture: &Fixture) -> bool {
        let ids = fixture.ids();
        let about = |fact: &String| split(fact).is_some_and(|(_, about, _)| ids.contains(about));
        self.lines().symmetric_difference(after.lines()).any(about)
    }

    /// The facts added and removed between two moments that this caller could not have changed directly.
    pub fn violations(&self, after: &Self, id: UserId, rights: Option<&Rights>) -> Vec<String> {
        let id = id.to_string();
        let check = RightsCheck { before: self, after, me: &id, rights };
        let added = after.lines().difference(self.lines()).map(|fact| ("added", fact));
        let removed = self.lines().difference(after.lines()).map(|fact| ("removed", fact));
        added
            .chain(removed)
            .filter(|(how, fact)| !check.allows(how, fact))
            .map(|(how, fact)| format!("{how}: {fact}"))
            .collect()
    }
}

/// Reads snapshots of one world. On PostgreSQL it keeps its connection, because connecting and planning take longer
/// than reading.
pub struct SnapshotReader<'a> {
    world: &'a World,
    postgres: Option<PgConnection>,
}

impl<'a> SnapshotReader<'a> {
    pub async fn of(world: &'a World) -> Self {
        let postgres = match world.engine {
            Engine::Sqlite => None,
            Engine::Postgres => {
                Some(PgConnection::connect(&world.database.address).await.expect("the database answers"))
            }
        };
        Self { world, postgres }
    }

    /// Reads all facts.
    pub async fn read(&mut self) -> Snapshot {
        static ALL: LazyLock<String> = LazyLock::new(|| FACT_QUERIES.join(" UNION ALL "));
        static SQLITE: LazyLock<String> = LazyLock::new(|| {
            format!(
                "SELECT group_concat(fact, char(10)) FROM \
                 (SELECT * FROM (SELECT '' AS fact UNION ALL {}) ORDER BY fact)",
                *ALL
            )
        });
        static POSTGRES: LazyLock<String> = LazyLock::new(|| {
            format!(
                "SELECT string_agg(fact, chr(10) ORDER BY fact) FROM (SELECT '' AS fact UNION ALL {}) AS facts",
                *ALL
            )
        });
        Snapshot::from(match &mut self.postgres {
            Some(connection) => {
                sqlx::query_scalar(POSTGRES.as_str()).fetch_one(connection).await.expect("the query succeeds")
            }
            None => self.world.database.first_column(&SQLITE).await.concat(),
        })
    }
}

impl From<String> for Snapshot {
    fn from(text: String) -> Self {
        Self { text, lines: OnceLock::new() }
    }
}

fn split(fact: &str) -> Option<(&str, &str, &str)> {
    let mut parts = fact.splitn(3, ' ');
    Some((parts.next()?, parts.next()?, parts.next().unwrap_or_default()))
}

struct RightsCheck<'a> {
    before: &'a Snapshot,
    after: &'a Snapshot,
    me: &'a str,
    rights: Option<&'a Rights>,
}

impl RightsCheck<'_> {
    fn may(&self, action: Action) -> bool {
        self.rights.is_some_and(|rights| may(rights, action))
    }

    /// Whether the caller's rights allow this change.
    fn allows(&self, how: &str, fact: &str) -> bool {
        let (kind, about, _) = split(fact).expect("a kind and a subject");
        match kind {
            // A new user is an agent without rights, and deleting an agent removes the same facts.
            "role" | "permissions" | "limited" | "billing"
                if self.is_agent(about) && self.is_added_or_deleted(about) =>
            {
                self.may(Action::ManageUsers)
            }
            "role" | "permissions" | "limited" | "billing" | "manages" => self.may(Action::ManageRoles),
            // Only admins suspend, take over or change users other than agents.
            "status" | "email" | "password" | "link" | "token" | "sign-in" if about != self.me => {
                self.may(Action::ManageRoles) || self.may(Action::ManageUsers) && self.is_agent(about)
            }
            "status" => self.may(Action::ManageUsers),
            "email" | "password" | "link" | "token" | "sign-in" => true,
            // Suspending and deleting free named seats; a reactivated user gets the licenses of groups and rules.
            "license" if self.has_new_status(about) && self.may(Action::ManageUsers) => {
                how == "removed" || !self.is_added_or_deleted(about) || self.may(Action::Assign)
            }
            "license" | "group-license" => self.may(Action::Assign),
            "member" => self.may(Action::ManageUsers),
            "rule" => self.may(Action::ManageAccount),
            "limits" if self.is_new(fact) => self.may(Action::ChangeSeats),
            "limits" => self.may(Action::ManageProducts),
            "seats" => self.may(Action::ChangeSeats),
            other => panic!("the rights for {other} are not defined"),
        }
    }

    fn is_new(&self, fact: &str) -> bool {
        split(fact).is_some_and(|(_, about, _)| self.before.value("seats", about).is_none())
    }

    fn is_agent(&self, user: &str) -> bool {
        [self.before, self.after].iter().all(|facts| facts.value("role", user).is_none_or(|role| role == "agent"))
    }

    fn is_added_or_deleted(&self, user: &str) -> bool {
        [self.before, self.after].iter().any(|facts| facts.value("role", user).is_none())
    }

    fn has_new_status(&self, user: &str) -> bool {
        self.before.value("status", user) != self.after.value("status", user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use seatkeeper_shared::people::{Permission, Role};

    fn facts(facts: &[&str]) -> Snapshot {
        Snapshot::from(facts.join("\n"))
    }

    fn manager(permissions: &[Permission]) -> Rights {
        Rights { role: Role::Manager, permissions: permissions.iter().copied().collect(), ..Rights::agent() }
    }

    #[test]
    fn the_check_finds_entitlements_beyond_the_rights_of_the_caller() {
        use Permission::{ManageProducts, ManageUsers};
        let me = UserId(uuid::Uuid::nil());
        let (users, both) = (manager(&[ManageUsers]), manager(&[ManageUsers, ManageProducts]));
        let admin = Rights { role: Role::Admin, ..Rights::agent() };
        let before = facts(&["role a agent", "status a active", "role b manager", "status b active", "password b x"]);
        let with = |old: &str, new: &str| {
            let stays = before.lines().iter().map(String::as_str).filter(|fact| *fact != old);
            facts(&stays.chain([new]).collect::<Vec<_>>())
        };
        for (after, by_users, by_both, by_admin) in [
            (with("role a agent", "role a admin"), 2, 2, 0),
            (with("", "license a 1"), 1, 0, 0),
            (with("password b x", "password b y"), 2, 2, 0),
            (with("status a active", "status a suspended"), 0, 0, 0),
            (with("status b active", "status b suspended"), 2, 2, 0),
            (with("", "manages b 1"), 1, 1, 0),
            (with("", "member a 1"), 0, 0, 0),
            (with("", "rule 1 2admin"), 1, 1, 0),
        ] {
            for (rights, violations) in [(&users, by_users), (&both, by_both), (&admin, by_admin)] {
                assert_eq!(before.violations(&after, me, Some(rights)).len(), violations, "{after:?} by {rights:?}");
            }
            assert!(
                !before.violations(&after, me, None).is_empty(),
                "an anonymous caller may change nothing: {after:?}"
            );
        }
    }
}
