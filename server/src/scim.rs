//! The SCIM 2.0 protocol (RFC 7643, 7644): schemas, filters, patches, and how users are mapped. The routes are in
//! `api/scim.rs`.

pub mod client;
pub mod compute;
pub mod error;
pub mod filter;
pub mod list;
pub mod patch;
pub mod projection;
pub mod response;
pub mod schema;
pub mod user_mapping;

/// The largest request body: a group of 10,000 members fits.
pub const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;
/// The most operations of a bulk request.
pub const MAX_BULK_OPERATIONS: usize = 1_000;
