//! A real nginx in front of a web application, with the recipe of the documentation: fifty users on ten seats.

use crate::world::{PASSWORD, Person, World, email_of, line::path_of, on_both_engines};
use axum::{Router, http::HeaderMap, routing::any};
use futures_util::future::join_all;
use reqwest::{Client, header, redirect::Policy};
use serde_json::json;
use std::{
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// The recipe, in which only addresses are exchanged.
const RECIPE: &str = include_str!("../../examples/gate/nginx.conf");

/// An nginx; killed when dropped.
struct Nginx {
    url: String,
    child: Child,
    _folder: TempDir,
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The nginx that we were promised, or any.
fn installed() -> PathBuf {
    if let Some(promised) = std::env::var_os("SEATKEEPER_TEST_NGINX") {
        return promised.into();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into()]);
    let found = folders.map(|folder| folder.join("nginx")).find(|program| program.is_file());
    found.expect("nginx is installed (on Debian: apt-get install nginx-light; `cargo xtask test` does)")
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port()
}

impl Nginx {
    async fn start(program: PathBuf, seatkeeper: &str, app: &str) -> Self {
        let (folder, port) = (tempfile::tempdir().expect("a folder"), free_port());
        let (at, there) = (folder.path().display(), |url: &str| url.trim_start_matches("http://").to_owned());
        let recipe = RECIPE
            .replace("127.0.0.1:8080;", &format!("{};", there(seatkeeper)))
            .replace("127.0.0.1:3000", &there(app))
            .replace("listen 443 ssl", &format!("listen 127.0.0.1:{port}"))
            .replace("server_name app.example.org", "server_name 127.0.0.1");
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {at}/{kind};\n"))
            .concat();
        let whole = format!(
            "daemon off; master_process off; pid {at}/pid; error_log {at}/error.log;\n\
             events {{ worker_connections 1024; }}\nhttp {{ access_log off;\n{temporary}{recipe} }}"
        );
        let file = folder.path().join("nginx.conf");
        std::fs::write(&file, whole).expect("it can be written");
        let mut command = Command::new(program);
        command.arg("-c").arg(&file).arg("-p").arg(folder.path()).stderr(Stdio::null()).stdout(Stdio::null());
        let child = command.spawn().expect("nginx starts");
        let nginx = Self { url: format!("http://127.0.0.1:{port}"), child, _folder: folder };
        let until = Instant::now() + Duration::from_secs(10);
        while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            let log = nginx._folder.path().join("error.log");
            assert!(Instant::now() < until, "{}", std::fs::read_to_string(log).unwrap_or_default());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        nginx
    }
}

/// The application: says who came, and with which cookies.
async fn application() -> String {
    let answer = async |headers: HeaderMap| {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("-").to_owned();
        format!("{} {} {}", text("x-seatkeeper-user"), text("x-seatkeeper-session"), text("cookie"))
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(any(answer))).await.expect("it serves") });
    url
}

/// A browser that follows nothing by itself.
struct Visitor {
    http: Client,
    cookie: String,
}

impl Visitor {
    async fn signing_in(http: &Client, world: &World, name: &str) -> Self {
        let body = json!({ "email": email_of(name), "password": PASSWORD });
        let answer = Person::stranger(&world.url).post("/sign-in", &body).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let set = answer.headers[header::SET_COOKIE].to_str().expect("a cookie");
        Self { http: http.clone(), cookie: set.split(';').next().expect("a value").to_owned() }
    }

    /// Opens a page of the application: the status, where it leads, and what it says.
    async fn opens(&self, url: &str) -> (u16, String, String) {
        let cookies = format!("before=1; {}; behind=2", self.cookie);
        let request = self.http.post(url).header("cookie", cookies).header("accept", "text/html");
        let answer = request.body("something that the gate need not read").send().await.expect("nginx answers");
        let to = answer.headers().get("location").map(|to| to.to_str().expect("text").to_owned()).unwrap_or_default();
        (answer.status().as_u16(), to, answer.text().await.expect("a text"))
    }
}

on_both_engines! {
    async fn fifty_users_on_ten_seats_behind_nginx(world: World) {
        let (license, _) = world.pool(10, 50).await;
        let nginx = Nginx::start(installed(), &world.url, &application().await).await;
        let http = Client::builder().redirect(Policy::none()).build().expect("a client");
        let names: Vec<_> = (0..50).map(|number| format!("Agent {number}")).collect();
        let visitors = join_all(names.iter().map(|name| Visitor::signing_in(&http, &world, name))).await;
        let page = format!("{}/tickets?id=7", nginx.url);

        let answers = join_all(visitors.iter().map(|visitor| visitor.opens(&page))).await;
        let mut inside = Vec::new();
        for ((visitor, name), (status, to, text)) in visitors.iter().zip(&names).zip(&answers) {
            match status {
                200 => {
                    assert!(text.starts_with(&email_of(name)) && text.ends_with(" before=1; behind=2"), "{text}");
                    inside.push(visitor);
                }
                302 => assert!(to.contains("/wait/remote-support-v5?return=http%3A%2F%2F127.0.0.1"), "{to}"),
                other => panic!("{other}: {text}"),
            }
        }
        assert_eq!(inside.len(), 10);
        let usage = world.usage(license).await;
        assert_eq!((&usage["occupied"], &usage["waiting"]), (&json!(10), &json!(40)));

        let stranger = Visitor { http: http.clone(), cookie: "nothing=1".to_owned() };
        assert_eq!(stranger.opens(&page).await.0, 302);
        let script = http.get(&page).header("accept", "application/json").send().await.expect("nginx answers");
        assert_eq!(script.status(), 403);

        // Many requests of those who are in; then an admin ends one of them, and the next request is refused.
        let started = Instant::now();
        for _ in 0..20 {
            let answers = join_all(inside.iter().map(|visitor| visitor.opens(&page))).await;
            assert!(answers.iter().all(|(status, ..)| *status == 200));
        }
        println!("200 requests through nginx took {:?}", started.elapsed());
        let session = inside[0].opens(&page).await.2.split(' ').nth(1).expect("a session").to_owned();
        world.admin.act(&path_of("sessions", &json!({ "id": session })), "end").await.ok();
        assert_eq!(inside[0].opens(&page).await.0, 302);
        assert_eq!(inside[1].opens(&page).await.0, 200);
    }
}
