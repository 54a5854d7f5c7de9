//! The page for users who must set up a second factor before they can use the app.

use super::Card;
use crate::{
    api::Api,
    caller::Caller,
    i18n::*,
    pages::profile::{passkeys::PasskeysSheet, second_factor::SecondFactorSheet},
    ui::page_head::Heading,
};
use leptos::{prelude::*, task::spawn_local};

/// Shown in place of all other pages.
#[component]
pub fn SecondFactorRequired() -> impl IntoView {
    let i18n = use_i18n();
    let (api, caller) = (Api::get(), Caller::get());
    let sign_out = move |_| {
        spawn_local(async move {
            // If the request fails, the browser session expires on the server by itself.
            let _ = api.post::<()>("/sign-out", &()).await;
            caller.set_signed_out();
        });
    };
    view! {
        <Card wide=true>
            <Heading title=Signal::derive(move || t_string!(i18n, factor.must_title).to_owned()) />
            <p>{t!(i18n, factor.must_text)}</p>
            <SecondFactorSheet />
            <PasskeysSheet />
            <button type="button" class="link auth-link" on:click=sign_out>
                {t!(i18n, shell.sign_out)}
            </button>
        </Card>
    }
    .into_any()
}
