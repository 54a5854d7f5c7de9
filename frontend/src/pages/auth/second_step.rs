//! The second step of the sign-in: a code of the authenticator app, or a recovery code.

use super::{AuthForm, passkey_button::PasskeyButton};
use crate::{
    api::{Api, Failure},
    caller::Caller,
    i18n::*,
    text::text,
    ui::{field::TextField, focus::focus_on, form::Form, page_head::Heading},
};
use leptos::prelude::*;
use seatkeeper_shared::{
    endpoints,
    problem::Code,
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
    let caller = Caller::get();
    let way = if needed.code {
        view! { <CodeForm challenge=needed.challenge /> }.into_any()
    } else {
        view! {
            <p>{t!(i18n, factor.step_passkey)}</p>
            <PasskeyButton label=text!(passkeys.sign_in) large=true done=move |me| caller.set_signed_in(me) />
        }
        .into_any()
    };
    view! {
        <Heading title=text!(factor.step_title) />
        {way}
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
    let (api, caller, form) = (Api::get(), Caller::get(), Form::default().shows_at("code", Code::WrongCode));
    let code = RwSignal::new(String::new());
    focus_on("input[name=code]");
    let submit = move |()| {
        let body = SecondStep { challenge: challenge.clone(), code: code.get_untracked() };
        let checks = [("code", body.code.trim().is_empty().then_some(FieldError::Required))];
        form.run(checks, send_code(api, body, code), move |me| caller.set_signed_in(me));
    };
    view! {
        <AuthForm form submit confirm=text!(auth.sign_in) busy=text!(auth.signing_in)>
            <p>{t!(i18n, factor.step_text)}</p>
            <TextField
                label=text!(factor.code)
                value=code
                name="code"
                autocomplete="one-time-code"
                hint=text!(factor.step_hint)
                form
            />
        </AuthForm>
    }
}

/// Sends the code. A wrong one is removed from the field: it is not corrected, but replaced by the next.
async fn send_code(api: Api, body: SecondStep, field: RwSignal<String>) -> Result<Me, Failure> {
    let answer = api.send(endpoints::sign_in::second_step(&body)).await;
    if answer.as_ref().is_err_and(|failure| failure.code() == Some(Code::WrongCode)) {
        field.try_set(String::new());
    }
    answer
}
