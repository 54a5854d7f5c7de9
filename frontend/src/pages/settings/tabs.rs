//! Navigation between the settings pages.

use crate::i18n::*;
use leptos::prelude::*;
use leptos_router::components::A;

/// Links to the settings pages.
#[component]
pub fn SettingsTabs() -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <nav class="tabs" aria-label=move || t_string!(i18n, nav.settings_label)>
            <A href="/settings" exact=true>
                {t!(i18n, nav.account)}
            </A>
            <A href="/settings/directory">{t!(i18n, nav.directory)}</A>
        </nav>
    }
}
