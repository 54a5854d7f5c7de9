//! Setting up the authenticator app: the secret as QR code and text, confirmed by the first code.

use super::SetupStep;
use crate::{
    api::Api,
    i18n::*,
    ui::{
        error_message::{ErrorMessage, failure_text},
        field::TextField,
        focus::restore_focus,
        form::Form,
    },
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    validate::FieldError,
    wire::second_factor::{ConfirmSecondFactor, RecoveryCodes, SecondFactorSetup},
};

#[component]
pub(super) fn Start(
    /// The state of the second factor.
    step: RwSignal<SetupStep>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (api, form) = (Api::get(), Form::default());
    let start = move |_| {
        if form.begin([]) {
            spawn_local(async move {
                match api.post::<SecondFactorSetup>("/me/second-factor", &()).await {
                    Ok(started) => {
                        step.set(SetupStep::Started(started));
                        restore_focus("#second-factor-sheet input");
                    }
                    Err(failure) => form.failed(failure),
                }
            });
        }
    };
    view! {
        <ErrorMessage text=Signal::derive(move || failure_text(i18n, form.failure())) />
        <div class="acts">
            <button type="button" class="button primary" aria-disabled=move || form.busy().to_string() on:click=start>
                {t!(i18n, factor.start)}
            </button>
        </div>
    }
}

#[component]
pub(super) fn Confirm(
    /// The secret for the app.
    started: SecondFactorSetup,
    /// The state of the second factor.
    step: RwSignal<SetupStep>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (api, form, code) = (Api::get(), Form::default(), RwSignal::new(String::new()));
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let body = ConfirmSecondFactor { code: code.get_untracked() };
        if form.begin([("code", body.code.trim().is_empty().then_some(FieldError::Required))]) {
            spawn_local(async move {
                match api.post::<RecoveryCodes>("/me/second-factor/confirm", &body).await {
                    Ok(codes) => {
                        step.set(SetupStep::Fresh(codes.recovery_codes));
                        restore_focus("#second-factor-title");
                    }
                    Err(failure) => form.failed(failure),
                }
            });
        }
    };
    let cancel = move |_| {
        step.set(SetupStep::Off);
        restore_focus("#second-factor-sheet button");
    };
    // As a `data:` URL and not as inline markup, so that nothing in it can run as script.
    let picture = started.picture.map(|svg| format!("data:image/svg+xml,{}", js_sys::encode_uri_component(&svg)));
    view! {
        <form class="form" novalidate on:submit=submit>
            <p>{t!(i18n, factor.scan)}</p>
            {picture.map(|src| view! { <img class="qr" src=src alt=move || t_string!(i18n, factor.picture) /> })}
            <p>{t!(i18n, factor.or_type)}</p>
            <p class="secret" data-secret=started.secret.clone()>
                {group_by_four(&started.secret)}
            </p>
            <TextField
                label=Signal::derive(move || t_string!(i18n, factor.code).to_owned())
                value=code
                name="code"
                autocomplete="one-time-code"
                hint=Signal::derive(move || Some(t_string!(i18n, factor.confirm_hint).to_owned()))
                error=form.error("code")
            />
            <ErrorMessage text=Signal::derive(move || failure_text(i18n, form.failure())) />
            <div class="acts">
                <button type="button" class="button" on:click=cancel>
                    {t!(i18n, common.cancel)}
                </button>
                <button type="submit" class="button primary" aria-disabled=move || form.busy().to_string()>
                    {t!(i18n, factor.confirm)}
                </button>
            </div>
        </form>
    }
}

/// Groups a long secret by four characters for reading.
fn group_by_four(secret: &str) -> String {
    let characters: Vec<_> = secret.chars().collect();
    characters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}
