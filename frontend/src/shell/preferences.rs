//! The controls for language and theme.

use super::language;
use crate::{
    api::Api,
    caller::Caller,
    i18n::*,
    local_storage,
    text::text,
    ui::{
        icon::Glyph,
        segmented_control::{Segment, SegmentedControl},
    },
};
use leptos::prelude::*;

const STORAGE_KEY: &str = "theme";
const SYSTEM_THEME: &str = "auto";

#[component]
pub fn LanguageChoice() -> impl IntoView {
    let i18n = use_i18n();
    let (caller, api) = (Caller::get(), Api::get());
    // Each language is named in itself.
    let segments = Locale::get_all()
        .iter()
        .rev()
        .map(|locale| Segment { value: locale.as_str(), text: locale.as_str().to_ascii_uppercase(), glyph: None })
        .collect::<Vec<_>>();
    view! {
        <SegmentedControl
            label=text!(shell.language)
            bare=true
            segments=Signal::stored(segments)
            value=Signal::derive(move || i18n.get_locale().as_str().to_owned())
            choose=move |value: &'static str| {
                if let Ok(locale) = value.parse() {
                    language::choose(i18n, caller, api, locale);
                }
            }
        />
    }
}

/// The choice of the theme: as the system, light, dark.
#[component]
pub fn ThemeChoice() -> impl IntoView {
    let i18n = use_i18n();
    let theme = RwSignal::new(local_storage::get(STORAGE_KEY).unwrap_or_else(|| SYSTEM_THEME.to_owned()));
    let segments = Signal::derive(move || {
        let one = |value, text: &str, glyph| Segment { value, text: text.to_owned(), glyph: Some(glyph) };
        vec![
            one(SYSTEM_THEME, t_string!(i18n, shell.theme_auto), Glyph::Screen),
            one("light", t_string!(i18n, shell.theme_light), Glyph::Sun),
            one("dark", t_string!(i18n, shell.theme_dark), Glyph::Moon),
        ]
    });
    view! {
        <SegmentedControl
            label=text!(shell.theme)
            bare=true
            segments
            value=theme
            choose=move |value: &'static str| {
                theme.set(value.to_owned());
                apply_theme(value);
            }
        />
    }
}

/// Applies and stores the theme. The script in `index.html` applies it before the first paint.
fn apply_theme(theme: &str) {
    let Some(root) = document().document_element() else { return };
    if theme == SYSTEM_THEME {
        local_storage::remove(STORAGE_KEY);
        // Fails only if there is no such attribute.
        let _ = root.remove_attribute("data-theme");
    } else {
        local_storage::set(STORAGE_KEY, theme);
        // Fails only for invalid attribute names.
        let _ = root.set_attribute("data-theme", theme);
    }
}
