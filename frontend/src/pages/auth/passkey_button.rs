//! Sign-in with a passkey: one click, without password and second step.

use crate::{
    api::{Api, Failure},
    caller::Caller,
    i18n::*,
    passkey::{self, PasskeyError},
    ui::{
        error_message::{ErrorMessage, failure_text},
        form::Form,
        icon::{Glyph, Icon},
    },
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::wire::{
    account::Me,
    passkeys::{PasskeyOptions, PasskeySignIn},
};

/// The button; nothing if the browser does not support passkeys.
#[component]
pub fn PasskeyButton() -> impl IntoView {
    let i18n = use_i18n();
    let (api, caller, form) = (Api::get(), Caller::get(), Form::default());
    let passkey_error = RwSignal::new(None::<PasskeyError>);
    let start = move |_| {
        if form.begin([]) {
            passkey_error.set(None);
            spawn_local(async move {
                match sign_in(api).await {
                    Ok(Ok(me)) => caller.set_signed_in(me),
                    Ok(Err(error)) => {
                        form.done();
                        passkey_error.set(Some(error));
                    }
                    Err(failure) => form.failed(failure),
                }
            });
        }
    };
    let wrong = move || match passkey_error.get() {
        Some(PasskeyError::Cancelled) => Some(t_string!(i18n, passkeys.cancelled).to_owned()),
        Some(PasskeyError::Unsupported) => Some(t_string!(i18n, passkeys.unsupported).to_owned()),
        None => failure_text(i18n, form.failure()),
    };
    passkey::supported().then(|| {
        view! {
            <div class="form">
                <ErrorMessage text=Signal::derive(wrong) />
                <button type="button" class="button large" aria-disabled=move || form.busy().to_string() on:click=start>
                    <Icon glyph=Glyph::Key />
                    {t!(i18n, passkeys.sign_in)}
                </button>
            </div>
        }
    })
}

async fn sign_in(api: Api) -> Result<Result<Me, PasskeyError>, Failure> {
    let asked = api.post::<PasskeyOptions>("/sign-in/passkey/begin", &()).await?;
    match passkey::sign(&asked.options).await {
        Ok(credential) => api.post("/sign-in/passkey", &PasskeySignIn { credential }).await.map(Ok),
        Err(error) => Ok(Err(error)),
    }
}
