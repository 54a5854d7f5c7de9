//! What follows from a commit: users get and lose what groups and rules give them, before the change is answered.
//!
//! Every commit comes here by itself: [`Journal::commit`](crate::journal::Journal::commit) calls [`follow`]. Only the
//! seat engine cannot wait for its own commands, so what it commits is followed in `groups::delete`.

use super::{Entitlements, group_licenses, rules};
use crate::{
    events::{Event, topics::Topic},
    seats::Actor,
    store::group_licenses::ReconcileScope,
};
use futures_util::future::BoxFuture;
use seatkeeper_shared::{
    audit::EventData,
    ids::{LicenseId, UserId},
    people::UserStatus,
};
use std::collections::BTreeSet;

/// What the events of one actor concern.
#[derive(Debug, PartialEq)]
struct Concern {
    actor: Actor,
    /// What groups and rules give them may have changed.
    users: BTreeSet<UserId>,
    /// What groups give may have changed.
    licenses: BTreeSet<LicenseId>,
}

/// Reconciles what these committed events concern, if anything. Failures are logged, and the periodic runs repair them:
/// the change itself is committed.
///
/// It has begun when this returns, and continues if the caller is cancelled. It compares what users have with what they
/// should have, so it changes nothing if the events were not committed.
pub fn follow(entitlements: &Entitlements, events: &[Event]) -> Option<BoxFuture<'static, ()>> {
    let concerns = concerns(events);
    if concerns.is_empty() {
        return None;
    }
    let owned = entitlements.clone();
    let following = entitlements.tasks.spawn_to_end(async move {
        for concern in concerns {
            reconcile(&owned, concern).await;
        }
    });
    Some(Box::pin(async move {
        if following.await.is_err() {
            tracing::error!("reconciling the consequences of a commit panicked");
        }
    }))
}

/// Reconciles what groups and rules give users, on behalf of the actor who changed their groups.
pub(super) async fn reconcile_users(entitlements: &Entitlements, actor: Actor, users: BTreeSet<UserId>) {
    reconcile(entitlements, Concern { actor, users, licenses: BTreeSet::new() }).await;
}

/// Reconciles what groups give of a license, on behalf of the actor who gave it to a group.
pub async fn reconcile_license(entitlements: &Entitlements, actor: Actor, license: LicenseId) {
    let owned = entitlements.clone();
    let concern = Concern { actor, users: BTreeSet::new(), licenses: BTreeSet::from([license]) };
    let reconciling = entitlements.tasks.spawn_to_end(async move { reconcile(&owned, concern).await });
    if reconciling.await.is_err() {
        tracing::error!("reconciling the licenses of groups panicked");
    }
}

async fn reconcile(entitlements: &Entitlements, Concern { actor, users, licenses }: Concern) {
    rules::apply(entitlements, &actor, &users.iter().copied().collect::<Vec<_>>()).await;
    let scopes = std::iter::once(ReconcileScope::Users(users)).chain(licenses.into_iter().map(ReconcileScope::License));
    for scope in scopes {
        if let Err(error) = group_licenses::reconcile(entitlements, &actor, &scope).await {
            tracing::warn!(%error, "group licenses not reconciled; will retry");
            entitlements.reconcile_requested.now();
        }
    }
}

/// What the events concern, for each of their actors.
fn concerns(events: &[Event]) -> Vec<Concern> {
    let mut concerns: Vec<Concern> = Vec::new();
    for event in events {
        let subject = event.subject();
        let user = event.user.filter(|_| subject.concerns(Topic::GivenToUser) && !is_without_effect(event));
        let license = event.license.filter(|_| subject.concerns(Topic::GivenByGroup));
        if user.is_none() && license.is_none() {
            continue;
        }
        let index = concerns.iter().position(|concern| concern.actor == event.actor).unwrap_or_else(|| {
            let actor = event.actor.clone();
            concerns.push(Concern { actor, users: BTreeSet::new(), licenses: BTreeSet::new() });
            concerns.len() - 1
        });
        concerns[index].users.extend(user);
        concerns[index].licenses.extend(license);
    }
    concerns
}

/// Of the changes of a user, only reactivating matters: suspending has revoked their named seats. A role that an admin
/// has just given is theirs to give.
fn is_without_effect(event: &Event) -> bool {
    let EventData::UserChanged { changes, .. } = &event.data else { return false };
    changes.status.is_none_or(|(_, after)| after != UserStatus::Active)
}

#[cfg(test)]
mod tests {
    use super::*;
    use seatkeeper_shared::{
        audit::changes::{LimitsChanges, UserChanges},
        ids::GroupId,
    };
    use uuid::Uuid;

    fn user(number: u128) -> UserId {
        UserId(Uuid::from_u128(number))
    }

    fn actor(number: u128) -> Actor {
        Actor::system().identified_as(user(number), "Ada")
    }

    fn changed(changes: UserChanges) -> Event {
        let data = EventData::UserChanged { changes: Box::new(changes), import: None, access_reset: None };
        Event::new(data, actor(1), Some(user(2)))
    }

    #[test]
    fn each_actor_answers_for_the_users_whose_groups_they_changed() {
        let events = |by, removed: &[UserId], added: &[UserId]| {
            crate::events::member_events(&actor(by), GroupId(Uuid::nil()), "Desk", removed, added)
        };
        let all = [events(1, &[user(5)], &[user(3), user(4)]), events(2, &[], &[user(3)])].concat();
        let found = concerns(&all);
        assert_eq!(found.iter().map(|one| one.actor.id).collect::<Vec<_>>(), [Some(user(1)), Some(user(2))]);
        assert_eq!(found[0].users, BTreeSet::from([user(3), user(4), user(5)]));
        assert_eq!(found[1].users, BTreeSet::from([user(3)]));
    }

    #[test]
    fn a_reactivated_user_gets_back_what_is_theirs_and_a_renamed_one_needs_nothing() {
        let status = |before, after| UserChanges { status: Some((before, after)), ..UserChanges::default() };
        let reactivated = changed(status(UserStatus::Suspended, UserStatus::Active));
        assert_eq!(concerns(&[reactivated])[0].users, [user(2)].into());
        let renamed = UserChanges { name: Some(("A".to_owned(), "B".to_owned())), ..UserChanges::default() };
        for without in [status(UserStatus::Active, UserStatus::Suspended), renamed, UserChanges::default()] {
            assert_eq!(concerns(&[changed(without)]), []);
        }
    }

    #[test]
    fn what_a_group_gives_is_reconciled_for_the_license() {
        let license = LicenseId(Uuid::from_u128(9));
        for data in [EventData::GroupLicenseGranted {}, EventData::GroupLicenseRevoked {}] {
            let found = concerns(&[Event::of_license(data, actor(1), license)]);
            assert_eq!((&found[0].licenses, found[0].users.len()), (&BTreeSet::from([license]), 0));
        }
        assert_eq!(
            concerns(&[Event::of_license(
                EventData::GroupLimitsChanged { changes: LimitsChanges::default() },
                actor(1),
                license
            )]),
            []
        );
    }
}
