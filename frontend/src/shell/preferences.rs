//! Language and theme, side by side.

use super::language;
use crate::{
    api::Api,
    caller::Caller,
    i18n::*,
    keep,
    ui::{
        choice::{Choice, Segment},
        icon::Glyph,
    },
};
use leptos::prelude::*;

const KEPT: &str = "theme";
const AUTO: &str = "auto";

/// German or English.
#[component]
pub fn LanguageChoice() -> impl IntoView {
    let i18n = use_i18n();
    let (caller, api) = (Caller::get(), Api::get());
    // Each language is written in itself.
    let segments = Locale::get_all()
        .iter()
        .rev()
        .map(|locale| Segment { value: locale.as_str(), text: locale.as_str().to_uppercase(), glyph: None })
        .collect::<Vec<_>>();
    view! {
        <Choice
            label=Signal::derive(move || t_string!(i18n, shell.language).to_owned())
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

/// As the system, light, dark.
#[component]
pub fn ThemeChoice() -> impl IntoView {
    let i18n = use_i18n();
    let theme = RwSignal::new(keep::text(KEPT).unwrap_or_else(|| AUTO.to_owned()));
    let segments = Signal::derive(move || {
        let one = |value, text: &str, glyph| Segment { value, text: text.to_owned(), glyph: Some(glyph) };
        vec![
            one(AUTO, t_string!(i18n, shell.theme_auto), Glyph::Screen),
            one("light", t_string!(i18n, shell.theme_light), Glyph::Sun),
            one("dark", t_string!(i18n, shell.theme_dark), Glyph::Moon),
        ]
    });
    view! {
        <Choice
            label=Signal::derive(move || t_string!(i18n, shell.theme).to_owned())
            bare=true
            segments
            value=theme
            choose=move |value: &'static str| {
                theme.set(value.to_owned());
                show_in(value);
            }
        />
    }
}

/// The script in the page does the same before the first paint.
fn show_in(theme: &str) {
    let Some(root) = document().document_element() else { return };
    if theme == AUTO {
        keep::forget(KEPT);
        // Not being there is what is wanted.
        let _ = root.remove_attribute("data-theme");
    } else {
        keep::keep_text(KEPT, theme);
        // The name is a good one.
        let _ = root.set_attribute("data-theme", theme);
    }
}
