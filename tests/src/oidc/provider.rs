//! An OpenID provider inside the test process: small, strict about the requests it accepts, and able to send invalid
//! tokens.

use axum::{
    Form, Json, Router,
    body::Body,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Redirect, Response},
    routing::{get, post},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use openidconnect::{
    JsonWebKeyId, PkceCodeChallenge, PkceCodeVerifier, PrivateSigningKey as _,
    core::{CoreEdDsaPrivateSigningKey, CoreJwsSigningAlgorithm, CoreRsaPrivateSigningKey},
};
use seatkeeper::clock::Clock;
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
};

/// The client id of Seatkeeper.
pub const CLIENT_ID: &str = "seatkeeper";
/// The client secret of Seatkeeper.
pub const CLIENT_SECRET: &str = "s3cret of the client";
const FIRST_KEY: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIGi4VhLmULVencs50ZB9wdw6GyyWFUZMAtdMArOtaPj4
-----END PRIVATE KEY-----";
const SECOND_KEY: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIHi4VhLmULVencs50ZB9wdw6GyyWFUZMAtdMArOtaPj5
-----END PRIVATE KEY-----";
const RSA_KEY: &str = include_str!("rsa.pem");

/// The key that signs tokens.
#[derive(Clone, Copy, PartialEq)]
pub enum Key {
    /// The published key.
    Published,
    /// An unpublished key, under the id of the published one.
    Forged,
    /// A new key, which is published instead of the previous one.
    Rotated,
    /// An RSA key, as used by most providers.
    Rsa,
    /// The client secret, with HMAC.
    Secret,
    /// No signature.
    None,
}

type Alteration = Box<dyn Fn(&mut Value) + Send>;

struct Inner {
    issuer: String,
    clock: Clock,
    person: Value,
    user_info: Value,
    key: Key,
    alter_claims: Alteration,
    alter_discovery: Alteration,
    codes: HashMap<String, Authorization>,
    logins: usize,
}

#[derive(Clone)]
struct Authorization {
    query: HashMap<String, String>,
    person: Value,
    login: usize,
}

/// A running provider.
#[derive(Clone)]
pub struct Provider {
    pub issuer: String,
    inner: Arc<Mutex<Inner>>,
}

impl Provider {
    /// Starts a provider with this clock. The user Nora Neu is signed in there.
    pub async fn start(clock: &Clock) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let issuer = format!("http://{}", listener.local_addr().expect("an address"));
        let inner = Inner {
            issuer: issuer.clone(),
            clock: clock.clone(),
            person: Value::Null,
            user_info: Value::Null,
            key: Key::Published,
            alter_claims: Box::new(|_| {}),
            alter_discovery: Box::new(|_| {}),
            codes: HashMap::new(),
            logins: 0,
        };
        let provider = Self { issuer, inner: Arc::new(Mutex::new(inner)) };
        provider.set_signed_in_user("nora-1", "Nora Neu", "nora.neu@example.org");
        let service = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/jwks", get(keys))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .route("/userinfo", get(user_info))
            .route("/redirecting/.well-known/openid-configuration", get(async || Redirect::to("https://evil.example/")))
            .route("/huge/.well-known/openid-configuration", get(async || Body::from(vec![b' '; 700_000])))
            .route("/text/.well-known/openid-configuration", get(async || "hello"))
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, service).await.expect("the provider serves") });
        provider
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("no thread panicked with the lock")
    }

    /// Sets the user who is signed in at the provider, with a verified address.
    pub fn set_signed_in_user(&self, subject: &str, name: &str, email: &str) {
        self.set_claims(json!({ "sub": subject, "name": name, "email": email, "email_verified": true }));
    }

    /// Sets the claims about the user who is signed in at the provider.
    pub fn set_claims(&self, person: Value) {
        self.lock().person = person;
    }

    /// Sets the response of the user info endpoint.
    pub fn set_user_info(&self, person: Value) {
        self.lock().user_info = person;
    }

    /// Sets the signing key.
    pub fn use_key(&self, key: Key) {
        self.lock().key = key;
    }

    /// Sets a function that changes the claims of tokens before they are signed.
    pub fn alter_claims(&self, alter: impl Fn(&mut Value) + Send + 'static) {
        self.lock().alter_claims = Box::new(alter);
    }

    /// Sets a function that changes the discovery document.
    pub fn alter_discovery(&self, alter: impl Fn(&mut Value) + Send + 'static) {
        self.lock().alter_discovery = Box::new(alter);
    }

    /// The session id (`sid`) of the last sign-in at the provider.
    pub fn last_session(&self) -> String {
        format!("session-{}", self.lock().logins)
    }

    /// A valid logout token, changed by `alter`.
    pub fn logout_token(&self, about: &Value, alter: impl Fn(&mut Value)) -> String {
        let inner = self.lock();
        let mut claims = json!({
            "iss": inner.issuer, "aud": CLIENT_ID, "iat": inner.clock.now().timestamp(), "jti": "logout-1",
            "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
        });
        for (name, value) in about.as_object().into_iter().flatten() {
            claims[name] = value.clone();
        }
        alter(&mut claims);
        sign(inner.key, "logout+jwt", &claims)
    }
}

fn ed(pem: &str, id: &str) -> CoreEdDsaPrivateSigningKey {
    CoreEdDsaPrivateSigningKey::from_ed25519_pem(pem, Some(JsonWebKeyId::new(id.to_owned()))).expect("a key")
}

fn rsa() -> CoreRsaPrivateSigningKey {
    CoreRsaPrivateSigningKey::from_pem(RSA_KEY, Some(JsonWebKeyId::new("rsa".to_owned()))).expect("a key")
}

