//! Parses the words in cells: Seatkeeper's own and those of other programs' exports.

use crate::normalize::fold;
use seatkeeper_shared::{
    license::Model,
    people::{Permission, Role, UserStatus},
};

pub fn model(text: &str) -> Option<Model> {
    match fold(text).as_str() {
        "named" | "benannt" | "benutzergebunden" => Some(Model::Named),
        "concurrent" | "shared" | "gemeinsam" | "gemeinsam genutzt" => Some(Model::Concurrent),
        _ => None,
    }
}

pub fn role(text: &str) -> Option<Role> {
    match fold(text).as_str() {
        "administrator" => Some(Role::Admin),
        "verwalter" => Some(Role::Manager),
        "mitarbeiter" | "techniker" => Some(Role::Agent),
        other => other.parse().ok(),
    }
}

pub fn permission(text: &str) -> Option<Permission> {
    fold(text).replace([' ', '-'], "_").parse().ok()
}

/// A status as Seatkeeper exports it.
pub fn status(text: &str) -> Option<UserStatus> {
    match fold(text).as_str() {
        "aktiv" | "enabled" | "aktiviert" => Some(UserStatus::Active),
        "gesperrt" | "inactive" | "inaktiv" | "disabled" | "deactivated" | "deaktiviert" | "blocked" => {
            Some(UserStatus::Suspended)
        }
        other => other.parse().ok(),
    }
}

/// Yes or no, in English and German, as users and programs write it.
pub fn yes_or_no(text: &str) -> Option<bool> {
    match fold(text).as_str() {
        "true" | "yes" | "y" | "1" | "ja" | "j" | "wahr" | "x" => Some(true),
        "false" | "no" | "n" | "0" | "nein" | "falsch" => Some(false),
        _ => None,
    }
}

/// Whether the account is enabled in the source system: yes or no, or a status of that system. Accounts that are only
/// invited or are locked out count as disabled.
pub fn enabled(text: &str) -> Option<bool> {
    yes_or_no(text).or_else(|| match fold(text).replace([' ', '-'], "_").as_str() {
        "active" | "aktiv" | "enabled" | "activated" | "aktiviert" | "password_expired" | "recovery" => Some(true),
        "disabled" | "deaktiviert" | "inactive" | "inaktiv" | "suspended" | "gesperrt" | "blocked" | "archived"
        | "staged" | "provisioned" | "locked_out" | "locked" | "deprovisioned" | "deactivated" | "deleted"
        | "pending" | "invited" => Some(false),
        _ => None,
    })
}

/// Whether the account is disabled in Active Directory: the bit ACCOUNTDISABLE of `userAccountControl`.
pub fn is_disabled_by_account_control(text: &str) -> Option<bool> {
    const ACCOUNT_DISABLE: i64 = 2;
    text.trim().parse::<i64>().ok().map(|bits| bits & ACCOUNT_DISABLE != 0)
}

/// Whether the class of a directory object is that of a user account.
pub fn is_user_class(text: &str) -> bool {
    ["user", "inetorgperson", "person"].contains(&fold(text).as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_enabled_account_counts_as_enabled() {
        for yes in ["True", "TRUE", "wahr", "Active", "ACTIVE", "PASSWORD_EXPIRED", "Ja", "1"] {
            assert_eq!(enabled(yes), Some(true), "{yes}");
        }
        for no in ["False", "falsch", "Suspended", "DEPROVISIONED", "STAGED", "Locked out", "0", "Archived"] {
            assert_eq!(enabled(no), Some(false), "{no}");
        }
        assert_eq!(enabled("perhaps"), None);
        assert_eq!(
            (is_disabled_by_account_control("514"), is_disabled_by_account_control("512")),
            (Some(true), Some(false))
        );
        assert_eq!((is_disabled_by_account_control("66050"), is_disabled_by_account_control("x")), (Some(true), None));
    }
}
