//! Sign-in: through a provider, with a passkey, or with e-mail and password and perhaps a second step; then on to where one
//! wanted to go.

use super::{
    Card,
    providers::{Providers, Trouble},
    second_step::SecondStepForm,
    with_passkey::WithPasskey,
};
use crate::{
    api::Api,
    caller::{Caller, Who},
    i18n::*,
    shell::start_of,
    ui::{
        face::{Wrong, usual},
        field::TextField,
        form::Form,
        head::Heading,
    },
};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::{
    NavigateOptions,
    components::A,
    hooks::{use_navigate, use_query_map},
};
use seatkeeper_shared::{
    validate::{FieldError, is_own_page},
    wire::{
        account::{SetupState, SignIn},
        providers::SignInOptions,
        second_factor::{SecondFactorNeeded, SignedIn},
    },
};

/// The page.
#[component]
pub fn SignInPage() -> impl IntoView {
    let i18n = use_i18n();
    let (api, caller) = (Api::get(), Caller::get());
    let mails = RwSignal::new(false);
    // As long as nothing is known, and if nothing can be: a password.
    let options = RwSignal::new(SignInOptions { passwords: true, providers: Vec::new() });
    let half = RwSignal::new(None::<SecondFactorNeeded>);
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
    go_on_when_signed_in(caller);
    let passwords = Memo::new(move |_| options.with(|options| options.passwords));
    let first = move || {
        view! {
            <Heading title=Signal::derive(move || t_string!(i18n, auth.sign_in_title).to_owned()) />
            <Trouble options />
            <Providers options />
            <Show
                when=move || passwords.get()
                fallback=move || {
                    view! {
                        <details>
                            <summary>{t!(i18n, sign_in.emergency)}</summary>
                            <PasswordForm half />
                            <WithPasskey />
                        </details>
                    }
                }
            >
                <PasswordForm half />
                <WithPasskey />
                <Show
                    when=move || mails.get()
                    fallback=move || view! { <p class="gate-hint">{t!(i18n, auth.forgot)}</p> }
                >
                    <A href="/forgot-password" attr:class="gate-link">
                        {t!(i18n, auth.forgot_link)}
                    </A>
                </Show>
            </Show>
        }
        .into_any()
    };
    let back = Callback::new(move |()| half.set(None));
    view! {
        <Card>
            {move || match half.get() {
                None => first(),
                Some(needed) => view! { <SecondStepForm needed back /> }.into_any(),
            }}
        </Card>
    }
    .into_any()
}

/// E-mail and password. If they are good and a second factor is needed, that is kept in `half`.
#[component]
fn PasswordForm(half: RwSignal<Option<SecondFactorNeeded>>) -> impl IntoView {
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
                    Ok(SignedIn::Done(me)) => caller.came(*me),
                    Ok(SignedIn::Half(needed)) => {
                        form.done();
                        half.set(Some(needed));
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
                first=true
            />
            <TextField
                label=Signal::derive(move || t_string!(i18n, auth.password).to_owned())
                value=password
                kind="password"
                name="password"
                autocomplete="current-password"
                error=form.error("password")
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

/// Only addresses of our own pages are followed.
fn go_on_when_signed_in(caller: Caller) {
    let (query, navigate) = (use_query_map(), use_navigate());
    let known = Memo::new(move |_| matches!(caller.who(), Who::Known(_)));
    Effect::new(move |_| {
        if known.get() {
            let back = query.read_untracked().get("back").filter(|back| is_own_page(back));
            let to = back.unwrap_or_else(|| start_of(caller).to_owned());
            navigate(&to, NavigateOptions { replace: true, ..NavigateOptions::default() });
        }
    });
}
