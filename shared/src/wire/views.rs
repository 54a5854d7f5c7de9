//! Saved views: the filters of a page under a name. A view is only an address: it grants no right.

use crate::{ids::SavedViewId, permissions::Action, string_enum::string_enum, validate::FieldError};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The most views of a user.
pub const MAX_VIEWS: i64 = 100;
/// The longest address after the `?`, in bytes.
pub const MAX_VIEW_QUERY_BYTES: usize = 2_000;

string_enum! {
    /// A page of which views can be saved.
    ViewPage {
        /// The live sessions.
        Sessions = "sessions",
        /// The users.
        Users = "users",
        /// The products and licenses.
        Licenses = "licenses",
        /// The audit log.
        Audit = "audit",
        /// The report of the usage.
        Usage = "usage",
        /// The report of refused requests.
        Refusals = "refusals",
        /// The report of how many seats are needed.
        Sizing = "sizing",
        /// The report of who used the seats.
        People = "people",
        /// The report of costs and unused seats.
        Costs = "costs",
    }
}

impl ViewPage {
    /// The right that is needed to see the page.
    pub const fn required_action(self) -> Action {
        match self {
            Self::Sessions => Action::ViewSessions,
            Self::Users | Self::Licenses => Action::ViewUsers,
            Self::Audit => Action::ViewAudit,
            Self::Usage | Self::Refusals | Self::Sizing | Self::People | Self::Costs => Action::ViewReports,
        }
    }

    /// The path of the page in the app.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Sessions => "/sessions",
            Self::Users => "/users",
            Self::Licenses => "/licenses",
            Self::Audit => "/audit",
            Self::Usage => "/reports",
            Self::Refusals => "/reports/refusals",
            Self::Sizing => "/reports/sizing",
            Self::People => "/reports/people",
            Self::Costs => "/reports/costs",
        }
    }

    /// The address of the page with this query.
    pub fn address(self, query: &str) -> String {
        if query.is_empty() { self.path().to_owned() } else { format!("{}?{query}", self.path()) }
    }
}

/// The filters of a page under a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SavedView {
    /// Identifies it for changes.
    pub id: SavedViewId,
    /// Where it is shown.
    pub page: ViewPage,
    /// The name; unique among the owner's views of the page.
    pub name: String,
    /// The address after the `?`; empty for the page without filters.
    pub query: String,
    /// Whether everybody who may see the page sees the view.
    pub shared: bool,
    /// Whether it is the caller's own.
    pub own: bool,
    /// The name of the owner, if the caller sees the owner.
    pub owner_name: Option<String>,
    /// When it was saved.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub changed_at: DateTime<Utc>,
}

/// A view to be saved.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewView {
    /// The page, which the caller must be allowed to see.
    pub page: ViewPage,
    /// What the view is called, unique on its page.
    pub name: String,
    /// The address after the `?`.
    #[serde(default)]
    pub query: String,
    /// Whether everybody who may see the page sees the view.
    #[serde(default)]
    pub shared: bool,
}

/// Changes of a view. Absent fields stay.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangeView {
    /// The new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The new address after the `?`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// Whether everybody who may see the page sees the view. Only the owner can share it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared: Option<bool>,
}

/// Validates an address after the `?`: parameters in the characters that a URL has there (RFC 3986 §3.4).
///
/// # Errors
/// Returns an error if it is longer than [`MAX_VIEW_QUERY_BYTES`], or contains anything else.
pub fn validate_query(query: &str) -> Result<String, FieldError> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?%".contains(&byte);
    if query.len() > MAX_VIEW_QUERY_BYTES {
        Err(FieldError::TooLong { max: MAX_VIEW_QUERY_BYTES })
    } else if !query.bytes().all(is_allowed) {
        Err(FieldError::Unknown)
    } else {
        Ok(query.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_query_of_an_address_is_one() {
        for query in ["", "q=J%C3%B6rg+A&from=2026-11-24T00:00:00Z", &"a".repeat(MAX_VIEW_QUERY_BYTES)] {
            assert_eq!(validate_query(query).as_deref(), Ok(query));
        }
        for query in ["a#b", "a b", "q=Jörg", "q=\"", "a\n", "<script>"] {
            assert_eq!(validate_query(query), Err(FieldError::Unknown), "{query}");
        }
        let long = "a".repeat(MAX_VIEW_QUERY_BYTES + 1);
        assert_eq!(validate_query(&long), Err(FieldError::TooLong { max: MAX_VIEW_QUERY_BYTES }));
    }

    #[test]
    fn the_address_has_the_query_if_there_is_one() {
        assert_eq!(ViewPage::Audit.address(""), "/audit");
        assert_eq!(ViewPage::Usage.address("period=7d"), "/reports?period=7d");
    }
}
