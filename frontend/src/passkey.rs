//! Passkeys through the browser's `navigator.credentials` (WebAuthn Level 3).

use crate::{
    api::{Api, Failure},
    format::Texts,
    i18n::*,
};
use js_sys::{Function, JSON, Object, Promise, Reflect};
use leptos::prelude::window;
use seatkeeper_shared::{
    endpoints,
    wire::{
        account::Me,
        passkeys::{NewPasskey, PasskeySignIn, PasskeyView},
    },
};
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

/// What came of asking the browser and then the server.
pub enum PasskeyOutcome<T> {
    Done(T),
    /// The browser returned no passkey, so the server was not asked.
    NoPasskey(PasskeyError),
}

impl PasskeyError {
    /// Why a sign-in with a passkey failed, in the user's language.
    pub fn sign_in_text(self, i18n: Texts) -> &'static str {
        match self {
            Self::Cancelled => t_string!(i18n, passkeys.cancelled),
            Self::Unsupported => t_string!(i18n, passkeys.unsupported),
        }
    }

    /// Why no passkey was added, in the user's language.
    pub fn add_text(self, i18n: Texts) -> &'static str {
        match self {
            Self::Cancelled => t_string!(i18n, passkeys.not_made),
            Self::Unsupported => t_string!(i18n, passkeys.unsupported),
        }
    }
}

/// Signs in with a passkey.
///
/// # Errors
/// Returns a [`Failure`] if the server refuses the passkey or cannot be reached.
pub async fn sign_in(api: Api) -> Result<PasskeyOutcome<Me>, Failure> {
    let asked = api.send(endpoints::sign_in::begin_passkey()).await?;
    match call("parseRequestOptionsFromJSON", "get", &asked.options).await {
        Ok(credential) => {
            api.send(endpoints::sign_in::with_passkey(&PasskeySignIn { credential })).await.map(PasskeyOutcome::Done)
        }
        Err(error) => Ok(PasskeyOutcome::NoPasskey(error)),
    }
}

/// Has the browser create a passkey, and adds it to those of the user.
///
/// # Errors
/// Returns a [`Failure`] if the server refuses the passkey or cannot be reached.
pub async fn add(api: Api, name: String) -> Result<PasskeyOutcome<PasskeyView>, Failure> {
    let asked = api.send(endpoints::passkeys::begin()).await?;
    match call("parseCreationOptionsFromJSON", "create", &asked.options).await {
        Ok(credential) => {
            api.send(endpoints::passkeys::add(&NewPasskey { name, credential })).await.map(PasskeyOutcome::Done)
        }
        Err(error) => Ok(PasskeyOutcome::NoPasskey(error)),
    }
}

/// Whether the browser supports passkeys on this page.
pub fn supported() -> bool {
    constructor().is_some_and(|found| Reflect::has(&found, &"parseCreationOptionsFromJSON".into()).unwrap_or(false))
}

/// Has the browser do something with a passkey by the server's options; returns the credential for the server.
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
