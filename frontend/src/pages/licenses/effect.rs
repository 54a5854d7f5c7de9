//! What a new number of seats would mean for those who hold them now.

use seatkeeper_shared::{license::Model, wire::licenses::LicenseView};

/// What would be so right after the change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// So many seats would be free.
    Free(i64),
    /// So many would be free, but fewer seats than were needed at once lately.
    BelowPeak {
        /// Free seats.
        free: i64,
        /// The seats that were needed.
        peak: i64,
    },
    /// Exactly as many seats as are taken.
    Full,
    /// So many sessions hold seats that would no longer exist; nobody is ended, nothing is granted until they end.
    Over(i64),
    /// So many users have seats that would no longer exist; they keep them, nobody else gets one.
    OverAssigned(i64),
}

impl Effect {
    /// The effect of giving this license so many seats.
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

    /// Whether it deserves a second thought.
    pub const fn warns(self) -> bool {
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
        assert_eq!(Effect::of(&pool(8, 10), 12), Effect::Free(4));
        assert_eq!(Effect::of(&pool(8, 8), 8), Effect::Full);
    }

    #[wasm_bindgen_test]
    fn fewer_seats_than_are_in_use_are_over_capacity_and_end_nobody() {
        assert_eq!(Effect::of(&pool(8, 10), 6), Effect::Over(2));
        assert_eq!(Effect::of(&pool(8, 10), 0), Effect::Over(8));
    }

    #[wasm_bindgen_test]
    fn fewer_seats_than_were_needed_lately_are_worth_a_warning() {
        assert_eq!(Effect::of(&pool(4, 9), 7), Effect::BelowPeak { free: 3, peak: 9 });
        assert!(Effect::of(&pool(4, 9), 7).warns() && !Effect::of(&pool(4, 9), 9).warns());
    }

    #[wasm_bindgen_test]
    fn of_a_named_license_the_assignments_count() {
        let mut named = pool(3, 9);
        named.model = Model::Named;
        assert_eq!(Effect::of(&named, 14), Effect::OverAssigned(1));
        assert_eq!(Effect::of(&named, 16), Effect::Free(1), "its peak of sessions says nothing");
    }
}
