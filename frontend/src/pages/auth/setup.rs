//! The initial setup of the account and its first admin, with the token of the setup link.

use super::Card;
use crate::{
    api::Api,
    caller::{Caller, CallerState},
    format::{browser_time_zone, time_zones},
    i18n::*,
    ui::{
        error_message::{ErrorMessage, failure_text},
        field::TextField,
        form::Form,
        page_head::Heading,
        select::{Select, SelectOption},
    },
};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_query_map},
};
use seatkeeper_shared::{
    validate::{self, DEFAULT_PASSWORD_MIN},
    wire::account::{Me, Setup},
};

/// The form values.
#[derive(Clone, Copy, Default)]
struct SetupFields {
    account_name: RwSignal<String>,
    name: RwSignal<String>,
    email: RwSignal<String>,
    password: RwSignal<String>,
    time_zone: RwSignal<String>,
}

#[component]
pub fn SetupPage() -> impl IntoView {
    let i18n = use_i18n();
    let (api, caller, form) = (Api::get(), Caller::get(), Form::default());
    let (query, navigate) = (use_query_map(), use_navigate());
    let fields = SetupFields::default();
    fields.time_zone.set(browser_time_zone().unwrap_or_else(|| "UTC".to_owned()));
    let signed_in = Memo::new(move |_| matches!(caller.state(), CallerState::SignedIn(_)));
    Effect::new(move |_| {
        if signed_in.get() {
            navigate("/", NavigateOptions { replace: true, ..NavigateOptions::default() });
        }
    });
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let body = fields.body(query.read_untracked().get("token").unwrap_or_default());
        if form.begin(field_checks(&body)) {
            spawn_local(async move {
                match api.post::<Me>("/setup", &body).await {
                    Ok(me) => caller.set_signed_in(me),
                    Err(failure) => form.failed(failure),
                }
            });
        }
    };
    if query.read_untracked().get("token").is_none() {
        return view! { <NoToken /> }.into_any();
    }
    view! {
        <Card wide=true>
            <Heading title=Signal::derive(move || t_string!(i18n, auth.setup_title).to_owned()) />
            <p class="muted">{t!(i18n, auth.setup_text)}</p>
            <form class="form" novalidate on:submit=submit>
                <Organisation fields form />
                <Admin fields form />
                <ErrorMessage text=Signal::derive(move || failure_text(i18n, form.failure())) />
                <button type="submit" class="button primary large" aria-disabled=move || form.busy().to_string()>
                    {move || if form.busy() { t_string!(i18n, auth.creating) } else { t_string!(i18n, auth.create) }}
                </button>
            </form>
        </Card>
    }
    .into_any()
}

/// Shown if the URL lacks the setup token.
#[component]
fn NoToken() -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <Card>
            <Heading title=Signal::derive(move || t_string!(i18n, auth.no_token_title).to_owned()) />
            <p class="muted">{t!(i18n, shell.setup_text)}</p>
        </Card>
    }
}

impl SetupFields {
    fn body(self, token: String) -> Setup {
        Setup {
            token,
            account_name: self.account_name.get_untracked(),
            name: self.name.get_untracked(),
            email: self.email.get_untracked(),
            password: self.password.get_untracked(),
            time_zone: Some(self.time_zone.get_untracked()),
        }
    }
}

fn field_checks(body: &Setup) -> [crate::ui::form::FieldCheck; 4] {
    [
        ("account_name", validate::name(&body.account_name).err()),
        ("name", validate::name(&body.name).err()),
        ("email", validate::email(&body.email).err()),
        ("password", validate::password(&body.password).err()),
    ]
}

#[component]
fn Organisation(
    /// The form values.
    fields: SetupFields,
    /// The state of the form.
    form: Form,
) -> impl IntoView {
    let i18n = use_i18n();
    let all = time_zones()
        .into_iter()
        .map(|zone| SelectOption::new(zone.clone(), zone.replace('_', " ")))
        .collect::<Vec<_>>();
    view! {
        <fieldset class="part">
            <legend>{t!(i18n, auth.account_section)}</legend>
            <TextField
                label=Signal::derive(move || t_string!(i18n, auth.account_name).to_owned())
                value=fields.account_name
                name="account_name"
                autocomplete="organization"
                error=form.error("account_name")
                autofocus=true
            />
            <Select
                label=Signal::derive(move || t_string!(i18n, auth.time_zone).to_owned())
                name="time_zone"
                options=Signal::stored(all)
                value=fields.time_zone
                choose=move |zone| fields.time_zone.set(zone)
            />
            <p class="hint">{t!(i18n, auth.time_zone_hint)}</p>
        </fieldset>
    }
}

#[component]
fn Admin(
    /// The form values.
    fields: SetupFields,
    /// The state of the form.
    form: Form,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <fieldset class="part">
            <legend>{t!(i18n, auth.admin_section)}</legend>
            <TextField
                label=Signal::derive(move || t_string!(i18n, auth.your_name).to_owned())
                value=fields.name
                name="name"
                autocomplete="name"
                error=form.error("name")
            />
            <TextField
                label=Signal::derive(move || t_string!(i18n, auth.email).to_owned())
                value=fields.email
                kind="email"
                name="email"
                autocomplete="username"
                error=form.error("email")
            />
            <TextField
                label=Signal::derive(move || t_string!(i18n, auth.password).to_owned())
                value=fields.password
                kind="password"
                name="password"
                autocomplete="new-password"
                hint=Signal::derive(move || Some(t_string!(i18n, auth.password_hint, min = DEFAULT_PASSWORD_MIN)))
                error=form.error("password")
            />
        </fieldset>
    }
}
