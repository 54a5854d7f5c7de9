//! How long agents waited in the queue, counted so that pieces can be joined without loss.

use super::SECOND;
use seatkeeper_shared::{ticket::TicketEnd, wire::reports::WaitSummary};
use std::collections::BTreeMap;

/// Waits that ended alike.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WaitHistogram {
    /// How many waits by their length in seconds, rounded down as in [`rounded`].
    pub counts: BTreeMap<i64, i64>,
    /// The longest wait, in microseconds.
    pub longest: i64,
}

/// The length of a wait in seconds: exact up to ten minutes, in steps of ten seconds up to two hours, then of a minute.
fn rounded(micros: i64) -> i64 {
    let seconds = micros / SECOND;
    match seconds {
        ..600 => seconds,
        600..7_200 => seconds - seconds % 10,
        _ => seconds - seconds % 60,
    }
}

impl WaitHistogram {
    /// Adds a wait of this length, in microseconds.
    pub fn add(&mut self, wait: i64) {
        *self.counts.entry(rounded(wait)).or_default() += 1;
        self.longest = self.longest.max(wait);
    }

    pub fn merge(&mut self, other: &Self) {
        for (seconds, count) in &other.counts {
            *self.counts.entry(*seconds).or_default() += count;
        }
        self.longest = self.longest.max(other.longest);
    }

    pub fn total(&self) -> i64 {
        self.counts.values().sum()
    }

    /// The shortest length that this share of the waits does not exceed.
    fn percentile(&self, percent: i64) -> i64 {
        let needed = (self.total() * percent + 99) / 100;
        let mut counted = 0;
        self.counts
            .iter()
            .find(|(_, count)| {
                counted += **count;
                counted >= needed
            })
            .map_or(0, |(seconds, _)| *seconds)
    }

    pub fn summary(&self, end: Option<TicketEnd>) -> WaitSummary {
        WaitSummary {
            end,
            tickets: self.total(),
            median_seconds: self.percentile(50),
            p95_seconds: self.percentile(95),
            longest_seconds: self.longest / SECOND,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_waits_are_not_longer_than_the_median() {
        let mut waits = WaitHistogram::default();
        for seconds in [1, 2, 3, 100, 599, 619, 7_259] {
            waits.add(seconds * SECOND + 5);
        }
        let summary = waits.summary(None);
        assert_eq!((summary.tickets, summary.median_seconds), (7, 100));
        assert_eq!((summary.p95_seconds, summary.longest_seconds), (7_200, 7_259));
        assert_eq!(WaitHistogram::default().summary(None).median_seconds, 0);
    }
}
