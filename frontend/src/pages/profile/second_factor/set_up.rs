//! Setting up the authenticator app: the secret as QR code and text, confirmed by the first code.

use super::{SetupStep, SheetState};
use crate::{
    i18n::*,
    text::text,
    ui::{
        error_message::{ErrorMessage, failure_text},
        field::TextField,
        focus::restore_focus,
        form::Form,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{
    endpoints,
    problem::Code,
    validate::FieldError,
    wire::second_factor::{ConfirmSecondFactor, SecondFactorSetup},
};

#[component]
pub(super) fn Start(
    /// The state of the section.
    state: SheetState,
) -> impl IntoView {
    let i18n = use_i18n();
    let form = Form::default();
    let start = move |_| {
        form.submit([], endpoints::second_factor::start, move |started| {
            state.step.try_set(SetupStep::Started(started));
            restore_focus("#second-factor-sheet input");
        });
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
    /// The state of the section.
    state: SheetState,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, code) = (Form::default().shows_at("code", Code::WrongCode), RwSignal::new(String::new()));
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let body = ConfirmSecondFactor { code: code.get_untracked() };
        let checks = [("code", body.code.trim().is_empty().then_some(FieldError::Required))];
        form.submit(
            checks,
            || endpoints::second_factor::confirm(&body),
            move |codes| {
                state.step.try_set(SetupStep::NewCodes(codes.recovery_codes));
                restore_focus("#second-factor-title");
            },
        );
    };
    let cancel = move |_| {
        state.step.set(SetupStep::Idle);
        restore_focus("#second-factor-sheet button");
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <Secret started />
            <TextField
                label=text!(factor.code)
                value=code
                name="code"
                autocomplete="one-time-code"
                hint=text!(factor.confirm_hint)
                form
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

/// What the authenticator app needs: to scan, or to type.
#[component]
fn Secret(
    /// The secret for the app.
    started: SecondFactorSetup,
) -> impl IntoView {
    let i18n = use_i18n();
    let SecondFactorSetup { secret, picture, .. } = started;
    // As a `data:` URL and not as inline markup, so that nothing in it can run as script.
    let picture = picture.map(|svg| format!("data:image/svg+xml,{}", js_sys::encode_uri_component(&svg)));
    let grouped = group_by_four(&secret);
    view! {
        <p>{t!(i18n, factor.scan)}</p>
        {picture.map(|src| view! { <img class="qr" src=src alt=move || t_string!(i18n, factor.picture) /> })}
        <p>{t!(i18n, factor.or_type)}</p>
        <p class="secret" data-secret=secret>
            {grouped}
        </p>
    }
}

/// Groups a long secret by four characters for reading.
fn group_by_four(secret: &str) -> String {
    let characters: Vec<_> = secret.chars().collect();
    characters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}
