//! Requesting a link to reset a forgotten password. The answer does not reveal whether the user exists.

use super::Card;
use crate::{
    api::Api,
    i18n::*,
    ui::{
        error_message::{ErrorMessage, failure_text},
        field::TextField,
        form::Form,
        page_head::Heading,
    },
};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::components::A;
use seatkeeper_shared::{validate, wire::password_links::ForgotPassword};

#[component]
pub fn ForgotPage() -> impl IntoView {
    let i18n = use_i18n();
    let sent = RwSignal::new(false);
    view! {
        <Card>
            <Heading title=Signal::derive(move || t_string!(i18n, auth.forgot_title).to_owned()) />
            <Show when=move || sent.get() fallback=move || view! { <Entry sent /> }>
                <p role="status">{t!(i18n, auth.forgot_sent)}</p>
            </Show>
            <A href="/sign-in" attr:class="auth-link">
                {t!(i18n, auth.to_sign_in)}
            </A>
        </Card>
    }
    .into_any()
}

#[component]
fn Entry(
    /// Set once the link has been requested.
    sent: RwSignal<bool>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (api, form, email) = (Api::get(), Form::default(), RwSignal::new(String::new()));
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let body = ForgotPassword { email: email.get_untracked() };
        if form.begin([("email", validate::email(&body.email).err())]) {
            spawn_local(async move {
                match api.post::<()>("/forgot-password", &body).await {
                    Ok(()) => sent.set(true),
                    Err(failure) => form.failed(failure),
                }
            });
        }
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <p class="muted">{t!(i18n, auth.forgot_text)}</p>
            <TextField
                label=Signal::derive(move || t_string!(i18n, auth.email).to_owned())
                value=email
                kind="email"
                name="email"
                autocomplete="username"
                error=form.error("email")
                autofocus=true
            />
            <ErrorMessage text=Signal::derive(move || failure_text(i18n, form.failure())) />
            <button type="submit" class="button primary large" aria-disabled=move || form.busy().to_string()>
                {t!(i18n, auth.forgot_send)}
            </button>
        </form>
    }
}
