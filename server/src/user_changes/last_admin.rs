//! The account keeps an admin.

/// Whether the account keeps an active admin if a user loses the role, is suspended or deleted. `active_admins` counts
/// the user too.
pub const fn keeps_an_admin(is_active_admin: bool, active_admins: usize) -> bool {
    !is_active_admin || active_admins > 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_active_admin_must_stay() {
        assert!(!keeps_an_admin(true, 1));
        assert!(keeps_an_admin(true, 2));
        assert!(keeps_an_admin(false, 1), "the user is no admin, or a suspended one");
    }
}
