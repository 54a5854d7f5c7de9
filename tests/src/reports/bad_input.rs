//! Invalid parameters of reports, one by one.

use crate::harness::on_both_engines;
use serde_json::json;

const UNKNOWN: &str = "00000000-0000-4000-8000-000000000000";
const DAY: &str = "from=2026-03-01T00:00:00Z&to=2026-03-02T00:00:00Z";

on_both_engines! {
    async fn each_invalid_parameter_is_named(world: World) {
        let (license, _) = world.pool(1, 1).await;
        let license = format!("license={license}");
        let invalid = [
            (format!("usage?{DAY}"), "license", "required"),
            (format!("usage?{license}&product={UNKNOWN}&{DAY}"), "product", "unknown"),
            (format!("usage?{license}&to=2026-03-02T00:00:00Z"), "from", "required"),
            (format!("usage?{license}&from=2026-03-02T00:00:00Z"), "to", "required"),
            (format!("usage?{license}&from=2026-03-02T00:00:00Z&to=2026-03-02T00:00:00Z"), "to", "end_before_start"),
            (format!("usage?{license}&from=2026-03-03T00:00:00Z&to=2026-03-04T00:00:00Z"), "to", "end_before_start"),
            (format!("usage?{license}&from=2016-01-01T00:00:00Z&to=2026-03-01T00:00:00Z"), "to", "out_of_range"),
            (format!("usage?{license}&from=-0001-01-01T00:00:00Z&to=2026-03-01T00:00:00Z"), "from", "out_of_range"),
            (format!("usage?{license}&{DAY}&peaks=year"), "peaks", "unknown"),
            (format!("usage?{license}&{DAY}&platform=amiga"), "platform", "unknown"),
            (format!("usage/export?{license}&{DAY}&platform=amiga"), "platform", "unknown"),
            (format!("sizing?{license}&{DAY}&seat_rule=chair"), "seat_rule", "unknown"),
            (format!("sizing?{license}&{DAY}&second_device=never"), "second_device", "unknown"),
            (format!("sizing?{license}&{DAY}&lease=9"), "lease", "out_of_range"),
            (format!("sizing?{license}&{DAY}&person_cap=0"), "person_cap", "out_of_range"),
            (format!("sizing?{license}&{DAY}&growth_heavy=11"), "growth_heavy", "out_of_range"),
            (format!("sizing?{license}&{DAY}&growth_light=0"), "growth_light", "out_of_range"),
            (format!("moment?{license}"), "at", "required"),
            ("moment?at=2026-03-01T00:00:00Z".to_owned(), "license", "required"),
            (format!("refusals?{license}&{DAY}&window=-1"), "window", "out_of_range"),
            (format!("refusals?{license}&{DAY}&window=3601"), "window", "out_of_range"),
            (format!("seat-time?{DAY}&by=planet"), "by", "unknown"),
            ("seat-time".to_owned(), "from", "required"),
            ("unused-seats?days=0".to_owned(), "days", "out_of_range"),
            ("unused-seats?days=3651".to_owned(), "days", "out_of_range"),
        ];
        for (path, field, error) in invalid {
            let problem = world.admin.get(&format!("/reports/{path}")).await.problem(422, "invalid");
            let errors = problem["errors"].as_array().expect("errors");
            assert!(
                errors.iter().any(|one| one["field"] == json!(field) && one["error"] == json!(error)),
                "{path}: {problem:#}"
            );
        }
        for path in [
            format!("usage?license=42&{DAY}"),
            format!("usage?product=x&{DAY}"),
            format!("usage?{license}&from=yesterday&to=2026-03-02T00:00:00Z"),
            format!("usage?{license}&{DAY}&user=x"),
            format!("usage?{license}&{DAY}&group=x"),
            format!("refusals?{license}&{DAY}&window=long"),
            format!("moment?{license}&at=noon"),
            "unused-seats?days=many".to_owned(),
            format!("usage/export?{license}&{DAY}&format=pdf"),
        ] {
            world.admin.get(&format!("/reports/{path}")).await.problem(400, "bad_request");
        }
        for path in [
            format!("usage?license={UNKNOWN}&{DAY}"),
            format!("usage?product={UNKNOWN}&{DAY}"),
            format!("usage?{license}&{DAY}&group={UNKNOWN}"),
            format!("moment?license={UNKNOWN}&at=2026-03-01T00:00:00Z"),
            format!("refusals?product={UNKNOWN}&{DAY}"),
            format!("seat-time?license={UNKNOWN}&{DAY}"),
        ] {
            world.admin.get(&format!("/reports/{path}")).await.problem(404, "not_found");
        }
    }
}
