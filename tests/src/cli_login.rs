//! `seatkeeper login`, `logout` and `completions`.

use crate::harness::{CliFixture, Engine, RunningCommand, cli::output};
use std::os::unix::fs::PermissionsExt as _;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_is_checked_and_stored_only_for_its_owner() {
    let fixture = CliFixture::start(Engine::Sqlite, 1, 1).await;
    let secret = fixture.agents[0].secret();
    let file = fixture.home().join(".config/seatkeeper/login.json");

    let mut wrong = RunningCommand::start(fixture.command(&["login", &fixture.url], &[]));
    wrong.type_text("wrong\n").await;
    wrong.close_stdin();
    assert_eq!(wrong.code().await, 77);
    assert!(!file.exists(), "an invalid login is not stored");

    let mut login = RunningCommand::start(fixture.command(&["login", &format!("{}/", fixture.url)], &[]));
    login.type_text(&format!("{secret}\n")).await;
    login.close_stdin();
    assert_eq!(login.code().await, 0, "{}", login.err());
    assert!(login.out().contains("as Agent 0 <agent.0@example.org>"), "{}", login.out());
    assert!(!login.out().contains(secret) && !login.err().contains(secret));
    let mode = |path: &std::path::Path| path.metadata().expect("it is there").permissions().mode() & 0o777;
    assert_eq!((mode(&file), mode(file.parent().expect("a folder"))), (0o600, 0o700));

    let list = ["sessions", "list", "--json"];
    assert_eq!(output(fixture.command(&list, &[])).await.status.code(), Some(0));
    let elsewhere = output(fixture.command(&list, &[("SEATKEEPER_URL", "http://127.0.0.1:9")])).await;
    assert_eq!(elsewhere.status.code(), Some(78), "a token is used only for the server it was stored for");
    let other = output(fixture.command(&list, &[("SEATKEEPER_TOKEN", "wrong")])).await;
    assert_eq!(other.status.code(), Some(77), "the environment takes precedence");

    assert_eq!(output(fixture.command(&["logout"], &[])).await.status.code(), Some(0));
    assert!(!file.exists());
    let again = output(fixture.command(&["logout", "--json"], &[])).await;
    assert_eq!(String::from_utf8_lossy(&again.stdout), "{\"logged_out\":false}\n");
    assert_eq!(output(fixture.command(&list, &[])).await.status.code(), Some(78));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shell_completions_cover_every_command() {
    let fixture = CliFixture::start(Engine::Sqlite, 1, 1).await;
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output_of_shell = output(fixture.command(&["completions", shell], &[])).await;
        let script = String::from_utf8_lossy(&output_of_shell.stdout).into_owned();
        for word in ["login", "sessions", "--on-ended", "completions"] {
            assert!(script.contains(word.trim_start_matches('-')), "{shell}: {word}");
        }
    }
    assert_eq!(output(fixture.command(&["completions", "csh"], &[])).await.status.code(), Some(64));
}
