//! Section for password sign-in: whether it is allowed, and the emergency access.

use super::{provider_form::Checkbox, state::DirectoryPageState};
use crate::{
    api::Failure,
    format::Texts,
    i18n::*,
    ui::{
        edit_conflict::{ConflictNotice, VersionedEdit},
        empty_state::{LoadError, Skeleton},
        error_message::{ErrorMessage, failure_text},
        form::Form,
        icon::{Glyph, Icon},
        select::{Select, SelectOption},
        toast::Toasts,
    },
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::endpoints::Endpoint;
use seatkeeper_shared::wire::{
    Page,
    providers::{ChangeSignInRules, EmergencyAccess, SignInRules},
    users::UserView,
};

/// Path of the active admins. The limit is higher than any realistic number of admins.
const ACTIVE_ADMINS_PATH: &str = "/users?role=admin&status=active&limit=500";

type RulesAndAdmins = (SignInRules, Vec<UserView>);

#[component]
pub fn PasswordsSheet(
    /// Shared state of the page.
    page: DirectoryPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let loaded = RwSignal::new(None::<Result<RulesAndAdmins, Failure>>);
    let load = move || {
        spawn_local(async move {
            let answer = load_rules(page).await;
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
                    view! { <LoadError failure=Signal::stored(failure) retry=move |()| load() /> }.into_any()
                }
                Some(Ok((rules, admins))) => {
                    view! { <SignInRulesForm rules admins page reload=move |()| load() /> }.into_any()
                }
            }}
        </section>
    }
}

async fn load_rules(page: DirectoryPageState) -> Result<RulesAndAdmins, Failure> {
    let rules = page.api.read("/sign-in-rules").await?;
    let admins: Page<UserView> = page.api.read(ACTIVE_ADMINS_PATH).await?;
    Ok((rules, admins.items))
}

#[component]
fn SignInRulesForm(
    /// The current rules.
    rules: SignInRules,
    /// Candidates for the emergency access.
    admins: Vec<UserView>,
    /// Shared state of the page.
    page: DirectoryPageState,
    /// Reloads the rules after a conflict.
    #[prop(into)]
    reload: Callback<()>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts) = (Form::default(), Toasts::get());
    let before = rules.clone();
    let edit = VersionedEdit::of(Endpoint::get("/sign-in-rules"), move |now: &SignInRules| *now == before);
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
                match edit.send(Endpoint::<SignInRules>::patch("/sign-in-rules", &body)).await {
                    Ok(rules) => {
                        form.done();
                        was_only.set(rules.providers_only);
                        emergency.set(rules.emergency);
                        toasts.success(tu_string!(i18n, directory.rules_saved));
                    }
                    Err(failure) => form.failed(failure),
                }
            });
        }
    };
    let hint = move || {
        let possible = page.has_enabled_provider() || only.get();
        if possible { t_string!(i18n, directory.only_hint) } else { t_string!(i18n, directory.only_takes) }.to_owned()
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <ConflictNotice edit reload />
            <EmergencyWarning emergency only=was_only />
            <Checkbox
                label=Signal::derive(move || t_string!(i18n, directory.only).to_owned())
                hint=Signal::derive(hint)
                name="providers_only"
                value=only
            />
            <Select
                label=Signal::derive(move || t_string!(i18n, directory.emergency).to_owned())
                name="emergency_user_id"
                options=Signal::derive(move || emergency_options(i18n, &admins, emergency.get()))
                value=chosen
                choose=move |id| chosen.set(id)
                hint=Signal::derive(move || Some(t_string!(i18n, directory.emergency_hint).to_owned()))
            />
            <ErrorMessage text=Signal::derive(move || error_text(i18n, form)) />
            <div class="acts">
                <button type="submit" class="button primary" aria-disabled=move || form.busy().to_string()>
                    {t!(i18n, common.save)}
                </button>
            </div>
        </form>
    }
}

/// Error text. The emergency access is the only field that can have an error.
fn error_text(i18n: Texts, form: Form) -> Option<String> {
    match form.error("emergency_user_id").get() {
        Some(_) => Some(t_string!(i18n, directory.emergency_unfit).to_owned()),
        None => failure_text(i18n, form.failure()),
    }
}

/// All admins, and the current emergency access even if they are no longer an active admin.
fn emergency_options(i18n: Texts, admins: &[UserView], now: Option<EmergencyAccess>) -> Vec<SelectOption> {
    let one = |id: String, name: &str, email: &str| SelectOption::new(id, format!("{name} · {email}"));
    let mut all = vec![SelectOption::new("", t_string!(i18n, common.select))];
    all.extend(admins.iter().map(|admin| one(admin.id.to_string(), &admin.name, &admin.email)));
    if let Some(now) = now.filter(|now| admins.iter().all(|admin| admin.id != now.id)) {
        all.push(one(now.id.to_string(), &now.name, &now.email));
    }
    all
}

/// Warning that the emergency access no longer works.
#[component]
fn EmergencyWarning(
    /// The emergency access.
    emergency: RwSignal<Option<EmergencyAccess>>,
    /// Whether password sign-in is off.
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
