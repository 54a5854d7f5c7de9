//! For those who are signed in and have to set up a second factor before anything else.

use super::Card;
use crate::{
    api::Api,
    caller::Caller,
    i18n::*,
    pages::profile::{passkeys::PasskeysSheet, second_factor::SecondFactorSheet},
    ui::head::Heading,
};
use leptos::{prelude::*, task::spawn_local};

/// In the place of all pages.
#[component]
pub fn MustSetUp() -> impl IntoView {
    let i18n = use_i18n();
    let (api, caller) = (Api::get(), Caller::get());
    let sign_out = move |_| {
        spawn_local(async move {
            // Signed out here in any case; the server forgets the session by itself in time.
            let _ = api.post::<()>("/sign-out", &()).await;
            caller.gone();
        });
    };
    view! {
        <Card wide=true>
            <Heading title=Signal::derive(move || t_string!(i18n, factor.must_title).to_owned()) />
            <p>{t!(i18n, factor.must_text)}</p>
            <SecondFactorSheet />
            <PasskeysSheet />
            <button type="button" class="link gate-link" on:click=sign_out>
                {t!(i18n, shell.sign_out)}
            </button>
        </Card>
    }
    .into_any()
}
