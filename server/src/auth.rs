//! Who is asking: passwords, secrets, browser sessions and tokens.

pub mod caller;
pub mod callers;
pub mod links;
pub mod new_password;
pub mod oidc;
pub mod passkeys;
pub mod password;
pub mod reach;
pub mod recent;
pub mod scope;
pub mod second_factor;
pub mod secret;
pub mod sign_in;
pub mod stream_guard;
pub mod throttle;
pub mod tries;
pub mod uses;

pub use caller::Caller;
pub use new_password::NewPassword;
pub use recent::RecentCaller;
pub use scope::Scope;
pub use stream_guard::StreamGuard;
