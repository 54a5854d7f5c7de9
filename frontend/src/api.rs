//! Typed client of the server's API. Each request returns the decoded answer or a [`Failure`].

use crate::{
    caller::{Caller, SignedOutReason},
    verify::Verification,
};
use gloo_net::http::{Method, Request, RequestBuilder};
use leptos::prelude::*;
use seatkeeper_shared::{
    endpoints::{self, Answer, ApiRequest, Endpoint},
    problem::{Code, FieldProblem, Problem, RefusalFacts, SessionEnd},
};
use std::time::Duration;
use web_sys::AbortSignal;

const BASE: &str = "/api/v1";
/// After this time without a complete answer the server counts as unreachable, beyond the time that it may hold the
/// request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Why a request failed.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// The server answered with a problem document (RFC 9457).
    Problem(Box<Problem>),
    /// The server could not be reached, or a proxy answered in its place.
    Unreachable,
}

impl Failure {
    /// The problem's code, if the server answered.
    pub fn code(&self) -> Option<Code> {
        match self {
            Self::Problem(problem) => Some(problem.code),
            Self::Unreachable => None,
        }
    }

    /// Whether the user cancelled the verification that the request needed: there is nothing to report. If they verify,
    /// [`Api`] repeats the request and no such failure remains.
    pub fn is_cancelled(&self) -> bool {
        self.code() == Some(Code::VerificationRequired)
    }

    /// Whether the same request may succeed if it is repeated a moment later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Problem(problem) => problem.status == 503,
            Self::Unreachable => true,
        }
    }

    /// The fields that the server rejected.
    pub fn fields(&self) -> &[FieldProblem] {
        match self {
            Self::Problem(problem) => &problem.errors,
            Self::Unreachable => &[],
        }
    }

    /// The state of the license at the time of the refusal, if a license refused the request.
    pub fn refusal(&self) -> Option<&RefusalFacts> {
        match self {
            Self::Problem(problem) => problem.refusal.as_ref(),
            Self::Unreachable => None,
        }
    }

    /// How the session ended, if the request failed because of that.
    pub fn ended(&self) -> Option<&SessionEnd> {
        match self {
            Self::Problem(problem) => problem.ended.as_ref(),
            Self::Unreachable => None,
        }
    }
}

/// The API on behalf of the signed-in user. It updates [`Caller`] when an answer says that the user is signed out.
#[derive(Clone, Copy)]
pub struct Api {
    caller: Caller,
    verification: Option<Verification>,
}

impl Api {
    /// The API with the caller and the verification of the context.
    pub fn get() -> Self {
        Self { caller: Caller::get(), verification: Verification::find() }
    }

    /// The API, unless there is no caller in the context, as in tests of components.
    pub fn find() -> Option<Self> {
        use_context::<Caller>().map(|caller| Self { caller, verification: Verification::find() })
    }

    /// Sends a request.
    ///
    /// # Errors
    /// Returns a [`Failure`] if the server refuses the request or cannot be reached.
    pub async fn send<T: Answer>(self, endpoint: Endpoint<T>) -> Result<T, Failure> {
        self.exchange(endpoint.into_request()).await.and_then(|(text, _)| parse(&text))
    }

    /// Sends a request that is given up after this time: a server that hangs keeps a connection open for ever.
    ///
    /// # Errors
    /// Returns a [`Failure`] if the server refuses the request, or cannot be reached in time.
    pub async fn send_within<T: Answer>(self, endpoint: Endpoint<T>, timeout: Duration) -> Result<T, Failure> {
        let answer = transmit(&endpoint.into_request(), timeout).await;
        self.observe(answer).and_then(|(text, _)| parse(&text))
    }

    /// Sends a request; returns the answer with its ETag, for [`Endpoint::if_match`].
    ///
    /// # Errors
    /// Returns a [`Failure`] if the server refuses the request or cannot be reached.
    pub async fn send_tagged<T: Answer>(self, endpoint: Endpoint<T>) -> Result<(T, String), Failure> {
        self.exchange(endpoint.into_request()).await.and_then(|(text, tag)| Ok((parse(&text)?, tag)))
    }

    /// Sends a request; returns the body of the answer and its ETag. If the server wants the user verified first, asks
    /// the user and repeats the request.
    ///
    /// # Errors
    /// Returns a [`Failure`] if the server refuses the request or cannot be reached.
    pub async fn exchange(self, request: ApiRequest) -> Result<(String, String), Failure> {
        let timeout = REQUEST_TIMEOUT + request.held;
        let mut answer = transmit(&request, timeout).await;
        if let (Err(failure), Some(verification)) = (&answer, self.verification)
            && failure.code() == Some(Code::VerificationRequired)
            && verification.request().await
        {
            answer = transmit(&request, timeout).await;
        }
        self.observe(answer)
    }

