//! The user's name and language.

use crate::{
    caller::Caller,
    i18n::*,
    shell::language,
    text::text,
    ui::{
        field::TextField,
        form::Form,
        page_form::PageForm,
        select::{Select, SelectOption},
        toast::Toasts,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{
    endpoints, validate,
    wire::account::{ChangeMe, Me},
};

/// The section of the profile page.
#[component]
pub fn PersonSheet() -> impl IntoView {
    let i18n = use_i18n();
    let (caller, toasts, form) = (Caller::get(), Toasts::get(), Form::default());
    let me = caller.me_untracked();
    let name = RwSignal::new(me.as_ref().map(|me| me.name.clone()).unwrap_or_default());
    let email = RwSignal::new(me.map(|me| me.email).unwrap_or_default());
    // The language that is chosen here, and not yet saved.
    let chosen = RwSignal::new(None::<Locale>);
    let language = move || chosen.get().unwrap_or_else(|| i18n.get_locale()).as_str().to_owned();
    let submit = move |()| {
        let (name, locale) = (name.get_untracked(), chosen.get_untracked());
        let checks = [("name", validate::name(&name).err())];
        let change = || endpoints::me::change(&ChangeMe { name: Some(name), locale: locale.map(language::of_profile) });
        form.submit(checks, change, move |me: Me| {
            if let Some(locale) = locale {
                language::remember(locale);
            }
            chosen.try_set(None);
            caller.set_signed_in(me);
            toasts.success(tu_string!(i18n, profile.saved));
        });
    };
    // Each language is named in itself.
    let languages = vec![SelectOption::new("de", "Deutsch"), SelectOption::new("en", "English")];
    view! {
        <PageForm form submit>
            <h2>{t!(i18n, profile.person)}</h2>
            <TextField label=text!(auth.your_name) value=name name="name" autocomplete="name" form />
            <TextField
                label=text!(auth.email)
                value=email
                kind="email"
                name="email"
                readonly=true
                hint=text!(profile.email_hint)
            />
            <Select
                label=text!(shell.language)
                name="locale"
                options=Signal::stored(languages)
                value=Signal::derive(language)
                choose=move |value: String| chosen.set(value.parse().ok())
                form
            />
        </PageForm>
    }
}
