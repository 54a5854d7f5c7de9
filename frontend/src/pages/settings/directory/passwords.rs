//! Section for password sign-in: whether it is allowed, and the emergency access.

use super::state::DirectoryPageState;
use crate::{
    i18n::*,
    text::{Text, text},
    ui::{
        checkbox::Checkbox,
        edit_conflict::VersionedEdit,
        focus::focus_on,
        form::Form,
        icon::{Glyph, Icon},
        page_form::PageForm,
        query::{Loaded, Query},
        select::{Select, SelectOption},
        toast::Toasts,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{
    endpoints,
    problem::Code,
    validate::FieldError,
    wire::{
        Page,
        providers::{ChangeSignInRules, EmergencyAccess, SignInRules},
        users::UserView,
    },
};

#[component]
pub fn PasswordsSheet(
    /// The state of the page.
    page: DirectoryPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let (rules, admins) = (Query::once(endpoints::providers::rules()), Query::once(endpoints::users::admins()));
    let reload = Callback::new(move |()| {
        // The button that was clicked goes with the form.
        focus_on("#passwords-title");
        rules.reload();
    });
    let form = move || rules.get().map(|rules| view! { <SignInRulesForm rules admins page reload /> });
    view! {
        <section class="form sheet" aria-labelledby="passwords-title">
            <h2 id="passwords-title" tabindex="-1">
                {t!(i18n, directory.passwords)}
            </h2>
            <Loaded status=rules.status()>
                <Loaded status=admins.status()>{form}</Loaded>
            </Loaded>
        </section>
    }
}

/// The rules as entered, and as saved.
#[derive(Clone, Copy)]
struct RuleFields {
    providers_only: RwSignal<bool>,
    emergency: RwSignal<String>,
    saved: RwSignal<SignInRules>,
}

impl RuleFields {
    fn new(rules: SignInRules) -> Self {
        let emergency = rules.emergency.as_ref().map(|emergency| emergency.id.to_string()).unwrap_or_default();
        Self {
            providers_only: RwSignal::new(rules.providers_only),
            emergency: RwSignal::new(emergency),
            saved: RwSignal::new(rules),
        }
    }

    /// Only the changed fields, so that concurrent changes of other fields are kept.
    fn changed(self) -> ChangeSignInRules {
        let SignInRules { providers_only: was_only, emergency: was } = self.saved.get_untracked();
        let (only, chosen) = (self.providers_only.get_untracked(), self.emergency.get_untracked().parse().ok());
        ChangeSignInRules {
            providers_only: Some(only).filter(|only| *only != was_only),
            emergency_user_id: chosen.filter(|chosen| was.is_none_or(|was| was.id != *chosen)),
        }
    }
}

#[component]
fn SignInRulesForm(
    /// The current rules.
    rules: SignInRules,
    /// Candidates for the emergency access.
    admins: Query<Page<UserView>>,
    /// The state of the page.
    page: DirectoryPageState,
    /// Called to show the current rules after a conflict.
    reload: Callback<()>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts) = (Form::default().shows_at("providers_only", Code::LastProvider), Toasts::get());
    let fields = RuleFields::new(rules.clone());
    let edit = VersionedEdit::of(endpoints::providers::rules(), move |now: &SignInRules| *now == rules);
    let submit = move |()| {
        let change = endpoints::providers::change_rules(&fields.changed());
        form.run([], edit.send(change), move |rules| {
            fields.saved.try_set(rules);
            toasts.success(tu_string!(i18n, directory.rules_saved));
        });
    };
    let possible = move || page.has_enabled_provider() || fields.providers_only.get();
    let only_hint = Text::derive(move |locale| match possible() {
        true => td_string!(locale, directory.only_hint).to_owned(),
        false => td_string!(locale, directory.only_takes).to_owned(),
    });
    view! {
        <PageForm form submit embedded=true edit=(edit, reload)>
            <EmergencyWarning fields />
            <Checkbox
                label=text!(directory.only)
                hint=only_hint
                name="providers_only"
                value=fields.providers_only
                form
            />
            <EmergencySelect fields admins form />
        </PageForm>
    }
}

/// Chooses the admin who may always sign in with a password.
#[component]
fn EmergencySelect(
    /// The rules as entered.
    fields: RuleFields,
    /// Candidates for the emergency access.
    admins: Query<Page<UserView>>,
    /// State and errors of the form.
    form: Form,
) -> impl IntoView {
    let i18n = use_i18n();
    let options = move || {
        let (admins, now) = (admins.with(|page| page.items.clone()), fields.saved.get().emergency);
        emergency_options(t_string!(i18n, common.select), &admins.unwrap_or_default(), now)
    };
    let refused = form.error("emergency_user_id");
    let wrong = Signal::derive(move || match fields.emergency.with(String::is_empty) {
        true => refused.get().map(|_| FieldError::Required),
        false => refused.get(),
    });
    let hint = Text::derive(move |locale| match wrong.with(Option::is_some) {
        true => td_string!(locale, directory.emergency_unfit).to_owned(),
        false => td_string!(locale, directory.emergency_hint).to_owned(),
    });
    view! {
        <Select
            label=text!(directory.emergency)
            name="emergency_user_id"
            options=Signal::derive(options)
            value=fields.emergency
            choose=move |id| fields.emergency.set(id)
            hint
            error=wrong
        />
    }
}

/// All admins, and the current emergency access even if they are no longer an active admin.
fn emergency_options(none: &str, admins: &[UserView], now: Option<EmergencyAccess>) -> Vec<SelectOption> {
    let one = |id: String, name: &str, email: &str| SelectOption::new(id, format!("{name} · {email}"));
    let mut all = vec![SelectOption::new("", none)];
    all.extend(admins.iter().map(|admin| one(admin.id.to_string(), &admin.name, &admin.email)));
    if let Some(now) = now.filter(|now| admins.iter().all(|admin| admin.id != now.id)) {
        all.push(one(now.id.to_string(), &now.name, &now.email));
    }
    all
}

/// Warning that the emergency access no longer works.
#[component]
fn EmergencyWarning(
    /// The rules as saved.
    fields: RuleFields,
) -> impl IntoView {
    let i18n = use_i18n();
    let broken = move || {
        let SignInRules { providers_only, emergency } = fields.saved.get();
        emergency.filter(|one| providers_only && !one.works).map(|one| one.name)
    };
    let note = move |name: String| {
        view! {
            <p class="note">
                <Icon glyph=Glyph::Warning />
                {t_string!(i18n, directory.emergency_broken, name = name)}
            </p>
        }
    };
    view! { <div role="status">{move || broken().map(note)}</div> }
}
