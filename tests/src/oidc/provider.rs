//! A provider of sign-ins inside the test: small, strict about what it is asked, and lying when a story wants it to.

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

/// What the provider knows Seatkeeper as.
pub const CLIENT: &str = "seatkeeper";
/// And by what.
pub const SECRET: &str = "s3cret of the client";
const ONE: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIGi4VhLmULVencs50ZB9wdw6GyyWFUZMAtdMArOtaPj4
-----END PRIVATE KEY-----";
const OTHER: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIHi4VhLmULVencs50ZB9wdw6GyyWFUZMAtdMArOtaPj5
-----END PRIVATE KEY-----";
const RSA: &str = include_str!("rsa.pem");

/// With which key it signs.
#[derive(Clone, Copy, PartialEq)]
pub enum Key {
    /// The one that it tells.
    Own,
    /// One that it does not tell, under the name of its own.
    Foreign,
    /// Another, which it tells from now on.
    Next,
    /// RSA, as most providers.
    Rsa,
    /// The client secret.
    Secret,
    /// None at all.
    None,
}

type Twist = Box<dyn Fn(&mut Value) + Send>;

struct Inner {
    issuer: String,
    clock: Clock,
    person: Value,
    user_info: Value,
    key: Key,
    twist: Twist,
    discovery: Twist,
    codes: HashMap<String, Asked>,
    logins: usize,
}

#[derive(Clone)]
struct Asked {
    query: HashMap<String, String>,
    person: Value,
    login: usize,
}

/// A provider.
#[derive(Clone)]
pub struct Provider {
    /// Its issuer.
    pub issuer: String,
    inner: Arc<Mutex<Inner>>,
}

impl Provider {
    /// A provider whose clock is the world's. Nora Neu is signed in there.
    pub async fn start(clock: &Clock) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let issuer = format!("http://{}", listener.local_addr().expect("an address"));
        let inner = Inner {
            issuer: issuer.clone(),
            clock: clock.clone(),
            person: Value::Null,
            user_info: Value::Null,
            key: Key::Own,
            twist: Box::new(|_| {}),
            discovery: Box::new(|_| {}),
            codes: HashMap::new(),
            logins: 0,
        };
        let provider = Self { issuer, inner: Arc::new(Mutex::new(inner)) };
        provider.is("nora-1", "Nora Neu", "nora.neu@example.org");
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
        self.inner.lock().expect("no test panicked here")
    }

    /// Who is signed in there, with a verified address.
    pub fn is(&self, subject: &str, name: &str, email: &str) {
        self.says(json!({ "sub": subject, "name": name, "email": email, "email_verified": true }));
    }

    /// What it says of who is signed in there.
    pub fn says(&self, person: Value) {
        self.lock().person = person;
    }

    /// What its user info endpoint says.
    pub fn tells(&self, person: Value) {
        self.lock().user_info = person;
    }

    /// With which key it signs from now on.
    pub fn signs_with(&self, key: Key) {
        self.lock().key = key;
    }

    /// Changes the claims of tokens before they are signed.
    pub fn twist(&self, twist: impl Fn(&mut Value) + Send + 'static) {
        self.lock().twist = Box::new(twist);
    }

    /// Changes what it says of itself.
    pub fn twist_discovery(&self, twist: impl Fn(&mut Value) + Send + 'static) {
        self.lock().discovery = Box::new(twist);
    }

    /// The session of the last sign-in there.
    pub fn last_session(&self) -> String {
        format!("session-{}", self.lock().logins)
    }

    /// A logout token that is as it should be, but for the twist.
    pub fn logout_token(&self, about: &Value, twist: impl Fn(&mut Value)) -> String {
        let inner = self.lock();
        let mut claims = json!({
            "iss": inner.issuer, "aud": CLIENT, "iat": inner.clock.now().timestamp(), "jti": "logout-1",
            "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
        });
        for (name, value) in about.as_object().into_iter().flatten() {
            claims[name] = value.clone();
        }
        twist(&mut claims);
        sign(inner.key, "logout+jwt", &claims)
    }
}

fn ed(pem: &str, id: &str) -> CoreEdDsaPrivateSigningKey {
    CoreEdDsaPrivateSigningKey::from_ed25519_pem(pem, Some(JsonWebKeyId::new(id.to_owned()))).expect("a key")
}

fn rsa() -> CoreRsaPrivateSigningKey {
    CoreRsaPrivateSigningKey::from_pem(RSA, Some(JsonWebKeyId::new("rsa".to_owned()))).expect("a key")
}

