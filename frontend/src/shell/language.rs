//! In which language the app speaks: the one chosen here, else the one of the user's profile, else the browser's.

use crate::{api::Api, caller::Caller, i18n::*, keep};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{people, wire::account::ChangeMe};

const KEPT: &str = "locale";

/// Takes the language that is known, now and when somebody signs in.
pub fn follow() {
    let i18n = use_i18n();
    let caller = Caller::get();
    let chosen = Memo::new(move |_| caller.me().and_then(|me| me.locale));
    // In an effect, because the texts themselves begin with the browser's language in one.
    Effect::new(move |_| {
        let locale = match chosen.get() {
            Some(people::Locale::De) => Some(Locale::de),
            Some(people::Locale::En) => Some(Locale::en),
            None => keep::text(KEPT).and_then(|text| text.parse().ok()),
        };
        if let Some(locale) = locale {
            i18n.set_locale(locale);
        }
    });
}

/// Speaks this language from now on, here and wherever the user signs in.
pub fn choose(i18n: leptos_i18n::I18nContext<Locale>, caller: Caller, api: Api, locale: Locale) {
    i18n.set_locale(locale);
    keep::keep_text(KEPT, locale.as_str());
    let Some(mut me) = caller.me_once() else { return };
    let locale = match locale {
        Locale::de => people::Locale::De,
        Locale::en => people::Locale::En,
    };
    me.locale = Some(locale);
    caller.came(*me);
    spawn_local(async move {
        // If it cannot be saved, this browser still remembers it.
        let _ =
            api.patch::<serde::de::IgnoredAny>("/me", &ChangeMe { locale: Some(locale), ..ChangeMe::default() }).await;
    });
}
