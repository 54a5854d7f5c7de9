//! Validity of a license at a given time.

use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{license::expiry_warning, wire::licenses::LicenseView};

/// Validity of a license at a given time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValidityStatus {
    /// The license is valid.
    Valid,
    /// Valid, but ends at this time, within 60 days.
    EndsSoon(DateTime<Utc>),
    /// Starts at this time.
    NotYet(DateTime<Utc>),
    /// Ended at this time.
    Ended(DateTime<Utc>),
    /// Archived: grants no new seats.
    Archived,
}

impl ValidityStatus {
    /// The validity now. The start is inclusive, the end exclusive.
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

    /// Whether it grants no seats, even if some are free.
    pub const fn grants_no_seats(self) -> bool {
        matches!(self, Self::NotYet(_) | Self::Ended(_) | Self::Archived)
    }
}

/// An instant within the last valid day: a license that ends at midnight was last valid on the day before.
pub fn last_day(ends_at: DateTime<Utc>) -> DateTime<Utc> {
    ends_at - TimeDelta::milliseconds(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample::{at, license};
    use wasm_bindgen_test::wasm_bindgen_test;

    const DAY: i64 = 86_400;

    fn validity(start: Option<i64>, end: Option<i64>) -> ValidityStatus {
        let mut license = license(1, 10);
        license.starts_at = start.map(at);
        license.ends_at = end.map(at);
        ValidityStatus::of(&license, at(100 * DAY))
    }

    #[wasm_bindgen_test]
    fn the_start_is_inclusive_and_the_end_exclusive() {
        assert_eq!(validity(None, None), ValidityStatus::Valid);
        assert_eq!(validity(Some(100 * DAY), None), ValidityStatus::Valid);
        assert_eq!(validity(Some(100 * DAY + 1), None), ValidityStatus::NotYet(at(100 * DAY + 1)));
        assert_eq!(validity(None, Some(100 * DAY)), ValidityStatus::Ended(at(100 * DAY)));
    }

    #[wasm_bindgen_test]
    fn the_end_is_announced_60_days_ahead() {
        assert_eq!(validity(None, Some(160 * DAY)), ValidityStatus::EndsSoon(at(160 * DAY)));
        assert_eq!(validity(None, Some(160 * DAY + 1)), ValidityStatus::Valid);
    }

    #[wasm_bindgen_test]
    fn the_last_day_is_the_one_before_midnight() {
        assert_eq!(last_day(at(DAY)).date_naive(), at(0).date_naive());
    }
}
