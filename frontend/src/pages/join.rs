//! The customer's page: the customer enters the support key, or follows a link or QR code that contains it, and is
//! connected to the agent. No sign-in is needed.

use crate::{
    i18n::*,
    labels,
    pages::{
        auth::{AuthForm, Card},
        console::support_key::grouped,
    },
    text::{Text, text},
    ui::{
        field::{entry, unique_id, wrong_text},
        form::Form,
        icon::{Glyph, Icon},
        page_head::Heading,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{
    endpoints,
    problem::Code,
    session::Platform,
    validate::{FieldError, support_key},
    wire::join::{Join, Joined},
};

#[component]
pub fn JoinPage() -> impl IntoView {
    let joined = RwSignal::new(None::<Joined>);
    view! {
        <Card>
            <div class="page join-page">
                {move || match joined.get() {
                    None => view! { <Entry joined /> }.into_any(),
                    Some(joined) => view! { <Connected joined /> }.into_any(),
                }}
            </div>
        </Card>
    }
    .into_any()
}

/// The support key of a link. It is in the fragment, which browsers do not send to servers, so no log contains it.
fn key_from_link() -> String {
    let hash = window().location().hash().unwrap_or_default();
    support_key(hash.trim_start_matches('#')).map(|key| grouped(&key)).unwrap_or_default()
}

#[component]
fn Entry(
    /// Set once the customer has joined.
    joined: RwSignal<Option<Joined>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let form = Form::default().shows_at("key", Code::KeyUnknown).shows_at("key", Code::KeyUsed);
    let key = RwSignal::new(key_from_link());
    // A customer who follows a link has nothing to enter; one click confirms.
    let linked = !key.read_untracked().is_empty();
    // A key that was refused is not to be confirmed again.
    let (error, refused) = (form.error("key"), Memo::new(move |_| form.code_at("key").is_some()));
    let confirms = Memo::new(move |_| linked && error.get().is_none() && !refused.get());
    let submit = move |()| {
        let parsed = support_key(&key.read_untracked());
        let error = if key.read_untracked().trim().is_empty() { FieldError::Required } else { FieldError::Unknown };
        let checks = [("key", parsed.is_none().then_some(error))];
        let body = Join { key: parsed.unwrap_or_default(), platform: ipad_platform() };
        form.submit(checks, || endpoints::join::with_key(&body), move |answer| drop(joined.try_set(Some(answer))));
    };
    view! {
        <Heading title=text!(join.title) />
        <p class="muted">
            {move || if confirms.get() { t_string!(i18n, join.text_linked) } else { t_string!(i18n, join.text) }}
        </p>
        <AuthForm form submit confirm=text!(join.join) busy=text!(join.joining) autofocus=linked>
            <KeyField key form autofocus=!linked />
        </AuthForm>
        <p class="hint">{t!(i18n, join.hint)}</p>
    }
}

/// A large field for nine digits, with the numeric keyboard on phones.
#[component]
fn KeyField(
    /// The key entered.
    key: RwSignal<String>,
    /// The state of the form.
    form: Form,
    /// Whether the field has the focus when it appears.
    autofocus: bool,
) -> impl IntoView {
    let i18n = use_i18n();
    let id = unique_id("key");
    let notes = format!("{id}-notes");
    let entered = entry(key, Some(form), "key");
    let (error, text) = (form.error("key"), wrong_text(Some(form), "key", MaybeProp::default()));
    let wrong = Memo::new(move |_| match error.get() {
        Some(FieldError::Unknown) => Some(t_string!(i18n, join.not_nine).to_owned()),
        _ => text.get(),
    });
    view! {
        <div class="field">
            <label for=id.clone()>{t!(i18n, join.key)}</label>
            <input
                id=id
                class="key-field num"
                name="key"
                inputmode="numeric"
                autocomplete="off"
                maxlength="15"
                placeholder="123 456 789"
                required=true
                autofocus=autofocus
                aria-invalid=move || wrong.get().map(|_| "true")
                aria-describedby=notes.clone()
                prop:value=move || key.get()
                on:input=move |event| entered(event_target_value(&event))
            />
            <div id=notes class="notes">
                {move || wrong.get().map(|text| view! { <p class="wrong">{text}</p> })}
            </div>
        </div>
    }
}

/// Detects an iPad, which identifies as a Mac: no Mac has a multi-touch screen.
fn ipad_platform() -> Option<Platform> {
    let navigator = window().navigator();
    let mac = navigator.user_agent().is_ok_and(|agent| agent.contains("Macintosh"));
    let fingers = js_sys::Reflect::get(&navigator, &"maxTouchPoints".into()).ok().and_then(|number| number.as_f64());
    (mac && fingers.is_some_and(|number| number > 1.0)).then_some(Platform::Ios)
}

/// Tells which agent the customer is connected to, with a link to the product if there is one.
#[component]
fn Connected(
    /// The answer of the server.
    joined: Joined,
) -> impl IntoView {
    let i18n = use_i18n();
    let Joined { product_name, agent_name, platform, link } = joined;
    let title = Text::derive(move |locale| td_string!(locale, join.joined_title, name = agent_name.clone()));
    let with = move || {
        t_string!(i18n, join.joined_with, product = product_name.clone(), platform = labels::platform(i18n, platform))
    };
    let has_link = link.is_some();
    view! {
        <p class="joined-mark">
            <Icon glyph=Glyph::Tick />
        </p>
        <Heading title />
        <p class="muted">{with}</p>
        <p role="status">
            {move || if has_link { t_string!(i18n, join.joined_open) } else { t_string!(i18n, join.joined_text) }}
        </p>
        {link.map(|link| {
            view! {
                <a class="button primary large" href=link rel="external noopener">
                    {t!(i18n, join.open)}
                </a>
            }
        })}
    }
}
