//! Account settings for admins: name, time zone, language, and sign-in security.

pub mod directory;
mod tabs;

use crate::{
    caller::Caller,
    format::{Format, time_zones},
    i18n::*,
    labels,
    shell::RequirePermission,
    text::text,
    ui::{
        field::TextField,
        form::Form,
        page_form::PageForm,
        page_head::PageHead,
        select::{Select, SelectOption},
        toast::Toasts,
    },
};
use chrono::TimeDelta;
use leptos::prelude::*;
use seatkeeper_shared::{
    endpoints,
    permissions::Action,
    validate::{self, FieldError, HIGHEST_PASSWORD_MIN, LOWEST_PASSWORD_MIN},
    wire::account::{AccountView, ChangeAccount, Me, SecondFactorRule},
};

#[component]
pub fn SettingsPage() -> impl IntoView {
    let caller = Caller::get();
    view! {
        <div class="page settings-page">
            <RequirePermission action=Action::ManageAccount>
                <PageHead title=text!(settings.title) />
                <tabs::SettingsTabs />
                {caller.me_untracked().map(|me| view! { <AccountForm account=me.account /> })}
            </RequirePermission>
        </div>
    }
    .into_any()
}

/// Signals of the form fields.
#[derive(Clone, Copy)]
struct AccountFields {
    name: RwSignal<String>,
    time_zone: RwSignal<String>,
    locale: RwSignal<String>,
    password_min: RwSignal<String>,
    idle_minutes: RwSignal<String>,
    session_minutes: RwSignal<String>,
    second_factor: RwSignal<String>,
}

impl AccountFields {
    fn new(account: AccountView) -> Self {
        Self {
            name: RwSignal::new(account.name),
            time_zone: RwSignal::new(account.time_zone),
            locale: RwSignal::new(account.locale.to_string()),
            password_min: RwSignal::new(account.password_min.to_string()),
            idle_minutes: RwSignal::new(account.idle_minutes.to_string()),
            session_minutes: RwSignal::new(account.session_minutes.to_string()),
            second_factor: RwSignal::new(account.second_factor.to_string()),
        }
    }

    /// Only the changed fields, so that concurrent changes of other fields are kept.
    fn changed(self, before: &AccountView) -> ChangeAccount {
        let body = self.request();
        ChangeAccount {
            name: body.name.filter(|name| *name != before.name),
            time_zone: body.time_zone.filter(|zone| *zone != before.time_zone),
            locale: body.locale.filter(|locale| *locale != before.locale),
            password_min: body.password_min.filter(|least| usize::try_from(*least) != Ok(before.password_min)),
            idle_minutes: body.idle_minutes.filter(|minutes| *minutes != before.idle_minutes),
            session_minutes: body.session_minutes.filter(|minutes| *minutes != before.session_minutes),
            second_factor: body.second_factor.filter(|rule| *rule != before.second_factor),
        }
    }

    fn request(self) -> ChangeAccount {
        ChangeAccount {
            name: Some(self.name.get_untracked()),
            time_zone: Some(self.time_zone.get_untracked()),
            locale: self.locale.get_untracked().parse().ok(),
            password_min: parse_number(self.password_min),
            idle_minutes: parse_number(self.idle_minutes),
            session_minutes: parse_number(self.session_minutes),
            second_factor: self.second_factor.get_untracked().parse().ok(),
        }
    }
}

fn parse_number(text: RwSignal<String>) -> Option<i64> {
    text.with_untracked(|text| text.trim().parse().ok())
}

fn required_error(number: Option<i64>) -> Option<FieldError> {
    number.is_none().then_some(FieldError::Required)
}

