//! The user's name and language.

use crate::{
    api::Api,
    caller::Caller,
    i18n::*,
    shell::language,
    ui::{
        error_message::{ErrorMessage, failure_text},
        field::TextField,
        form::Form,
        select::{Select, SelectOption},
        toast::Toasts,
    },
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    validate,
    wire::account::{ChangeMe, Me},
};

/// The section of the profile page.
#[component]
pub fn PersonSheet() -> impl IntoView {
    let i18n = use_i18n();
    let (api, caller, toasts, form) = (Api::get(), Caller::get(), Toasts::get(), Form::default());
    let me = caller.me_untracked();
    let name = RwSignal::new(me.as_ref().map(|me| me.name.clone()).unwrap_or_default());
    let email = RwSignal::new(me.map(|me| me.email).unwrap_or_default());
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let body = ChangeMe { name: Some(name.get_untracked()), ..ChangeMe::default() };
        if form.begin([("name", validate::name(&name.get_untracked()).err())]) {
            spawn_local(async move {
                match api.patch::<Me>("/me", &body).await {
                    Ok(me) => {
                        form.done();
                        caller.set_signed_in(me);
                        toasts.success(untrack(|| t_string!(i18n, profile.saved)));
                    }
                    Err(failure) => form.failed(failure),
                }
            });
        }
    };
    // Each language is named in itself.
    let languages = vec![SelectOption::new("de", "Deutsch"), SelectOption::new("en", "English")];
    let choose = move |value: String| {
        if let Ok(locale) = value.parse() {
            language::choose(i18n, caller, api, locale);
        }
    };
    view! {
        <form class="form sheet" novalidate on:submit=submit>
            <h2>{t!(i18n, profile.person)}</h2>
            <TextField
                label=Signal::derive(move || t_string!(i18n, auth.your_name).to_owned())
                value=name
                name="name"
                autocomplete="name"
                error=form.error("name")
            />
            <TextField
                label=Signal::derive(move || t_string!(i18n, auth.email).to_owned())
                value=email
                kind="email"
                name="email"
                readonly=true
                hint=Signal::derive(move || Some(t_string!(i18n, profile.email_hint).to_owned()))
            />
            <Select
                label=Signal::derive(move || t_string!(i18n, shell.language).to_owned())
                name="locale"
                options=Signal::stored(languages)
                value=Signal::derive(move || i18n.get_locale().as_str().to_owned())
                choose
            />
            <ErrorMessage text=Signal::derive(move || failure_text(i18n, form.failure())) />
            <div class="acts">
                <button type="submit" class="button primary" aria-disabled=move || form.busy().to_string()>
                    {t!(i18n, common.save)}
                </button>
            </div>
        </form>
    }
}
