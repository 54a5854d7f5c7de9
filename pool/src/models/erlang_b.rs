//! Erlang B (M/G/c/c): people who find no free seat go away, and do not come back for the same matter.

use super::{ModelError, check_positive};

/// The share of requests that find no free seat, which is also the share of time in which none is free. `load` is in
/// erlangs.
///
/// With `B(0) = 1`, `B(n) = load·B(n-1) / (n + load·B(n-1))`: one multiplication and one division for each seat, no
/// factorials, and each value is between 0 and 1.
///
/// # Errors
/// Returns an error if the load is not a finite number above zero.
pub fn blocking(load: f64, seats: u32) -> Result<f64, ModelError> {
    check_positive(&[load])?;
    Ok((1..=seats).fold(1.0, |before, seat| next(load, seat, before)))
}

/// The blocking with one seat more, of which this is the `seat`-th.
pub(super) fn next(load: f64, seat: u32, before: f64) -> f64 {
    load * before / (f64::from(seat) + load * before)
}

/// The fewest seats with which at most this share of requests finds none free.
///
/// # Errors
/// Returns an error if the load or the share is not a finite number above zero.
pub fn seats_for(load: f64, max_blocking: f64) -> Result<u32, ModelError> {
    check_positive(&[load, max_blocking])?;
    let mut blocking = 1.0;
    let is_enough = |seat| {
        blocking = next(load, seat, blocking);
        blocking <= max_blocking
    };
    super::smallest(is_enough)
}

#[cfg(test)]
mod tests {
    use super::{super::assert_near, *};

    #[test]
    fn blocking_is_as_published() {
        for (load, seats, expected, tolerance) in [
            (25.0, 30, 0.0526, 5e-5),
            (8.108, 15, 0.0100, 5e-5),
            (123.0, 132, 0.0312, 5e-5),
            (20.0, 10, 0.537_963_168_6, 5e-11),
            (200.0, 190, 0.088_696_843_9, 5e-11),
        ] {
            assert_near(blocking(load, seats).unwrap(), expected, tolerance);
        }
    }

    #[test]
    fn without_seats_everybody_is_turned_away() {
        assert_eq!(blocking(3.0, 0), Ok(1.0));
        assert_near(blocking(3.0, 1).unwrap(), 0.75, 1e-15);
    }

    #[test]
    fn the_recursion_agrees_with_the_formula() {
        for (load, seats) in [(0.1, 1), (2.5, 4), (7.0, 7), (12.0, 20)] {
            let terms: Vec<f64> = (0..=seats).map(|n| (1..=n).map(|i| load / f64::from(i)).product()).collect();
            assert_near(blocking(load, seats).unwrap(), terms[terms.len() - 1] / terms.iter().sum::<f64>(), 1e-14);
        }
    }

    #[test]
    fn extreme_numbers_stay_probabilities() {
        for (load, seats) in [(1e-300, 1_000), (1e300, 10), (1e-9, 100_000), (5e5, 400_000)] {
            let blocked = blocking(load, seats).unwrap();
            assert!((0.0..=1.0).contains(&blocked), "{blocked}");
        }
        assert_near(blocking(5e5, 400_000).unwrap(), 0.2, 1e-4);
    }

    #[test]
    fn the_seats_for_a_share_are_the_fewest() {
        let seats = seats_for(25.0, 0.0527).unwrap();
        assert_eq!(seats, 30);
        assert!(blocking(25.0, seats - 1).unwrap() > 0.0527);
        assert_eq!(seats_for(1.0, 1.0), Ok(1));
    }

    #[test]
    fn nonsense_is_an_error() {
        assert_eq!(seats_for(1e300, 0.1), Err(ModelError::TooLarge));
        for load in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(blocking(load, 3), Err(ModelError::InvalidInput));
            assert_eq!(seats_for(load, 0.1), Err(ModelError::InvalidInput));
            assert_eq!(seats_for(2.0, load), Err(ModelError::InvalidInput));
        }
    }
}
