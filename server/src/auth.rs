//! Identifies the caller: passwords, secrets, browser sessions, tokens, passkeys and OpenID Connect.

pub mod admission;
pub mod attempt_limit;
pub mod caller_cache;
pub mod invalidation;
pub mod last_used;
pub mod new_password;
pub mod oidc;
pub mod passkeys;
pub mod password;
pub mod password_links;
pub mod scope;
pub mod second_factor;
pub mod sign_in;
pub mod stream_guard;
pub mod throttle;

pub use crate::{caller::Caller, secret_hash as secret};
pub use new_password::NewPassword;
pub use scope::Scope;
pub use stream_guard::StreamGuard;
