//! The target of an invitation or password reset link: the user sets a password and is signed in.

use super::Card;
use crate::{
    api::{Api, Failure},
    caller::Caller,
    i18n::*,
    labels,
    ui::{
        empty_state::Skeleton,
        error_message::{ErrorMessage, failure_text},
        field::TextField,
        form::Form,
        page_head::Heading,
    },
};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::{NavigateOptions, components::A, hooks::use_navigate};
use seatkeeper_shared::{
    validate,
    wire::{
        account::{Me, SignIn},
        password_links::{PasswordLinkView, PreviewPasswordLink, RedeemPasswordLink},
    },
};

#[component]
pub fn JoinAccountPage() -> impl IntoView {
    let api = Api::get();
    let link = RwSignal::new(None::<Result<PasswordLinkView, Failure>>);
    // In the fragment, which browsers do not send to servers.
    let secret = window().location().hash().unwrap_or_default().trim_start_matches('#').to_owned();
    let open = PreviewPasswordLink { secret: secret.clone() };
    spawn_local(async move {
        let answer = api.post::<PasswordLinkView>("/links/preview", &open).await;
        link.try_set(Some(answer));
    });
    view! {
        <Card>
            {move || match link.get() {
                None => view! { <Skeleton rows=3 /> }.into_any(),
                Some(Ok(link)) => view! { <Entry link secret=secret.clone() /> }.into_any(),
                Some(Err(failure)) => view! { <InvalidLink failure /> }.into_any(),
            }}
        </Card>
    }
    .into_any()
}

/// Says that the link is invalid, and what to do.
#[component]
fn InvalidLink(
    /// Why the server rejected the link.
    failure: Failure,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <Heading title=Signal::derive(move || t_string!(i18n, auth.link_not_good).to_owned()) />
        <p role="alert">{move || labels::failure(i18n, &failure)}</p>
        <p class="muted">{t!(i18n, auth.link_what_now)}</p>
        <A href="/sign-in" attr:class="button">
            {t!(i18n, auth.to_sign_in)}
        </A>
    }
}

#[component]
fn Entry(
    link: PasswordLinkView,
    /// The secret of the link.
    secret: String,
) -> impl IntoView {
    let i18n = use_i18n();
    let (api, caller, form, navigate) = (Api::get(), Caller::get(), Form::default(), use_navigate());
    let password = RwSignal::new(String::new());
    let (min_length, email, invites) = (link.password_min, link.email.clone(), link.invites);
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let (navigate, email) = (navigate.clone(), email.clone());
        let body = RedeemPasswordLink { secret: secret.clone(), password: password.get_untracked() };
        if form.begin([("password", validate::password_with_min(&body.password, min_length).err())]) {
            spawn_local(async move {
                if let Err(failure) = api.post::<()>("/links/use", &body).await {
                    return form.failed(failure);
                }
                let sign_in = SignIn { email, password: body.password };
                let to = match api.post::<Me>("/sign-in", &sign_in).await {
                    Ok(me) => {
                        caller.set_signed_in(me);
                        "/"
                    }
                    Err(_) => "/sign-in",
                };
                navigate(to, NavigateOptions { replace: true, ..NavigateOptions::default() });
            });
        }
    };
    let title =
        move || if invites { t_string!(i18n, auth.join_title) } else { t_string!(i18n, auth.reset_title) }.to_owned();
    let (name, account, shown_email) = (link.name, link.account_name, link.email);
    view! {
        <Heading title=Signal::derive(title) />
        <p class="muted">
            {move || t_string!(i18n, auth.join_text, name = name.clone(), account = account.clone())}
        </p>
        <form class="form" novalidate on:submit=submit>
            <TextField
                label=Signal::derive(move || t_string!(i18n, auth.email).to_owned())
                value=RwSignal::new(shown_email)
                kind="email"
                name="email"
                autocomplete="username"
                readonly=true
            />
            <TextField
                label=Signal::derive(move || t_string!(i18n, auth.new_password).to_owned())
                value=password
                kind="password"
                name="password"
                autocomplete="new-password"
                hint=Signal::derive(move || Some(t_string!(i18n, auth.password_hint, min = min_length)))
                error=form.error("password")
                autofocus=true
            />
            <ErrorMessage text=Signal::derive(move || failure_text(i18n, form.failure())) />
            <button type="submit" class="button primary large" aria-disabled=move || form.busy().to_string()>
                {t!(i18n, auth.set_password)}
            </button>
        </form>
    }
}
