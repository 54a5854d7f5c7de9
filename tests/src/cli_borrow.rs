//! `seatkeeper borrow`, `return` and `lease`.

use crate::world::{
    Scene, Started,
    command::{at_the_command_line, output},
};
use serde_json::{Value, json};
use std::{fs::Permissions, os::unix::fs::PermissionsExt as _, process::Output};

fn text(said: &Output) -> String {
    assert_eq!(said.status.code(), Some(0), "{}", String::from_utf8_lossy(&said.stderr));
    String::from_utf8_lossy(&said.stdout).into_owned()
}

fn no(said: &Output) -> (Option<i32>, String) {
    (said.status.code(), String::from_utf8_lossy(&said.stderr).into_owned())
}

async fn lending(engine: crate::world::Engine, seats: usize, agents: usize) -> Scene {
    let scene = Scene::start(engine, seats, agents).await;
    let path = format!("/licenses/{}", scene.license);
    scene.admin.patch(&path, &json!({ "borrow_seconds": 86_400 })).await.ok();
    scene
}

const BORROW: [&str; 5] = ["borrow", "--product", "remote-support-v5", "--for", "8h"];

at_the_command_line! {
    async fn a_seat_is_borrowed_checked_without_the_server_and_given_back(engine: Engine) {
        let mut scene = lending(engine, 1, 1).await;
        let (lease, keys) = (scene.home().join("lease.jwt"), scene.home().join("keys.json"));
        let (lease, keys) = (lease.to_str().expect("a path").to_owned(), keys.to_str().expect("a path").to_owned());
        let agent = scene.agents[0].clone();
        for old in [&lease, &keys] {
            std::fs::write(old, "old").expect("a file");
            std::fs::set_permissions(old, Permissions::from_mode(0o644)).expect("it is ours");
        }
        let said = text(&scene.said(&agent, &[&BORROW[..], &["--device", "NB-1", "--out", &lease]].concat()).await);
        let session = scene.session().await;
        assert!(said.starts_with(session["id"].as_str().expect("an id")) && said.contains("borrowed until"), "{said}");
        assert_eq!(text(&scene.said(&agent, &["lease", "keys", "--out", &keys]).await), "");
        let mode = |file: &String| std::fs::metadata(file).expect("it is there").permissions().mode() & 0o777;
        assert_eq!([mode(&lease), mode(&keys)], [0o600, 0o600], "also where there was a file that all could read");
        let list = text(&scene.said(&agent, &["sessions", "list"]).await);
        assert!(list.contains("offline until"), "{list}");
        assert!(text(&scene.said(&agent, &["status", "--once"]).await).contains("offline for 8 h more"));

        scene.kill_server();
        let verify = ["lease", "verify", &lease, "--keys", &keys];
        let alone = |more: &[&str]| output(scene.command(&[&verify[..], more].concat(), &[]));
        let good = text(&alone(&["--product", "remote-support-v5", "--device", "NB-1"]).await);
        assert!(good.starts_with("good for 8 h: Agent 0 at NB-1, Remote Support v5"), "{good}");
        let claims: Value = serde_json::from_str(&text(&alone(&["--json"]).await)).expect("JSON");
        assert_eq!((&claims["jti"], &claims["aud"]), (&session["id"], &json!("remote-support-v5")));
        assert_eq!(no(&alone(&["--product", "service-desk"]).await), (Some(77), "seatkeeper: the lease is for another product\n".to_owned()));
        assert_eq!(no(&alone(&["--device", "NB-2"]).await).0, Some(77));
        let away = no(&scene.said(&agent, &["return", &lease]).await);
        assert_eq!(away.0, Some(75), "{}", away.1);

        scene.start_server().await;
        assert!(text(&scene.said(&agent, &["return", &lease]).await).ends_with("given back\n"));
        scene.until_used(0, 0).await;
        assert!(!std::path::Path::new(&lease).exists(), "what is given back proves nothing any more");
        assert_eq!(no(&scene.said(&agent, &["return", &lease]).await).0, Some(64));
    }

    async fn a_refusal_says_why_and_leaves_no_seat_behind(engine: Engine) {
        let scene = lending(engine, 1, 1).await;
        let agent = &scene.agents[0];
        let long = no(&scene.said(agent, &["borrow", "--product", "remote-support-v5", "--for", "3d"]).await);
        assert_eq!(long, (Some(77), "seatkeeper: Seats of this license cannot be borrowed for so long. At most 24 h.\n".to_owned()));
        let nowhere = no(&scene.said(agent, &[&BORROW[..], &["--out", "/nowhere/lease"]].concat()).await);
        assert_eq!(nowhere.0, Some(70), "{}", nowhere.1);
        scene.until_used(0, 0).await;
        scene.admin.patch(&format!("/licenses/{}", scene.license), &json!({ "borrow_seconds": 0 })).await.ok();
        let none = no(&scene.said(agent, &BORROW).await);
        assert!(none.0 == Some(77) && none.1.contains("cannot be borrowed"), "{none:?}");
        scene.until_used(0, 0).await;
    }

    async fn whoever_waits_borrows_the_seat_that_becomes_free(engine: Engine) {
        let scene = lending(engine, 1, 2).await;
        let seated = scene.agents[0].seated().await;
        let waiting = [&BORROW[..], &["--wait", "1m", "--json"]].concat();
        let mut borrower = Started::start(scene.of(&scene.agents[1], &waiting));
        scene.until_used(1, 1).await;
        scene.agents[0].act(&seated, "end").await.ok();
        assert_eq!(borrower.code().await, 0, "{}", borrower.err());
        let session: Value = serde_json::from_str(borrower.out().trim()).expect("JSON");
        assert!(session["lease"].is_string() && session["borrowed_until"].is_string(), "{session:#}");
        assert_eq!(scene.session().await["borrowed_until"], session["borrowed_until"]);
        let id = session["id"].as_str().expect("an id");
        let back: Value = serde_json::from_str(&text(&scene.said(&scene.agents[1], &["return", id, "--json"]).await)).expect("JSON");
        assert_eq!(back["ended"]["reason"], "finished");
    }
}
