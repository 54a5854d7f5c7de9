//! Sign-in through a provider, with a passkey, or with e-mail address, password and possibly a second step. Afterwards
//! the user is sent to the page they wanted.

use super::{
    Card,
    passkey_button::PasskeyButton,
    providers::{Providers, SignInError},
    second_step::SecondStepForm,
};
use crate::{
    api::Api,
    caller::{Caller, CallerState},
    i18n::*,
    shell::start_page,
    ui::{
        error_message::{ErrorMessage, failure_text},
        field::TextField,
        form::Form,
        page_head::Heading,
    },
};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::{
    NavigateOptions,
    components::A,
    hooks::{use_navigate, use_query_map},
};
use seatkeeper_shared::{
    validate::{FieldError, is_app_path},
    wire::{
        account::{SetupState, SignIn},
        providers::SignInOptions,
        second_factor::{SecondFactorNeeded, SignedIn},
    },
};

#[component]
pub fn SignInPage() -> impl IntoView {
    let i18n = use_i18n();
    let (api, caller) = (Api::get(), Caller::get());
    let mails = RwSignal::new(false);
    // Until the server answers, and if it does not: password only.
    let options = RwSignal::new(SignInOptions { passwords: true, providers: Vec::new() });
    let pending_factor = RwSignal::new(None::<SecondFactorNeeded>);
    spawn_local(async move {
        if let Ok(state) = api.read::<SetupState>("/setup").await {
            mails.try_set(state.mails);
        }
    });
    spawn_local(async move {
        if let Ok(answer) = api.read::<SignInOptions>("/sign-in-options").await {
            options.try_set(answer);
        }
    });
    redirect_when_signed_in(caller);
    let passwords = Memo::new(move |_| options.with(|options| options.passwords));
    let first = move || {
        view! {
            <Heading title=Signal::derive(move || t_string!(i18n, auth.sign_in_title).to_owned()) />
            <SignInError options />
            <Providers options />
            <Show
                when=move || passwords.get()
                fallback=move || {
                    view! {
                        <details>
                            <summary>{t!(i18n, sign_in.emergency)}</summary>
                            <PasswordForm pending_factor />
                            <PasskeyButton />
                        </details>
                    }
                }
            >
                <PasswordForm pending_factor />
                <PasskeyButton />
                <Show
                    when=move || mails.get()
                    fallback=move || view! { <p class="auth-hint">{t!(i18n, auth.forgot)}</p> }
                >
                    <A href="/forgot-password" attr:class="auth-link">
                        {t!(i18n, auth.forgot_link)}
                    </A>
                </Show>
            </Show>
        }
        .into_any()
    };
    let back = Callback::new(move |()| pending_factor.set(None));
    view! {
        <Card>
            {move || match pending_factor.get() {
                None => first(),
                Some(needed) => view! { <SecondStepForm needed back /> }.into_any(),
            }}
        </Card>
    }
    .into_any()
}

/// The form for e-mail address and password. `pending_factor` is set if a second factor is needed as well.
#[component]
fn PasswordForm(pending_factor: RwSignal<Option<SecondFactorNeeded>>) -> impl IntoView {
    let i18n = use_i18n();
    let (api, caller, form) = (Api::get(), Caller::get(), Form::default());
    let (email, password) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let missing = |text: &str| text.trim().is_empty().then_some(FieldError::Required);
        let body = SignIn { email: email.get_untracked(), password: password.get_untracked() };
        if form.begin([("email", missing(&body.email)), ("password", missing(&body.password))]) {
            spawn_local(async move {
                match api.post::<SignedIn>("/sign-in", &body).await {
                    Ok(SignedIn::Done(me)) => caller.set_signed_in(*me),
                    Ok(SignedIn::NeedsSecondFactor(needed)) => {
                        form.done();
                        pending_factor.set(Some(needed));
                    }
                    Err(failure) => form.failed(failure),
                }
            });
        }
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <TextField
                label=Signal::derive(move || t_string!(i18n, auth.email).to_owned())
                value=email
                kind="email"
                name="email"
                autocomplete="username"
                error=form.error("email")
                autofocus=true
            />
            <TextField
                label=Signal::derive(move || t_string!(i18n, auth.password).to_owned())
                value=password
                kind="password"
                name="password"
                autocomplete="current-password"
                error=form.error("password")
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