#[component]
fn AccountForm(
    /// The current settings.
    account: AccountView,
) -> impl IntoView {
    let i18n = use_i18n();
    let (caller, toasts, form) = (Caller::get(), Toasts::get(), Form::default());
    let fields = AccountFields::new(account.clone());
    let before = StoredValue::new(account);
    let submit = move |()| {
        let body = fields.request();
        let checks = [
            ("name", validate::name(body.name.as_deref().unwrap_or_default()).err()),
            ("password_min", required_error(body.password_min)),
            ("idle_minutes", required_error(body.idle_minutes)),
            ("session_minutes", required_error(body.session_minutes)),
        ];
        let change = || endpoints::account::change(&before.with_value(|before| fields.changed(before)));
        form.submit(checks, change, move |account: AccountView| {
            before.try_set_value(account.clone());
            if let Some(me) = caller.me_untracked() {
                caller.set_signed_in(Me { account, ..*me });
            }
            // The new second factor rule may apply to the current user.
            caller.refresh();
            toasts.success(untrack(|| t_string!(i18n, settings.saved)));
        });
    };
    view! {
        <PageForm form submit>
            <OrganisationSection fields form />
            <SecuritySection fields form />
        </PageForm>
    }
}

#[component]
fn OrganisationSection(
    /// The form fields.
    fields: AccountFields,
    /// State and errors of the form.
    form: Form,
) -> impl IntoView {
    let i18n = use_i18n();
    let all = time_zones()
        .into_iter()
        .map(|zone| SelectOption::new(zone.clone(), zone.replace('_', " ")))
        .collect::<Vec<_>>();
    let languages = move || {
        vec![
            SelectOption::new("de", t_string!(i18n, audit.german)),
            SelectOption::new("en", t_string!(i18n, audit.english)),
        ]
    };
    view! {
        <fieldset class="part">
            <legend>{t!(i18n, auth.account_section)}</legend>
            <TextField
                label=text!(auth.account_name)
                value=fields.name
                name="name"
                autocomplete="organization"
                form
            />
            <Select
                label=text!(auth.time_zone)
                name="time_zone"
                options=Signal::stored(all)
                value=fields.time_zone
                choose=move |zone| fields.time_zone.set(zone)
                hint=text!(auth.time_zone_hint)
                form
            />
            <Select
                label=text!(settings.locale)
                name="locale"
                options=Signal::derive(languages)
                value=fields.locale
                choose=move |locale| fields.locale.set(locale)
                hint=text!(settings.locale_hint)
            />
        </fieldset>
    }
}

#[component]
fn SecuritySection(
    /// The form fields.
    fields: AccountFields,
    /// State and errors of the form.
    form: Form,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let span = move |minutes: RwSignal<String>| {
        let minutes = minutes.with(|text| text.trim().parse().ok()).filter(|minutes| (1..100_000).contains(minutes));
        minutes.map(|minutes| format.duration(TimeDelta::minutes(minutes))).unwrap_or_default()
    };
    let rules = move || {
        let rule =
            |rule: &SecondFactorRule| SelectOption::new(rule.to_string(), labels::second_factor_rule(i18n, *rule));
        SecondFactorRule::ALL.iter().map(rule).collect::<Vec<_>>()
    };
    view! {
        <fieldset class="part">
            <legend>{t!(i18n, settings.security)}</legend>
            <TextField
                label=text!(settings.password_min)
                value=fields.password_min
                kind="number"
                name="password_min"
                hint=text!(settings.password_hint, min = LOWEST_PASSWORD_MIN, max = HIGHEST_PASSWORD_MIN)
                form
            />
            <TextField
                label=text!(settings.idle)
                value=fields.idle_minutes
                kind="number"
                name="idle_minutes"
                hint=text!(settings.idle_hint, span = span(fields.idle_minutes))
                form
            />
            <TextField
                label=text!(settings.session)
                value=fields.session_minutes
                kind="number"
                name="session_minutes"
                hint=text!(settings.session_hint, span = span(fields.session_minutes))
                form
            />
            <Select
                label=text!(settings.second_factor)
                name="second_factor"
                options=Signal::derive(rules)
                value=fields.second_factor
                choose=move |rule| fields.second_factor.set(rule)
                hint=text!(settings.second_factor_hint)
            />
        </fieldset>
    }
}
