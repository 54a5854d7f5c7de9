//! Signing in with a passkey: one click, no password and no second step.

use crate::{
    api::{Api, Failure},
    caller::Caller,
    i18n::*,
    passkey::{self, NoPasskey},
    ui::{
        face::{Wrong, usual},
        form::Form,
        icon::{Glyph, Icon},
    },
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::wire::{
    account::Me,
    passkeys::{PasskeyOptions, PasskeySignIn},
};

/// The button, where the browser has passkeys.
#[component]
pub fn WithPasskey() -> impl IntoView {
    let i18n = use_i18n();
    let (api, caller, form) = (Api::get(), Caller::get(), Form::default());
    let none = RwSignal::new(None::<NoPasskey>);
    let start = move |_| {
        if form.begin([]) {
            none.set(None);
            spawn_local(async move {
                match signed_in(api).await {
                    Ok(Ok(me)) => caller.came(me),
                    Ok(Err(why)) => {
                        form.done();
                        none.set(Some(why));
                    }
                    Err(failure) => form.failed(failure),
                }
            });
        }
    };
    let wrong = move || match none.get() {
        Some(NoPasskey::CalledOff) => Some(t_string!(i18n, passkeys.called_off).to_owned()),
        Some(NoPasskey::Unsupported) => Some(t_string!(i18n, passkeys.unsupported).to_owned()),
        None => usual(i18n, form.failure()),
    };
    passkey::supported().then(|| {
        view! {
            <div class="form">
                <Wrong text=Signal::derive(wrong) />
                <button type="button" class="button large" aria-disabled=move || form.busy().to_string() on:click=start>
                    <Icon glyph=Glyph::Key />
                    {t!(i18n, passkeys.sign_in)}
                </button>
            </div>
        }
    })
}

async fn signed_in(api: Api) -> Result<Result<Me, NoPasskey>, Failure> {
    let asked = api.post::<PasskeyOptions>("/sign-in/passkey/begin", &()).await?;
    match passkey::sign(&asked.options).await {
        Ok(credential) => api.post("/sign-in/passkey", &PasskeySignIn { credential }).await.map(Ok),
        Err(why) => Ok(Err(why)),
    }
}
