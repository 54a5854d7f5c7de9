//! The settings of the account, for admins: name, time zone, language, passwords, how long one stays signed in.

pub mod directory;
mod tabs;

use crate::{
    api::Api,
    caller::Caller,
    format::{Format, zones},
    i18n::*,
    shell::Only,
    ui::{
        face::{Wrong, usual},
        field::TextField,
        form::Form,
        head::PageHead,
        select::{Choosable, Select},
        toast::Toasts,
    },
    words,
};
use chrono::TimeDelta;
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    permissions::Action,
    validate::{self, FieldError, LEAST_PASSWORD, MOST_PASSWORD},
    wire::account::{AccountView, ChangeAccount, SecondFactorRule},
};

/// The page.
#[component]
pub fn SettingsPage() -> impl IntoView {
    let i18n = use_i18n();
    let caller = Caller::get();
    view! {
        <Only action=Action::ManageAccount>
            <PageHead title=Signal::derive(move || t_string!(i18n, settings.title).to_owned()) />
            <tabs::Tabs />
            {caller.me_once().map(|me| view! { <Entry account=me.account /> })}
        </Only>
    }
    .into_any()
}

/// What is entered.
#[derive(Clone, Copy)]
struct Entered {
    name: RwSignal<String>,
    time_zone: RwSignal<String>,
    locale: RwSignal<String>,
    password_min: RwSignal<String>,
    idle_minutes: RwSignal<String>,
    session_minutes: RwSignal<String>,
    second_factor: RwSignal<String>,
}

impl Entered {
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

    /// What was changed: what somebody else has changed meanwhile stays.
    fn changed(self, before: &AccountView) -> ChangeAccount {
        let body = self.body();
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

    fn body(self) -> ChangeAccount {
        ChangeAccount {
            name: Some(self.name.get_untracked()),
            time_zone: Some(self.time_zone.get_untracked()),
            locale: self.locale.get_untracked().parse().ok(),
            password_min: number(self.password_min),
            idle_minutes: number(self.idle_minutes),
            session_minutes: number(self.session_minutes),
            second_factor: self.second_factor.get_untracked().parse().ok(),
        }
    }
}

fn number(text: RwSignal<String>) -> Option<i64> {
    text.with_untracked(|text| text.trim().parse().ok())
}

fn missing(number: Option<i64>) -> Option<FieldError> {
    number.is_none().then_some(FieldError::Required)
}

#[component]
fn Entry(
    /// As it is now.
    account: AccountView,
) -> impl IntoView {
    let i18n = use_i18n();
    let (api, caller, toasts, form) = (Api::get(), Caller::get(), Toasts::get(), Form::default());
    let entered = Entered::new(account.clone());
    let before = StoredValue::new(account);
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let body = entered.body();
        let checks = [
            ("name", validate::name(body.name.as_deref().unwrap_or_default()).err()),
            ("password_min", missing(body.password_min)),
            ("idle_minutes", missing(body.idle_minutes)),
            ("session_minutes", missing(body.session_minutes)),
        ];
        if form.begin(checks) {
            let body = before.with_value(|before| entered.changed(before));
            spawn_local(async move {
                match api.patch::<AccountView>("/account", &body).await {
                    Ok(account) => {
                        form.done();
                        before.try_set_value(account.clone());
                        if let Some(me) = caller.me_once() {
                            caller.came(seatkeeper_shared::wire::account::Me { account, ..*me });
                        }
                        // He may have asked it of himself.
                        caller.ask();
                        toasts.good(untrack(|| t_string!(i18n, settings.saved)));
                    }
                    Err(failure) => form.failed(failure),
                }
            });
        }
    };
    view! {
        <form class="form sheet" novalidate on:submit=submit>
            <Organisation entered form />
            <Security entered form />
            <Wrong text=Signal::derive(move || usual(i18n, form.failure())) />
            <div class="acts">
                <button type="submit" class="button primary" aria-disabled=move || form.busy().to_string()>
                    {t!(i18n, common.save)}
                </button>
            </div>
        </form>
    }
}

