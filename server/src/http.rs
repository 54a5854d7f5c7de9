//! What all routes share: problem documents, extractors, CSRF check, security headers, ETags, compression, exports,
//! static files.

pub mod caller;
pub mod client_ip;
pub mod compression;
pub mod connections;
pub mod cookies;
pub mod csrf;
pub mod etag;
pub mod export;
pub mod extract;
pub mod host;
pub mod late_body;
pub mod listen;
pub mod problem;
pub mod received_body;
pub mod recent_verification;
pub mod security_headers;
pub mod static_files;
pub mod user_agent;
