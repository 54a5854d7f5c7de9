//! Erlang C (M/M/c): people who find no free seat wait until they get one, however long it takes.

use super::{ModelError, QueueMeasures, check_positive, erlang_b};

/// The share of requests that find no free seat and have to wait. `load` is in erlangs.
///
/// With the blocking `B` of Erlang B for the same load and seats: `C = c·B / (c - load·(1 - B))`.
///
/// # Errors
/// Returns an error if the load is not a finite number above zero, if there are no seats, or if the load is not below
/// the number of seats.
pub fn wait_probability(load: f64, seats: u32) -> Result<f64, ModelError> {
    Ok(delayed(erlang_b::blocking(load, seats)?, load, check_capacity(load, seats)?))
}

fn delayed(blocking: f64, load: f64, seats: f64) -> f64 {
    seats * blocking / (seats - load * (1.0 - blocking))
}

fn check_capacity(load: f64, seats: u32) -> Result<f64, ModelError> {
    match f64::from(seats) {
        0.0 => Err(ModelError::InvalidInput),
        capacity if load >= capacity => Err(ModelError::Overloaded),
        capacity => Ok(capacity),
    }
}

/// What people experience if sessions last `session_seconds` on average.
///
/// # Errors
/// As [`wait_probability`]; also if the length is not a finite number above zero.
pub fn measures(load: f64, seats: u32, session_seconds: f64) -> Result<QueueMeasures, ModelError> {
    check_positive(&[session_seconds])?;
    let wait_probability = wait_probability(load, seats)?;
    let mean_wait_seconds = wait_probability * session_seconds / (f64::from(seats) - load);
    Ok(QueueMeasures {
        wait_probability,
        abandonment_probability: 0.0,
        mean_wait_seconds,
        mean_waiting: mean_wait_seconds * load / session_seconds,
        mean_occupied: load,
    })
}

/// The share of requests that wait for longer than `seconds`.
///
/// # Errors
/// As [`measures`]; also if the limit is negative or not finite.
pub fn wait_exceeds(load: f64, seats: u32, session_seconds: f64, seconds: f64) -> Result<f64, ModelError> {
    check_positive(&[session_seconds])?;
    if !seconds.is_finite() || seconds < 0.0 {
        return Err(ModelError::InvalidInput);
    }
    let decay = (f64::from(seats) - load) * seconds / session_seconds;
    Ok(wait_probability(load, seats)? * (-decay).exp())
}

/// The fewest seats with which at most this share of requests has to wait.
///
/// # Errors
/// Returns an error if the load or the share is not a finite number above zero.
pub fn seats_for(load: f64, max_wait_probability: f64) -> Result<u32, ModelError> {
    check_positive(&[load, max_wait_probability])?;
    let mut blocking = 1.0;
    let is_enough = |seat| {
        blocking = erlang_b::next(load, seat, blocking);
        let capacity = f64::from(seat);
        load < capacity && delayed(blocking, load, capacity) <= max_wait_probability
    };
    super::smallest(is_enough)
}

#[cfg(test)]
mod tests {
    use super::{super::assert_near, *};

    #[test]
    fn waiting_is_as_published() {
        assert_near(wait_probability(123.0, 132).unwrap(), 0.3211, 5e-5);
        assert_near(wait_probability(2.0, 3).unwrap(), 4.0 / 9.0, 1e-15);
    }

    /// With one seat, requests wait whenever it is occupied, and the waits are those of M/M/1.
    #[test]
    fn one_seat_is_the_simple_queue() {
        let found = measures(0.8, 1, 60.0).unwrap();
        assert_near(found.wait_probability, 0.8, 1e-15);
        assert_near(found.mean_wait_seconds, 60.0 * 0.8 / 0.2, 1e-9);
        assert_near(found.mean_waiting, 3.2, 1e-12);
        assert_near(wait_exceeds(0.8, 1, 60.0, 300.0).unwrap(), 0.8 * (-1.0_f64).exp(), 1e-15);
        assert_near(wait_exceeds(0.8, 1, 60.0, 0.0).unwrap(), 0.8, 1e-15);
    }

    #[test]
    fn twelve_thousand_seats_are_no_problem() {
        let found = wait_probability(12_345.0, 12_421).unwrap();
        assert_near(found, 0.3812, 5e-5);
        // It is not the blocking of Erlang B, for which this number is sometimes taken.
        assert!(erlang_b::blocking(12_345.0, 12_421).unwrap() < 0.01);
    }

    #[test]
    fn the_seats_for_a_share_are_the_fewest() {
        let seats = seats_for(123.0, 0.33).unwrap();
        assert_eq!(seats, 132);
        assert!(wait_probability(123.0, seats - 1).unwrap() > 0.33);
        assert_eq!(seats_for(2.0, 1.0), Ok(3), "the queue never drains with two");
    }

    #[test]
    fn overload_and_nonsense_are_errors() {
        assert_eq!(wait_probability(3.0, 3), Err(ModelError::Overloaded));
        assert_eq!(wait_probability(3.0, 2), Err(ModelError::Overloaded));
        assert_eq!(wait_probability(3.0, 0), Err(ModelError::InvalidInput));
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(wait_probability(bad, 3), Err(ModelError::InvalidInput));
            assert_eq!(measures(1.0, 3, bad), Err(ModelError::InvalidInput));
            assert_eq!(seats_for(bad, 0.5), Err(ModelError::InvalidInput));
        }
        for bad in [-1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(wait_exceeds(1.0, 3, 60.0, bad), Err(ModelError::InvalidInput));
        }
    }
}
