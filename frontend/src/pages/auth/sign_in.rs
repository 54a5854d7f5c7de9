//! Sign-in: e-mail and password, then perhaps a second step, then on to where one wanted to go.

use super::{Card, second_step::SecondStepForm, with_passkey::WithPasskey};
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
    validate::FieldError,
    wire::{
        account::{SetupState, SignIn},
        second_factor::{SecondFactorNeeded, SignedIn},
    },
};

/// The page.
#[component]
pub fn SignInPage() -> impl IntoView {
    let i18n = use_i18n();
    let (api, caller, form) = (Api::get(), Caller::get(), Form::default());
    let (email, password) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let mails = RwSignal::new(false);
    let half = RwSignal::new(None::<SecondFactorNeeded>);
    spawn_local(async move {
        if let Ok(state) = api.read::<SetupState>("/setup").await {
            mails.try_set(state.mails);
        }
    });
    go_on_when_signed_in(caller);
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
    let back = Callback::new(move |()| {
        password.set(String::new());
        half.set(None);
    });
    let first = move || {
        view! {
            <Heading title=Signal::derive(move || t_string!(i18n, auth.sign_in_title).to_owned()) />
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
            <WithPasskey />
            <Show
                when=move || mails.get()
                fallback=move || view! { <p class="gate-hint">{t!(i18n, auth.forgot)}</p> }
            >
                <A href="/forgot-password" attr:class="gate-link">
                    {t!(i18n, auth.forgot_link)}
                </A>
            </Show>
        }
        .into_any()
    };
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

/// Only addresses of our own pages are followed.
fn go_on_when_signed_in(caller: Caller) {
    let (query, navigate) = (use_query_map(), use_navigate());
    let known = Memo::new(move |_| matches!(caller.who(), Who::Known(_)));
    Effect::new(move |_| {
        if known.get() {
            let back = query.read_untracked().get("back").filter(|back| is_own(back));
            let to = back.unwrap_or_else(|| start_of(caller).to_owned());
            navigate(&to, NavigateOptions { replace: true, ..NavigateOptions::default() });
        }
    });
}

fn is_own(address: &str) -> bool {
    address.starts_with('/') && !address.starts_with("//") && !address.contains('\\')
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn the_way_back_never_leads_to_another_site() {
        assert!(is_own("/sessions?q=anja"));
        for bad in ["https://example.org", "//example.org", "/\\example.org", ""] {
            assert!(!is_own(bad), "{bad}");
        }
    }
}
