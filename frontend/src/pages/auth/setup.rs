//! The initial setup of the account and its first admin, with the token of the setup link.

use super::{AuthForm, Card};
use crate::{
    api::{Api, Failure},
    caller::{Caller, CallerState},
    format::{browser_time_zone, time_zones},
    i18n::*,
    shell::NotSignedIn,
    text::text,
    ui::{
        field::TextField,
        form::{FieldCheck, Form},
        page_head::Heading,
        select::{Select, SelectOption},
        show::Show,
    },
};
use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    components::A,
    hooks::{use_navigate, use_query_map},
};
use seatkeeper_shared::{
    endpoints,
    problem::Code,
    validate::{self, DEFAULT_PASSWORD_MIN, FieldError},
    wire::account::{Me, Setup},
};

/// What the page shows.
#[derive(Clone, Debug, PartialEq)]
enum SetupView {
    /// The form; also while the admin who has just filled it in leaves the page.
    Form,
    /// The account exists; whether the user is signed in.
    Over(bool),
    /// The server has not answered yet, or could not be reached.
    Unknown(CallerState),
}

#[component]
pub fn SetupPage() -> impl IntoView {
    let caller = Caller::get();
    let form = Form::default().shows_at("token", Code::WrongSetupToken);
    let shown = Memo::new(move |before: Option<&SetupView>| match caller.state() {
        CallerState::SignedIn(_) if before == Some(&SetupView::Form) => SetupView::Form,
        CallerState::SignedIn(_) => SetupView::Over(true),
        CallerState::SignedOut => SetupView::Over(false),
        CallerState::SetupNeeded => SetupView::Form,
        state @ (CallerState::Unknown | CallerState::Failed(_)) => SetupView::Unknown(state),
    });
    move || match shown.get() {
        SetupView::Form => view! { <SetupForm form /> }.into_any(),
        SetupView::Over(signed_in) => view! { <AlreadySetUp signed_in /> }.into_any(),
        SetupView::Unknown(state) => view! { <NotSignedIn state /> }.into_any(),
    }
}

/// Says that the link has served its purpose, and offers the way on.
#[component]
fn AlreadySetUp(
    /// Whether the user is signed in.
    signed_in: bool,
) -> impl IntoView {
    let i18n = use_i18n();
    let (href, label) = match signed_in {
        true => ("/", text!(shell.to_start)),
        false => ("/sign-in", text!(auth.to_sign_in)),
    };
    view! {
        <Card>
            <Heading title=text!(auth.set_up_title) />
            <p>{t!(i18n, auth.set_up_text)}</p>
            <A href=href attr:class="button primary large">
                {move || label.get(i18n)}
            </A>
        </Card>
    }
}

/// The form values.
#[derive(Clone, Copy, Default)]
struct SetupFields {
    token: RwSignal<String>,
    account_name: RwSignal<String>,
    name: RwSignal<String>,
    email: RwSignal<String>,
    password: RwSignal<String>,
    time_zone: RwSignal<String>,
}

impl SetupFields {
    fn body(self) -> Setup {
        Setup {
            token: token_of(&self.token.get_untracked()).to_owned(),
            account_name: self.account_name.get_untracked(),
            name: self.name.get_untracked(),
            email: self.email.get_untracked(),
            password: self.password.get_untracked(),
            time_zone: Some(self.time_zone.get_untracked()),
        }
    }
}

/// The token of what was entered: the link, or only the token.
fn token_of(entered: &str) -> &str {
    let token = entered.rsplit_once("token=").map_or(entered, |(_, token)| token);
    token.split('&').next().unwrap_or_default().trim()
}

fn checks_of(body: &Setup) -> [FieldCheck; 5] {
    [
        ("token", body.token.is_empty().then_some(FieldError::Required)),
        ("account_name", validate::name(&body.account_name).err()),
        ("name", validate::name(&body.name).err()),
        ("email", validate::email(&body.email).err()),
        ("password", validate::password(&body.password).err()),
    ]
}

