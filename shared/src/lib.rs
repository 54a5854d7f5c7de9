//! What the server and the app agree on: words, rules and wire types. No I/O, no clock; builds for host and wasm32.

pub mod audit;
pub mod causes;
pub mod ids;
pub mod license;
pub mod named;
pub mod people;
pub mod permissions;
pub mod problem;
pub mod scope;
pub mod session;
pub mod ticket;
pub mod validate;
pub mod wire;
