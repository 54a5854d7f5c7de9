//! The target of an invitation or password reset link: the user sets a password and is signed in.

use super::{AuthForm, Card};
use crate::{
    api::{Api, Failure},
    caller::Caller,
    i18n::*,
    labels,
    text::text,
    ui::{
        field::TextField,
        form::Form,
        page_head::Heading,
        query::{Loaded, Query},
        show::Show,
        toast::Toasts,
    },
};
use leptos::prelude::*;
use leptos_router::{NavigateOptions, components::A, hooks::use_navigate};
use seatkeeper_shared::{
    endpoints,
    problem::Code,
    validate,
    wire::{
        account::{Me, SignIn},
        password_links::{PasswordLinkView, PreviewPasswordLink, RedeemPasswordLink},
        second_factor::SignedIn,
    },
};

#[component]
pub fn JoinAccountPage() -> impl IntoView {
    let form = Form::default();
    // In the fragment, which browsers do not send to servers.
    let secret = window().location().hash().unwrap_or_default().trim_start_matches('#').to_owned();
    let is_cut_off = secret.is_empty();
    let request = endpoints::sign_in::preview_link(&PreviewPasswordLink { secret: secret.clone() });
    let link = Query::new(move || (!is_cut_off).then(|| request.clone()));
    let secret = StoredValue::new(secret);
    // The link may also have been used, or have expired, since the page was opened.
    let refusal = Memo::new(move |_| {
        let code = link.status().failure().as_ref().and_then(Failure::code).or_else(|| form.code());
        code.filter(|code| is_refusal(*code)).or(is_cut_off.then_some(Code::LinkUnknown))
    });
    let entry = move || link.get().map(|link| view! { <Entry link secret=secret.get_value() form /> });
    view! {
        <Card>
            {move || match refusal.get() {
                Some(code) => view! { <LinkRefused code /> }.into_any(),
                None => view! { <Loaded status=link.status()>{entry}</Loaded> }.into_any(),
            }}
        </Card>
    }
    .into_any()
}

/// Whether the link itself is refused, so that trying again does not help.
fn is_refusal(code: Code) -> bool {
    matches!(code, Code::LinkUnknown | Code::LinkUsed | Code::LinkExpired | Code::LinkVoid)
}

/// Says what has become of the link, and offers a way on.
#[component]
fn LinkRefused(
    /// Why the server refuses the link.
    code: Code,
) -> impl IntoView {
    let i18n = use_i18n();
    let caller = Caller::get();
    let is_used = code == Code::LinkUsed;
    let title = if is_used { text!(auth.link_used_title) } else { text!(auth.link_not_good) };
    let what_now = move || match (is_used, caller.sends_mail()) {
        (true, true) => t_string!(i18n, auth.link_used_now_mail),
        (true, false) => t_string!(i18n, auth.link_used_now),
        (false, true) => t_string!(i18n, auth.link_what_now_mail),
        (false, false) => t_string!(i18n, auth.link_what_now),
    };
    view! {
        <Heading title />
        {(!is_used).then(|| view! { <p role="alert">{move || labels::problem(i18n, code)}</p> })}
        <p class="muted">{what_now}</p>
        <A href="/sign-in" attr:class="button primary large">
            {t!(i18n, auth.to_sign_in)}
        </A>
        <Show when=move || caller.sends_mail()>
            <A href="/forgot-password" attr:class="auth-link">
                {t!(i18n, auth.new_link)}
            </A>
        </Show>
    }
}

#[component]
fn Entry(
    link: PasswordLinkView,
    /// The secret of the link.
    secret: String,
    /// The state of the form.
    form: Form,
) -> impl IntoView {
    let i18n = use_i18n();
    let (api, caller, toasts, navigate) = (Api::get(), Caller::get(), Toasts::get(), use_navigate());
    let password = RwSignal::new(String::new());
    let PasswordLinkView { invites, name, email, account_name, password_min, .. } = link;
    let shown_email = RwSignal::new(email.clone());
    let submit = move |()| {
        let (navigate, email) = (navigate.clone(), email.clone());
        let body = RedeemPasswordLink { secret: secret.clone(), password: password.get_untracked() };
        let checks = [("password", validate::password_with_min(&body.password, password_min).err())];
        form.run(checks, set_password(api, body, email), move |me| {
            let to = if let Some(me) = me {
                caller.set_signed_in(me);
                "/"
            } else {
                toasts.success(tu_string!(i18n, auth.password_set));
                "/sign-in"
            };
            navigate(to, NavigateOptions { replace: true, ..NavigateOptions::default() });
        });
    };
    view! {
        <Heading title=if invites { text!(auth.join_title) } else { text!(auth.reset_title) } />
        <p class="muted">
            {move || t_string!(i18n, auth.join_text, name = name.clone(), account = account_name.clone())}
        </p>
        <AuthForm form submit confirm=text!(auth.set_password)>
            <TextField
                label=text!(auth.email)
                value=shown_email
                kind="email"
                name="email"
                autocomplete="username"
                readonly=true
            />
            <TextField
                label=text!(auth.new_password)
                value=password
                kind="password"
                name="password"
                autocomplete="new-password"
                hint=text!(auth.password_hint, min = password_min)
                form
                autofocus=true
            />
        </AuthForm>
    }
}

/// Sets the password and signs in with it; `None` if that takes more than the password.
async fn set_password(api: Api, body: RedeemPasswordLink, email: String) -> Result<Option<Me>, Failure> {
    api.send(endpoints::sign_in::use_link(&body)).await?;
    let sign_in = SignIn { email, password: body.password };
    match api.send(endpoints::sign_in::with_password(&sign_in)).await {
        Ok(SignedIn::Done(me)) => Ok(Some(*me)),
        Ok(SignedIn::NeedsSecondFactor(_)) | Err(_) => Ok(None),
    }
}
