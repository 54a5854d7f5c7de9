//! Identifies the caller: passwords, secrets, browser sessions, tokens, passkeys and OpenID Connect.

pub mod attempt_limit;
pub mod caller;
pub mod caller_cache;
pub mod invalidation;
pub mod last_used;
pub mod late_body;
pub mod new_password;
pub mod oidc;
pub mod passkeys;
pub mod password;
pub mod password_links;
pub mod recent_verification;
pub mod scope;
pub mod second_factor;
pub mod secret;
pub mod sign_in;
pub mod stream_guard;
pub mod throttle;

pub use caller::Caller;
pub use new_password::NewPassword;
pub use recent_verification::RecentlyVerifiedCaller;
pub use scope::Scope;
pub use stream_guard::StreamGuard;
