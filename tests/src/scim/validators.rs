//! What a public validator says, which asks for all that it can think of. `SEATKEEPER_TEST_SCIM2` names PyPI's `scim2` (package
//! `scim2-cli` with `scim2-tester`), as `cargo xtask test` does.

use super::Directory;
use crate::world::on_both_engines;
use tokio::process::Command;

on_both_engines! {
    async fn scim2_tester_finds_nothing_to_complain_about(world: World) {
        let program = std::env::var_os("SEATKEEPER_TEST_SCIM2").expect("SEATKEEPER_TEST_SCIM2 names the validator");
        let directory = Directory::added(&world, "Okta").await;
        let mut scim2 = Command::new(program);
        scim2.args(["--url", &format!("{}/scim/v2", world.url), "test"]).kill_on_drop(true);
        scim2.env("SCIM_CLI_HEADERS", format!("Authorization: Bearer {}", directory.secret));
        let told = tokio::time::timeout(std::time::Duration::from_secs(120), scim2.output());
        let told = told.await.expect("it ends").expect("it runs");
        let text = String::from_utf8_lossy(&told.stdout);
        let complaints: Vec<_> = text.lines().filter(|line| line.starts_with("ERROR") || line.starts_with("CRITICAL")).collect();
        assert!(told.status.success() && complaints.is_empty(), "{text}");
        let good = text.lines().filter(|line| line.starts_with("SUCCESS")).count();
        assert!(good > 50, "it asked only {good} things: {text}");
    }
}