#[component]
fn SetupForm(
    /// The state of the form.
    form: Form,
) -> impl IntoView {
    let i18n = use_i18n();
    let (api, caller, navigate, fields) = (Api::get(), Caller::get(), use_navigate(), SetupFields::default());
    fields.token.set(use_query_map().read_untracked().get("token").unwrap_or_default());
    fields.time_zone.set(browser_time_zone().unwrap_or_else(|| "UTC".to_owned()));
    let lacks_token = fields.token.with_untracked(String::is_empty);
    // Once shown, the field stays, also while the form is sent again.
    let asks_token = Memo::new(move |before| before == Some(&true) || lacks_token || form.code_at("token").is_some());
    let submit = move |()| {
        let (body, navigate) = (fields.body(), navigate.clone());
        form.run(checks_of(&body), set_up(api, caller, body), move |me| {
            caller.set_signed_in(me);
            navigate("/", NavigateOptions { replace: true, ..NavigateOptions::default() });
        });
    };
    view! {
        <Card wide=true>
            <Heading title=text!(auth.setup_title) />
            <p class="muted">{t!(i18n, auth.setup_text)}</p>
            <AuthForm form submit confirm=text!(auth.create) busy=text!(auth.creating)>
                <Show when=move || asks_token.get()>
                    <TokenSection fields form />
                </Show>
                <OrganisationSection fields form autofocus=!lacks_token />
                <AdminSection fields form />
            </AuthForm>
        </Card>
    }
}

async fn set_up(api: Api, caller: Caller, body: Setup) -> Result<Me, Failure> {
    let answer = api.send(endpoints::sign_in::set_up(&body)).await;
    if answer.as_ref().is_err_and(|failure| failure.code() == Some(Code::AlreadySetUp)) {
        // Somebody else was faster: the page says so then.
        caller.refresh();
    }
    answer
}

/// Asks for the setup link, and says where it is found.
#[component]
fn TokenSection(
    /// The form values.
    fields: SetupFields,
    /// The state of the form.
    form: Form,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <fieldset class="part">
            <legend>{t!(i18n, auth.token_section)}</legend>
            <p class="hint">{t!(i18n, auth.token_text)}</p>
            <TextField label=text!(auth.token) value=fields.token name="token" form autofocus=true />
        </fieldset>
    }
}

#[component]
fn OrganisationSection(
    /// The form values.
    fields: SetupFields,
    /// The state of the form.
    form: Form,
    /// Whether its first field has the focus.
    autofocus: bool,
) -> impl IntoView {
    let i18n = use_i18n();
    let zones = time_zones().into_iter().map(|zone| SelectOption::new(zone.clone(), zone.replace('_', " ")));
    view! {
        <fieldset class="part">
            <legend>{t!(i18n, auth.account_section)}</legend>
            <TextField
                label=text!(auth.account_name)
                value=fields.account_name
                name="account_name"
                autocomplete="organization"
                form
                autofocus
            />
            <Select
                label=text!(auth.time_zone)
                name="time_zone"
                options=Signal::stored(zones.collect::<Vec<_>>())
                value=fields.time_zone
                choose=move |zone| fields.time_zone.set(zone)
                hint=text!(auth.time_zone_hint)
                form
            />
        </fieldset>
    }
}

#[component]
fn AdminSection(
    /// The form values.
    fields: SetupFields,
    /// The state of the form.
    form: Form,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <fieldset class="part">
            <legend>{t!(i18n, auth.admin_section)}</legend>
            <TextField label=text!(auth.your_name) value=fields.name name="name" autocomplete="name" form />
            <TextField
                label=text!(auth.email)
                value=fields.email
                kind="email"
                name="email"
                autocomplete="username"
                form
            />
            <TextField
                label=text!(auth.password)
                value=fields.password
                kind="password"
                name="password"
                autocomplete="new-password"
                hint=text!(auth.password_hint, min = DEFAULT_PASSWORD_MIN)
                form
            />
        </fieldset>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn the_token_is_taken_from_the_link_or_entered_alone() {
        for entered in ["abc-1", " abc-1 ", "https://seats.example.org/setup?token=abc-1", "/setup?token=abc-1&x=1"] {
            assert_eq!(token_of(entered), "abc-1", "{entered}");
        }
    }
}
