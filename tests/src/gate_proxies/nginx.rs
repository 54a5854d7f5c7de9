//! nginx, also with many users in front of it.

use super::{ProxyServer, application, browser::Visitor, find_program, story, substitute};
use crate::harness::{email_of, on_both_engines, queue::path_of};
use futures_util::future::join_all;
use serde_json::json;

const RECIPE: &str = include_str!("../../../examples/gate/nginx.conf");

/// Starts nginx with the recipe and additional lines in its `location /`.
async fn start(seatkeeper: &str, app: &str, more: &str) -> ProxyServer {
    let program = find_program("SEATKEEPER_TEST_NGINX", "nginx", "on Debian: apt-get install nginx-light");
    let server = ProxyServer::start(program, seatkeeper, app, |command, folder, addresses| {
        let at = folder.path().display();
        let recipe = substitute(
            RECIPE,
            &[
                ("127.0.0.1:8080", addresses.seatkeeper.clone()),
                ("127.0.0.1:3000", addresses.app.clone()),
                ("listen 443 ssl", format!("listen 127.0.0.1:{}", addresses.port)),
                ("server_name app.example.org", "server_name 127.0.0.1".to_owned()),
                ("auth_request /seatkeeper-gate;", format!("auth_request /seatkeeper-gate;\n{more}")),
            ],
        );
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {at}/{kind};\n"))
            .concat();
        let whole = format!(
            "daemon off; master_process off; pid {at}/pid; error_log {at}/output;\n\
             events {{ worker_connections 1024; }}\nhttp {{ access_log off;\n{temporary}{recipe} }}"
        );
        let file = folder.path().join("nginx.conf");
        std::fs::write(&file, whole).expect("it can be written");
        command.arg("-c").arg(&file).arg("-p").arg(folder.path());
    });
    server.await
}

on_both_engines! {
    async fn the_nginx_recipe_works_unchanged(world: World) {
        let app = application::start().await;
        let nginx = start(&world.url, &app, "").await;
        story::check_proxy(&world, &nginx).await;
    }

    async fn fifty_users_on_ten_seats_behind_nginx(world: World) {
        let (license, _) = world.pool(10, 50).await;
        let nginx = start(&world.url, &application::start().await, "").await;
        let names: Vec<_> = (0..50).map(|number| format!("Agent {number}")).collect();
        let visitors = join_all(names.iter().map(|name| Visitor::signing_in(&world, &nginx.url, name))).await;

        let answers = join_all(visitors.iter().map(|visitor| visitor.open("/tickets?id=7"))).await;
        let mut inside = Vec::new();
        for ((visitor, name), answer) in visitors.iter().zip(&names).zip(&answers) {
            match answer.status {
                200 => {
                    assert_eq!(answer.seen("x-seatkeeper-user"), email_of(name));
                    inside.push(visitor);
                }
                303 => assert!(
                    answer.location.contains("/wait/remote-support-v5?return=http%3A%2F%2F127.0.0.1"),
                    "{}",
                    answer.location
                ),
                other => panic!("{other}: {}", answer.text),
            }
        }
        assert_eq!(inside.len(), 10);
        let usage = world.usage(license).await;
        assert_eq!((&usage["occupied"], &usage["waiting"]), (&json!(10), &json!(40)));

        // Admitted users send many requests; then an admin ends one session, and its next request is refused.
        for _ in 0..20 {
            let answers = join_all(inside.iter().map(|visitor| visitor.open("/"))).await;
            assert!(answers.iter().all(|answer| answer.status == 200));
        }
        let session = inside[0].open("/").await.seen("x-seatkeeper-session").to_owned();
        world.admin.post_action(&path_of("sessions", &json!({ "id": session })), "end").await.ok();
        assert_eq!(inside[0].open("/").await.status, 303);
        assert_eq!(inside[1].open("/").await.status, 200);
    }

    async fn nginx_injects_the_keep_alive_script_as_documented(world: World) {
        const API: &str = include_str!("../../../API.md");
        let lines =
            API.split("```nginx\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a block for nginx");
        world.pool(1, 1).await;
        let nginx = start(&world.url, &application::start().await, lines).await;
        let visitor = Visitor::signing_in(&world, &nginx.url, "Agent 0").await;
        let page = visitor.open("/page.html").await;
        let script =
            "<script src=\"https://seats.example.org/gate/remote-support-v5/keep-alive.js\" async></script></head>";
        assert!(page.text.contains(script), "{}", page.text);
    }
}
