//! Who is asking: passwords, secrets, browser sessions and tokens.

pub mod caller;
pub mod callers;
pub mod links;
pub mod password;
pub mod secret;
pub mod throttle;
pub mod uses;

pub use caller::Caller;
