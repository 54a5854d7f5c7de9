//! The calculations of the reports: from records of the event log to figures. No SQL, no clock.
//!
//! Everything is computed from *pieces*: a piece is a time without a local midnight inside, summed up by one function
//! ([`summary`]) and joined by another ([`merge`]). A finished local day is a piece that is stored; the beginning and
//! the end of a period are pieces that are computed when they are requested. So a report from stored days and one from
//! the log are the same by construction.

pub mod attempts;
pub mod encoding;
pub mod filtered;
pub mod full_spells;
pub mod local_time;
pub mod merge;
pub mod record;
pub mod refusals;
pub mod seat_time;
pub mod state;
pub mod summary;
pub mod time_span;
mod usage;
pub mod waits;

/// Microseconds in a second. All times and durations here are in microseconds, the precision of the log.
pub const SECOND: i64 = 1_000_000;

#[cfg(test)]
mod tests;
