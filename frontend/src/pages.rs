//! The pages, one folder each.

pub mod auth;
pub mod console;
pub mod import;
pub mod licenses;
pub mod sessions;
pub mod users;
