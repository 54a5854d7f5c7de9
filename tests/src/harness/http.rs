//! HTTP clients for servers on this machine, without TLS: reading the system's root certificates for each client would
//! take longer than most requests.

use reqwest::{Client, ClientBuilder, IntoUrl, Response};

/// A builder of clients that trust no certificate.
#[expect(clippy::disallowed_methods, reason = "this is where the tests' clients are made")]
pub fn client_builder() -> ClientBuilder {
    Client::builder().tls_built_in_root_certs(false)
}

/// A client that trusts no certificate.
pub fn client() -> Client {
    client_builder().build().expect("a client")
}

/// Sends one GET request on a connection of its own.
///
/// # Errors
/// Returns an error if there is no response.
pub async fn get(url: impl IntoUrl) -> reqwest::Result<Response> {
    client().get(url).send().await
}