fn sign(key: Key, kind: &str, claims: &Value) -> String {
    let (alg, id) = match key {
        Key::Own | Key::Foreign => ("EdDSA", "one"),
        Key::Next => ("EdDSA", "next"),
        Key::Rsa => ("RS256", "rsa"),
        Key::Secret => ("HS256", "one"),
        Key::None => ("none", "one"),
    };
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(json!({ "alg": alg, "kid": id, "typ": kind })), part(claims.clone()));
    let bytes = signed.as_bytes();
    let (ed_dsa, rs256) = (CoreJwsSigningAlgorithm::EdDsa, CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256);
    let signature = match key {
        Key::Own => ed(ONE, "one").sign(&ed_dsa, bytes),
        Key::Foreign => ed(OTHER, "one").sign(&ed_dsa, bytes),
        Key::Next => ed(OTHER, "next").sign(&ed_dsa, bytes),
        Key::Rsa => rsa().sign(&rs256, bytes),
        Key::Secret => {
            openidconnect::core::CoreHmacKey::new(SECRET.as_bytes()).sign(&CoreJwsSigningAlgorithm::HmacSha256, bytes)
        }
        Key::None => Ok(Vec::new()),
    };
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.expect("a signature")))
}

async fn discovery(State(provider): State<Provider>) -> Json<Value> {
    let (inner, issuer) = (provider.lock(), &provider.issuer);
    let mut said = json!({
        "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"), "token_endpoint": format!("{issuer}/token"),
        "userinfo_endpoint": format!("{issuer}/userinfo"), "jwks_uri": format!("{issuer}/jwks"),
        "response_types_supported": ["code"], "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "EdDSA"], "scopes_supported": ["openid", "email", "profile"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"], "code_challenge_methods_supported": ["S256"],
        "backchannel_logout_supported": true,
    });
    (inner.discovery)(&mut said);
    Json(said)
}

async fn keys(State(provider): State<Provider>) -> Json<Value> {
    let key = match provider.lock().key {
        Key::Next => json!(ed(OTHER, "next").as_verification_key()),
        Key::Rsa => json!(rsa().as_verification_key()),
        _ => json!(ed(ONE, "one").as_verification_key()),
    };
    Json(json!({ "keys": [key] }))
}

async fn authorize(State(provider): State<Provider>, Query(query): Query<HashMap<String, String>>) -> Redirect {
    for (name, expected) in [("response_type", "code"), ("client_id", CLIENT), ("code_challenge_method", "S256")] {
        assert_eq!(query.get(name).map(String::as_str), Some(expected), "{query:?}");
    }
    assert!(query["scope"].split(' ').any(|scope| scope == "openid"), "{query:?}");
    assert!(query["state"].len() > 40 && query["nonce"].len() > 40 && query["state"] != query["nonce"]);
    let mut inner = provider.lock();
    inner.logins += 1;
    let (code, login, person) = (format!("code-{}", inner.logins), inner.logins, inner.person.clone());
    let to = format!("{}?code={code}&state={}&iss={}", query["redirect_uri"], query["state"], provider.issuer);
    inner.codes.insert(code, Asked { query, person, login });
    Redirect::to(&to)
}

async fn token(
    State(provider): State<Provider>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let encoded = SECRET.replace(' ', "+");
    let expected = format!("Basic {}", STANDARD.encode(format!("{CLIENT}:{encoded}")));
    if headers.get(header::AUTHORIZATION).and_then(|given| given.to_str().ok()) != Some(&expected) {
        return (StatusCode::UNAUTHORIZED, Json(json!({ "error": "invalid_client" }))).into_response();
    }
    let mut inner = provider.lock();
    let asked = form.get("code").and_then(|code| inner.codes.remove(code));
    let Some(asked) = asked.filter(|asked| holds(asked, &form)) else {
        return (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" }))).into_response();
    };
    let now = inner.clock.now().timestamp();
    let mut claims = asked.person.clone();
    let own = json!({ "iss": inner.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked.query["nonce"],
                      "sid": format!("session-{}", asked.login) });
    for (name, value) in own.as_object().expect("an object") {
        claims[name] = value.clone();
    }
    (inner.twist)(&mut claims);
    let id_token = sign(inner.key, "JWT", &claims);
    Json(json!({ "access_token": "access", "token_type": "Bearer", "expires_in": 300, "id_token": id_token }))
        .into_response()
}

/// Whether a code is exchanged by whom it was given to: the same redirect, and the verifier of the challenge.
fn holds(asked: &Asked, form: &HashMap<String, String>) -> bool {
    let verifier = PkceCodeVerifier::new(form.get("code_verifier").cloned().unwrap_or_default());
    let challenge = PkceCodeChallenge::from_code_verifier_sha256(&verifier);
    asked.query.get("code_challenge").map(String::as_str) == Some(challenge.as_str())
        && asked.query.get("redirect_uri") == form.get("redirect_uri")
}

async fn user_info(State(provider): State<Provider>, headers: HeaderMap) -> Response {
    assert_eq!(headers[header::AUTHORIZATION], "Bearer access");
    match &provider.lock().user_info {
        Value::Null => StatusCode::NOT_FOUND.into_response(),
        said => Json(said.clone()).into_response(),
    }
}
