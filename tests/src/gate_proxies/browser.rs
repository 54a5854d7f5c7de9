//! A browser in front of a proxy, which follows nothing by itself and sends what a test wants.

use super::application;
use crate::world::{PASSWORD, Person, World, email_of};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// Somebody with a browser.
pub struct Visitor {
    proxy: String,
    /// Seatkeeper's cookie.
    pub cookie: String,
}

/// What a proxy answered.
pub struct Answer {
    pub status: u16,
    /// Where it leads.
    pub to: String,
    pub head: String,
    pub text: String,
}

impl Answer {
    /// What the application saw of a header; nothing if there was none, or an empty one.
    pub fn seen(&self, name: &str) -> &str {
        value(&self.text, name)
    }
}

/// A header of a head.
fn value<'a>(head: &'a str, name: &str) -> &'a str {
    let line = head.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then_some(value.trim())
    });
    line.unwrap_or_default()
}

/// How a browser asks for a page.
pub const NAVIGATES: &str = "Accept: text/html\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n";

impl Visitor {
    /// Nobody who is known.
    pub fn stranger(proxy: &str) -> Self {
        Self { proxy: proxy.to_owned(), cookie: String::new() }
    }

    /// Somebody who has signed in at Seatkeeper.
    pub async fn signing_in(world: &World, proxy: &str, name: &str) -> Self {
        let body = json!({ "email": email_of(name), "password": PASSWORD });
        let answer = Person::stranger(&world.url).post("/sign-in", &body).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let set = answer.cookie("seatkeeper_session");
        let cookie = set.split(';').next().expect("a value").to_owned();
        Self { cookie, ..Self::stranger(proxy) }
    }

    /// The line with the cookies, among those of the application.
    fn cookies(&self) -> String {
        if self.cookie.is_empty() { String::new() } else { format!("Cookie: before=1; {}; behind=2\r\n", self.cookie) }
    }

    /// Opens a page of the application.
    pub async fn opens(&self, path: &str) -> Answer {
        self.sends("GET", path, NAVIGATES, "").await
    }

    /// Sends a request with these headers, and with the cookies.
    pub async fn sends(&self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        let host = self.proxy.trim_start_matches("http://");
        let length = if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
        let cookies = self.cookies();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{cookies}{headers}{length}\r\n{body}"
        );
        let mut connection = TcpStream::connect(host).await.expect("the proxy listens");
        connection.write_all(request.as_bytes()).await.expect("it reads");
        let head = application::head(&mut connection).await.expect("it answers");
        let mut text = Vec::new();
        // A proxy may close a connection whose body it has not read.
        let _ = connection.read_to_end(&mut text).await;
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        let text = String::from_utf8_lossy(&text).into_owned();
        Answer { status, to: value(&head, "location").to_owned(), head, text }
    }

    /// Opens a WebSocket; the status if there is none.
    pub async fn connects(&self) -> Result<WebSocket, u16> {
        let host = self.proxy.trim_start_matches("http://");
        let request = format!(
            "GET /socket HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: http://{host}\r\nSec-Fetch-Mode: websocket\r\n{}\r\n",
            self.cookies()
        );
        let mut connection = TcpStream::connect(host).await.expect("the proxy listens");
        connection.write_all(request.as_bytes()).await.expect("it reads");
        let head = application::head(&mut connection).await.expect("it answers");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        if status != 101 {
            return Err(status);
        }
        let mut seen = Vec::new();
        loop {
            match connection.read_u8().await.expect("the application tells what it saw") {
                0 => break,
                byte => seen.push(byte),
            }
        }
        Ok(WebSocket { connection, seen: String::from_utf8_lossy(&seen).into_owned() })
    }
}

/// An open WebSocket. What is in its frames is no business of a proxy.
pub struct WebSocket {
    connection: TcpStream,
    seen: String,
}

impl WebSocket {
    /// What the application saw of a header at the start.
    pub fn seen(&self, name: &str) -> &str {
        value(&self.seen, name)
    }

    /// Whether what is sent comes back.
    pub async fn lives(&mut self) -> bool {
        let frame = b"\x81\x85\x00\x00\x00\x00hello";
        let mut back = [0; 11];
        self.connection.write_all(frame).await.is_ok()
            && self.connection.read_exact(&mut back).await.is_ok()
            && &back == frame
    }
}
