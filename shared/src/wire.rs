//! The JSON types of the API, shared by the server, the app, and clients.

pub mod account;
pub mod audit;
pub mod borrow;
pub mod directory;
pub mod findings;
pub mod gate;
pub mod groups;
pub mod imports;
pub mod join;
pub mod license_requests;
pub mod licenses;
pub mod live;
pub mod my_access;
mod object;
pub mod passkeys;
pub mod password_links;
pub mod providers;
pub mod queue;
pub mod reports;
pub mod seat_check;
pub mod second_factor;
pub mod session_batch;
pub mod sessions;
pub mod users;
pub mod views;

use serde::{Deserialize, Serialize};

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Page<T> {
    /// The items of the page.
    pub items: Vec<T>,
    /// Pass this as `after` to get the next page; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// The number of items in the whole filtered list.
    pub total: i64,
}
