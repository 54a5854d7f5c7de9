//! Who is asking: passwords, secrets, browser sessions and tokens.

pub mod caller;
pub mod callers;
pub mod password;
pub mod scope;
pub mod secret;
pub mod throttle;

pub use caller::Caller;
pub use scope::Scope;
