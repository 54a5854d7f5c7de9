//! The pages, one folder each.

pub mod audit;
pub mod auth;
pub mod console;
pub mod licenses;
pub mod profile;
pub mod sessions;
pub mod settings;
pub mod users;
