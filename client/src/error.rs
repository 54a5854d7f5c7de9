//! The errors of API calls.

use reqwest::StatusCode;
use seatkeeper_shared::problem::{Code, Problem};

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The server refused the request, with a problem document.
    #[error("{}{}", .0.title, .0.detail.as_deref().map(|d| format!(" ({d})")).unwrap_or_default())]
    Problem(Box<Problem>),
    /// The response is not part of the API: it may come from a proxy, or from another server.
    #[error("{url} answered {status}, which is not a response of Seatkeeper{}", redirect_hint(.location.as_deref()))]
    UnexpectedResponse {
        /// The URL of the request.
        url: String,
        /// The HTTP status of the response.
        status: StatusCode,
        /// The `Location` header of a redirect. Redirects are not followed, since they would send the token elsewhere.
        location: Option<String>,
    },
    /// The server could not be reached, or the connection broke.
    #[error("cannot reach {}: {}", origin(.0), root_cause(.0))]
    Unreachable(#[from] reqwest::Error),
    /// The body of the response is not what this version expects.
    #[error("the server's response cannot be read: {0}")]
    Unreadable(#[from] serde_json::Error),
}

impl ClientError {
    /// The problem document, if the server refused the request.
    pub fn problem(&self) -> Option<&Problem> {
        if let Self::Problem(problem) = self { Some(problem) } else { None }
    }

    /// The error code, if the server refused the request.
    pub fn code(&self) -> Option<Code> {
        self.problem().map(|problem| problem.code)
    }

    /// Whether a retry may succeed: the server is unreachable, or cannot save at the moment. The request may still have
    /// taken effect, so retry only calls that are safe to repeat.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable(error) => !error.is_builder(),
            Self::Problem(problem) => problem.code == Code::Unavailable,
            // A proxy in front of a server that is down.
            Self::UnexpectedResponse { status, .. } => matches!(status.as_u16(), 502..=504),
            Self::Unreadable(_) => false,
        }
    }
}

/// Appends where a redirect points to.
fn redirect_hint(location: Option<&str>) -> String {
    location.map(|location| format!("; it redirects to {location}")).unwrap_or_default()
}

/// The server's origin, without the path, which may contain a secret.
fn origin(error: &reqwest::Error) -> String {
    error.url().map_or_else(|| "the server".to_owned(), |url| url.origin().ascii_serialization())
}

/// The innermost cause: the outer ones only say that a request failed.
fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    if error.is_timeout() { "it does not respond in time".to_owned() } else { cause.to_string() }
}
