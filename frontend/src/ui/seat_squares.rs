//! The squares of a [`super::seats::SeatChart`]: one per seat, by the state of the seat.

use seatkeeper_shared::{license::Model, wire::licenses::LicenseView};

/// The most seats that are drawn as single squares; more are drawn as a bar.
pub const MAX_SQUARES: i64 = 60;

/// The state of a seat, which determines the look of its square.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeatSquare {
    /// Occupied, connected to a customer (filled).
    Connected,
    /// Occupied, no customer yet (pale).
    Waiting,
    /// Assigned to a user, not in a session (hatched).
    Assigned,
    /// Offered to a waiter in the queue (hatched the other way).
    Offered,
    /// Free (outline).
    Free,
}

impl SeatSquare {
    /// The CSS class of the square.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Connected => "on",
            Self::Waiting => "wait",
            Self::Assigned => "own",
            Self::Offered => "kept",
            Self::Free => "free",
        }
    }
}

/// The numbers of squares of each state, in drawing order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeatSquares {
    /// The squares within the purchased seats.
    pub within: Vec<(SeatSquare, i64)>,
    /// The number of squares over capacity.
    pub beyond: i64,
}

impl SeatSquares {
    /// The squares of a license.
    pub fn of(license: &LicenseView) -> Self {
        let (taken, usage) = (license.taken().max(0), &license.usage);
        let connected = usage.connected.clamp(0, taken);
        let waiting = (usage.occupied - connected).clamp(0, taken - connected);
        let assigned = if license.model == Model::Named { taken - connected - waiting } else { 0 };
        let mut left = license.seats.max(0);
        let mut within = Vec::new();
        let all = [
            (SeatSquare::Connected, connected),
            (SeatSquare::Waiting, waiting),
            (SeatSquare::Assigned, assigned),
            (SeatSquare::Offered, usage.offered.max(0)),
            (SeatSquare::Free, i64::MAX),
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

    /// The number of all squares.
    pub fn total(&self) -> i64 {
        self.within.iter().map(|(_, number)| number).sum::<i64>() + self.beyond
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample::license;
    use wasm_bindgen_test::wasm_bindgen_test;

    fn squares_of(model: Model, seats: i64, (assigned, occupied, connected): (i64, i64, i64)) -> SeatSquares {
        let mut license = license(1, seats);
        license.model = model;
        license.usage.assigned = assigned;
        license.usage.occupied = occupied;
        license.usage.connected = connected;
        SeatSquares::of(&license)
    }

    #[wasm_bindgen_test]
    fn a_pool_shows_connected_waiting_and_free() {
        let squares = squares_of(Model::Concurrent, 10, (15, 7, 4));
        assert_eq!(squares.within, [(SeatSquare::Connected, 4), (SeatSquare::Waiting, 3), (SeatSquare::Free, 3)]);
        assert_eq!((squares.beyond, squares.total()), (0, 10));
    }

    #[wasm_bindgen_test]
    fn offered_seats_precede_the_free_ones() {
        let mut license = license(1, 10);
        (license.usage.occupied, license.usage.connected, license.usage.offered) = (7, 7, 2);
        assert_eq!(
            SeatSquares::of(&license).within,
            [(SeatSquare::Connected, 7), (SeatSquare::Offered, 2), (SeatSquare::Free, 1)]
        );
    }

    #[wasm_bindgen_test]
    fn seats_over_capacity_are_counted_apart() {
        let squares = squares_of(Model::Concurrent, 3, (15, 5, 4));
        assert_eq!(squares.within, [(SeatSquare::Connected, 3)]);
        assert_eq!((squares.beyond, squares.total()), (2, 5));
    }

    #[wasm_bindgen_test]
    fn named_seats_without_a_session_count_as_assigned() {
        let squares = squares_of(Model::Named, 6, (5, 2, 1));
        assert_eq!(
            squares.within,
            [(SeatSquare::Connected, 1), (SeatSquare::Waiting, 1), (SeatSquare::Assigned, 3), (SeatSquare::Free, 1)]
        );
    }
}