fn sign(key: Key, kind: &str, claims: &Value) -> String {
    let (alg, id) = match key {
        Key::Published | Key::Forged => ("EdDSA", "one"),
        Key::Rotated => ("EdDSA", "next"),
        Key::Rsa => ("RS256", "rsa"),
        Key::Secret => ("HS256", "one"),
        Key::None => ("none", "one"),
    };
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(json!({ "alg": alg, "kid": id, "typ": kind })), part(claims.clone()));
    let bytes = signed.as_bytes();
    let (ed_dsa, rs256) = (CoreJwsSigningAlgorithm::EdDsa, CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256);
    let signature = match key {
        Key::Published => ed(FIRST_KEY, "one").sign(&ed_dsa, bytes),
        Key::Forged => ed(SECOND_KEY, "one").sign(&ed_dsa, bytes),
        Key::Rotated => ed(SECOND_KEY, "next").sign(&ed_dsa, bytes),
        Key::Rsa => rsa().sign(&rs256, bytes),
        Key::Secret => openidconnect::core::CoreHmacKey::new(CLIENT_SECRET.as_bytes())
            .sign(&CoreJwsSigningAlgorithm::HmacSha256, bytes),
        Key::None => Ok(Vec::new()),
    };
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.expect("a signature")))
}

async fn discovery(State(provider): State<Provider>) -> Json<Value> {
    let (inner, issuer) = (provider.lock(), &provider.issuer);
    let mut document = json!({
        "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "userinfo_endpoint": format!("{issuer}/userinfo"), "jwks_uri": format!("{issuer}/jwks"),
        "response_types_supported": ["code"], "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "EdDSA"], "scopes_supported": ["openid", "email", "profile"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"], "code_challenge_methods_supported": ["S256"],
        "backchannel_logout_supported": true,
    });
    (inner.alter_discovery)(&mut document);
    Json(document)
}

async fn keys(State(provider): State<Provider>) -> Json<Value> {
    let key = match provider.lock().key {
        Key::Rotated => json!(ed(SECOND_KEY, "next").as_verification_key()),
        Key::Rsa => json!(rsa().as_verification_key()),
        _ => json!(ed(FIRST_KEY, "one").as_verification_key()),
    };
    Json(json!({ "keys": [key] }))
}

async fn authorize(State(provider): State<Provider>, Query(query): Query<HashMap<String, String>>) -> Redirect {
    for (name, expected) in [("response_type", "code"), ("client_id", CLIENT_ID), ("code_challenge_method", "S256")] {
        assert_eq!(query.get(name).map(String::as_str), Some(expected), "{query:?}");
    }
    assert!(query["scope"].split(' ').any(|scope| scope == "openid"), "{query:?}");
    assert!(query["state"].len() > 40 && query["nonce"].len() > 40 && query["state"] != query["nonce"]);
    let mut inner = provider.lock();
    inner.logins += 1;
    let (code, login, person) = (format!("code-{}", inner.logins), inner.logins, inner.person.clone());
    let to = format!("{}?code={code}&state={}&iss={}", query["redirect_uri"], query["state"], provider.issuer);
    inner.codes.insert(code, Authorization { query, person, login });
    Redirect::to(&to)
}

async fn token(
    State(provider): State<Provider>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let encoded = CLIENT_SECRET.replace(' ', "+");
    let expected = format!("Basic {}", STANDARD.encode(format!("{CLIENT_ID}:{encoded}")));
    if headers.get(header::AUTHORIZATION).and_then(|given| given.to_str().ok()) != Some(&expected) {
        return (StatusCode::UNAUTHORIZED, Json(json!({ "error": "invalid_client" }))).into_response();
    }
    let mut inner = provider.lock();
    let authorization = form.get("code").and_then(|code| inner.codes.remove(code));
    let Some(authorization) = authorization.filter(|authorization| is_valid_exchange(authorization, &form)) else {
        return (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" }))).into_response();
    };
    let now = inner.clock.now().timestamp();
    let mut claims = authorization.person.clone();
    let protocol_claims = json!({
        "iss": inner.issuer,
        "aud": CLIENT_ID,
        "iat": now,
        "exp": now + 300,
        "nonce": authorization.query["nonce"],
        "sid": format!("session-{}", authorization.login),
    });
    for (name, value) in protocol_claims.as_object().expect("an object") {
        claims[name] = value.clone();
    }
    (inner.alter_claims)(&mut claims);
    let id_token = sign(inner.key, "JWT", &claims);
    Json(json!({ "access_token": "access", "token_type": "Bearer", "expires_in": 300, "id_token": id_token }))
        .into_response()
}

/// Whether a code is exchanged by the client it was issued to: same redirect URI, matching PKCE verifier.
fn is_valid_exchange(authorization: &Authorization, form: &HashMap<String, String>) -> bool {
    let verifier = PkceCodeVerifier::new(form.get("code_verifier").cloned().unwrap_or_default());
    let challenge = PkceCodeChallenge::from_code_verifier_sha256(&verifier);
    authorization.query.get("code_challenge").map(String::as_str) == Some(challenge.as_str())
        && authorization.query.get("redirect_uri") == form.get("redirect_uri")
}

async fn user_info(State(provider): State<Provider>, headers: HeaderMap) -> Response {
    assert_eq!(headers[header::AUTHORIZATION], "Bearer access");
    match &provider.lock().user_info {
        Value::Null => StatusCode::NOT_FOUND.into_response(),
        claims => Json(claims.clone()).into_response(),
    }
}
