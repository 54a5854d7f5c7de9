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
}

impl Rights {
    /// The rights of an agent: his own sessions and nothing else.
    pub fn agent() -> Self {
        Self { role: Role::Agent, permissions: BTreeSet::new(), billing_contact: false }
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
    /// Change roles, permissions and the billing contact.
    ManageRoles,
    /// Change the settings of the account.
    ManageAccount,
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
        Self::ManageRoles,
        Self::ManageAccount,
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
        Rights { role: Role::Manager, permissions: permissions.iter().copied().collect(), billing_contact: true }
    }

    #[test]
    fn assigning_takes_both_permissions() {
        assert!(!may(&manager(&[Permission::ManageUsers]), Action::Assign));
        assert!(!may(&manager(&[Permission::ManageProducts]), Action::Assign));
        assert!(may(&manager(&[Permission::ManageUsers, Permission::ManageProducts]), Action::Assign));
    }

    #[test]
    fn seats_change_only_by_an_admin_who_is_the_billing_contact() {
        let mut admin = Rights { role: Role::Admin, permissions: BTreeSet::new(), billing_contact: false };
        assert!(!may(&admin, Action::ChangeSeats));
        admin.billing_contact = true;
        assert!(may(&admin, Action::ChangeSeats));
        assert!(!may(&manager(Permission::ALL), Action::ChangeSeats), "a manager stays a manager");
    }

    #[test]
    fn an_agent_may_only_hold_seats_whatever_permissions_are_written_beside_his_name() {
        let agent =
            Rights { role: Role::Agent, permissions: Permission::ALL.iter().copied().collect(), billing_contact: true };
        let allowed: Vec<_> = Action::ALL.iter().filter(|a| may(&agent, **a)).collect();
        assert_eq!(allowed, [&Action::HoldSeats]);
    }

    #[test]
    fn a_manager_without_permissions_looks_and_does_not_touch() {
        let allowed: Vec<_> = Action::ALL.iter().filter(|a| may(&manager(&[]), **a)).collect();
        assert_eq!(allowed, [&Action::HoldSeats, &Action::ViewSessions, &Action::ViewUsers]);
    }
}
