//! `seatkeeper login`, `logout` and `completions`.

use crate::world::{Engine, Scene, Started, command::output};
use std::os::unix::fs::PermissionsExt as _;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_is_checked_and_kept_for_its_owner_alone() {
    let scene = Scene::start(Engine::Sqlite, 1, 1).await;
    let secret = scene.agents[0].secret();
    let file = scene.home().join(".config/seatkeeper/login.json");

    let mut wrong = Started::start(scene.command(&["login", &scene.url], &[]));
    wrong.typed("wrong\n").await;
    wrong.hear_no_more();
    assert_eq!(wrong.code().await, 77);
    assert!(!file.exists(), "what does not work is not stored");

    let mut login = Started::start(scene.command(&["login", &format!("{}/", scene.url)], &[]));
    login.typed(&format!("{secret}\n")).await;
    login.hear_no_more();
    assert_eq!(login.code().await, 0, "{}", login.err());
    assert!(login.out().contains("as Agent 0 <agent.0@example.org>"), "{}", login.out());
    assert!(!login.out().contains(secret) && !login.err().contains(secret));
    let mode = |path: &std::path::Path| path.metadata().expect("it is there").permissions().mode() & 0o777;
    assert_eq!((mode(&file), mode(file.parent().expect("a folder"))), (0o600, 0o700));

    let list = ["sessions", "list", "--json"];
    assert_eq!(output(scene.command(&list, &[])).await.status.code(), Some(0));
    let elsewhere = output(scene.command(&list, &[("SEATKEEPER_URL", "http://127.0.0.1:9")])).await;
    assert_eq!(elsewhere.status.code(), Some(78), "the token is for the server that it was stored for");
    let other = output(scene.command(&list, &[("SEATKEEPER_TOKEN", "wrong")])).await;
    assert_eq!(other.status.code(), Some(77), "the environment comes first");

    assert_eq!(output(scene.command(&["logout"], &[])).await.status.code(), Some(0));
    assert!(!file.exists());
    let again = output(scene.command(&["logout", "--json"], &[])).await;
    assert_eq!(String::from_utf8_lossy(&again.stdout), "{\"logged_out\":false}\n");
    assert_eq!(output(scene.command(&list, &[])).await.status.code(), Some(78));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shells_can_complete_every_command() {
    let scene = Scene::start(Engine::Sqlite, 1, 1).await;
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let said = output(scene.command(&["completions", shell], &[])).await;
        let script = String::from_utf8_lossy(&said.stdout).into_owned();
        for word in ["login", "sessions", "--on-ended", "completions"] {
            assert!(script.contains(word.trim_start_matches('-')), "{shell}: {word}");
        }
    }
    assert_eq!(output(scene.command(&["completions", "csh"], &[])).await.status.code(), Some(64));
}
