//! What queueing models predict for the busiest hours.

use super::busy_hours::BusyUsage;
use crate::pool::models::{engset::Engset, erlang_b, team::Team};
use seatkeeper_shared::wire::reports::{ModelRow, SizingModel};

/// The fewest sessions whose means say something.
const MIN_SESSIONS: usize = 30;

/// The predictions for numbers of seats. `None` if there were too few sessions, or people occupy several seats each:
/// there is no model for that.
pub fn model(
    people: u32,
    usage: &BusyUsage,
    patience_seconds: f64,
    sizes: impl Iterator<Item = i64>,
) -> Option<SizingModel> {
    let share = usage.load / f64::from(people);
    if usage.sessions < MIN_SESSIONS || !(share > 0.0 && share < 1.0) {
        return None;
    }
    let row = |size: i64| {
        let seats = u32::try_from(size).ok()?;
        let team = Team {
            people,
            seats,
            pause_seconds: usage.session_seconds * (1.0 - share) / share,
            session_seconds: usage.session_seconds,
            patience_seconds,
        };
        let measures = team.measures().ok()?;
        Some(ModelRow {
            seats: size,
            engset_refused: Engset::from_seated_share(people, seats, share).ok()?.call_congestion(),
            erlang_b_refused: erlang_b::blocking(usage.load, seats).ok()?,
            team_waits: measures.wait_probability,
            team_wait_seconds: measures.mean_wait_seconds,
            team_gives_up: measures.abandonment_probability,
        })
    };
    Some(SizingModel {
        people: people.into(),
        session_seconds: usage.session_seconds.round() as i64,
        busy_load: usage.load,
        rows: sizes.filter_map(row).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each of 15 agents would be seated half of the busy time: Engset's answer for ten seats is 1,001 / 15,914.
    #[test]
    fn the_models_are_given_the_means_of_the_busy_hours() {
        let usage = BusyUsage { load: 7.5, sessions: 400, session_seconds: 600.0, ..BusyUsage::default() };
        let found = model(15, &usage, 1e-7, 10..=11).unwrap();
        assert_eq!((found.people, found.session_seconds, found.rows.len()), (15, 600, 2));
        let row = found.rows[0];
        assert!((row.engset_refused - 1_001.0 / 15_914.0).abs() < 1e-12);
        // Without patience, the team gives up as often as Engset's is refused.
        assert!((row.team_gives_up - row.engset_refused).abs() < 1e-6);
        assert!(row.erlang_b_refused > row.engset_refused);
    }

    #[test]
    fn too_few_sessions_or_too_many_seats_have_no_model() {
        let usage = BusyUsage { load: 7.5, sessions: 400, session_seconds: 600.0, ..BusyUsage::default() };
        assert_eq!(model(15, &BusyUsage { sessions: 29, ..usage.clone() }, 900.0, 1..=2), None);
        assert_eq!(model(7, &usage, 900.0, 1..=2), None);
        assert_eq!(model(0, &usage, 900.0, 1..=2), None);
    }
}
