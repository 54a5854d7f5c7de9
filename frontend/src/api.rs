//! The server's API, typed. Each call answers with what the server said, or with a [`Failure`] that has a face.

use crate::{caller::Caller, verify::Verification};
use gloo_net::http::{Method, Request, RequestBuilder};
use leptos::prelude::*;
use seatkeeper_shared::problem::{Code, End, FieldProblem, Problem, RefusalFacts};
use serde::{Serialize, de::DeserializeOwned};

const BASE: &str = "/api/v1";

/// Why a call brought nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// The server said no, and why.
    Problem(Box<Problem>),
    /// The server cannot be reached, or something between us and it answered.
    Unreachable,
}

impl Failure {
    /// The server's code, if it answered.
    pub fn code(&self) -> Option<Code> {
        match self {
            Self::Problem(problem) => Some(problem.code),
            Self::Unreachable => None,
        }
    }

    /// Whether it may pass by itself: the same asked again a moment later may be answered.
    pub fn passes(&self) -> bool {
        match self {
            Self::Problem(problem) => problem.status == 503,
            Self::Unreachable => true,
        }
    }

    /// The fields that the server did not accept.
    pub fn fields(&self) -> &[FieldProblem] {
        match self {
            Self::Problem(problem) => &problem.errors,
            Self::Unreachable => &[],
        }
    }

    /// How things stood at the license that refused, if that is why.
    pub fn refusal(&self) -> Option<&RefusalFacts> {
        match self {
            Self::Problem(problem) => problem.refusal.as_ref(),
            Self::Unreachable => None,
        }
    }

    /// How the session ended, if that is why.
    pub fn ended(&self) -> Option<&End> {
        match self {
            Self::Problem(problem) => problem.ended.as_ref(),
            Self::Unreachable => None,
        }
    }
}

/// The API on behalf of whoever is signed in; notices when nobody is any more.
#[derive(Clone, Copy)]
pub struct Api {
    caller: Caller,
    verification: Option<Verification>,
}

impl Api {
    /// The API of the app.
    pub fn get() -> Self {
        Self { caller: Caller::get(), verification: Verification::find() }
    }

    /// Reads.
    ///
    /// # Errors
    /// As the server says.
    pub async fn read<T: DeserializeOwned>(self, path: &str) -> Result<T, Failure> {
        self.noticed(call::<(), T>(Method::GET, path, None, None).await)
    }

    /// Posts.
    ///
    /// # Errors
    /// As the server says.
    pub async fn post<T: DeserializeOwned>(self, path: &str, body: &impl Serialize) -> Result<T, Failure> {
        self.done(async || call(Method::POST, path, Some(body), None).await).await
    }

    /// Posts so that repeating it with the same key does nothing twice.
    ///
    /// # Errors
    /// As the server says.
    pub async fn post_once<T: DeserializeOwned>(
        self,
        path: &str,
        body: &impl Serialize,
        key: &str,
    ) -> Result<T, Failure> {
        self.done(async || call(Method::POST, path, Some(body), Some(key)).await).await
    }

    /// Posts a file as it is.
    ///
    /// # Errors
    /// As the server says.
    pub async fn post_file<T: DeserializeOwned>(self, path: &str, file: &web_sys::File) -> Result<T, Failure> {
        let request = RequestBuilder::new(&format!("{BASE}{path}")).method(Method::POST);
        let request = request.header("Accept", "application/json").header("Content-Type", "text/csv").body(file);
        self.noticed(match request {
            Ok(request) => answer(request).await.and_then(|(text, _)| parse(path, &text)),
            Err(_) => Err(Failure::Unreachable),
        })
    }

    /// Changes.
    ///
    /// # Errors
    /// As the server says.
    pub async fn patch<T: DeserializeOwned>(self, path: &str, body: &impl Serialize) -> Result<T, Failure> {
        self.done(async || call(Method::PATCH, path, Some(body), None).await).await
    }

    /// Replaces.
    ///
    /// # Errors
    /// As the server says.
    pub async fn put<T: DeserializeOwned>(self, path: &str, body: &impl Serialize) -> Result<T, Failure> {
        self.done(async || call(Method::PUT, path, Some(body), None).await).await
    }

    /// Reads something with its tag, for [`Api::patch_if`].
    ///
    /// # Errors
    /// As the server says.
    pub async fn read_tagged<T: DeserializeOwned>(self, path: &str) -> Result<(T, String), Failure> {
        self.noticed(
            send::<()>(Method::GET, path, None, None).await.and_then(|(text, tag)| Ok((parse(path, &text)?, tag))),
        )
    }

