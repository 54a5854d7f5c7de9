//! The second step of signing in: a code of the app, or a recovery code.

use crate::{
    api::Api,
    caller::Caller,
    i18n::*,
    ui::{
        face::{Wrong, usual},
        field::TextField,
        form::Form,
        head::Heading,
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

/// What stands in the place of e-mail and password once they were right.
#[component]
pub fn SecondStepForm(
    /// What is needed.
    needed: SecondFactorNeeded,
    /// Begins again.
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
        <button type="button" class="link gate-link" on:click=move |_| back.run(())>
            {t!(i18n, factor.step_back)}
        </button>
    }
}

#[component]
fn CodeForm(
    /// From the first step.
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
                    Ok(me) => caller.came(me),
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
            <Wrong text=Signal::derive(move || usual(i18n, form.failure())) />
            <button type="submit" class="button primary large" aria-disabled=move || form.busy().to_string()>
                {move || {
                    if form.busy() { t_string!(i18n, auth.signing_in) } else { t_string!(i18n, auth.sign_in) }
                }}
            </button>
        </form>
    }
}

/// Gives the focus to what appears in the next frame.
fn focus_on(selector: &'static str) {
    request_animation_frame(move || {
        use wasm_bindgen::JsCast as _;
        let found = document().query_selector(selector).ok().flatten();
        if let Some(field) = found.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok()) {
            // What is gone needs no focus.
            let _ = field.focus();
        }
    });
}
