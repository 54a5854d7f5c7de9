//! Sends requests and reads responses. An error response becomes a [`ClientError`].

use crate::ClientError;
use reqwest::{RequestBuilder, Response, header};
use seatkeeper_shared::{endpoints::Answer, problem::Problem};

/// Sends a request; returns the response if its status is a success.
pub async fn send(request: RequestBuilder) -> Result<Response, ClientError> {
    let response = request.send().await?;
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let url = response.url().to_string();
    let location =
        response.headers().get(header::LOCATION).and_then(|location| location.to_str().ok()).map(str::to_owned);
    Err(match response.json::<Problem>().await {
        Ok(problem) => ClientError::Problem(Box::new(problem)),
        Err(_) => ClientError::UnexpectedResponse { url, status, location },
    })
}

/// Reads the JSON body of a response; an empty one is `null`.
pub async fn read<T: Answer>(response: Response) -> Result<T, ClientError> {
    let body = response.text().await?;
    Ok(T::from_json(if body.is_empty() { "null" } else { &body })?)
}
