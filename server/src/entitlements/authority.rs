//! The authority that makes a change of a group, and whether it suffices.

use crate::{
    db::{DbError, Tx},
    seats::Actor,
    store::{
        self,
        memberships::MembershipApproval,
        memberships::{GivenLicense, GroupUses},
    },
};
use seatkeeper_shared::{
    ids::{DirectoryId, GroupId},
    license::Model,
    permissions::{Action, Rights, Visibility, may, visibility},
    problem::Code,
};
use std::collections::{BTreeMap, BTreeSet};

/// Who makes a change.
#[derive(Clone, Copy, Debug)]
pub enum Authority<'a> {
    /// A user, who can grant and revoke no more than they could directly.
    User(&'a Actor),
    /// A directory, authorized by the admin who issued its token and wrote its rules.
    Directory(DirectoryId, &'a Actor),
    /// A sign-in provider, authorized by the admin who configured its group claim.
    Provider,
}

impl Authority<'_> {
    /// The actor of the events.
    pub fn actor(&self) -> Actor {
        match self {
            Self::User(actor) | Self::Directory(_, actor) => (*actor).clone(),
            Self::Provider => Actor::system(),
        }
    }

    /// The user's rights, read in this transaction; `None` if the authority is not a user.
    ///
    /// # Errors
    /// Returns an error if the user is deleted or suspended, or if the database fails.
    pub(super) async fn rights(&self, tx: &mut Tx) -> Result<Option<Rights>, GroupChangeError> {
        let Self::User(actor) = self else { return Ok(None) };
        let Some(id) = actor.id else { return Err(DeniedChange::code(Code::Forbidden).into()) };
        match store::users::rights_of(tx, id).await? {
            Some(rights) => Ok(Some(rights)),
            None => Err(DeniedChange::code(Code::Forbidden).into()),
        }
    }

    /// Those of these groups that the user manages, read in this transaction.
    async fn managed(&self, tx: &mut Tx, groups: &BTreeSet<GroupId>) -> Result<BTreeSet<GroupId>, DbError> {
        let Self::User(Actor { id: Some(id), .. }) = self else { return Ok(BTreeSet::new()) };
        store::groups::managed(tx, *id, groups).await
    }

    /// Approves a change of a locked group. To a manager who is limited to groups, others do not exist.
    ///
    /// # Errors
    /// Returns an error if the change requires rights that the user does not have.
    pub(super) async fn approve(
        &self,
        tx: &mut Tx,
        group: GroupId,
        change: &GroupChange,
    ) -> Result<Approved, GroupChangeError> {
        let decision = self.decide_each(tx, &BTreeSet::from([group]), change).await?.remove(&group);
        Ok(decision.unwrap_or_else(|| Err(DeniedChange::code(Code::NotFound)))?)
    }

    /// Approves or denies the same change of each of these locked groups, with as many statements as for one.
    ///
    /// # Errors
    /// Returns an error if the user is deleted or suspended, or if the database fails.
    pub(super) async fn decide_each(
        &self,
        tx: &mut Tx,
        groups: &BTreeSet<GroupId>,
        change: &GroupChange,
    ) -> Result<BTreeMap<GroupId, Result<Approved, DeniedChange>>, GroupChangeError> {
        let Some(rights) = self.rights(tx).await? else {
            return Ok(groups.iter().map(|group| (*group, Ok(Approved(())))).collect());
        };
        let unseen: BTreeSet<_> = match visibility(&rights) {
            Visibility::All => BTreeSet::new(),
            _ => groups - &self.managed(tx, groups).await?,
        };
        let decide = |(group, uses): (GroupId, GroupUses)| {
            let denied = match unseen.contains(&group) {
                true => Some(DeniedChange::code(Code::NotFound)),
                false => denied(&rights, &uses, change),
            };
            (group, denied.map_or(Ok(Approved(())), Err))
        };
        Ok(store::memberships::uses_of_each(tx, groups).await?.into_iter().map(decide).collect())
    }
}

/// Proof that a change was approved; only this module creates it.
#[derive(Debug)]
pub struct Approved(());

impl MembershipApproval for Approved {}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum GroupChange {
    /// Its members; `leaving` holds the directories that added the members to be removed.
    Members {
        leaving: BTreeSet<DirectoryId>,
    },
    Name,
    Delete,
}

/// Why a user with these rights may not make a change; `None` if they may.
pub(super) fn denied(rights: &Rights, uses: &GroupUses, change: &GroupChange) -> Option<DeniedChange> {
    let right = if let GroupChange::Members { .. } = change { Action::ManageUsers } else { Action::ManageGroups };
    if !may(rights, right) {
        return Some(DeniedChange::code(Code::Forbidden));
    }
    if !uses.licenses.is_empty() && !may(rights, Action::Assign) {
        let gives = uses.licenses.iter().map(license_name).collect();
        return Some(DeniedChange { code: Code::GroupGivesLicenses, gives });
    }
    let affected = |directory: &DirectoryId| match change {
        GroupChange::Members { leaving } => leaving.contains(directory),
        GroupChange::Name | GroupChange::Delete => true,
    };
    let roles: BTreeSet<_> = uses.roles.iter().filter(|(directory, _)| affected(directory)).map(|(_, r)| *r).collect();
    if !roles.is_empty() && !may(rights, Action::ManageRoles) {
        let gives = roles.into_iter().map(|role| role.to_string()).collect();
        return Some(DeniedChange { code: Code::GroupGivesRole, gives });
    }
    let reserved = uses.reserved && !may(rights, Action::ManageProducts);
    let managed_or_ruled = (uses.managed || uses.ruled) && !may(rights, Action::ManageRoles);
    (*change == GroupChange::Delete && (reserved || managed_or_ruled)).then_some(DeniedChange::code(Code::GroupInUse))
}

