//! The edge: what is the same for all routes. Problems, extractors, the origin check, headers, exports, and the app's files.

pub mod app_files;
pub mod browser;
pub mod client;
pub mod connections;
pub mod cookies;
pub mod export;
pub mod extract;
pub mod guard;
pub mod host;
pub mod listen;
pub mod problem;
pub mod tags;
