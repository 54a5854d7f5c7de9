//! Responses that are written without hyper: to whom is sent away at once, and in place of hyper's own, which say nothing.

use super::registry::Refused;
use crate::http::guard;
use axum::http::StatusCode;
use seatkeeper_shared::problem::{Code, Problem};

/// The response to a connection for which there is no room.
pub fn refusal(refused: Refused, is_https: bool) -> Vec<u8> {
    let (code, detail) = match refused {
        Refused::AllUsed => (Code::Unavailable, "All connections are in use."),
        Refused::AddressUsed => (Code::TooManyRequests, "There are too many connections from this address."),
    };
    draw(Problem::new(code).detail(detail), "retry-after: 5\r\n", is_https)
}

/// The response in place of one that hyper made because it could not read a head.
pub fn instead_of(said: &[u8], is_https: bool) -> Vec<u8> {
    // "HTTP/1.1 400 Bad Request"
    let status = said.get(9..12).and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok()).unwrap_or(400);
    let detail = match status {
        414 => "The address is too long.",
        431 => "The headers are too large, or too many.",
        _ => "This is not a request of HTTP/1.1 or HTTP/1.0.",
    };
    let mut problem = Problem::new(Code::BadRequest).detail(detail);
    problem.status = status;
    draw(problem, &date_of(said), is_https)
}

/// The line with the date, which hyper knows.
fn date_of(said: &[u8]) -> String {
    let text = String::from_utf8_lossy(said);
    text.lines().find(|line| line.starts_with("date: ")).map(|line| format!("{line}\r\n")).unwrap_or_default()
}

fn draw(problem: Problem, more: &str, is_https: bool) -> Vec<u8> {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::BAD_REQUEST);
    let body = serde_json::to_string(&problem).unwrap_or_default();
    let mut headers = axum::http::HeaderMap::new();
    guard::add_headers(&mut headers, is_https);
    let headers: String =
        headers.iter().filter_map(|(name, value)| Some(format!("{name}: {}\r\n", value.to_str().ok()?))).collect();
    format!(
        "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-type: application/problem+json\r\ncontent-length: {}\r\n\
         {more}{headers}\r\n{body}",
        body.len()
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_of_hyper_is_kept_and_the_rest_completed() {
        let said = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\ndate: now\r\n\r\n";
        let text = String::from_utf8(instead_of(said, true)).expect("text");
        let (head, body) = text.split_once("\r\n\r\n").expect("a head and a body");
        assert!(head.starts_with("HTTP/1.1 431 Request Header Fields Too Large\r\n"), "{head}");
        for line in ["date: now", "x-content-type-options: nosniff", "strict-transport-security: ", "connection: close"]
        {
            assert!(head.lines().any(|one| one.starts_with(line)), "{line} is not in {head}");
        }
        assert!(head.contains(&format!("content-length: {}", body.len())), "{head}");
        let problem: Problem = serde_json::from_str(body).expect("a problem");
        assert_eq!((problem.code, problem.status), (Code::BadRequest, 431));
    }
}
