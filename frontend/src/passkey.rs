//! Passkeys: what the browser's own functions make of the server's questions (WebAuthn level 3).

use js_sys::{Function, JSON, Object, Promise, Reflect};
use leptos::prelude::window;
use serde_json::Value;
use wasm_bindgen::{JsCast as _, JsValue};

/// Why there is no passkey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoPasskey {
    /// The browser has none here: it is too old, or the page is not under https.
    Unsupported,
    /// Somebody called it off, or the device has none.
    CalledOff,
}

/// Whether the browser has passkeys here.
pub fn supported() -> bool {
    constructor().is_some_and(|found| Reflect::has(&found, &"parseCreationOptionsFromJSON".into()).unwrap_or(false))
}

/// Lets the browser make a passkey.
///
/// # Errors
/// There is none.
pub async fn make(options: &Value) -> Result<Value, NoPasskey> {
    ask("parseCreationOptionsFromJSON", "create", options).await
}

/// Lets the browser sign with a passkey.
///
/// # Errors
/// There is none.
pub async fn sign(options: &Value) -> Result<Value, NoPasskey> {
    ask("parseRequestOptionsFromJSON", "get", options).await
}

async fn ask(parse: &str, act: &str, options: &Value) -> Result<Value, NoPasskey> {
    let promise = begin(parse, act, options).map_err(|_| NoPasskey::Unsupported)?;
    let credential = promise.await.map_err(|_| NoPasskey::CalledOff)?;
    let text = written(&credential).map_err(|_| NoPasskey::Unsupported)?;
    serde_json::from_str(&text).map_err(|_| NoPasskey::Unsupported)
}

fn constructor() -> Option<JsValue> {
    Reflect::get(&window(), &"PublicKeyCredential".into()).ok().filter(|found| !found.is_undefined())
}

fn begin(parse: &str, act: &str, options: &Value) -> Result<Promise, JsValue> {
    let constructor = constructor().ok_or(JsValue::NULL)?;
    let parse: Function = Reflect::get(&constructor, &parse.into())?.dyn_into()?;
    let public_key = parse.call1(&constructor, &JSON::parse(&options.to_string())?)?;
    let wanted = Object::new();
    Reflect::set(&wanted, &"publicKey".into(), &public_key)?;
    let credentials = Reflect::get(&window().navigator(), &"credentials".into())?;
    let act: Function = Reflect::get(&credentials, &act.into())?.dyn_into()?;
    act.call1(&credentials, &wanted)?.dyn_into()
}

fn written(credential: &JsValue) -> Result<String, JsValue> {
    let to_json: Function = Reflect::get(credential, &"toJSON".into())?.dyn_into()?;
    JSON::stringify(&to_json.call0(credential)?).map(String::from)
}
