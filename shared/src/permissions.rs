//! Permissions. Menus and handlers use the same function, [`may`].

use crate::people::{Permission, Role};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The inputs that determine a user's rights.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Rights {
    /// The user's role.
    pub role: Role,
    /// The permissions of a manager; ignored for the other roles.
    pub permissions: BTreeSet<Permission>,
    /// Whether the user is the billing contact (Abrechnungskontakt).
    pub billing_contact: bool,
    /// Whether a manager sees only the users in the groups they manage; ignored for the other roles.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub limited_to_groups: bool,
}

/// Whose sessions, tickets and log entries a user may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// Those of all users.
    All,
    /// Those of the users in the groups that the manager manages; none if they manage no group.
    Groups,
    /// Only the user's own.
    Own,
}

/// Whom a user with these rights may see: the same in lists, counts, search, single views and the live feed.
pub fn visibility(rights: &Rights) -> Visibility {
    match rights.role {
        Role::Admin => Visibility::All,
        Role::Manager if rights.limited_to_groups => Visibility::Groups,
        Role::Manager => Visibility::All,
        Role::Agent => Visibility::Own,
    }
}

impl Rights {
    /// The rights of an agent: their own sessions and nothing else.
    pub fn agent() -> Self {
        Self { role: Role::Agent, permissions: BTreeSet::new(), billing_contact: false, limited_to_groups: false }
    }

    fn allows(&self, permission: Permission) -> bool {
        match self.role {
            Role::Admin => true,
            Role::Manager => self.permissions.contains(&permission),
            Role::Agent => false,
        }
    }
}

/// An action that requires a right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Start, connect, renew and end own sessions.
    HoldSeats,
    /// See other users' sessions and all live counters.
    ViewSessions,
    /// End other users' sessions.
    EndSessions,
    /// See the list of users.
    ViewUsers,
    /// Add, change, suspend users.
    ManageUsers,
    /// Add, rename and delete groups.
    ManageGroups,
    /// Change roles, permissions, the billing contact and who manages which groups.
    ManageRoles,
    /// Change the settings of the account.
    ManageAccount,
    /// Add and change products and licenses, but not the number of seats.
    ManageProducts,
    /// Assign and revoke licenses.
    Assign,
    /// Change the number of seats of a license, or add a license: a purchase.
    ChangeSeats,
    /// See the reports.
    ViewReports,
    /// See the audit log.
    ViewAudit,
}

impl Action {
    /// Every action.
    pub const ALL: &[Self] = &[
        Self::HoldSeats,
        Self::ViewSessions,
        Self::EndSessions,
        Self::ViewUsers,
        Self::ManageUsers,
        Self::ManageGroups,
        Self::ManageRoles,
        Self::ManageAccount,
        Self::ManageProducts,
        Self::Assign,
        Self::ChangeSeats,
        Self::ViewReports,
        Self::ViewAudit,
    ];
}

/// Whether a user with these rights may perform the action.
pub fn may(rights: &Rights, action: Action) -> bool {
    match action {
        Action::HoldSeats => true,
        Action::ViewSessions | Action::ViewUsers => rights.role != Role::Agent,
        Action::EndSessions => rights.allows(Permission::ManageSessions),
        Action::ManageUsers => rights.allows(Permission::ManageUsers),
        // A limited manager could put users into their own group and so see them.
        Action::ManageGroups => rights.allows(Permission::ManageUsers) && visibility(rights) == Visibility::All,
        Action::ManageRoles | Action::ManageAccount => rights.role == Role::Admin,
        Action::ManageProducts => rights.allows(Permission::ManageProducts),
        Action::Assign => rights.allows(Permission::ManageUsers) && rights.allows(Permission::ManageProducts),
        Action::ChangeSeats => rights.role == Role::Admin && rights.billing_contact,
        Action::ViewReports => rights.allows(Permission::ViewReports),
        Action::ViewAudit => rights.allows(Permission::ViewAudit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manager(permissions: &[Permission]) -> Rights {
        let permissions = permissions.iter().copied().collect();
        Rights { role: Role::Manager, permissions, billing_contact: true, limited_to_groups: false }
    }

    #[test]
    fn assigning_requires_both_permissions() {
        assert!(!may(&manager(&[Permission::ManageUsers]), Action::Assign));
        assert!(!may(&manager(&[Permission::ManageProducts]), Action::Assign));
        assert!(may(&manager(&[Permission::ManageUsers, Permission::ManageProducts]), Action::Assign));
    }

    #[test]
    fn only_an_admin_who_is_the_billing_contact_may_change_seats() {
        let mut admin = Rights { role: Role::Admin, ..Rights::agent() };
        assert!(!may(&admin, Action::ChangeSeats));
        admin.billing_contact = true;
        assert!(may(&admin, Action::ChangeSeats));
        assert!(!may(&manager(Permission::ALL), Action::ChangeSeats), "never a manager");
    }

    #[test]
    fn an_agent_may_only_hold_seats_whatever_permissions_are_stored() {
        let agent = Rights { role: Role::Agent, ..manager(Permission::ALL) };
        let allowed: Vec<_> = Action::ALL.iter().filter(|a| may(&agent, **a)).collect();
        assert_eq!(allowed, [&Action::HoldSeats]);
    }

    #[test]
    fn a_manager_without_permissions_may_only_view() {
        let allowed: Vec<_> = Action::ALL.iter().filter(|a| may(&manager(&[]), **a)).collect();
        assert_eq!(allowed, [&Action::HoldSeats, &Action::ViewSessions, &Action::ViewUsers]);
    }

    #[test]
    fn only_managers_are_limited_to_groups() {
        let mut rights = Rights { limited_to_groups: true, ..manager(Permission::ALL) };
        assert_eq!(visibility(&rights), Visibility::Groups);
        assert!(!may(&rights, Action::ManageGroups), "they could add any user to their own group");
        rights.role = Role::Admin;
        assert_eq!((visibility(&rights), may(&rights, Action::ManageGroups)), (Visibility::All, true));
        rights.role = Role::Agent;
        assert_eq!((visibility(&rights), may(&rights, Action::ManageGroups)), (Visibility::Own, false));
    }
}
