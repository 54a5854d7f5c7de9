//! The Seatkeeper server: `http` and `api` speak HTTP, `seats`, `auth` and `scim` decide, `store` holds the SQL, `db`
//! runs it.

// `println!` panics on a closed pipe; `cli::output` does not.
#![warn(clippy::print_stdout, clippy::print_stderr)]

pub mod actor;
pub mod api;
pub mod app;
pub mod app_build;
pub mod audit;
pub mod auth;
pub mod caller;
pub mod cli;
pub mod clock;
pub mod commit_hooks;
pub mod csv_cell;
pub mod db;
pub mod directory_log;
pub mod egress;
pub mod entitlements;
pub mod events;
pub mod expiry;
pub mod forward_auth;
pub mod http;
pub mod imports;
pub mod journal;
pub mod launch_link;
pub mod lease_signing;
pub mod live;
pub mod mail;
pub mod monotonic;
pub mod normalize;
pub mod overview;
pub mod pg_notify;
pub mod private_files;
pub mod problem;
pub mod product_cache;
pub mod readiness;
pub mod reports;
pub mod schema_watch;
pub mod scim;
pub mod seats;
pub mod secret_hash;
pub mod secrets;
pub mod session_filing;
pub mod sizing;
pub mod store;
pub mod tasks;
pub mod usage_history;
pub mod usage_peaks;
pub mod user_changes;

/// The decisions on the seats of a license.
pub use seatkeeper_pool as pool;