#[component]
fn Organisation(
    /// What is entered.
    entered: Entered,
    /// The form.
    form: Form,
) -> impl IntoView {
    let i18n = use_i18n();
    let all = zones().into_iter().map(|zone| Choosable::new(zone.clone(), zone.replace('_', " "))).collect::<Vec<_>>();
    let languages = move || {
        vec![Choosable::new("de", t_string!(i18n, audit.german)), Choosable::new("en", t_string!(i18n, audit.english))]
    };
    view! {
        <fieldset class="part">
            <legend>{t!(i18n, auth.account_section)}</legend>
            <TextField
                label=Signal::derive(move || t_string!(i18n, auth.account_name).to_owned())
                value=entered.name
                name="name"
                autocomplete="organization"
                error=form.error("name")
            />
            <Select
                label=Signal::derive(move || t_string!(i18n, auth.time_zone).to_owned())
                name="time_zone"
                options=Signal::stored(all)
                value=entered.time_zone
                choose=move |zone| entered.time_zone.set(zone)
                hint=Signal::derive(move || Some(t_string!(i18n, auth.time_zone_hint).to_owned()))
                error=form.error("time_zone")
            />
            <Select
                label=Signal::derive(move || t_string!(i18n, settings.locale).to_owned())
                name="locale"
                options=Signal::derive(languages)
                value=entered.locale
                choose=move |locale| entered.locale.set(locale)
                hint=Signal::derive(move || Some(t_string!(i18n, settings.locale_hint).to_owned()))
            />
        </fieldset>
    }
}

#[component]
fn Security(
    /// What is entered.
    entered: Entered,
    /// The form.
    form: Form,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let span = move |minutes: RwSignal<String>| {
        let minutes = minutes.with(|text| text.trim().parse().ok()).filter(|minutes| (1..100_000).contains(minutes));
        minutes.map(|minutes| format.span(TimeDelta::minutes(minutes))).unwrap_or_default()
    };
    let idle = move || Some(t_string!(i18n, settings.idle_hint, span = span(entered.idle_minutes)));
    let whole = move || Some(t_string!(i18n, settings.session_hint, span = span(entered.session_minutes)));
    let rules = move || {
        let rule = |rule: &SecondFactorRule| Choosable::new(rule.to_string(), words::second_factor(i18n, *rule));
        SecondFactorRule::ALL.iter().map(rule).collect::<Vec<_>>()
    };
    let least = move || Some(t_string!(i18n, settings.password_hint, min = LEAST_PASSWORD, max = MOST_PASSWORD));
    view! {
        <fieldset class="part">
            <legend>{t!(i18n, settings.security)}</legend>
            <TextField
                label=Signal::derive(move || t_string!(i18n, settings.password_min).to_owned())
                value=entered.password_min
                kind="number"
                name="password_min"
                hint=Signal::derive(least)
                error=form.error("password_min")
            />
            <TextField
                label=Signal::derive(move || t_string!(i18n, settings.idle).to_owned())
                value=entered.idle_minutes
                kind="number"
                name="idle_minutes"
                hint=Signal::derive(idle)
                error=form.error("idle_minutes")
            />
            <TextField
                label=Signal::derive(move || t_string!(i18n, settings.session).to_owned())
                value=entered.session_minutes
                kind="number"
                name="session_minutes"
                hint=Signal::derive(whole)
                error=form.error("session_minutes")
            />
            <Select
                label=Signal::derive(move || t_string!(i18n, settings.second_factor).to_owned())
                name="second_factor"
                options=Signal::derive(rules)
                value=entered.second_factor
                choose=move |rule| entered.second_factor.set(rule)
                hint=Signal::derive(move || Some(t_string!(i18n, settings.second_factor_hint).to_owned()))
            />
        </fieldset>
    }
}
