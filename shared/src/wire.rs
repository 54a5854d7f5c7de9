//! What travels between server, app and integrators, as JSON.

pub mod account;
pub mod audit;
pub mod borrow;
pub mod directory;
pub mod findings;
pub mod gate;
pub mod groups;
pub mod imports;
pub mod join;
pub mod licenses;
pub mod links;
pub mod live;
pub mod passkeys;
pub mod providers;
pub mod queue;
pub mod second_factor;
pub mod sessions;
pub mod users;

use serde::{Deserialize, Serialize};

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Give this as `after` to get the next page; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// How many rows the whole filtered list has.
    pub total: i64,
}
