//! Passkeys through the browser's `navigator.credentials` (WebAuthn Level 3).

use js_sys::{Function, JSON, Object, Promise, Reflect};
use leptos::prelude::window;
use serde_json::Value;
use wasm_bindgen::{JsCast as _, JsValue};

/// Why the browser returned no passkey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasskeyError {
    /// The browser does not support passkeys: it is too old, or the page is not served over HTTPS.
    Unsupported,
    /// The user cancelled, or the device has no matching passkey.
    Cancelled,
}

/// Whether the browser supports passkeys on this page.
pub fn supported() -> bool {
    constructor().is_some_and(|found| Reflect::has(&found, &"parseCreationOptionsFromJSON".into()).unwrap_or(false))
}

/// Has the browser create a passkey from the server's options; returns the credential for the server.
///
/// # Errors
/// Returns an error if passkeys are unsupported or the user cancels.
pub async fn create(options: &Value) -> Result<Value, PasskeyError> {
    call("parseCreationOptionsFromJSON", "create", options).await
}

/// Has the browser sign the server's challenge with a passkey; returns the credential for the server.
///
/// # Errors
/// Returns an error if passkeys are unsupported or the user cancels.
pub async fn sign(options: &Value) -> Result<Value, PasskeyError> {
    call("parseRequestOptionsFromJSON", "get", options).await
}

async fn call(parse: &str, method: &str, options: &Value) -> Result<Value, PasskeyError> {
    let promise = start(parse, method, options).map_err(|_| PasskeyError::Unsupported)?;
    let credential = promise.await.map_err(|_| PasskeyError::Cancelled)?;
    let text = to_json_text(&credential).map_err(|_| PasskeyError::Unsupported)?;
    serde_json::from_str(&text).map_err(|_| PasskeyError::Unsupported)
}

fn constructor() -> Option<JsValue> {
    Reflect::get(&window(), &"PublicKeyCredential".into()).ok().filter(|found| !found.is_undefined())
}

fn start(parse: &str, method: &str, options: &Value) -> Result<Promise, JsValue> {
    let constructor = constructor().ok_or(JsValue::NULL)?;
    let parse: Function = Reflect::get(&constructor, &parse.into())?.dyn_into()?;
    let public_key = parse.call1(&constructor, &JSON::parse(&options.to_string())?)?;
    let request = Object::new();
    Reflect::set(&request, &"publicKey".into(), &public_key)?;
    let credentials = Reflect::get(&window().navigator(), &"credentials".into())?;
    let method: Function = Reflect::get(&credentials, &method.into())?.dyn_into()?;
    method.call1(&credentials, &request)?.dyn_into()
}

fn to_json_text(credential: &JsValue) -> Result<String, JsValue> {
    let to_json: Function = Reflect::get(credential, &"toJSON".into())?.dyn_into()?;
    JSON::stringify(&to_json.call0(credential)?).map(String::from)
}
