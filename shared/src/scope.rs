//! The scopes of API tokens. A token never permits more than its owner's rights.

use crate::string_enum::string_enum;

string_enum! {
    /// The permitted use of a token.
    Scope {
        /// Read everything that its owner may read.
        Read = "read",
        /// What a program that takes seats needs: sessions, tickets, and reading products, licenses and its own user.
        Sessions = "sessions",
        /// Do everything that its owner may do.
        All = "all",
    }
}

#[expect(clippy::derivable_impls, reason = "the variants in `string_enum!` take no attributes")]
impl Default for Scope {
    fn default() -> Self {
        Self::All
    }
}

/// Routes where the scope `sessions` may read and write.
const SESSION_ROUTES: [&str; 5] = ["/sessions", "/tickets", "/queues", "/live", "/gate"];
/// Routes where the scope `sessions` may only read.
const SESSION_READ_ROUTES: [&str; 3] = ["/me", "/products", "/licenses"];

impl Scope {
    /// Whether a token of this scope may use a route, given by its path template below `/api/v1`.
    /// An unlisted route requires `all`, or `read` if the request changes nothing.
    pub fn admits(self, is_read: bool, path: &str) -> bool {
        let below = |roots: &[&str]| {
            roots
                .iter()
                .any(|root| path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
        };
        match self {
            Self::All => true,
            Self::Read => is_read,
            Self::Sessions => below(&SESSION_ROUTES) || is_read && SESSION_READ_ROUTES.contains(&path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_admits_exactly_its_routes() {
        assert!(Scope::Sessions.admits(false, "/sessions/{id}/heartbeat") && Scope::Sessions.admits(true, "/me"));
        for (is_read, path) in
            [(false, "/me"), (true, "/me/sign-ins"), (true, "/users"), (false, "/sessionsx"), (true, "")]
        {
            assert!(!Scope::Sessions.admits(is_read, path), "{path}");
        }
        assert!(Scope::Read.admits(true, "/audit") && !Scope::Read.admits(false, "/sessions"));
        assert!(Scope::All.admits(false, "/users"));
    }
}
