//! Queueing models: how often a pool of seats is full, and how long people wait, from a few averages.
//!
//! A model answers in microseconds what replaying a recorded year answers exactly, and also for demand that nobody has
//! recorded. Which one holds is a question of two assumptions: who asks, and what they do when no seat is free.
//!
//! | who asks \ no seat is free | they go away | they wait as long as it takes | they wait and give up |
//! |---|---|---|---|
//! | many people, independent of who is seated | [`erlang_b`] | [`erlang_c`] | [`erlang_a`] |
//! | a team of N, of whom the seated do not ask | [`engset`] | [`team`] with long patience | [`team`] |
//!
//! All of them assume that people ask at random moments at a constant rate, so they are given the averages of a busy
//! hour, never those of a day. How long sessions last matters only by its average in Erlang B and Engset; the others
//! assume that it varies like an exponential distribution. A *load* is in erlangs: how many seats would be occupied on
//! average if there were enough, which is the rate of requests times the length of a session.
//!
//! Sources: A. K. Erlang, "Solution of some problems in the theory of probabilities of significance in automatic
//! telephone exchanges" (1917), for B and C; T. Engset, "Die Wahrscheinlichkeitsrechnung zur Bestimmung der Wählerzahl
//! in automatischen Fernsprechämtern" (1918); C. Palm, "Research on telephone traffic carried by full availability
//! groups" (1957), and O. Garnett, A. Mandelbaum, M. Reiman, "Designing a call center with impatient customers" (2002),
//! for A. The recursions are those of V. B. Iversen, "Teletraffic Engineering and Network Planning".

mod birth_death;
pub mod engset;
pub mod erlang_a;
pub mod erlang_b;
pub mod erlang_c;
pub mod team;

/// Why a model has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelError {
    /// A load, rate or time is not a finite number above zero, or a number of seats or people is zero.
    InvalidInput,
    /// More is asked for than the seats can serve, and nobody gives up: the queue would grow for ever.
    Overloaded,
    /// More than ten million seats or people would have to be computed.
    TooLarge,
}

/// What people who may wait experience.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QueueMeasures {
    /// The share of requests that find no free seat.
    pub wait_probability: f64,
    /// The share of requests that give up before they get a seat.
    pub abandonment_probability: f64,
    /// How long a request waits on average, in seconds: all of them, also those that need not wait or give up.
    pub mean_wait_seconds: f64,
    /// How many people wait on average.
    pub mean_waiting: f64,
    /// How many seats are occupied on average.
    pub mean_occupied: f64,
}

/// Checks numbers that must be finite and above zero.
fn check_positive(values: &[f64]) -> Result<(), ModelError> {
    let is_valid = values.iter().all(|value| value.is_finite() && *value > 0.0);
    if is_valid { Ok(()) } else { Err(ModelError::InvalidInput) }
}

/// The largest pool that is computed.
const MAX_SEATS: u32 = 10_000_000;

/// The smallest number of seats that satisfies a condition which holds for all larger numbers, too. Asks about each
/// number in turn.
fn smallest(mut is_enough: impl FnMut(u32) -> bool) -> Result<u32, ModelError> {
    (1..=MAX_SEATS).find(|seats| is_enough(*seats)).ok_or(ModelError::TooLarge)
}

#[cfg(test)]
fn assert_near(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "found {found}, expected {expected} within {tolerance}");
}
