//! The words that stand in cells, ours and those of others.

use crate::text::fold;
use seatkeeper_shared::{
    license::Model,
    people::{Permission, Role, UserStatus},
};

/// A model of licenses.
pub fn model(text: &str) -> Option<Model> {
    match fold(text).as_str() {
        "named" | "benannt" | "benutzergebunden" => Some(Model::Named),
        "concurrent" | "shared" | "gemeinsam" | "gemeinsam genutzt" => Some(Model::Concurrent),
        _ => None,
    }
}

/// A role.
pub fn role(text: &str) -> Option<Role> {
    match fold(text).as_str() {
        "administrator" => Some(Role::Admin),
        "verwalter" => Some(Role::Manager),
        "mitarbeiter" | "techniker" => Some(Role::Agent),
        other => other.parse().ok(),
    }
}

/// A permission of a manager.
pub fn permission(text: &str) -> Option<Permission> {
    fold(text).replace([' ', '-'], "_").parse().ok()
}

/// Our own status of a user.
pub fn status(text: &str) -> Option<UserStatus> {
    match fold(text).as_str() {
        "aktiv" | "enabled" | "aktiviert" => Some(UserStatus::Active),
        "gesperrt" | "inactive" | "inaktiv" | "disabled" | "deactivated" | "deaktiviert" | "blocked" => {
            Some(UserStatus::Suspended)
        }
        other => other.parse().ok(),
    }
}

/// Yes or no, as people and programs write it.
pub fn yes_or_no(text: &str) -> Option<bool> {
    match fold(text).as_str() {
        "true" | "yes" | "y" | "1" | "ja" | "j" | "wahr" | "x" => Some(true),
        "false" | "no" | "n" | "0" | "nein" | "falsch" => Some(false),
        _ => None,
    }
}

/// Whether an account is enabled where it comes from: yes or no, or its status there. Whoever was invited only, or is locked out, is
/// not.
pub fn enabled(text: &str) -> Option<bool> {
    yes_or_no(text).or_else(|| match fold(text).replace([' ', '-'], "_").as_str() {
        "active" | "aktiv" | "enabled" | "activated" | "aktiviert" | "password_expired" | "recovery" => Some(true),
        "disabled" | "deaktiviert" | "inactive" | "inaktiv" | "suspended" | "gesperrt" | "blocked" | "archived"
        | "staged" | "provisioned" | "locked_out" | "locked" | "deprovisioned" | "deactivated" | "deleted"
        | "pending" | "invited" => Some(false),
        _ => None,
    })
}

/// Whether Active Directory has the account disabled (userAccountControl, the bit ACCOUNTDISABLE).
pub fn control_says_disabled(text: &str) -> Option<bool> {
    const ACCOUNT_DISABLE: i64 = 2;
    text.trim().parse::<i64>().ok().map(|bits| bits & ACCOUNT_DISABLE != 0)
}

/// Whether a directory's object is a person who signs in.
pub fn is_user_class(text: &str) -> bool {
    ["user", "inetorgperson", "person"].contains(&fold(text).as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_not_clearly_enabled_is_not() {
        for yes in ["True", "TRUE", "wahr", "Active", "ACTIVE", "PASSWORD_EXPIRED", "Ja", "1"] {
            assert_eq!(enabled(yes), Some(true), "{yes}");
        }
        for no in ["False", "falsch", "Suspended", "DEPROVISIONED", "STAGED", "Locked out", "0", "Archived"] {
            assert_eq!(enabled(no), Some(false), "{no}");
        }
        assert_eq!(enabled("perhaps"), None);
        assert_eq!((control_says_disabled("514"), control_says_disabled("512")), (Some(true), Some(false)));
        assert_eq!((control_says_disabled("66050"), control_says_disabled("x")), (Some(true), None));
    }
}
