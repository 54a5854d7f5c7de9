//! Runs a public SCIM validator, which tests all features. `SEATKEEPER_TEST_SCIM2` names PyPI's `scim2` (packages
//! `scim2-cli` and `scim2-tester`), as `cargo xtask test` sets it.

use super::Directory;
use crate::harness::on_both_engines;
use tokio::process::Command;

/// The only expected finding: a removed `name` reappears with parts derived from displayName or userName. Okta refuses
/// a server whose users lack `givenName` or `familyName`, and RFC 7644 §3.5.2.2 lets a provider give a removed
/// attribute its default value.
const KNOWN: &str = "ERROR check_remove_attribute\n  PATCH modify() did not remove attribute 'name'\n";

on_both_engines! {
    async fn scim2_tester_reports_nothing_but_the_name_that_is_always_present(world: World) {
        let program = std::env::var_os("SEATKEEPER_TEST_SCIM2");
        let program = program.expect("SEATKEEPER_TEST_SCIM2 is not set: run the tests with `cargo xtask test`");
        let directory = Directory::create(&world, "Okta").await;
        let mut scim2 = Command::new(program);
        scim2.args(["--url", &format!("{}/scim/v2", world.url), "test"]).kill_on_drop(true);
        scim2.env("SCIM_CLI_HEADERS", format!("Authorization: Bearer {}", directory.secret));
        let output = tokio::time::timeout(std::time::Duration::from_secs(120), scim2.output());
        let output = output.await.expect("the validator ends in time").expect("the validator runs");
        let text = String::from_utf8_lossy(&output.stdout);
        let others = text.replacen(KNOWN, "", 1);
        assert_ne!(others, text, "the expected finding is gone: remove the exception. {text}");
        let complaints: Vec<_> =
            others.lines().filter(|line| line.starts_with("ERROR") || line.starts_with("CRITICAL")).collect();
        assert!(complaints.is_empty(), "{text}");
        let good = text.lines().filter(|line| line.starts_with("SUCCESS")).count();
        assert!(good > 50, "only {good} checks passed: {text}");
    }
}
