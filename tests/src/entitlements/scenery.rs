//! An account in which much hangs on groups: what there is to be had by a detour.

use crate::{
    scim::Directory,
    world::{Person, World, id_of},
};
use seatkeeper_shared::{
    ids::{GroupId, LicenseId, ProductId, UserId},
    license::Model,
    people::{Permission, Role},
};
use serde_json::json;
use std::collections::BTreeSet;

/// What the walk reaches for.
pub struct Scenery {
    /// Its directory, whose rules give a role and a license.
    pub directory: Directory,
    /// A product.
    pub product: ProductId,
    /// A named license, which a rule gives.
    pub named: LicenseId,
    /// A license of a pool, which a group gives.
    pub pool: LicenseId,
    /// A group that gives nothing.
    pub plain: GroupId,
    /// A group that gives the license of the pool.
    pub giving: GroupId,
    /// A group of the directory whose rule makes admins.
    pub admins: GroupId,
    /// A group of the directory whose rule gives the named license.
    pub licensed: GroupId,
    /// A group for which the pool keeps a seat.
    pub reserved: GroupId,
    /// A group to which a manager is limited.
    pub managed: GroupId,
    /// An agent who is in the plain group and has the license of the pool.
    pub agent: UserId,
    /// An agent of the directory, who is in no group.
    pub provisioned: UserId,
    /// An agent of the directory who is an admin by its rule.
    pub boss: UserId,
    /// An agent who has licenses by groups.
    pub holder: UserId,
    /// An agent who is suspended, and in the group that gives a license.
    pub suspended: UserId,
    /// A manager with all permissions, who is limited to a group.
    pub manager: UserId,
}

impl Scenery {
    /// Sets it up. Whoever is to be let loose in it is put into its groups as a manager, if they are limited.
    pub async fn set(world: &World, number: usize, limited: Option<UserId>) -> Self {
        let directory = Directory::added(world, &format!("Okta {number}")).await;
        let product = world.product(&format!("Desk {number}")).await;
        let named = world.license(product, Model::Named, 5).await;
        let pool = world.license(product, Model::Concurrent, 5).await;
        let name = |what: &str| format!("{what} {number}");
        let user =
            async |what: &str, role, permissions: &[Permission]| world.user(&name(what), role, permissions).await;
        let (agent, holder) = (user("Agent", Role::Agent, &[]).await, user("Holder", Role::Agent, &[]).await);
        let suspended = user("Suspended", Role::Agent, &[]).await;
        let manager = user("Limited", Role::Manager, Permission::ALL).await;
        let (provisioned, boss) = (directory.user(&name("Pia")).await, directory.user(&name("Boss")).await);
        let made = async |what: &str, members: &[UserId]| world.group(&name(what), members).await;
        let plain = made("Plain", &[agent]).await;
        let giving = made("Giving", &[holder, suspended]).await;
        let (reserved, managed) = (made("Reserved", &[]).await, made("Managed", &[agent, provisioned]).await);
        let of_directory = async |what: &str, members: &[UserId]| -> GroupId {
            let path = directory.group(&name(what), members).await;
            path.rsplit('/').next().expect("an id").parse().expect("an id")
        };
        let admins = of_directory("Admins", &[boss]).await;
        let licensed = of_directory("Licensed", &[holder]).await;
        let rules = json!([{ "group_id": admins, "role": "admin" }, { "group_id": licensed, "license_ids": [named] }]);
        directory.rule(world, rules).await;
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
            boss,
            holder,
            suspended,
            manager,
        }
    }

    /// All its groups.
    pub fn groups(&self) -> [GroupId; 6] {
        [self.plain, self.giving, self.admins, self.licensed, self.reserved, self.managed]
    }

    /// All its users.
    pub fn users(&self) -> [UserId; 6] {
        [self.agent, self.provisioned, self.boss, self.holder, self.suspended, self.manager]
    }

    /// The ids of its users, groups and licenses.
    pub fn ids(&self) -> BTreeSet<String> {
        let users = self.users().map(|id| id.to_string()).into_iter();
        let groups = self.groups().map(|id| id.to_string()).into_iter();
        users.chain(groups).chain([self.named, self.pool].map(|id| id.to_string())).collect()
    }

    /// What the role and licenses of a user are.
    pub async fn stands(&self, world: &World, user: UserId) -> (String, Vec<LicenseId>) {
        let user = world.admin.get(&format!("/users/{user}")).await.ok();
        let licenses = serde_json::from_value(user["license_ids"].clone()).expect("ids");
        (user["role"].as_str().expect("a role").to_owned(), licenses)
    }

    /// Links the loose ends: whatever may follow later by itself does so now.
    pub async fn everything_follows(world: &World) {
        use seatkeeper::{
            group_licenses::{About, settle},
            scim::rules,
            seats::Actor,
        };
        rules::put_right(&world.app).await.expect("put right");
        rules::make_up(&world.app).await.expect("made up");
        settle(&world.app, &Actor::system(), &About::All).await.expect("settled");
    }

    /// Somebody who is added by a person; their id.
    pub async fn added(by: &Person, body: &serde_json::Value) -> UserId {
        id_of(&by.post("/users", body).await.created())
    }
}
