//! What is tried, and what comes of it: the replay that the server makes its report with, and the models beside it.

use seatkeeper_pool::{
    models::{engset::Engset, erlang_b, team::Team},
    replay::{Assumptions, Settings, Totals, demand::Demand, replay},
};
use seatkeeper_shared::wire::reports::{ModelRow, SizingAssumptions, SizingModel};
use std::ops::ControlFlow;

/// What is tried: what the sliders say, and otherwise what the report assumes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Choice {
    pub seats: i64,
    pub assumptions: SizingAssumptions,
}

impl Choice {
    fn settings(&self) -> Settings {
        Settings { seats: Some(self.seats), ..Settings::of(&self.assumptions) }
    }

    fn assumed(&self) -> Assumptions {
        Assumptions::of(&self.assumptions)
    }

    /// What would have happened. `None` if the demand is none.
    pub fn replay(&self, demand: &Demand) -> Option<Totals> {
        let outcome = replay(demand, &self.settings(), &self.assumed(), |_| ControlFlow::Continue(()));
        outcome.ok().map(|outcome| outcome.totals)
    }

    /// What models expect of the load that the report has found, which grows with the number of people. They know
    /// nothing of another idle time.
    pub fn model(&self, found: &SizingModel, found_growth: f64) -> Option<ModelRow> {
        let growth = self.assumptions.growth / found_growth;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of people")]
        let people = (found.people as f64 * growth).round() as u32;
        let seats = u32::try_from(self.seats).ok()?;
        let load = found.busy_load * growth;
        let share = load / f64::from(people);
        if !(share > 0.0 && share < 1.0) {
            return None;
        }
        let session_seconds = found.session_seconds as f64;
        let patience_seconds = self.assumptions.patience_seconds as f64;
        let pause_seconds = session_seconds * (1.0 - share) / share;
        let team = Team { people, seats, pause_seconds, session_seconds, patience_seconds }.measures().ok()?;
        Some(ModelRow {
            seats: self.seats,
            engset_refused: Engset::from_seated_share(people, seats, share).ok()?.call_congestion(),
            erlang_b_refused: erlang_b::blocking(load, seats).ok()?,
            team_waits: team.wait_probability,
            team_wait_seconds: team.mean_wait_seconds,
            team_gives_up: team.abandonment_probability,
        })
    }
}

/// The mean wait of those who waited, in whole seconds.
pub fn mean_wait_seconds(totals: &Totals) -> i64 {
    let waited = i64::try_from(totals.waited()).unwrap_or(i64::MAX);
    (totals.total_wait.0 / 1_000_000).checked_div(waited).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use seatkeeper_pool::replay::RefusedBehavior;
    use seatkeeper_shared::wire::reports::RefusedAssumption;
    use serde::Deserialize;
    use wasm_bindgen_test::wasm_bindgen_test;

    /// A demand, and the totals that the server's build computes, which a test of the crate `seatkeeper-pool` checks.
    #[derive(Deserialize)]
    struct Fixture {
        demand: Demand,
        expected: Vec<(Settings, Assumptions, Totals)>,
    }

    #[wasm_bindgen_test]
    fn a_browser_computes_what_the_server_does() {
        let fixture: Fixture =
            serde_json::from_str(include_str!("../../../../../../pool/fixtures/what_if.json")).unwrap();
        assert!(fixture.expected.len() > 5);
        for (settings, assumptions, expected) in fixture.expected {
            let growth = settings.growth.middle;
            let refused = match assumptions.refused {
                RefusedBehavior::Wait => RefusedAssumption::Wait,
                RefusedBehavior::GoAway => RefusedAssumption::GoAway,
                RefusedBehavior::AsRecorded => RefusedAssumption::AsRecorded,
            };
            let choice = Choice {
                seats: settings.seats.unwrap(),
                assumptions: SizingAssumptions {
                    refused,
                    patience_seconds: assumptions.patience.0 / 1_000_000,
                    attempt_seconds: assumptions.attempt.0 / 1_000_000,
                    queue: settings.queue,
                    growth,
                    idle_seconds: settings.rules.idle_seconds,
                    ..SizingAssumptions::default()
                },
            };
            assert_eq!((choice.settings(), choice.assumed()), (settings, assumptions));
            assert_eq!(choice.replay(&fixture.demand), Some(expected), "{choice:?}");
        }
    }

    #[wasm_bindgen_test]
    fn the_models_are_those_of_the_report_and_follow_the_number_of_people() {
        let assumptions = SizingAssumptions::default();
        let choice = Choice { seats: 10, assumptions };
        let found = SizingModel { people: 15, session_seconds: 600, busy_load: 7.5, rows: Vec::new() };
        let row = choice.model(&found, 1.0).unwrap();
        // Each of 15 agents would be seated half of the busy time: Engset's answer for ten seats.
        assert!((row.engset_refused - 1_001.0 / 15_914.0).abs() < 1e-12);
        let more = Choice { assumptions: SizingAssumptions { growth: 2.0, ..assumptions }, ..choice };
        assert!(more.model(&found, 1.0).unwrap().team_waits > row.team_waits);
        assert_eq!(more.model(&found, 2.0).unwrap(), row, "the load is that of the report");
        let full = SizingModel { busy_load: 15.0, ..found };
        assert_eq!(choice.model(&full, 1.0), None, "people who never leave have no model");
    }
}
