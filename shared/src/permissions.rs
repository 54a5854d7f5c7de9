//! Who may do what. Menus and handlers ask the same function, [`may`].

use crate::people::{Permission, Role};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What decides over a user's rights.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Rights {
    /// The user's role.
    pub role: Role,
    /// What a manager was allowed; ignored for the other roles.
    pub permissions: BTreeSet<Permission>,
    /// Whether the user is the billing contact (Abrechnungskontakt).
    pub billing_contact: bool,
    /// Whether a manager sees only the people in the groups that he manages; ignored for the other roles.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub limited_to_groups: bool,
}

/// Whose sessions, tickets and entries somebody sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sees {
    /// Everybody's.
    Everybody,
    /// Those of the people in the groups that he manages. Whoever manages none sees nobody.
    Groups,
    /// His own.
    Own,
}

/// Whom somebody with these rights sees: in lists, counts, search, single views and the live feed alike.
pub fn sees(rights: &Rights) -> Sees {
    match rights.role {
        Role::Admin => Sees::Everybody,
        Role::Manager if rights.limited_to_groups => Sees::Groups,
        Role::Manager => Sees::Everybody,
        Role::Agent => Sees::Own,
    }
}

impl Rights {
    /// The rights of an agent: his own sessions and nothing else.
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

/// Something that needs a right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Start, connect, renew and end one's own sessions.
    HoldSeats,
    /// See everybody's sessions and all live counters.
    ViewSessions,
    /// End other people's sessions.
    EndSessions,
    /// See the list of users.
    ViewUsers,
    /// Add, change, suspend users.
    ManageUsers,
    /// Add, rename and delete groups.
    ManageGroups,
    /// Change roles, permissions, the billing contact and who manages which groups.
    ManageRoles,
    /// Add and change products and licenses, but not the number of seats.
    ManageProducts,
    /// Assign and revoke licenses.
    Assign,
    /// Change the number of seats of a license, or add a license: it is a purchase.
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
        Self::ManageProducts,
        Self::Assign,
        Self::ChangeSeats,
        Self::ViewReports,
        Self::ViewAudit,
    ];
}

/// Whether someone with these rights may do this.
pub fn may(rights: &Rights, action: Action) -> bool {
    match action {
        Action::HoldSeats => true,
        Action::ViewSessions | Action::ViewUsers => rights.role != Role::Agent,
        Action::EndSessions => rights.allows(Permission::ManageSessions),
        Action::ManageUsers => rights.allows(Permission::ManageUsers),
        // A group of his own would show its manager whom he puts in.
        Action::ManageGroups => rights.allows(Permission::ManageUsers) && sees(rights) == Sees::Everybody,
        Action::ManageRoles => rights.role == Role::Admin,
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
    fn assigning_takes_both_permissions() {
        assert!(!may(&manager(&[Permission::ManageUsers]), Action::Assign));
        assert!(!may(&manager(&[Permission::ManageProducts]), Action::Assign));
        assert!(may(&manager(&[Permission::ManageUsers, Permission::ManageProducts]), Action::Assign));
    }

    #[test]
    fn seats_change_only_by_an_admin_who_is_the_billing_contact() {
        let mut admin = Rights { role: Role::Admin, ..Rights::agent() };
        assert!(!may(&admin, Action::ChangeSeats));
        admin.billing_contact = true;
        assert!(may(&admin, Action::ChangeSeats));
        assert!(!may(&manager(Permission::ALL), Action::ChangeSeats), "a manager stays a manager");
    }

    #[test]
    fn an_agent_may_only_hold_seats_whatever_permissions_are_written_beside_his_name() {
        let agent = Rights { role: Role::Agent, ..manager(Permission::ALL) };
        let allowed: Vec<_> = Action::ALL.iter().filter(|a| may(&agent, **a)).collect();
        assert_eq!(allowed, [&Action::HoldSeats]);
    }

    #[test]
    fn a_manager_without_permissions_looks_and_does_not_touch() {
        let allowed: Vec<_> = Action::ALL.iter().filter(|a| may(&manager(&[]), **a)).collect();
        assert_eq!(allowed, [&Action::HoldSeats, &Action::ViewSessions, &Action::ViewUsers]);
    }

    #[test]
    fn only_managers_are_limited_to_groups() {
        let mut rights = Rights { limited_to_groups: true, ..manager(Permission::ALL) };
        assert_eq!(sees(&rights), Sees::Groups);
        assert!(!may(&rights, Action::ManageGroups), "he could put anybody into a group of his own");
        rights.role = Role::Admin;
        assert_eq!((sees(&rights), may(&rights, Action::ManageGroups)), (Sees::Everybody, true));
        rights.role = Role::Agent;
        assert_eq!((sees(&rights), may(&rights, Action::ManageGroups)), (Sees::Own, false));
    }
}
