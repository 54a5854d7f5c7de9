//! On whose authority something is changed, and what that lets them do.

use crate::{
    db::{DbError, Tx},
    seats::Actor,
    store::{
        self,
        memberships::{GivenLicense, GroupUses},
    },
};
use seatkeeper_shared::{
    ids::{DirectoryId, GroupId},
    license::Model,
    permissions::{Action, Rights, may},
    problem::Code,
};
use std::collections::BTreeSet;

/// On whose authority a change is made.
#[derive(Clone, Copy, Debug)]
pub enum Authority<'a> {
    /// A person's, who gives and takes no more than they could directly.
    Person(&'a Actor),
    /// A directory's: an admin gave it its token and wrote its rules.
    Directory(DirectoryId, &'a Actor),
    /// A provider's of sign-ins: an admin said that it names groups.
    Provider,
}

impl Authority<'_> {
    /// For the log.
    pub fn actor(&self) -> Actor {
        match self {
            Self::Person(actor) | Self::Directory(_, actor) => (*actor).clone(),
            Self::Provider => Actor::system(),
        }
    }

    /// What a person may do, as it is in this transaction; nothing for whoever is bound by no rights of a person.
    ///
    /// # Errors
    /// There is no such person any more, or they may not even sign in.
    pub(super) async fn rights(&self, tx: &mut Tx) -> Result<Option<Rights>, NotChanged> {
        let Self::Person(actor) = self else { return Ok(None) };
        let Some(id) = actor.id else { return Err(Denied::code(Code::Forbidden).into()) };
        match store::users::rights_of(tx, id).await? {
            Some(rights) => Ok(Some(rights)),
            None => Err(Denied::code(Code::Forbidden).into()),
        }
    }

    /// Approves a change of a group that is locked.
    ///
    /// # Errors
    /// What the group gives takes rights that the person has not.
    pub(super) async fn approve(
        &self,
        tx: &mut Tx,
        group: GroupId,
        change: &GroupChange,
    ) -> Result<Approved, NotChanged> {
        if let Some(rights) = self.rights(tx).await? {
            let uses = store::memberships::uses(tx, group).await?;
            if let Some(denied) = denied(&rights, &uses, change) {
                return Err(denied.into());
            }
        }
        Ok(Approved(()))
    }
}

/// Proof that a change was approved: only the decisions in this module make one.
#[derive(Debug)]
pub struct Approved(());

/// What is to be changed about a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum GroupChange {
    /// Who is in it. Of those who go, the directories that put them there.
    Members { leaving: BTreeSet<DirectoryId> },
    /// Its name.
    Name,
    /// It is deleted.
    Delete,
}

/// Why a person may not make a change.
pub(super) fn denied(rights: &Rights, uses: &GroupUses, change: &GroupChange) -> Option<Denied> {
    let right = if let GroupChange::Members { .. } = change { Action::ManageUsers } else { Action::ManageGroups };
    if !may(rights, right) {
        return Some(Denied::code(Code::Forbidden));
    }
    if !uses.licenses.is_empty() && !may(rights, Action::Assign) {
        let gives = uses.licenses.iter().map(name).collect();
        return Some(Denied { code: Code::GroupGivesLicenses, gives });
    }
    let affected = |directory: &DirectoryId| match change {
        GroupChange::Members { leaving } => leaving.contains(directory),
        GroupChange::Name | GroupChange::Delete => true,
    };
    let roles: BTreeSet<_> = uses.roles.iter().filter(|(directory, _)| affected(directory)).map(|(_, r)| *r).collect();
    if !roles.is_empty() && !may(rights, Action::ManageRoles) {
        let gives = roles.into_iter().map(|role| role.to_string()).collect();
        return Some(Denied { code: Code::GroupGivesRole, gives });
    }
    let kept = uses.reserved && !may(rights, Action::ManageProducts);
    let settled = (uses.managed || uses.ruled) && !may(rights, Action::ManageRoles);
    (*change == GroupChange::Delete && (kept || settled)).then_some(Denied::code(Code::GroupInUse))
}

/// "Remote Support v5 (named)"
fn name(license: &GivenLicense) -> String {
    let model = match license.model {
        Model::Named => "named",
        Model::Concurrent => "concurrent",
    };
    format!("{} ({model})", license.product)
}

/// A person may not do this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denied {
    /// Which right is missing, by what would be given or taken.
    pub code: Code,
    /// What that is.
    pub gives: Vec<String>,
}

impl Denied {
    /// With nothing more to say than its code.
    pub(super) fn code(code: Code) -> Self {
        Self { code, gives: Vec::new() }
    }
}

/// Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum NotChanged {
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// It may not be, or there is no such group.
    #[error("{} ({})", .0.code, .0.gives.join(", "))]
    Denied(Denied),
}

impl From<Denied> for NotChanged {
    fn from(denied: Denied) -> Self {
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
    fn each_change_of_a_group_takes_what_it_takes_to_give_the_same_directly() {
        use Permission::{ManageProducts, ManageUsers};
        let directory = DirectoryId(Uuid::from_u128(1));
        let license = GivenLicense { id: LicenseId(Uuid::nil()), product: "Desk".to_owned(), model: Model::Named };
        let plain = GroupUses::default();
        let licensed = GroupUses { licenses: vec![license], ..plain.clone() };
        let ruled = GroupUses { roles: vec![(directory, Role::Admin)], ..plain.clone() };
        let (managed, reserved) =
            (GroupUses { managed: true, ..plain.clone() }, GroupUses { reserved: true, ..plain.clone() });
        let named_in_rule = GroupUses { ruled: true, ..licensed.clone() };
        let come = GroupChange::Members { leaving: BTreeSet::new() };
        let leave = GroupChange::Members { leaving: BTreeSet::from([directory]) };
        let (users, both) = (manager(&[ManageUsers]), manager(&[ManageUsers, ManageProducts]));
        let admin = Rights { role: Role::Admin, ..Rights::agent() };
        for change in [&come, &leave, &GroupChange::Name, &GroupChange::Delete] {
            assert_eq!(code(&users, &plain, change), None);
            assert_eq!(code(&users, &licensed, change), Some(Code::GroupGivesLicenses));
            assert_eq!(code(&both, &licensed, change), None);
            assert_eq!(code(&manager(&[ManageProducts]), &plain, change), Some(Code::Forbidden));
            for uses in [&plain, &licensed, &ruled, &managed, &reserved, &named_in_rule] {
                assert_eq!(code(&admin, uses, change), None);
            }
        }
        assert_eq!(code(&both, &ruled, &come), None, "who is put there by hand gets no role by it");
        for change in [&leave, &GroupChange::Name, &GroupChange::Delete] {
            assert_eq!(code(&both, &ruled, change), Some(Code::GroupGivesRole));
        }
        assert_eq!(code(&both, &managed, &GroupChange::Delete), Some(Code::GroupInUse));
        assert_eq!(code(&users, &reserved, &GroupChange::Delete), Some(Code::GroupInUse));
        assert_eq!(code(&both, &reserved, &GroupChange::Delete), None);
        assert_eq!(code(&both, &named_in_rule, &come), None);
        assert_eq!(code(&both, &named_in_rule, &GroupChange::Delete), Some(Code::GroupInUse), "rules are an admin's");
        assert_eq!(denied(&users, &licensed, &come).map(|denied| denied.gives), Some(vec!["Desk (named)".to_owned()]));
        let limited = Rights { limited_to_groups: true, ..both };
        assert_eq!(code(&limited, &plain, &come), None);
        assert_eq!(code(&limited, &plain, &GroupChange::Name), Some(Code::Forbidden));
    }
}
