//! From when to when a license counts, and how that stands today.

use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{license::expiry_warning, wire::licenses::LicenseView};

/// How a license stands at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It counts.
    Valid,
    /// It counts, but ends within 60 days, at this time.
    EndsSoon(DateTime<Utc>),
    /// It does not count before this time.
    NotYet(DateTime<Utc>),
    /// It no longer counts since this time.
    Ended(DateTime<Utc>),
    /// It gives no new seats.
    Archived,
}

impl Standing {
    /// How this license stands now. It counts from its start on and not at its end.
    pub fn of(license: &LicenseView, now: DateTime<Utc>) -> Self {
        if license.archived_at.is_some() {
            return Self::Archived;
        }
        match (license.starts_at, license.ends_at) {
            (_, Some(end)) if end <= now => Self::Ended(end),
            (Some(start), _) if start > now => Self::NotYet(start),
            (_, Some(end)) if expiry_warning(Some(end), now).is_some() => Self::EndsSoon(end),
            _ => Self::Valid,
        }
    }

    /// Whether nobody gets a seat of it, however many are free.
    pub const fn idle(self) -> bool {
        matches!(self, Self::NotYet(_) | Self::Ended(_) | Self::Archived)
    }
}

/// A moment of the last day on which a license with this end still counts: one that ends at midnight ended the day before.
pub fn last_day(ends_at: DateTime<Utc>) -> DateTime<Utc> {
    ends_at - TimeDelta::milliseconds(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample::{at, license};
    use wasm_bindgen_test::wasm_bindgen_test;

    const DAY: i64 = 86_400;

    fn standing(start: Option<i64>, end: Option<i64>) -> Standing {
        let mut license = license(1, 10);
        license.starts_at = start.map(at);
        license.ends_at = end.map(at);
        Standing::of(&license, at(100 * DAY))
    }

    #[wasm_bindgen_test]
    fn a_license_counts_from_its_start_and_not_at_its_end() {
        assert_eq!(standing(None, None), Standing::Valid);
        assert_eq!(standing(Some(100 * DAY), None), Standing::Valid);
        assert_eq!(standing(Some(100 * DAY + 1), None), Standing::NotYet(at(100 * DAY + 1)));
        assert_eq!(standing(None, Some(100 * DAY)), Standing::Ended(at(100 * DAY)));
    }

    #[wasm_bindgen_test]
    fn the_end_is_announced_60_days_ahead() {
        assert_eq!(standing(None, Some(160 * DAY)), Standing::EndsSoon(at(160 * DAY)));
        assert_eq!(standing(None, Some(160 * DAY + 1)), Standing::Valid);
    }

    #[wasm_bindgen_test]
    fn the_last_day_is_the_one_before_midnight() {
        assert_eq!(last_day(at(DAY)).date_naive(), at(0).date_naive());
    }
}
