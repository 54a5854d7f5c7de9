//! Sign-in through a provider, with a passkey, or with e-mail address, password and possibly a second step. Afterwards
//! the user is sent to the page they wanted.

use super::{
    AuthForm, Card,
    passkey_button::PasskeyButton,
    providers::{Providers, SignInError},
    second_step::SecondStepForm,
};
use crate::{
    caller::{Caller, CallerState, SignedOutReason},
    i18n::*,
    lazy_view,
    shell::{RedirectToSetup, start_page},
    text::text,
    ui::{field::TextField, form::Form, page_head::Heading, query::Query, show::Show},
};
use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    components::A,
    hooks::{use_navigate, use_query_map},
};
use seatkeeper_shared::{
    endpoints,
    validate::{FieldError, is_app_path},
    wire::{
        account::SignIn,
        providers::SignInOptions,
        second_factor::{SecondFactorNeeded, SignedIn},
    },
};

/// The state of the page.
#[derive(Clone, Copy)]
struct SignInState {
    caller: Caller,
    /// The ways to sign in. Until the server answers, and if it does not: by password only.
    options: Memo<SignInOptions>,
    email: RwSignal<String>,
    /// Set if a second factor is needed as well.
    pending_factor: RwSignal<Option<SecondFactorNeeded>>,
}

#[component]
pub fn SignInPage() -> impl IntoView {
    let caller = Caller::get();
    let options = Query::once(endpoints::sign_in::options());
    let only_password = || SignInOptions { passwords: true, providers: Vec::new() };
    let state = SignInState {
        caller,
        options: Memo::new(move |_| options.get().unwrap_or_else(only_password)),
        email: RwSignal::default(),
        pending_factor: RwSignal::new(None),
    };
    redirect_when_signed_in(caller);
    let is_set_up = Memo::new(move |_| caller.state() != CallerState::SetupNeeded);
    let back = Callback::new(move |()| state.pending_factor.set(None));
    let second_step = lazy_view!(second_step(needed: SecondFactorNeeded, back: Callback<()>) {
        view! { <SecondStepForm needed back /> }
    });
    let step = move || match state.pending_factor.get() {
        None => view! { <FirstStep state /> }.into_any(),
        Some(needed) => second_step(needed, back),
    };
    move || match is_set_up.get() {
        true => view! { <Card>{step}</Card> }.into_any(),
        false => view! { <RedirectToSetup /> }.into_any(),
    }
}

#[component]
fn FirstStep(
    /// The state of the page.
    state: SignInState,
) -> impl IntoView {
    let i18n = use_i18n();
    let passwords = Memo::new(move |_| state.options.with(|options| options.passwords));
    let by_passkey = move |me| state.caller.set_signed_in(me);
    let form = move || {
        view! {
            <PasswordForm state />
            <PasskeyButton label=text!(passkeys.sign_in) large=true done=by_passkey />
        }
        .into_any()
    };
    let emergency = move || {
        view! {
            <details>
                <summary>{t!(i18n, sign_in.emergency)}</summary>
                {form()}
            </details>
        }
    };
    view! {
        <Heading title=text!(auth.sign_in_title) />
        <SignedOutNote caller=state.caller />
        <SignInError options=state.options />
        <Providers options=state.options />
        <Show when=move || passwords.get() fallback=emergency>
            {form()}
            <ForgotPassword caller=state.caller />
        </Show>
    }
}

/// Tells a user who did not sign out themselves why they have to sign in again.
#[component]
fn SignedOutNote(
    /// The user.
    caller: Caller,
) -> impl IntoView {
    let i18n = use_i18n();
    let text = move |reason| match reason {
        SignedOutReason::Ended => t_string!(i18n, sign_in.ended),
        SignedOutReason::Revoked => t_string!(i18n, sign_in.revoked),
    };
    move || {
        let note = |reason| view! { <p class="note calm" role="status">{move || text(reason)}</p> };
        caller.signed_out_reason().map(note)
    }
}

/// The way to a new password.
#[component]
fn ForgotPassword(
    /// Knows whether the server sends e-mail.
    caller: Caller,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <Show
            when=move || caller.sends_mail()
            fallback=move || view! { <p class="auth-hint">{t!(i18n, auth.forgot)}</p> }
        >
            <A href="/forgot-password" attr:class="auth-link">
                {t!(i18n, auth.forgot_link)}
            </A>
        </Show>
    }
}

/// The form for e-mail address and password.
#[component]
fn PasswordForm(
    /// The state of the page.
    state: SignInState,
) -> impl IntoView {
    let (form, password) = (Form::default(), RwSignal::new(String::new()));
    let submit = move |()| {
        let missing = |text: &str| text.trim().is_empty().then_some(FieldError::Required);
        let body = SignIn { email: state.email.get_untracked(), password: password.get_untracked() };
        let checks = [("email", missing(&body.email)), ("password", missing(&body.password))];
        form.submit(
            checks,
            || endpoints::sign_in::with_password(&body),
            move |answer| match answer {
                SignedIn::Done(me) => state.caller.set_signed_in(*me),
                SignedIn::NeedsSecondFactor(needed) => drop(state.pending_factor.try_set(Some(needed))),
            },
        );
    };
    view! {
        <AuthForm form submit confirm=text!(auth.sign_in) busy=text!(auth.signing_in)>
            <TextField
                label=text!(auth.email)
                value=state.email
                kind="email"
                name="email"
                autocomplete="username"
                form
                autofocus=true
            />
            <TextField
                label=text!(auth.password)
                value=password
                kind="password"
                name="password"
                autocomplete="current-password"
                form
            />
        </AuthForm>
    }
}

/// Redirects to `back` of the query string once the user is signed in. Only paths of the app itself are followed.
fn redirect_when_signed_in(caller: Caller) {
    let (query, navigate) = (use_query_map(), use_navigate());
    let signed_in = Memo::new(move |_| matches!(caller.state(), CallerState::SignedIn(_)));
    Effect::new(move |_| {
        if signed_in.get() {
            let back = query.read_untracked().get("back").filter(|back| is_app_path(back));
            let to = back.unwrap_or_else(|| start_page(caller).to_owned());
            navigate(&to, NavigateOptions { replace: true, ..NavigateOptions::default() });
        }
    });
}
