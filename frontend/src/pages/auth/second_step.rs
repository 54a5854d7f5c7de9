//! The second step of the sign-in: a code of the authenticator app, or a recovery code.

use crate::{
    api::Api,
    caller::Caller,
    i18n::*,
    ui::{
        error_message::{ErrorMessage, failure_text},
        field::TextField,
        focus::focus_on,
        form::Form,
        page_head::Heading,
    },
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    validate::FieldError,
    wire::{
        account::Me,
        second_factor::{SecondFactorNeeded, SecondStep},
    },
};

/// Replaces the form for e-mail address and password once these were correct.
#[component]
pub fn SecondStepForm(
    /// The challenge of the first step.
    needed: SecondFactorNeeded,
    /// Called to start over.
    back: Callback<()>,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <Heading title=Signal::derive(move || t_string!(i18n, factor.step_title).to_owned()) />
        {if needed.code {
            view! { <CodeForm challenge=needed.challenge /> }.into_any()
        } else {
            view! { <p>{t!(i18n, factor.step_passkey)}</p> }.into_any()
        }}
        <button type="button" class="link auth-link" on:click=move |_| back.run(())>
            {t!(i18n, factor.step_back)}
        </button>
    }
}

#[component]
fn CodeForm(
    /// The challenge of the first step.
    challenge: String,
) -> impl IntoView {
    let i18n = use_i18n();
    let (api, caller, form, code) = (Api::get(), Caller::get(), Form::default(), RwSignal::new(String::new()));
    focus_on("input[name=code]");
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let body = SecondStep { challenge: challenge.clone(), code: code.get_untracked() };
        if form.begin([("code", body.code.trim().is_empty().then_some(FieldError::Required))]) {
            spawn_local(async move {
                match api.post::<Me>("/sign-in/second-factor", &body).await {
                    Ok(me) => caller.set_signed_in(me),
                    Err(failure) => {
                        code.set(String::new());
                        form.failed(failure);
                        focus_on("input[name=code]");
                    }
                }
            });
        }
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <p>{t!(i18n, factor.step_text)}</p>
            <TextField
                label=Signal::derive(move || t_string!(i18n, factor.code).to_owned())
                value=code
                name="code"
                autocomplete="one-time-code"
                hint=Signal::derive(move || Some(t_string!(i18n, factor.step_hint).to_owned()))
                error=form.error("code")
            />
            <ErrorMessage text=Signal::derive(move || failure_text(i18n, form.failure())) />
            <button type="submit" class="button primary large" aria-disabled=move || form.busy().to_string()>
                {move || {
                    if form.busy() { t_string!(i18n, auth.signing_in) } else { t_string!(i18n, auth.sign_in) }
                }}
            </button>
        </form>
    }
}
