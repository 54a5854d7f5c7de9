//! What a list of sessions is filtered by.

use crate::{
    db::Value,
    normalize::{email_like_patterns, like_pattern},
};
use seatkeeper_shared::{
    ids::{LicenseId, ProductId, UserId},
    license::Model,
    session::Platform,
    wire::sessions::StateFilter,
};

/// Which sessions a list contains; absent fields do not filter.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SessionFilter {
    pub license: Option<LicenseId>,
    pub product: Option<ProductId>,
    pub model: Option<Model>,
    /// The agent.
    pub user: Option<UserId>,
    /// The manager to whom the agents must be visible; the manager's own sessions are included.
    pub within: Option<UserId>,
    pub state: Option<StateFilter>,
    /// The platform of the remote device.
    pub platform: Option<Platform>,
    /// A search in the agent's name and e-mail address.
    pub q: Option<String>,
}

/// The filter of the live sessions and nothing else.
pub(super) const LIVE_ONES: SessionFilter = SessionFilter {
    license: None,
    product: None,
    model: None,
    user: None,
    within: None,
    state: Some(StateFilter::Live),
    platform: None,
    q: None,
};

/// The patterns of the search: one for names and e-mail addresses, and two more for addresses only.
pub(super) fn search_patterns(filter: &SessionFilter) -> [Option<String>; 3] {
    let [email, other_form] = filter.q.as_deref().map(email_like_patterns).unwrap_or_default();
    [filter.q.as_deref().and_then(like_pattern), email, other_form]
}

/// The patterns as arguments.
pub(super) fn search_args(filter: &SessionFilter) -> Vec<Value> {
    search_patterns(filter).map(Value::from).into()
}

/// Whether all sessions in this state are live.
pub(super) fn is_live(state: Option<StateFilter>) -> bool {
    state.is_some_and(|state| state != StateFilter::Ended)
}
