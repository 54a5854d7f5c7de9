//! Erlang A with a finite number of people (M/M/c//N+M): those of a team of N who find no free seat wait and may give
//! up, and neither the seated nor the waiting ask for another seat.

use super::{ModelError, QueueMeasures, birth_death, check_positive, erlang_a};

/// A team and its seats.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Team {
    /// Everybody who may use the seats.
    pub people: u32,
    pub seats: u32,
    /// How long a person who neither has a seat nor waits goes without asking, in seconds, on average.
    pub pause_seconds: f64,
    /// How long a session lasts, in seconds, on average.
    pub session_seconds: f64,
    /// How long people are ready to wait, in seconds, on average.
    pub patience_seconds: f64,
}

impl Team {
    /// What the team experiences. The time is proportional to the number of people.
    ///
    /// # Errors
    /// Returns an error if there are no people or seats, or a time is not a finite number above zero.
    pub fn measures(&self) -> Result<QueueMeasures, ModelError> {
        let (people, seats) = (f64::from(self.people), f64::from(self.seats));
        check_positive(&[people, seats, self.pause_seconds, self.session_seconds, self.patience_seconds])?;
        check_positive(&[people / self.pause_seconds, 1.0 / self.session_seconds, 1.0 / self.patience_seconds])?;
        let asking = |busy: f64| (people - busy) / self.pause_seconds;
        let leaving =
            |busy: f64| busy.min(seats) / self.session_seconds + (busy - seats).max(0.0) / self.patience_seconds;
        let shares = birth_death::shares(asking, leaving)?;
        Ok(erlang_a::of_shares(&shares, seats, self.patience_seconds, asking))
    }
}

#[cfg(test)]
mod tests {
    use super::{super::assert_near, *};
    use crate::models::engset::Engset;

    const TEAM: Team =
        Team { people: 15, seats: 10, pause_seconds: 600.0, session_seconds: 600.0, patience_seconds: 300.0 };

    #[test]
    fn without_patience_it_is_engset() {
        for (people, seats, pause_seconds) in [(15, 10, 600.0), (4, 1, 200.0), (40, 12, 900.0)] {
            let team = Team { people, seats, pause_seconds, patience_seconds: 1e-7, ..TEAM };
            let engset = Engset::new(people, seats, 600.0 / pause_seconds).unwrap();
            assert_near(team.measures().unwrap().abandonment_probability, engset.call_congestion(), 1e-7);
        }
    }

    #[test]
    fn a_large_team_is_like_erlang_a() {
        let team = Team { people: 3_000_000, seats: 50, pause_seconds: 3_000_000.0 / 0.8, ..TEAM };
        let found = Team { session_seconds: 60.0, patience_seconds: 120.0, ..team }.measures().unwrap();
        let expected = erlang_a::measures(0.8, 60.0, 120.0, 50).unwrap();
        assert_near(found.abandonment_probability, expected.abandonment_probability, 1e-4);
        assert_near(found.mean_wait_seconds, expected.mean_wait_seconds, 1e-2);
        assert_near(found.wait_probability, expected.wait_probability, 1e-4);
    }

    #[test]
    fn as_many_seats_as_people_leave_nobody_waiting() {
        let found = Team { seats: 15, ..TEAM }.measures().unwrap();
        assert_eq!((found.wait_probability, found.mean_wait_seconds), (0.0, 0.0));
        assert_near(found.mean_occupied, 7.5, 1e-12);
    }

    /// The shares of time as the solution of the balance equations, by elimination.
    fn solved(team: &Team) -> Vec<f64> {
        let count = team.people as usize + 1;
        let coming = |k: usize| (team.people as usize - k) as f64 / team.pause_seconds;
        let going = |k: usize| {
            let seated = k.min(team.seats as usize);
            seated as f64 / team.session_seconds + (k - seated) as f64 / team.patience_seconds
        };
        // What flows into each state equals what flows out; the last equation is that the shares sum up to one.
        let mut rows = vec![vec![0.0; count + 1]; count];
        for k in 0..count - 1 {
            rows[k][k] = -(coming(k) + going(k));
            rows[k][k + 1] = going(k + 1);
            if k > 0 {
                rows[k][k - 1] = coming(k - 1);
            }
        }
        rows[count - 1] = vec![1.0; count + 1];
        for pivot in 0..count {
            let best = (pivot..count).max_by(|a, b| rows[*a][pivot].abs().total_cmp(&rows[*b][pivot].abs())).unwrap();
            rows.swap(pivot, best);
            let chosen = rows[pivot].clone();
            for (_, row) in rows.iter_mut().enumerate().filter(|(index, _)| *index != pivot) {
                let factor = row[pivot] / chosen[pivot];
                row.iter_mut().zip(&chosen).for_each(|(cell, of_pivot)| *cell -= factor * of_pivot);
            }
        }
        (0..count).map(|k| rows[k][count] / rows[k][k]).collect()
    }

    #[test]
    fn small_teams_agree_with_the_balance_equations() {
        for (people, seats, pause_seconds, patience_seconds) in
            [(1, 1, 60.0, 60.0), (3, 1, 100.0, 900.0), (6, 4, 300.0, 50.0), (9, 2, 2_000.0, 400.0)]
        {
            let team = Team { people, seats, pause_seconds, patience_seconds, ..TEAM };
            let (found, shares) = (team.measures().unwrap(), solved(&team));
            let idle = |k: usize| people as usize - k;
            let asked: f64 = shares.iter().enumerate().map(|(k, share)| idle(k) as f64 * share).sum();
            let delayed: f64 =
                shares.iter().enumerate().skip(seats as usize).map(|(k, share)| idle(k) as f64 * share).sum();
            let waiting: f64 =
                shares.iter().enumerate().map(|(k, share)| k.saturating_sub(seats as usize) as f64 * share).sum();
            assert_near(found.wait_probability, delayed / asked, 1e-12);
            assert_near(found.mean_waiting, waiting, 1e-12);
            assert_near(found.abandonment_probability, waiting / patience_seconds / (asked / pause_seconds), 1e-12);
        }
    }

    #[test]
    fn nonsense_is_an_error() {
        for bad in [0.0, -1.0, 1e-320, f64::NAN, f64::INFINITY] {
            assert_eq!(Team { pause_seconds: bad, ..TEAM }.measures(), Err(ModelError::InvalidInput));
            assert_eq!(Team { session_seconds: bad, ..TEAM }.measures(), Err(ModelError::InvalidInput));
            assert_eq!(Team { patience_seconds: bad, ..TEAM }.measures(), Err(ModelError::InvalidInput));
        }
        assert_eq!(Team { people: 0, ..TEAM }.measures(), Err(ModelError::InvalidInput));
        assert_eq!(Team { seats: 0, ..TEAM }.measures(), Err(ModelError::InvalidInput));
    }
}
