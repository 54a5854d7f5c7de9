//! The pages, one folder each.

pub mod audit;
pub mod auth;
pub mod console;
pub mod groups;
pub mod import;
pub mod join;
pub mod licenses;
pub mod overview;
pub mod profile;
pub mod reports;
pub mod sessions;
pub mod settings;
pub mod user;
pub mod users;
pub mod wait;
