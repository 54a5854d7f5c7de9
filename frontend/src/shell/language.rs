//! The app's language: that of the user's profile, else the one chosen in this browser, else the browser's.

use crate::{api::Api, caller::Caller, format::Texts, i18n::*, local_storage};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{endpoints, people, wire::account::ChangeMe};

const STORAGE_KEY: &str = "locale";

/// Applies the language, now and whenever a user signs in or changes it in the profile.
pub fn apply() {
    let i18n = use_i18n();
    let caller = Caller::get();
    let chosen = Memo::new(move |_| caller.me().and_then(|me| me.locale));
    // In an effect, because the translations set the browser's language in an effect as well.
    Effect::new(move |_| {
        let locale = match chosen.get() {
            Some(people::Locale::De) => Some(Locale::de),
            Some(people::Locale::En) => Some(Locale::en),
            None => local_storage::get(STORAGE_KEY).and_then(|text| text.parse().ok()),
        };
        if let Some(locale) = locale {
            i18n.set_locale(locale);
        }
    });
}

/// Remembers the language in this browser, for when nobody is signed in.
pub fn remember(locale: Locale) {
    local_storage::set(STORAGE_KEY, locale.as_str());
}

/// The language as profiles name it.
pub fn of_profile(locale: Locale) -> people::Locale {
    match locale {
        Locale::de => people::Locale::De,
        Locale::en => people::Locale::En,
    }
}

/// Changes the language, in this browser and in the user's profile.
pub fn choose(i18n: Texts, caller: Caller, api: Api, locale: Locale) {
    i18n.set_locale(locale);
    remember(locale);
    let Some(mut me) = caller.me_untracked() else { return };
    let locale = Some(of_profile(locale));
    me.locale = locale;
    caller.set_signed_in(*me);
    spawn_local(async move {
        // If the request fails, this browser still remembers the choice.
        drop(api.send(endpoints::me::change(&ChangeMe { locale, ..ChangeMe::default() })).await);
    });
}