    /// Sends a request with a file as its body.
    ///
    /// # Errors
    /// Returns a [`Failure`] if the server refuses the request or cannot be reached.
    pub async fn send_file<T: Answer>(self, endpoint: Endpoint<T>, file: web_sys::File) -> Result<T, Failure> {
        let request = RequestBuilder::new(&address(endpoint)).method(Method::POST);
        let request = request.header("Accept", "application/json").header("Content-Type", "text/csv").body(file);
        self.observe(match request {
            Ok(request) => execute(request).await.and_then(|(text, _)| parse(&text)),
            Err(_) => Err(Failure::Unreachable),
        })
    }

    /// Updates the caller if the answer shows that their sign-in has changed.
    fn observe<T>(self, answer: Result<T, Failure>) -> Result<T, Failure> {
        if let Err(failure) = &answer
            && failure.code() == Some(Code::NotSignedIn)
        {
            self.caller.sign_in_ended(SignedOutReason::Ended);
        }
        // The account has required a second factor since the page was loaded.
        if let Err(failure) = &answer
            && failure.code() == Some(Code::SecondFactorRequired)
        {
            self.caller.refresh();
        }
        answer
    }
}

/// The address of what an operation reads, for a link that the browser follows by itself.
pub fn address<T>(endpoint: Endpoint<T>) -> String {
    format!("{BASE}{}", endpoint.into_request().path)
}

/// Sends a request without updating the caller.
///
/// # Errors
/// Returns a [`Failure`] if the server refuses the request or cannot be reached.
pub async fn send_unobserved<T: Answer>(endpoint: Endpoint<T>) -> Result<T, Failure> {
    transmit(&endpoint.into_request(), REQUEST_TIMEOUT).await.and_then(|(text, _)| parse(&text))
}

/// Sends a request once; returns the body of the answer and its ETag.
async fn transmit(request: &ApiRequest, timeout: Duration) -> Result<(String, String), Failure> {
    let method = match request.method {
        endpoints::Method::Get => Method::GET,
        endpoints::Method::Post => Method::POST,
        endpoints::Method::Put => Method::PUT,
        endpoints::Method::Patch => Method::PATCH,
        endpoints::Method::Delete => Method::DELETE,
    };
    let address = format!("{BASE}{}", request.path);
    let mut builder = RequestBuilder::new(&address).method(method).header("Accept", "application/json");
    let timeout_ms = u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX);
    builder = builder.abort_signal(Some(&AbortSignal::timeout_with_u32(timeout_ms)));
    for (name, value) in [("Idempotency-Key", &request.idempotency_key), ("If-Match", &request.if_match)] {
        if let Some(value) = value {
            builder = builder.header(name, value);
        }
    }
    let request = match &request.body {
        Some(body) => builder.header("Content-Type", "application/json").body(body),
        None => builder.build(),
    };
    execute(request.map_err(|_| Failure::Unreachable)?).await
}

/// Sends a request; returns the body of the answer and its ETag.
async fn execute(request: Request) -> Result<(String, String), Failure> {
    let response = request.send().await.map_err(|_| Failure::Unreachable)?;
    let text = response.text().await.map_err(|_| Failure::Unreachable)?;
    if !response.ok() {
        let problem = serde_json::from_str(&text).map_err(|_| Failure::Unreachable)?;
        return Err(Failure::Problem(Box::new(problem)));
    }
    Ok((text, response.headers().get("etag").unwrap_or_default()))
}

/// Parses an answer; an empty one is `null`.
///
/// # Errors
/// Returns [`Failure::Unreachable`] if it is not what was expected: a proxy answered in place of the server.
pub fn parse<T: Answer>(text: &str) -> Result<T, Failure> {
    let text = if text.is_empty() { "null" } else { text };
    T::from_json(text).map_err(|error| {
        leptos::logging::error!("unexpected answer from the server: {error}");
        Failure::Unreachable
    })
}

/// Generates an idempotency key, for a request that must not be carried out twice.
pub fn idempotency_key() -> String {
    let mut bytes = [0_u8; 16];
    if let Ok(crypto) = window().crypto() {
        // Without randomness the key consists of the time alone, which suffices for the clicks of one user.
        let _ = crypto.get_random_values_with_u8_array(&mut bytes);
    }
    let random: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{random}", js_sys::Date::now() as u64)
}
