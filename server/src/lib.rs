//! The Seatkeeper server: edges (`http`, `api`) → decisions (`seats`, `auth`) → `store` (SQL) → `db`.

// They panic if nobody reads: `cli::output` does not.
#![warn(clippy::print_stdout, clippy::print_stderr)]

pub mod api;
pub mod app;
pub mod audit;
pub mod auth;
pub mod bell;
pub mod borrow;
pub mod catalog;
pub mod cli;
pub mod clock;
pub mod csv_cell;
pub mod db;
pub mod egress;
pub mod entitlements;
pub mod events;
pub mod expiry;
pub mod gate;
pub mod group_licenses;
pub mod http;
pub mod imports;
pub mod knocks;
pub mod launch;
pub mod live;
pub mod mail;
pub mod peaks;
pub mod private_files;
pub mod readiness;
pub mod reasons;
pub mod scim;
pub mod seats;
pub mod secrets;
pub mod store;
pub mod text;
