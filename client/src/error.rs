//! Why a call gave no answer.

use reqwest::StatusCode;
use seatkeeper_shared::problem::{Code, Problem};

/// Why a call gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The server said no.
    #[error("{}{}", .0.title, .0.detail.as_deref().map(|d| format!(" ({d})")).unwrap_or_default())]
    Problem(Box<Problem>),
    /// The server said something that is no part of the API: perhaps there is a proxy in front of it, or it is another server.
    #[error("{url} answered {status}, which is no answer of Seatkeeper{}", .to.as_deref().map(|to| format!("; it points to {to}")).unwrap_or_default())]
    Strange {
        /// What was asked.
        url: String,
        /// What was answered.
        status: StatusCode,
        /// Where it points to, if it is a redirect. Redirects are not followed: the token would go with them.
        to: Option<String>,
    },
    /// The server could not be reached, or the connection broke.
    #[error("cannot reach {}: {}", whom(.0), root(.0))]
    Away(#[from] reqwest::Error),
    /// What arrived is not what this version reads.
    #[error("the server's answer cannot be read: {0}")]
    Unreadable(#[from] serde_json::Error),
}

impl ClientError {
    /// The problem, if the server said no.
    pub fn problem(&self) -> Option<&Problem> {
        if let Self::Problem(problem) = self { Some(problem) } else { None }
    }

    /// The code of the problem, if the server said no.
    pub fn code(&self) -> Option<Code> {
        self.problem().map(|problem| problem.code)
    }

    /// Whether the same may succeed in a moment: the server is away, or cannot save. Then nothing is known to have happened, and only what may
    /// be repeated should be.
    pub fn passes(&self) -> bool {
        match self {
            Self::Away(error) => !error.is_builder(),
            Self::Problem(problem) => problem.code == Code::Unavailable,
            // Of a proxy whose server is away.
            Self::Strange { status, .. } => matches!(status.as_u16(), 502..=504),
            Self::Unreadable(_) => false,
        }
    }
}

/// Which server it was: without the path, which may have a secret in it.
fn whom(error: &reqwest::Error) -> String {
    error.url().map_or_else(|| "the server".to_owned(), |url| url.origin().ascii_serialization())
}

/// The innermost reason: the outer ones only say that a request failed.
fn root(error: &reqwest::Error) -> String {
    let mut reason: &dyn std::error::Error = error;
    while let Some(inner) = reason.source() {
        reason = inner;
    }
    if error.is_timeout() { "it does not answer in time".to_owned() } else { reason.to_string() }
}
