//! What a public validator says, which asks for all that it can think of. `SEATKEEPER_TEST_SCIM2` names PyPI's `scim2` (package
//! `scim2-cli` with `scim2-tester`), as `cargo xtask test` does.

use super::Directory;
use crate::world::on_both_engines;
use tokio::process::Command;

/// Its only complaint: a removed `name` is shown again with parts made of displayName or userName. Okta refuses a server whose users
/// lack `givenName` or `familyName`, and RFC 7644 §3.5.2.2 lets a provider give a removed attribute its default value.
const KNOWN: &str = "ERROR check_remove_attribute\n  PATCH modify() did not remove attribute 'name'\n";

on_both_engines! {
    async fn scim2_tester_complains_of_nothing_but_the_name_that_is_always_there(world: World) {
        let program = std::env::var_os("SEATKEEPER_TEST_SCIM2").expect("SEATKEEPER_TEST_SCIM2 names the validator");
        let directory = Directory::added(&world, "Okta").await;
        let mut scim2 = Command::new(program);
        scim2.args(["--url", &format!("{}/scim/v2", world.url), "test"]).kill_on_drop(true);
        scim2.env("SCIM_CLI_HEADERS", format!("Authorization: Bearer {}", directory.secret));
        let told = tokio::time::timeout(std::time::Duration::from_secs(120), scim2.output());
        let told = told.await.expect("it ends").expect("it runs");
        let text = String::from_utf8_lossy(&told.stdout);
        let others = text.replacen(KNOWN, "", 1);
        assert_ne!(others, text, "it no longer complains: take the exception away. {text}");
        let complaints: Vec<_> =
            others.lines().filter(|line| line.starts_with("ERROR") || line.starts_with("CRITICAL")).collect();
        assert!(complaints.is_empty(), "{text}");
        let good = text.lines().filter(|line| line.starts_with("SUCCESS")).count();
        assert!(good > 50, "it asked only {good} things: {text}");
    }
}