/// For example "Remote Support v5 (named)".
fn license_name(license: &GivenLicense) -> String {
    let model = match license.model {
        Model::Named => "named",
        Model::Concurrent => "concurrent",
    };
    format!("{} ({model})", license.product)
}

/// Why a user may not make a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeniedChange {
    /// What the group would grant or revoke.
    pub code: Code,
    /// The names of the licenses or roles.
    pub gives: Vec<String>,
}

impl DeniedChange {
    pub(super) fn code(code: Code) -> Self {
        Self { code, gives: Vec::new() }
    }
}

/// Why a group was not changed.
#[derive(Debug, thiserror::Error)]
pub enum GroupChangeError {
    #[error(transparent)]
    Db(#[from] DbError),
    /// The user may not make the change, or there is no such group.
    #[error("{} ({})", .0.code, .0.gives.join(", "))]
    Denied(DeniedChange),
}

impl From<DeniedChange> for GroupChangeError {
    fn from(denied: DeniedChange) -> Self {
        Self::Denied(denied)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use seatkeeper_shared::{
        ids::LicenseId,
        people::{Permission, Role},
    };
    use uuid::Uuid;

    fn manager(permissions: &[Permission]) -> Rights {
        Rights { role: Role::Manager, permissions: permissions.iter().copied().collect(), ..Rights::agent() }
    }

    fn code(rights: &Rights, uses: &GroupUses, change: &GroupChange) -> Option<Code> {
        denied(rights, uses, change).map(|denied| denied.code)
    }

    #[test]
    fn changing_a_group_requires_the_rights_to_do_the_same_directly() {
        use Permission::{ManageProducts, ManageUsers};
        let directory = DirectoryId(Uuid::from_u128(1));
        let license = GivenLicense { id: LicenseId(Uuid::nil()), product: "Desk".to_owned(), model: Model::Named };
        let plain = GroupUses::default();
        let licensed = GroupUses { licenses: vec![license], ..plain.clone() };
        let ruled = GroupUses { roles: vec![(directory, Role::Admin)], ..plain.clone() };
        let (managed, reserved) =
            (GroupUses { managed: true, ..plain.clone() }, GroupUses { reserved: true, ..plain.clone() });
        let named_in_rule = GroupUses { ruled: true, ..licensed.clone() };
        let add = GroupChange::Members { leaving: BTreeSet::new() };
        let remove = GroupChange::Members { leaving: BTreeSet::from([directory]) };
        let (users, both) = (manager(&[ManageUsers]), manager(&[ManageUsers, ManageProducts]));
        let admin = Rights { role: Role::Admin, ..Rights::agent() };
        for change in [&add, &remove, &GroupChange::Name, &GroupChange::Delete] {
            assert_eq!(code(&users, &plain, change), None);
            assert_eq!(code(&users, &licensed, change), Some(Code::GroupGivesLicenses));
            assert_eq!(code(&both, &licensed, change), None);
            assert_eq!(code(&manager(&[ManageProducts]), &plain, change), Some(Code::Forbidden));
            for uses in [&plain, &licensed, &ruled, &managed, &reserved, &named_in_rule] {
                assert_eq!(code(&admin, uses, change), None);
            }
        }
        assert_eq!(code(&both, &ruled, &add), None, "a member added manually gets no role");
        for change in [&remove, &GroupChange::Name, &GroupChange::Delete] {
            assert_eq!(code(&both, &ruled, change), Some(Code::GroupGivesRole));
        }
        assert_eq!(code(&both, &managed, &GroupChange::Delete), Some(Code::GroupInUse));
        assert_eq!(code(&users, &reserved, &GroupChange::Delete), Some(Code::GroupInUse));
        assert_eq!(code(&both, &reserved, &GroupChange::Delete), None);
        assert_eq!(code(&both, &named_in_rule, &add), None);
        assert_eq!(
            code(&both, &named_in_rule, &GroupChange::Delete),
            Some(Code::GroupInUse),
            "only admins change rules"
        );
        assert_eq!(denied(&users, &licensed, &add).map(|denied| denied.gives), Some(vec!["Desk (named)".to_owned()]));
        let limited = Rights { limited_to_groups: true, ..both };
        assert_eq!(code(&limited, &plain, &add), None);
        assert_eq!(code(&limited, &plain, &GroupChange::Name), Some(Code::Forbidden));
    }
}
