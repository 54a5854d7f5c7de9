//! PostgreSQL's connections keep the plans of their statements. While a table grows, the best plan of a moment ago reads all of it
//! soon; so every now and then the connection that is asked next forgets its plans.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How often one connection of the pool forgets them. All have their turns.
const EVERY: Duration = Duration::from_secs(1);

/// When that was last done.
#[derive(Debug)]
pub(super) struct Plans(Mutex<Instant>);

impl Default for Plans {
    fn default() -> Self {
        Self(Mutex::new(Instant::now()))
    }
}

impl Plans {
    /// Whether it is time again. Whoever is told so is the only one.
    pub fn are_old(&self) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let old = last.elapsed() >= EVERY;
        if old {
            *last = Instant::now();
        }
        old
    }
}
