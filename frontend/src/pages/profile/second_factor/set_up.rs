//! Setting up the app: the secret as a picture and as text, and the first code.

use super::Step;
use crate::{
    api::Api,
    i18n::*,
    ui::{
        face::{Wrong, usual},
        field::TextField,
        form::Form,
    },
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    validate::FieldError,
    wire::second_factor::{ConfirmFactor, FactorStarted, RecoveryCodes},
};

#[component]
pub(super) fn Start(
    /// How far one is.
    step: RwSignal<Step>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (api, form) = (Api::get(), Form::default());
    let start = move |_| {
        if form.begin([]) {
            spawn_local(async move {
                match api.post::<FactorStarted>("/me/second-factor", &()).await {
                    Ok(started) => step.set(Step::Started(started)),
                    Err(failure) => form.failed(failure),
                }
            });
        }
    };
    view! {
        <Wrong text=Signal::derive(move || usual(i18n, form.failure())) />
        <div class="acts">
            <button type="button" class="button primary" aria-disabled=move || form.busy().to_string() on:click=start>
                {t!(i18n, factor.start)}
            </button>
        </div>
    }
}

#[component]
pub(super) fn Confirm(
    /// The secret.
    started: FactorStarted,
    /// How far one is.
    step: RwSignal<Step>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (api, form, code) = (Api::get(), Form::default(), RwSignal::new(String::new()));
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let body = ConfirmFactor { code: code.get_untracked() };
        if form.begin([("code", body.code.trim().is_empty().then_some(FieldError::Required))]) {
            spawn_local(async move {
                match api.post::<RecoveryCodes>("/me/second-factor/confirm", &body).await {
                    Ok(codes) => step.set(Step::Fresh(codes.recovery_codes)),
                    Err(failure) => form.failed(failure),
                }
            });
        }
    };
    // A picture from an address and not as markup: nothing in it can run.
    let picture = started.picture.map(|svg| format!("data:image/svg+xml,{}", js_sys::encode_uri_component(&svg)));
    view! {
        <form class="form" novalidate on:submit=submit>
            <p>{t!(i18n, factor.scan)}</p>
            {picture.map(|src| view! { <img class="qr" src=src alt=move || t_string!(i18n, factor.picture) /> })}
            <p>{t!(i18n, factor.or_type)}</p>
            <p class="secret" data-secret=started.secret.clone()>
                {fours(&started.secret)}
            </p>
            <TextField
                label=Signal::derive(move || t_string!(i18n, factor.code).to_owned())
                value=code
                name="code"
                autocomplete="one-time-code"
                hint=Signal::derive(move || Some(t_string!(i18n, factor.confirm_hint).to_owned()))
                error=form.error("code")
            />
            <Wrong text=Signal::derive(move || usual(i18n, form.failure())) />
            <div class="acts">
                <button type="button" class="button" on:click=move |_| step.set(Step::Off)>
                    {t!(i18n, common.cancel)}
                </button>
                <button type="submit" class="button primary" aria-disabled=move || form.busy().to_string()>
                    {t!(i18n, factor.confirm)}
                </button>
            </div>
        </form>
    }
}

/// Long signs are read in fours.
fn fours(secret: &str) -> String {
    let signs: Vec<_> = secret.chars().collect();
    signs.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}
