//! What a server answers: a refusal is an error, with what the server says of it.

use crate::ClientError;
use reqwest::{RequestBuilder, Response, header};
use seatkeeper_shared::problem::Problem;
use serde::de::DeserializeOwned;

/// The answer, if it is none that says no.
pub async fn send(request: RequestBuilder) -> Result<Response, ClientError> {
    let response = request.send().await?;
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let url = response.url().to_string();
    let to = response.headers().get(header::LOCATION).and_then(|to| to.to_str().ok()).map(str::to_owned);
    Err(match response.json::<Problem>().await {
        Ok(problem) => ClientError::Problem(Box::new(problem)),
        Err(_) => ClientError::Strange { url, status, to },
    })
}

/// What stands in an answer.
pub async fn read<T: DeserializeOwned>(response: Response) -> Result<T, ClientError> {
    Ok(serde_json::from_slice(&response.bytes().await?)?)
}
