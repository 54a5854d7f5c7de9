//! The page for users who must set up a second factor before they can use the app.

use super::Card;
use crate::{
    i18n::*,
    pages::profile::{passkeys::PasskeysSheet, second_factor::SecondFactorSheet},
    shell::sign_out,
    text::text,
    ui::{
        form_dialog::{DialogHost, Dialogs},
        page_head::Heading,
    },
    verify::VerifyDialog,
};
use leptos::{context::Provider, prelude::*};

/// Shown in place of all other pages.
#[component]
pub fn SecondFactorRequired() -> impl IntoView {
    let i18n = use_i18n();
    let sign_out = sign_out::handler();
    view! {
        <Provider value=Dialogs::default()>
            <Card wide=true>
                <Heading title=text!(factor.must_title) />
                <p>{t!(i18n, factor.must_text)}</p>
                <SecondFactorSheet />
                <PasskeysSheet />
                <button type="button" class="link auth-link" on:click=sign_out>
                    {t!(i18n, shell.sign_out)}
                </button>
            </Card>
            <DialogHost />
            <VerifyDialog />
        </Provider>
    }
    .into_any()
}
