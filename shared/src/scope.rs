//! What an API token may be used for. Never more than its owner may do.

use crate::named::named;

named! {
    /// What a token may be used for.
    Scope {
        /// Reading, whatever its owner may read.
        Read = "read",
        /// What a program needs that takes seats: sessions, tickets, and reading products, licenses and who it is.
        Sessions = "sessions",
        /// Everything that its owner may do.
        All = "all",
    }
}

#[expect(clippy::derivable_impls, reason = "the words of `named!` take no attributes")]
impl Default for Scope {
    fn default() -> Self {
        Self::All
    }
}

/// Where programs that take seats read and write.
const OF_SESSIONS: [&str; 5] = ["/sessions", "/tickets", "/queues", "/live", "/gate"];
/// Where they only read.
const READ_BESIDE: [&str; 3] = ["/me", "/products", "/licenses"];

impl Scope {
    /// Whether a token of this scope gets through to a route, whose path is given below `/api/v1` as in the description of the API.
    /// A route that is not known here is only for `all`, and for `read` if nothing is changed by it.
    pub fn admits(self, only_reads: bool, path: &str) -> bool {
        let below = |roots: &[&str]| {
            roots
                .iter()
                .any(|root| path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
        };
        match self {
            Self::All => true,
            Self::Read => only_reads,
            Self::Sessions => below(&OF_SESSIONS) || only_reads && READ_BESIDE.contains(&path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_admits_what_it_says_and_nothing_that_only_looks_like_it() {
        assert!(Scope::Sessions.admits(false, "/sessions/{id}/heartbeat") && Scope::Sessions.admits(true, "/me"));
        for (only_reads, path) in
            [(false, "/me"), (true, "/me/sign-ins"), (true, "/users"), (false, "/sessionsx"), (true, "")]
        {
            assert!(!Scope::Sessions.admits(only_reads, path), "{path}");
        }
        assert!(Scope::Read.admits(true, "/audit") && !Scope::Read.admits(false, "/sessions"));
        assert!(Scope::All.admits(false, "/users"));
    }
}
