//! The customer's page: he enters the key that he was told, or comes with it by a link or a QR code, and is connected. Nobody
//! has to sign in here.

use crate::{
    api::Api,
    i18n::*,
    pages::{auth::Card, console::key::grouped},
    ui::{
        face::{Wrong, usual},
        field::fresh_id,
        form::Form,
        head::Heading,
        icon::{Glyph, Icon},
    },
    words,
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    session::Platform,
    validate::{FieldError, support_key},
    wire::join::{Join, Joined},
};

/// The page.
#[component]
pub fn JoinPage() -> impl IntoView {
    let joined = RwSignal::new(None::<Joined>);
    view! {
        <Card>
            {move || match joined.get() {
                None => view! { <Entry joined /> }.into_any(),
                Some(joined) => view! { <Connected joined /> }.into_any(),
            }}
        </Card>
    }
    .into_any()
}

/// The key of a link: it stands after the `#`, which browsers send to no server, so that it gets into no log.
fn key_of_link() -> String {
    let hash = window().location().hash().unwrap_or_default();
    support_key(hash.trim_start_matches('#')).map(|key| grouped(&key)).unwrap_or_default()
}

#[component]
fn Entry(
    /// What came of it.
    joined: RwSignal<Option<Joined>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (api, form) = (Api::get(), Form::default());
    let key = RwSignal::new(key_of_link());
    // Whoever came by a link has nothing to enter: one click tells that he wants it.
    let linked = !key.read_untracked().is_empty();
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let good = support_key(&key.read_untracked());
        let wrong = good.is_none().then_some(if key.read_untracked().trim().is_empty() {
            FieldError::Required
        } else {
            FieldError::Unknown
        });
        if form.begin([("key", wrong)])
            && let Some(key) = good
        {
            spawn_local(async move {
                match api.post::<Joined>("/join", &Join { key, platform: tablet() }).await {
                    Ok(answer) => joined.set(Some(answer)),
                    Err(failure) => form.failed(failure),
                }
            });
        }
    };
    view! {
        <Heading title=Signal::derive(move || t_string!(i18n, join.title).to_owned()) />
        <p class="muted">
            {move || if linked { t_string!(i18n, join.text_linked) } else { t_string!(i18n, join.text) }}
        </p>
        <form class="form" novalidate on:submit=submit>
            <KeyField key form first=!linked />
            <Wrong text=Signal::derive(move || usual(i18n, form.failure())) />
            <button
                type="submit"
                class="button primary large"
                autofocus=linked
                aria-disabled=move || form.busy().to_string()
            >
                {move || if form.busy() { t_string!(i18n, join.joining) } else { t_string!(i18n, join.join) }}
            </button>
        </form>
        <p class="hint">{t!(i18n, join.hint)}</p>
    }
}

/// Nine digits, large, with the number pad of phones.
#[component]
fn KeyField(
    /// What was entered.
    key: RwSignal<String>,
    /// The form.
    form: Form,
    /// It is where one begins.
    first: bool,
) -> impl IntoView {
    let i18n = use_i18n();
    let id = fresh_id("key");
    let notes = format!("{id}-notes");
    let error = form.error("key");
    let wrong = Memo::new(move |_| error.get());
    let text = move |error: FieldError| match error {
        FieldError::Unknown => t_string!(i18n, join.not_nine).to_owned(),
        other => words::field(i18n, &other),
    };
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
                autofocus=first
                aria-invalid=move || wrong.get().map(|_| "true")
                aria-describedby=notes.clone()
                prop:value=move || key.get()
                on:input=move |event| key.set(event_target_value(&event))
            />
            <div id=notes class="notes">
                {move || wrong.get().map(|error| view! { <p class="wrong">{text(error)}</p> })}
            </div>
        </div>
    }
}

/// An iPad says that it is a Mac; but no Mac can be touched with more than one finger.
fn tablet() -> Option<Platform> {
    let navigator = window().navigator();
    let mac = navigator.user_agent().is_ok_and(|agent| agent.contains("Macintosh"));
    let fingers = js_sys::Reflect::get(&navigator, &"maxTouchPoints".into()).ok().and_then(|number| number.as_f64());
    (mac && fingers.is_some_and(|number| number > 1.0)).then_some(Platform::Ios)
}

/// Who is there, and where it goes on.
#[component]
fn Connected(
    /// What the server said.
    joined: Joined,
) -> impl IntoView {
    let i18n = use_i18n();
    let Joined { product_name, agent_name, platform, link } = joined;
    let title = move || t_string!(i18n, join.joined_title, name = agent_name.clone());
    let with = move || {
        t_string!(i18n, join.joined_with, product = product_name.clone(), platform = words::platform(i18n, platform))
    };
    let leads = link.is_some();
    view! {
        <p class="joined-mark">
            <Icon glyph=Glyph::Tick />
        </p>
        <Heading title=Signal::derive(title) />
        <p class="muted">{with}</p>
        <p role="status">
            {move || if leads { t_string!(i18n, join.joined_go_on) } else { t_string!(i18n, join.joined_text) }}
        </p>
        {link.map(|link| {
            view! {
                <a class="button primary large" href=link rel="external noopener">
                    {t!(i18n, join.go_on)}
                </a>
            }
        })}
    }
}
