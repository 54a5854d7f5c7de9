//! The pages, one folder each.

pub mod audit;
pub mod auth;
pub mod console;
pub mod groups;
pub mod import;
pub mod licenses;
pub mod sessions;
pub mod user;
pub mod users;
