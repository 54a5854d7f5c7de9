//! Responses written without hyper: for rejected connections, and in place of hyper's own error responses, which have
//! no body.

use super::registry::AdmitError;
use crate::http::security_headers;
use axum::http::StatusCode;
use seatkeeper_shared::problem::{Code, Problem};

/// The response to a rejected connection.
pub fn refusal(error: AdmitError, is_https: bool) -> Vec<u8> {
    let (code, detail) = match error {
        AdmitError::LimitReached => (Code::Unavailable, "All connections are in use."),
        AdmitError::AddressLimitReached => (Code::TooManyRequests, "There are too many connections from this address."),
    };
    render(Problem::new(code).detail(detail), "retry-after: 5\r\n", is_https)
}

/// The replacement for hyper's response to an invalid request head.
pub fn replace_hyper_response(hyper_response: &[u8], is_https: bool) -> Vec<u8> {
    // "HTTP/1.1 400 Bad Request"
    let status =
        hyper_response.get(9..12).and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok()).unwrap_or(400);
    let detail = match status {
        414 => "The URI is too long.",
        431 => "The headers are too large, or too many.",
        _ => "This is not a valid HTTP/1.1 or HTTP/1.0 request.",
    };
    let mut problem = Problem::new(Code::BadRequest).detail(detail);
    problem.status = status;
    render(problem, &date_of(hyper_response), is_https)
}

/// The `date` header of hyper's response, as a line.
fn date_of(hyper_response: &[u8]) -> String {
    let text = String::from_utf8_lossy(hyper_response);
    text.lines().find(|line| line.starts_with("date: ")).map(|line| format!("{line}\r\n")).unwrap_or_default()
}

fn render(problem: Problem, more: &str, is_https: bool) -> Vec<u8> {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::BAD_REQUEST);
    let body = serde_json::to_string(&problem).unwrap_or_default();
    let mut headers = axum::http::HeaderMap::new();
    security_headers::add(&mut headers, is_https);
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
    fn the_status_of_hypers_response_is_kept() {
        let hyper_response = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\n\
            content-length: 0\r\ndate: now\r\n\r\n";
        let text = String::from_utf8(replace_hyper_response(hyper_response, true)).expect("text");
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
