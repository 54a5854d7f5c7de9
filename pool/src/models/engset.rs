//! Engset (M/G/c/c/N): a team of N people of whom those who are seated do not ask, and those who find no free seat go
//! away and may ask again later.
//!
//! Two numbers are easily confused, and well-known libraries mix them up. The **time congestion** is the share of time
//! in which no seat is free. The **call congestion** is the share of requests that find none, which is smaller: while
//! all seats are occupied, fewer people are left to ask. What an agent meets is the call congestion.

use super::{ModelError, check_positive};

/// A team and its seats.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Engset {
    people: u32,
    seats: u32,
    /// How often a person who has no seat asks for one, times the length of a session.
    idle_load: f64,
}

impl Engset {
    /// A team. `idle_load` is the load of one person without a seat: how often they ask while they have none, times the
    /// length of a session.
    ///
    /// # Errors
    /// Returns an error if there are no people, or the load is not a finite number above zero.
    pub fn new(people: u32, seats: u32, idle_load: f64) -> Result<Self, ModelError> {
        check_positive(&[f64::from(people), idle_load])?;
        Ok(Self { people, seats, idle_load })
    }

    /// A team of people each of whom would be seated for this share of the time if there were enough seats, `p`. The
    /// idle load is then `p / (1 - p)`.
    ///
    /// # Errors
    /// Returns an error if there are no people, or the share is not between 0 and 1, both excluded.
    pub fn from_seated_share(people: u32, seats: u32, seated_share: f64) -> Result<Self, ModelError> {
        check_positive(&[seated_share, 1.0 - seated_share])?;
        Self::new(people, seats, seated_share / (1.0 - seated_share))
    }

    /// The share of time in which no seat is free: the last of `C(N,k)·a^k`, over the sum for k from 0 to c.
    pub fn time_congestion(self) -> f64 {
        self.congestion(self.people)
    }

    /// The share of requests that find no free seat: the same formula for a team without the one who asks, N - 1.
    pub fn call_congestion(self) -> f64 {
        self.congestion(self.people - 1)
    }

    /// With `E(0) = 1`, `E(k) = (N - k + 1)·a·E(k-1) / (k + (N - k + 1)·a·E(k-1))`.
    fn congestion(self, people: u32) -> f64 {
        if self.seats > people {
            return 0.0;
        }
        (1..=self.seats).fold(1.0, |before, seat| {
            let asking = f64::from(people - seat + 1) * self.idle_load * before;
            asking / (f64::from(seat) + asking)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{super::assert_near, *};
    use crate::models::erlang_b;

    /// Each of 15 agents would be seated half of the time.
    #[test]
    fn fifteen_agents_with_ten_seats() {
        let team = Engset::from_seated_share(15, 10, 0.5).unwrap();
        assert_near(team.call_congestion(), 1_001.0 / 15_914.0, 1e-14);
        assert_near(team.time_congestion(), 3_003.0 / 30_827.0, 1e-14);
        assert_near(team.call_congestion(), 0.0629, 5e-5);
        assert_near(team.time_congestion(), 0.0974, 5e-5);
    }

    /// With one seat too few, somebody is turned away only if all others are seated.
    #[test]
    fn one_seat_too_few_is_missed_when_all_others_are_seated() {
        for (people, idle_load) in [(2, 0.3), (5, 1.0), (12, 4.0)] {
            let share: f64 = idle_load / (1.0 + idle_load);
            let team = Engset::new(people, people - 1, idle_load).unwrap();
            assert_near(team.call_congestion(), share.powi(people as i32 - 1), 1e-14);
        }
    }

    #[test]
    fn a_seat_for_each_is_enough() {
        let team = Engset::new(7, 7, 2.0).unwrap();
        assert_eq!(team.call_congestion(), 0.0);
        assert!(team.time_congestion() > 0.0, "all seats can be occupied, but then nobody asks");
        assert_eq!(Engset::new(7, 8, 2.0).unwrap().time_congestion(), 0.0);
        assert_eq!(Engset::new(7, 0, 2.0).unwrap().call_congestion(), 1.0);
    }

    #[test]
    fn a_large_team_is_like_erlang_b() {
        let team = Engset::new(1_000_000, 30, 25.0 / 1_000_000.0).unwrap();
        assert_near(team.call_congestion(), erlang_b::blocking(25.0, 30).unwrap(), 1e-4);
    }

    #[test]
    fn nonsense_is_an_error() {
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(Engset::new(5, 2, bad), Err(ModelError::InvalidInput));
            assert_eq!(Engset::from_seated_share(5, 2, bad), Err(ModelError::InvalidInput));
        }
        assert_eq!(Engset::new(0, 2, 1.0), Err(ModelError::InvalidInput));
        assert_eq!(Engset::from_seated_share(5, 2, 1.0), Err(ModelError::InvalidInput));
    }
}
