//! In which language the app speaks: the one chosen here, else the one of the user's profile, else the browser's.

use crate::{api::Api, caller::Caller, i18n::*, keep};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{people, wire::account::ChangeMe};

const KEPT: &str = "locale";

/// Takes the language that is known, now and when somebody signs in.
pub fn follow() {
    let i18n = use_i18n();
    let caller = Caller::get();
    if let Some(kept) = keep::text(KEPT).and_then(|text| text.parse::<Locale>().ok()) {
        i18n.set_locale(kept);
    }
    let chosen = Memo::new(move |_| caller.me().and_then(|me| me.locale));
    Effect::new(move |_| match chosen.get() {
        Some(people::Locale::De) => i18n.set_locale(Locale::de),
        Some(people::Locale::En) => i18n.set_locale(Locale::en),
        None => {}
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
        let _ = api.patch::<serde::de::IgnoredAny>("/me", &ChangeMe { locale: Some(locale) }).await;
    });
}
