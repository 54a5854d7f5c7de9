//! Who may still sign in with a password.

use super::{desk::Desk, form::Check};
use crate::{
    api::Failure,
    format::Texts,
    i18n::*,
    ui::{
        face::{Failed, Skeleton, Wrong, usual},
        form::Form,
        icon::{Glyph, Icon},
        opened::{Late, Opened},
        select::{Choosable, Select},
        toast::Toasts,
    },
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::wire::{
    Page,
    providers::{ChangeSignInRules, Emergency, SignInRules},
    users::UserView,
};

/// The active admins; nobody has more than this.
const ADMINS: &str = "/users?role=admin&status=active&limit=500";

type Loaded = (SignInRules, Vec<UserView>);

/// The part of the page.
#[component]
pub fn PasswordsSheet(
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let loaded = RwSignal::new(None::<Result<Loaded, Failure>>);
    let load = move || {
        spawn_local(async move {
            let answer = read(desk).await;
            loaded.try_set(Some(answer));
        });
    };
    load();
    view! {
        <section class="form sheet" aria-labelledby="passwords-title">
            <h2 id="passwords-title">{t!(i18n, directory.passwords)}</h2>
            {move || match loaded.get() {
                None => view! { <Skeleton rows=3 /> }.into_any(),
                Some(Err(failure)) => {
                    view! { <Failed failure=Signal::stored(failure) retry=move |()| load() /> }.into_any()
                }
                Some(Ok((rules, admins))) => view! { <Entry rules admins desk reload=move |()| load() /> }.into_any(),
            }}
        </section>
    }
}

async fn read(desk: Desk) -> Result<Loaded, Failure> {
    let rules = desk.api.read("/sign-in-rules").await?;
    let admins: Page<UserView> = desk.api.read(ADMINS).await?;
    Ok((rules, admins.items))
}

#[component]
fn Entry(
    /// As it is now.
    rules: SignInRules,
    /// Who could be the emergency access.
    admins: Vec<UserView>,
    /// The page.
    desk: Desk,
    /// Shows them as they are by then.
    #[prop(into)]
    reload: Callback<()>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts) = (Form::default(), Toasts::get());
    let before = rules.clone();
    let opened = Opened::at("/sign-in-rules".to_owned(), move |now: &SignInRules| *now == before);
    let (only, was_only) = (RwSignal::new(rules.providers_only), RwSignal::new(rules.providers_only));
    let emergency = RwSignal::new(rules.emergency.clone());
    let chosen = RwSignal::new(rules.emergency.map(|emergency| emergency.id.to_string()).unwrap_or_default());
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if form.begin([]) {
            let was = emergency.with_untracked(|emergency| emergency.as_ref().map(|emergency| emergency.id));
            let body = ChangeSignInRules {
                providers_only: Some(only.get_untracked()).filter(|only| *only != was_only.get_untracked()),
                emergency_user_id: chosen.get_untracked().parse().ok().filter(|chosen| Some(*chosen) != was),
            };
            spawn_local(async move {
                match opened.patch::<SignInRules>(&body).await {
                    Ok(rules) => {
                        form.done();
                        was_only.set(rules.providers_only);
                        emergency.set(rules.emergency);
                        toasts.good(tu_string!(i18n, directory.rules_saved));
                    }
                    Err(failure) => form.failed(failure),
                }
            });
        }
    };
    let takes = move || {
        let possible = desk.some_enabled() || only.get();
        if possible { t_string!(i18n, directory.only_hint) } else { t_string!(i18n, directory.only_takes) }.to_owned()
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <Late opened reload />
            <Broken emergency only=was_only />
            <Check
                label=Signal::derive(move || t_string!(i18n, directory.only).to_owned())
                hint=Signal::derive(takes)
                name="providers_only"
                value=only
            />
            <Select
                label=Signal::derive(move || t_string!(i18n, directory.emergency).to_owned())
                name="emergency_user_id"
                options=Signal::derive(move || choices(i18n, &admins, emergency.get()))
                value=chosen
                choose=move |id| chosen.set(id)
                hint=Signal::derive(move || Some(t_string!(i18n, directory.emergency_hint).to_owned()))
            />
            <Wrong text=Signal::derive(move || wrong(i18n, form)) />
            <div class="acts">
                <button type="submit" class="button primary" aria-disabled=move || form.busy().to_string()>
                    {t!(i18n, common.save)}
                </button>
            </div>
        </form>
    }
}

/// The only field that can be wrong is who has the emergency access.
fn wrong(i18n: Texts, form: Form) -> Option<String> {
    match form.error("emergency_user_id").get() {
        Some(_) => Some(t_string!(i18n, directory.emergency_unfit).to_owned()),
        None => usual(i18n, form.failure()),
    }
}

/// All admins, and who it is now, whatever became of him.
fn choices(i18n: Texts, admins: &[UserView], now: Option<Emergency>) -> Vec<Choosable> {
    let one = |id: String, name: &str, email: &str| Choosable::new(id, format!("{name} · {email}"));
    let mut all = vec![Choosable::new("", t_string!(i18n, common.select))];
    all.extend(admins.iter().map(|admin| one(admin.id.to_string(), &admin.name, &admin.email)));
    if let Some(now) = now.filter(|now| admins.iter().all(|admin| admin.id != now.id)) {
        all.push(one(now.id.to_string(), &now.name, &now.email));
    }
    all
}

/// The emergency access does not work any more.
#[component]
fn Broken(
    /// Who has it.
    emergency: RwSignal<Option<Emergency>>,
    /// Whether passwords are off.
    only: RwSignal<bool>,
) -> impl IntoView {
    let i18n = use_i18n();
    let name = move || emergency.get().filter(|one| only.get() && !one.works).map(|one| one.name);
    view! {
        <div role="status">
            {move || {
                name()
                    .map(|name| {
                        view! {
                            <p class="note">
                                <Icon glyph=Glyph::Warning />
                                {t_string!(i18n, directory.emergency_broken, name = name)}
                            </p>
                        }
                    })
            }}
        </div>
    }
}
