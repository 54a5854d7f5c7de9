//! The fixture with which the app shows that a browser computes what this crate computes here.

use super::{Assumptions, Settings, Totals, demand::Demand, replay};
use serde::Deserialize;
use std::ops::ControlFlow;

#[derive(Deserialize)]
struct Fixture {
    demand: Demand,
    expected: Vec<(Settings, Assumptions, Totals)>,
}

#[test]
fn the_fixture_of_the_app_has_the_totals_of_this_crate() {
    let fixture: Fixture = serde_json::from_str(include_str!("../../fixtures/what_if.json")).expect("a demand");
    for (settings, assumptions, expected) in fixture.expected {
        let outcome = replay(&fixture.demand, &settings, &assumptions, |_| ControlFlow::Continue(()));
        assert_eq!(outcome.map(|outcome| outcome.totals), Ok(expected), "{settings:?}");
    }
}
