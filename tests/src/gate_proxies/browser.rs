//! A browser in front of a proxy that follows no redirects and sends exactly what a test specifies.

use super::application;
use crate::harness::{PASSWORD, Person, World, email_of};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// A user with a browser.
pub struct Visitor {
    proxy: String,
    /// Seatkeeper's cookie.
    pub cookie: String,
}

/// The response of a proxy.
pub struct Answer {
    pub status: u16,
    /// The `Location` header, or empty.
    pub location: String,
    pub head: String,
    pub text: String,
}

impl Answer {
    /// The value of a header as the application received it, or empty.
    pub fn seen(&self, name: &str) -> &str {
        value(&self.text, name)
    }
}

/// The value of a header in a head, or empty.
fn value<'a>(head: &'a str, name: &str) -> &'a str {
    let line = head.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then_some(value.trim())
    });
    line.unwrap_or_default()
}

/// The headers of a navigation.
pub const NAVIGATION: &str = "Accept: text/html\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n";

impl Visitor {
    /// A browser without a session.
    pub fn anonymous(proxy: &str) -> Self {
        Self { proxy: proxy.to_owned(), cookie: String::new() }
    }

    /// A user who has signed in at Seatkeeper.
    pub async fn signing_in(world: &World, proxy: &str, name: &str) -> Self {
        let body = json!({ "email": email_of(name), "password": PASSWORD });
        let answer = Person::anonymous(&world.url).post("/sign-in", &body).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let set = answer.cookie("seatkeeper_session");
        let cookie = set.split(';').next().expect("a value").to_owned();
        Self { cookie, ..Self::anonymous(proxy) }
    }

    /// The `Cookie` line with our cookie between those of the application.
    fn cookies(&self) -> String {
        if self.cookie.is_empty() { String::new() } else { format!("Cookie: before=1; {}; behind=2\r\n", self.cookie) }
    }

    /// Opens a page of the application.
    pub async fn open(&self, path: &str) -> Answer {
        self.send("GET", path, NAVIGATION, "").await
    }

    /// Sends a request with these headers and the cookies.
    pub async fn send(&self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        let host = self.proxy.trim_start_matches("http://");
        let length = if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
        let cookies = self.cookies();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{cookies}{headers}{length}\r\n{body}"
        );
        let mut connection = TcpStream::connect(host).await.expect("the proxy listens");
        connection.write_all(request.as_bytes()).await.expect("the proxy reads");
        let head = application::head(&mut connection).await.expect("the proxy answers");
        let mut text = Vec::new();
        // A proxy may close a connection whose body it has not read.
        let _ = connection.read_to_end(&mut text).await;
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        let text = String::from_utf8_lossy(&text).into_owned();
        Answer { status, location: value(&head, "location").to_owned(), head, text }
    }

    /// Opens a WebSocket, or returns the status of the refusal.
    pub async fn open_websocket(&self) -> Result<WebSocket, u16> {
        let host = self.proxy.trim_start_matches("http://");
        let request = format!(
            "GET /socket HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Origin: http://{host}\r\nSec-Fetch-Mode: websocket\r\n{}\r\n",
            self.cookies()
        );
        let mut connection = TcpStream::connect(host).await.expect("the proxy listens");
        connection.write_all(request.as_bytes()).await.expect("the proxy reads");
        let head = application::head(&mut connection).await.expect("the proxy answers");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        if status != 101 {
            return Err(status);
        }
        let mut seen = Vec::new();
        loop {
            match connection.read_u8().await.expect("the application sends the head") {
                0 => break,
                byte => seen.push(byte),
            }
        }
        Ok(WebSocket { connection, seen: String::from_utf8_lossy(&seen).into_owned() })
    }
}

/// An open WebSocket. Proxies do not inspect its frames.
pub struct WebSocket {
    connection: TcpStream,
    seen: String,
}

impl WebSocket {
    /// The value of a header of the handshake as the application received it, or empty.
    pub fn seen(&self, name: &str) -> &str {
        value(&self.seen, name)
    }

    /// Whether a frame is echoed.
    pub async fn is_alive(&mut self) -> bool {
        let frame = b"\x81\x85\x00\x00\x00\x00hello";
        let mut back = [0; 11];
        self.connection.write_all(frame).await.is_ok()
            && self.connection.read_exact(&mut back).await.is_ok()
            && &back == frame
    }
}