    /// Changes something if nobody else has changed it since it had this tag; the next tag comes with it.
    ///
    /// # Errors
    /// `changed_meanwhile`, or as the server says.
    pub async fn patch_if<T: DeserializeOwned>(
        self,
        path: &str,
        tag: &str,
        body: &impl Serialize,
    ) -> Result<(T, String), Failure> {
        let act = async || {
            let (text, tag) = send(Method::PATCH, path, Some(body), Some(("If-Match", tag))).await?;
            Ok((parse(path, &text)?, tag))
        };
        self.done(act).await
    }

    /// Replaces something if nobody else has changed it since it had this tag; the next tag comes with it.
    ///
    /// # Errors
    /// `changed_meanwhile`, or as the server says.
    pub async fn put_if<T: DeserializeOwned>(
        self,
        path: &str,
        tag: &str,
        body: &impl Serialize,
    ) -> Result<(T, String), Failure> {
        let act = async || {
            let (text, tag) = send(Method::PUT, path, Some(body), Some(("If-Match", tag))).await?;
            Ok((parse(path, &text)?, tag))
        };
        self.done(act).await
    }

    /// Takes away.
    ///
    /// # Errors
    /// As the server says.
    pub async fn delete(self, path: &str) -> Result<(), Failure> {
        self.done(async || call::<(), ()>(Method::DELETE, path, None, None).await).await
    }

    /// Takes away; the server tells what is left.
    ///
    /// # Errors
    /// As the server says.
    pub async fn take<T: DeserializeOwned>(self, path: &str) -> Result<T, Failure> {
        self.done(async || call::<(), T>(Method::DELETE, path, None, None).await).await
    }

    /// Does what changes something. Whoever has to show first who they are is asked, and then it is done again.
    async fn done<T>(self, act: impl AsyncFn() -> Result<T, Failure>) -> Result<T, Failure> {
        let mut answer = act().await;
        if let (Err(failure), Some(verification)) = (&answer, self.verification)
            && failure.code() == Some(Code::VerificationRequired)
            && verification.ask().await
        {
            answer = act().await;
        }
        self.noticed(answer)
    }

    fn noticed<T>(self, answer: Result<T, Failure>) -> Result<T, Failure> {
        if let Err(failure) = &answer
            && failure.code() == Some(Code::NotSignedIn)
        {
            self.caller.gone();
        }
        // The account asks for it since a moment ago.
        if let Err(failure) = &answer
            && failure.code() == Some(Code::SecondFactorRequired)
        {
            self.caller.ask();
        }
        answer
    }
}

/// One call, without noticing anything.
///
/// # Errors
/// As the server says.
pub async fn call<B: Serialize, T: DeserializeOwned>(
    method: Method,
    path: &str,
    body: Option<&B>,
    key: Option<&str>,
) -> Result<T, Failure> {
    let (text, _) = send(method, path, body, key.map(|key| ("Idempotency-Key", key))).await?;
    parse(path, &text)
}

/// Sends one request with one more header; the body of the answer and its tag.
async fn send<B: Serialize>(
    method: Method,
    path: &str,
    body: Option<&B>,
    header: Option<(&str, &str)>,
) -> Result<(String, String), Failure> {
    let mut request = RequestBuilder::new(&format!("{BASE}{path}")).method(method).header("Accept", "application/json");
    if let Some((name, value)) = header {
        request = request.header(name, value);
    }
    let request = match body {
        Some(body) => request.json(body),
        None => request.build(),
    };
    answer(request.map_err(|_| Failure::Unreachable)?).await
}

/// Sends a request; the body of the answer and its tag.
async fn answer(request: Request) -> Result<(String, String), Failure> {
    let response = request.send().await.map_err(|_| Failure::Unreachable)?;
    let text = response.text().await.map_err(|_| Failure::Unreachable)?;
    if !response.ok() {
        let problem = serde_json::from_str(&text).map_err(|_| Failure::Unreachable)?;
        return Err(Failure::Problem(Box::new(problem)));
    }
    Ok((text, response.headers().get("etag").unwrap_or_default()))
}

fn parse<T: DeserializeOwned>(path: &str, text: &str) -> Result<T, Failure> {
    let text = if text.is_empty() { "null" } else { text };
    serde_json::from_str(text).map_err(|error| {
        leptos::logging::error!("{path}: {error}");
        Failure::Unreachable
    })
}

/// A fresh key for a request that must not be carried out twice.
pub fn fresh_key() -> String {
    let mut bytes = [0_u8; 16];
    if let Ok(crypto) = window().crypto() {
        // Without chance the key is that of the moment, which is good enough for one user's clicks.
        let _ = crypto.get_random_values_with_u8_array(&mut bytes);
    }
    let chance: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{:.0}-{chance}", js_sys::Date::now())
}
