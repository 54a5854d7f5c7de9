//! An account in which groups give roles, licenses and seats: the targets of indirect escalation.

use crate::{
    harness::{Person, World, id_of},
    scim::Directory,
};
use seatkeeper_shared::{
    ids::{GroupId, LicenseId, ProductId, UserId},
    license::Model,
    people::{Permission, Role},
};
use serde_json::json;
use std::collections::BTreeSet;

/// The objects that the walk tries to change.
pub struct Fixture {
    /// A directory whose rules give a role and a license.
    pub directory: Directory,
    pub product: ProductId,
    /// A named license that a rule gives.
    pub named: LicenseId,
    /// A concurrent license that a group gives.
    pub pool: LicenseId,
    /// A group that gives nothing.
    pub plain: GroupId,
    /// A group that gives the concurrent license.
    pub giving: GroupId,
    /// A directory group whose rule gives the admin role.
    pub admins: GroupId,
    /// A directory group whose rule gives the named license.
    pub licensed: GroupId,
    /// A group with a reserved seat of the concurrent license.
    pub reserved: GroupId,
    /// A group to which a manager is limited.
    pub managed: GroupId,
    /// An agent who is in the plain group and has the concurrent license.
    pub agent: UserId,
    /// An agent from the directory without groups.
    pub provisioned: UserId,
    /// An admin by a rule of the directory.
    pub directory_admin: UserId,
    /// An agent who has licenses through groups.
    pub holder: UserId,
    /// A suspended agent in the group that gives a license.
    pub suspended: UserId,
    /// A manager with all permissions, limited to a group.
    pub manager: UserId,
}

impl Fixture {
    /// Creates everything. A limited caller becomes a manager of all its groups.
    pub async fn create(world: &World, number: usize, limited: Option<UserId>) -> Self {
        let directory = Directory::create(world, &format!("Okta {number}")).await;
        let product = world.product(&format!("Desk {number}")).await;
        let named = world.license(product, Model::Named, 5).await;
        let pool = world.license(product, Model::Concurrent, 5).await;
        let name = |what: &str| format!("{what} {number}");
        let user =
            async |what: &str, role, permissions: &[Permission]| world.user(&name(what), role, permissions).await;
        let (agent, holder) = (user("Agent", Role::Agent, &[]).await, user("Holder", Role::Agent, &[]).await);
        let suspended = user("Suspended", Role::Agent, &[]).await;
        let manager = user("Limited", Role::Manager, Permission::ALL).await;
        let (provisioned, directory_admin) = (directory.user(&name("Pia")).await, directory.user(&name("Boss")).await);
        let made = async |what: &str, members: &[UserId]| world.group(&name(what), members).await;
        let plain = made("Plain", &[agent]).await;
        let giving = made("Giving", &[holder, suspended]).await;
        let (reserved, managed) = (made("Reserved", &[]).await, made("Managed", &[agent, provisioned]).await);
        let of_directory = async |what: &str, members: &[UserId]| -> GroupId {
            let path = directory.group(&name(what), members).await;
            path.rsplit('/').next().expect("an id").parse().expect("an id")
        };
        let admins = of_directory("Admins", &[directory_admin]).await;
        let licensed = of_directory("Licensed", &[holder]).await;
        let rules = json!([{ "group_id": admins, "role": "admin" }, { "group_id": licensed, "license_ids": [named] }]);
        directory.set_rules(world, rules).await;
        world.admin.put(&format!("/groups/{giving}/licenses/{pool}"), &()).await.ok();
        world.grant(pool, &[agent]).await;
        world.admin.patch(&format!("/users/{suspended}"), &json!({ "status": "suspended" })).await.ok();
        let limits = json!({ "limits": [{ "group_id": reserved, "floor": 1 }] });
        world.admin.put(&format!("/licenses/{pool}/groups"), &limits).await.ok();
        let manages = json!({ "limited_to_groups": true, "manages": [managed] });
        world.admin.patch(&format!("/users/{manager}"), &manages).await.ok();
        if let Some(limited) = limited {
            let all = json!({ "manages": [plain, giving, admins, licensed, reserved, managed] });
            world.admin.patch(&format!("/users/{limited}"), &all).await.ok();
        }
        Self {
            directory,
            product,
            named,
            pool,
            plain,
            giving,
            admins,
            licensed,
            reserved,
            managed,
            agent,
            provisioned,
            directory_admin,
            holder,
            suspended,
            manager,
        }
    }

    pub fn groups(&self) -> [GroupId; 6] {
        [self.plain, self.giving, self.admins, self.licensed, self.reserved, self.managed]
    }

    pub fn users(&self) -> [UserId; 6] {
        [self.agent, self.provisioned, self.directory_admin, self.holder, self.suspended, self.manager]
    }

    /// The ids of all users, groups and licenses.
    pub fn ids(&self) -> BTreeSet<String> {
        let users = self.users().map(|id| id.to_string()).into_iter();
        let groups = self.groups().map(|id| id.to_string()).into_iter();
        users.chain(groups).chain([self.named, self.pool].map(|id| id.to_string())).collect()
    }

    pub async fn role_and_licenses(&self, world: &World, user: UserId) -> (String, Vec<LicenseId>) {
        let user = world.admin.get(&format!("/users/{user}")).await.ok();
        let licenses = serde_json::from_value(user["license_ids"].clone()).expect("ids");
        (user["role"].as_str().expect("a role").to_owned(), licenses)
    }

    /// Runs all background work that may change entitlements later.
    pub async fn settle_all(world: &World) {
        use seatkeeper::{
            entitlements::group_licenses::{ReconcileScope, reconcile},
            entitlements::rules,
            seats::Actor,
        };
        rules::repair(&world.app.entitlements).await.expect("repaired");
        rules::retry(&world.app.entitlements).await.expect("retried");
        reconcile(&world.app.entitlements, &Actor::system(), &ReconcileScope::All).await.expect("settled");
    }

    /// Adds a user as the given caller, and returns the id.
    pub async fn add_user(by: &Person, body: &serde_json::Value) -> UserId {
        id_of(&by.post("/users", body).await.created())
    }
}
