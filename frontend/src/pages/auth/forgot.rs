//! Requesting a link to reset a forgotten password. The answer does not reveal whether the user exists.

use super::{AuthForm, Card};
use crate::{
    i18n::*,
    text::text,
    ui::{field::TextField, form::Form, page_head::Heading, show::Show},
};
use leptos::prelude::*;
use leptos_router::components::A;
use seatkeeper_shared::{endpoints, validate, wire::password_links::ForgotPassword};

#[component]
pub fn ForgotPage() -> impl IntoView {
    let i18n = use_i18n();
    let sent = RwSignal::new(false);
    view! {
        <Card>
            <Heading title=text!(auth.forgot_title) />
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
    let (form, email) = (Form::default(), RwSignal::new(String::new()));
    let submit = move |()| {
        let body = ForgotPassword { email: email.get_untracked() };
        let checks = [("email", validate::email(&body.email).err())];
        form.submit(
            checks,
            || endpoints::sign_in::forgot_password(&body),
            move |()| {
                sent.try_set(true);
            },
        );
    };
    view! {
        <AuthForm form submit confirm=text!(auth.forgot_send)>
            <p class="muted">{t!(i18n, auth.forgot_text)}</p>
            <TextField
                label=text!(auth.email)
                value=email
                kind="email"
                name="email"
                autocomplete="username"
                form
                autofocus=true
            />
        </AuthForm>
    }
}
