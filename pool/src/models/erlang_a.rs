//! Erlang A (M/M/c+M): people who find no free seat wait, and give up when their patience ends.

use super::{ModelError, QueueMeasures, birth_death, check_positive};

/// What people experience. `requests_per_second` is the rate at which they ask, `session_seconds` the length of a
/// session and `patience_seconds` how long people are ready to wait, both on average.
///
/// # Errors
/// Returns an error if there are no seats, if one of the numbers is not finite and above zero, or if people are so
/// patient that the queue is too long to compute.
pub fn measures(
    requests_per_second: f64,
    session_seconds: f64,
    patience_seconds: f64,
    seats: u32,
) -> Result<QueueMeasures, ModelError> {
    let capacity = f64::from(seats);
    check_positive(&[requests_per_second, session_seconds, patience_seconds, capacity])?;
    check_positive(&[1.0 / session_seconds, 1.0 / patience_seconds])?;
    let leaving =
        |people: f64| people.min(capacity) / session_seconds + (people - capacity).max(0.0) / patience_seconds;
    let shares = birth_death::shares(|_| requests_per_second, leaving)?;
    Ok(of_shares(&shares, capacity, patience_seconds, |_| requests_per_second))
}

/// The measures that follow from the share of time with each number of people, of whom all beyond `seats` wait.
/// `asking(k)` is the rate of requests while there are k. Requests meet each number in proportion to that rate; the
/// waiting time follows from the number of people who wait by Little's law.
pub(super) fn of_shares(
    shares: &[f64],
    seats: f64,
    patience_seconds: f64,
    asking: impl Fn(f64) -> f64,
) -> QueueMeasures {
    let (mut requests, mut delayed, mut waiting, mut occupied) = (0.0, 0.0, 0.0, 0.0);
    for (count, share) in shares.iter().enumerate() {
        let people = count as f64;
        let asked = asking(people) * share;
        requests += asked;
        if people >= seats {
            delayed += asked;
            waiting += (people - seats) * share;
        }
        occupied += people.min(seats) * share;
    }
    QueueMeasures {
        wait_probability: delayed / requests,
        abandonment_probability: waiting / patience_seconds / requests,
        mean_wait_seconds: waiting / requests,
        mean_waiting: waiting,
        mean_occupied: occupied,
    }
}

#[cfg(test)]
mod tests {
    use super::{super::assert_near, *};
    use crate::models::{erlang_b, erlang_c};

    /// 48 calls a minute of one minute each, patience of two minutes, 50 agents: a textbook call center.
    #[test]
    fn the_textbook_call_center() {
        let found = measures(48.0 / 60.0, 60.0, 120.0, 50).unwrap();
        assert_near(found.abandonment_probability, 0.031, 5e-4);
        assert_near(found.mean_wait_seconds, 3.7, 0.05);
    }

    /// People then leave at the same rate whether they wait or not, so that their number has a Poisson distribution.
    #[test]
    fn patience_of_one_session_is_poisson() {
        let found = measures(1.0, 100.0, 100.0, 100).unwrap();
        assert_near(found.wait_probability, 0.513_298_798_3, 5e-11);
        assert_near(found.abandonment_probability, 0.039_860_996_8, 5e-11);
    }

    #[test]
    fn everybody_who_asks_is_served_or_gives_up() {
        for (rate, session, patience, seats) in [(0.5, 60.0, 20.0, 25), (2.0, 30.0, 600.0, 70), (9.0, 10.0, 5.0, 40)] {
            let found = measures(rate, session, patience, seats).unwrap();
            assert_near(found.mean_occupied, rate * session * (1.0 - found.abandonment_probability), 1e-9);
        }
    }

    #[test]
    fn without_patience_it_is_erlang_b_and_with_endless_patience_erlang_c() {
        let impatient = measures(25.0 / 60.0, 60.0, 1e-9, 30).unwrap();
        assert_near(impatient.abandonment_probability, erlang_b::blocking(25.0, 30).unwrap(), 1e-8);
        let patient = measures(25.0 / 60.0, 60.0, 1e9, 30).unwrap();
        let queue = erlang_c::measures(25.0, 30, 60.0).unwrap();
        assert_near(patient.wait_probability, queue.wait_probability, 1e-6);
        assert_near(patient.mean_wait_seconds, queue.mean_wait_seconds, 1e-4);
    }

    #[test]
    fn large_pools_are_computed() {
        let found = measures(12_345.0 / 600.0, 600.0, 300.0, 12_000).unwrap();
        assert_near(found.abandonment_probability, 345.0 / 12_345.0, 2e-3);
        let quiet = measures(1e-6, 1.0, 1.0, 12_000).unwrap();
        assert_eq!((quiet.wait_probability, quiet.mean_wait_seconds), (0.0, 0.0));
    }

    #[test]
    fn nonsense_is_an_error() {
        for bad in [0.0, -1.0, 1e-320, f64::NAN, f64::INFINITY] {
            assert!(bad == 1e-320 || measures(bad, 1.0, 1.0, 1) == Err(ModelError::InvalidInput));
            assert_eq!(measures(1.0, bad, 1.0, 1), Err(ModelError::InvalidInput));
            assert_eq!(measures(1.0, 1.0, bad, 1), Err(ModelError::InvalidInput));
        }
        assert_eq!(measures(1.0, 1.0, 1.0, 0), Err(ModelError::InvalidInput));
        assert_eq!(measures(10.0, 1.0, 1e12, 5), Err(ModelError::TooLarge));
    }
}
