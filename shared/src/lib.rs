//! Types and rules shared by the server and the app: enums, permissions, validation and wire types. No I/O, no clock;
//! builds for the host and for wasm32.

#![warn(missing_docs)]

mod answer;
pub mod audit;
mod curl;
pub mod endpoints;
pub mod error_chain;
pub mod file_kind;
pub mod ids;
pub mod license;
pub mod patch;
pub mod people;
pub mod permissions;
pub mod problem;
pub mod scope;
pub mod session;
pub mod string_enum;
pub mod ticket;
pub mod validate;
pub mod wire;
