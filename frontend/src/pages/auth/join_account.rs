//! Behind a link: whoever was invited, or forgot his password, sets it and is signed in.

use super::Card;
use crate::{
    api::{Api, Failure},
    caller::Caller,
    i18n::*,
    ui::{
        face::{Skeleton, Wrong, usual},
        field::TextField,
        form::Form,
        head::Heading,
    },
    words,
};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::{NavigateOptions, components::A, hooks::use_navigate};
use seatkeeper_shared::{
    validate,
    wire::{
        account::{Me, SignIn},
        links::{LinkView, OpenLink, UseLink},
    },
};

/// The page.
#[component]
pub fn JoinAccountPage() -> impl IntoView {
    let api = Api::get();
    let found = RwSignal::new(None::<Result<LinkView, Failure>>);
    // After the `#`: the browser sends that to no server by itself.
    let secret = window().location().hash().unwrap_or_default().trim_start_matches('#').to_owned();
    let open = OpenLink { secret: secret.clone() };
    spawn_local(async move {
        let answer = api.post::<LinkView>("/links/look", &open).await;
        found.try_set(Some(answer));
    });
    view! {
        <Card>
            {move || match found.get() {
                None => view! { <Skeleton rows=3 /> }.into_any(),
                Some(Ok(link)) => view! { <Entry link secret=secret.clone() /> }.into_any(),
                Some(Err(failure)) => view! { <NotGood failure /> }.into_any(),
            }}
        </Card>
    }
    .into_any()
}

/// The link is not good, and what to do.
#[component]
fn NotGood(
    /// Why.
    failure: Failure,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <Heading title=Signal::derive(move || t_string!(i18n, auth.link_not_good).to_owned()) />
        <p role="alert">{move || words::failure(i18n, &failure)}</p>
        <p class="muted">{t!(i18n, auth.link_what_now)}</p>
        <A href="/sign-in" attr:class="button">
            {t!(i18n, auth.to_sign_in)}
        </A>
    }
}

#[component]
fn Entry(
    /// The link.
    link: LinkView,
    /// Its secret.
    secret: String,
) -> impl IntoView {
    let i18n = use_i18n();
    let (api, caller, form, navigate) = (Api::get(), Caller::get(), Form::default(), use_navigate());
    let password = RwSignal::new(String::new());
    let (least, email, invites) = (link.password_min, link.email.clone(), link.invites);
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let (navigate, email) = (navigate.clone(), email.clone());
        let body = UseLink { secret: secret.clone(), password: password.get_untracked() };
        if form.begin([("password", validate::password_of(&body.password, least).err())]) {
            spawn_local(async move {
                if let Err(failure) = api.post::<()>("/links/use", &body).await {
                    return form.failed(failure);
                }
                let sign_in = SignIn { email, password: body.password };
                let to = match api.post::<Me>("/sign-in", &sign_in).await {
                    Ok(me) => {
                        caller.came(me);
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
                fixed=true
            />
            <TextField
                label=Signal::derive(move || t_string!(i18n, auth.new_password).to_owned())
                value=password
                kind="password"
                name="password"
                autocomplete="new-password"
                hint=Signal::derive(move || Some(t_string!(i18n, auth.password_hint, min = least)))
                error=form.error("password")
                first=true
            />
            <Wrong text=Signal::derive(move || usual(i18n, form.failure())) />
            <button type="submit" class="button primary large" aria-disabled=move || form.busy().to_string()>
                {t!(i18n, auth.set_password)}
            </button>
        </form>
    }
}
