//! Which squares a license is drawn with. A seat is a square.

use seatkeeper_shared::{license::Model, wire::licenses::LicenseView};

/// Up to so many seats are drawn one by one; more become one bar.
pub const MOST: i64 = 60;

/// The look of a square.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Square {
    /// Filled: connected to a customer.
    On,
    /// Pale: taken, no customer yet.
    Wait,
    /// Hatched: somebody's own, not in session.
    Own,
    /// Hatched the other way: free, but kept for somebody in the line.
    Kept,
    /// Outline: free.
    Free,
}

impl Square {
    /// Its class.
    pub const fn class(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Wait => "wait",
            Self::Own => "own",
            Self::Kept => "kept",
            Self::Free => "free",
        }
    }
}

/// How many squares of each look, in their order, within what was bought and beyond it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawing {
    /// Squares within the seats.
    pub within: Vec<(Square, i64)>,
    /// Squares beyond.
    pub beyond: i64,
}

impl Drawing {
    /// The drawing of a license.
    pub fn of(license: &LicenseView) -> Self {
        let (taken, usage) = (license.taken().max(0), &license.usage);
        let on = usage.connected.clamp(0, taken);
        let wait = (usage.occupied - on).clamp(0, taken - on);
        let own = if license.model == Model::Named { taken - on - wait } else { 0 };
        let mut left = license.seats.max(0);
        let mut within = Vec::new();
        let all = [
            (Square::On, on),
            (Square::Wait, wait),
            (Square::Own, own),
            (Square::Kept, usage.offered.max(0)),
            (Square::Free, i64::MAX),
        ];
        for (square, number) in all {
            let number = number.min(left);
            left -= number;
            if number > 0 {
                within.push((square, number));
            }
        }
        Self { within, beyond: license.over() }
    }

    /// All squares.
    pub fn total(&self) -> i64 {
        self.within.iter().map(|(_, number)| number).sum::<i64>() + self.beyond
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample::license;
    use wasm_bindgen_test::wasm_bindgen_test;

    fn drawn(model: Model, seats: i64, (assigned, occupied, connected): (i64, i64, i64)) -> Drawing {
        let mut license = license(1, seats);
        license.model = model;
        license.usage.assigned = assigned;
        license.usage.occupied = occupied;
        license.usage.connected = connected;
        Drawing::of(&license)
    }

    #[wasm_bindgen_test]
    fn a_pool_shows_connected_waiting_and_free() {
        let drawing = drawn(Model::Concurrent, 10, (15, 7, 4));
        assert_eq!(drawing.within, [(Square::On, 4), (Square::Wait, 3), (Square::Free, 3)]);
        assert_eq!((drawing.beyond, drawing.total()), (0, 10));
    }

    #[wasm_bindgen_test]
    fn seats_that_are_kept_for_the_line_stand_before_the_free_ones() {
        let mut license = license(1, 10);
        (license.usage.occupied, license.usage.connected, license.usage.offered) = (7, 7, 2);
        assert_eq!(Drawing::of(&license).within, [(Square::On, 7), (Square::Kept, 2), (Square::Free, 1)]);
    }

    #[wasm_bindgen_test]
    fn over_capacity_squares_stand_beyond_the_line() {
        let drawing = drawn(Model::Concurrent, 3, (15, 5, 4));
        assert_eq!(drawing.within, [(Square::On, 3)]);
        assert_eq!((drawing.beyond, drawing.total()), (2, 5));
    }

    #[wasm_bindgen_test]
    fn assigned_named_seats_are_hatched_while_nobody_works_on_them() {
        let drawing = drawn(Model::Named, 6, (5, 2, 1));
        assert_eq!(drawing.within, [(Square::On, 1), (Square::Wait, 1), (Square::Own, 3), (Square::Free, 1)]);
    }
}
