//! Changes of users that are made together follow the same rules as one after another.

use crate::harness::on_both_engines;
use seatkeeper::{
    seats::Actor,
    user_changes::{self, RefusedChange, UserChangeError},
};
use seatkeeper_shared::people::Role;

on_both_engines! {
    async fn of_changes_made_together_one_admin_keeps_the_role(world: World) {
        let (actor, now) = (Actor::system(), world.clock.now());
        let olga = world.user("Olga Other", Role::Admin, &[]).await;
        let others = [olga, world.user("Udo Other", Role::Admin, &[]).await];
        let admins = [world.admin.id, others[0], others[1]];
        for (demoted, is_made) in [(&admins[..], false), (&others[..], true)] {
            let mut tx = world.app.db.begin().await.expect("a transaction");
            seatkeeper::store::seats::lock_admins(&mut tx).await.expect("a lock");
            let locked = user_changes::lock_each(&mut tx, demoted).await.expect("locks");
            let demotion = |id: &_| {
                let user = locked.get(*id).expect("a user");
                let mut after = user.before.clone();
                (after.rights.role, after.name) = (Role::Agent, format!("Former {}", after.name));
                user.changed_to(after, &actor)
            };
            let made = locked.make_each(&mut tx, demoted.iter().map(demotion).collect(), now).await;
            match made {
                Ok(events) => {
                    let users: Vec<_> = events.iter().filter_map(|event| event.user).collect();
                    assert!(is_made && users == demoted, "in the order of the changes: {users:?}");
                    world.app.entitlements.commit(tx, &events).await.expect("it is committed");
                }
                Err(UserChangeError::Refused(RefusedChange::LastAdmin)) => assert!(!is_made),
                Err(error) => panic!("{error}"),
            }
        }
        let users = world.admin.get("/users?sort=name").await.ok()["items"].clone();
        let names = |role: &str| {
            let of_role = users.as_array().expect("users").iter().filter(|user| user["role"] == role);
            of_role.map(|user| user["name"].as_str().expect("a name").to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(names("admin"), ["Anja Krüger"]);
        assert_eq!(names("agent"), ["Former Olga Other", "Former Udo Other"]);
    }
}
