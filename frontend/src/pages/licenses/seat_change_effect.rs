//! Predicts what a new number of seats would mean for the current usage.

use seatkeeper_shared::{license::Model, wire::licenses::LicenseView};

/// Situation right after the change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeatChangeEffect {
    /// Number of free seats.
    Free(i64),
    /// Seats would be free, but there would be fewer than the recent peak.
    BelowPeak {
        /// Number of free seats.
        free: i64,
        /// Seats occupied at the peak.
        peak: i64,
    },
    /// Every seat would be taken.
    Full,
    /// Number of sessions beyond the seats. None is ended, but no seat is granted until enough have ended.
    Over(i64),
    /// Number of assignments beyond the seats. Users keep them, but no further assignment is possible.
    OverAssigned(i64),
}

impl SeatChangeEffect {
    /// The effect of changing the license to this number of seats.
    pub fn of(license: &LicenseView, seats: i64) -> Self {
        let after = LicenseView { seats, ..license.clone() };
        match (after.over(), after.free(), after.model) {
            (over @ 1.., _, Model::Concurrent) => Self::Over(over),
            (over @ 1.., _, Model::Named) => Self::OverAssigned(over),
            (_, 0, _) => Self::Full,
            (_, free, Model::Named) => Self::Free(free),
            (_, free, Model::Concurrent) => match license.usage.peak {
                Some(peak) if peak.occupied > seats => Self::BelowPeak { free, peak: peak.occupied },
                _ => Self::Free(free),
            },
        }
    }

    /// Whether the preview shows it as a warning.
    pub const fn is_warning(self) -> bool {
        matches!(self, Self::BelowPeak { .. } | Self::Over(_) | Self::OverAssigned(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample::{at, license};
    use seatkeeper_shared::wire::licenses::Peak;
    use wasm_bindgen_test::wasm_bindgen_test;

    fn pool(occupied: i64, peak: i64) -> LicenseView {
        let mut pool = license(1, 10);
        pool.usage.occupied = occupied;
        pool.usage.assigned = 15;
        pool.usage.peak = Some(Peak { occupied: peak, at: at(0) });
        pool
    }

    #[wasm_bindgen_test]
    fn more_seats_are_free_seats() {
        assert_eq!(SeatChangeEffect::of(&pool(8, 10), 12), SeatChangeEffect::Free(4));
        assert_eq!(SeatChangeEffect::of(&pool(8, 8), 8), SeatChangeEffect::Full);
    }

    #[wasm_bindgen_test]
    fn fewer_seats_than_in_use_are_over_capacity() {
        assert_eq!(SeatChangeEffect::of(&pool(8, 10), 6), SeatChangeEffect::Over(2));
        assert_eq!(SeatChangeEffect::of(&pool(8, 10), 0), SeatChangeEffect::Over(8));
    }

    #[wasm_bindgen_test]
    fn fewer_seats_than_the_recent_peak_are_a_warning() {
        assert_eq!(SeatChangeEffect::of(&pool(4, 9), 7), SeatChangeEffect::BelowPeak { free: 3, peak: 9 });
        assert!(
            SeatChangeEffect::of(&pool(4, 9), 7).is_warning() && !SeatChangeEffect::of(&pool(4, 9), 9).is_warning()
        );
    }

    #[wasm_bindgen_test]
    fn for_a_named_license_the_assignments_count() {
        let mut named = pool(3, 9);
        named.model = Model::Named;
        assert_eq!(SeatChangeEffect::of(&named, 14), SeatChangeEffect::OverAssigned(1));
        assert_eq!(SeatChangeEffect::of(&named, 16), SeatChangeEffect::Free(1), "the peak of sessions is irrelevant");
    }
}
