//! A request as a command line of `curl`, for people who want the same from a program.

use crate::endpoints::{ApiRequest, Method};

/// Where the API is, below the address of the server.
const BASE: &str = "/api/v1";

impl ApiRequest {
    /// The command line of `curl` that sends this request to the server at `origin` (`https://seats.example.org`). The
    /// token is expected in the environment variable `SEATKEEPER_TOKEN`.
    pub fn as_curl(&self, origin: &str) -> String {
        let mut parts = vec!["curl".to_owned()];
        if self.method != Method::Get {
            parts.push(format!("-X {}", self.method.as_str()));
        }
        parts.push("-H \"Authorization: Bearer $SEATKEEPER_TOKEN\"".to_owned());
        if let Some(body) = &self.body {
            parts.push(format!("-H \"Content-Type: application/json\" -d {}", quoted(body)));
        }
        parts.push(quoted(&format!("{origin}{BASE}{}", self.path)));
        parts.join(" ")
    }
}

/// A text as one word of a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use crate::endpoints::Endpoint;

    #[test]
    fn a_list_with_its_filters_becomes_one_line() {
        let request = Endpoint::<()>::get("/users").with("q", "Jörg & Söhne's").with("sort", "-name").into_request();
        assert_eq!(
            request.as_curl("https://seats.example.org"),
            "curl -H \"Authorization: Bearer $SEATKEEPER_TOKEN\" \
             'https://seats.example.org/api/v1/users?q=J%C3%B6rg%20%26%20S%C3%B6hne%27s&sort=-name'"
        );
    }

    #[test]
    fn a_body_is_quoted_for_the_shell() {
        let request = Endpoint::<()>::post("/groups", &["it's"]).into_request();
        assert_eq!(
            request.as_curl("http://localhost:8080"),
            "curl -X POST -H \"Authorization: Bearer $SEATKEEPER_TOKEN\" -H \"Content-Type: application/json\" \
             -d '[\"it'\\''s\"]' 'http://localhost:8080/api/v1/groups'"
        );
    }
}
