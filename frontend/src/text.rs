//! Texts in the user's language as values: components take them as props and show them again when the language changes.

use crate::{format::Texts, i18n::Locale};
use leptos::{prelude::*, tachys::reactive_graph::SharedReactiveFunction};
use std::sync::{Arc, Mutex};

/// A text that follows the language, made by [`text!`] or from a string or a signal.
#[derive(Clone, Copy, Debug)]
pub struct Text(Source);

#[derive(Clone, Copy, Debug)]
enum Source {
    /// A text of the locale files without arguments.
    Constant(fn(Locale) -> &'static str),
    /// A text with arguments, which may change.
    Derived(Signal<String>),
}

impl Text {
    /// A text that depends on nothing but the language.
    pub const fn constant(of: fn(Locale) -> &'static str) -> Self {
        Self(Source::Constant(of))
    }

    /// A text that depends on the language and on signals.
    pub fn derive(of: impl Fn(Locale) -> String + Send + Sync + 'static) -> Self {
        Self::erased(Box::new(of))
    }

    /// Not generic, so that the code of the signal exists once.
    fn erased(of: Box<dyn Fn(Locale) -> String + Send + Sync>) -> Self {
        let i18n = crate::i18n::use_i18n();
        Self(Source::Derived(Signal::derive(move || of(i18n.get_locale()))))
    }

    /// The text in the current language; tracked. Empty once the page that it belongs to is closed.
    pub fn get(self, i18n: Texts) -> String {
        match self.0 {
            Source::Constant(of) => of(i18n.get_locale()).to_owned(),
            Source::Derived(text) => text.try_get().unwrap_or_default(),
        }
    }

    /// The text, unless it is empty; tracked.
    pub fn get_some(self, i18n: Texts) -> Option<String> {
        Some(self.get(i18n)).filter(|text| !text.is_empty())
    }
}

impl Default for Text {
    /// No text.
    fn default() -> Self {
        Self::constant(|_| "")
    }
}

impl From<Signal<String>> for Text {
    fn from(text: Signal<String>) -> Self {
        Self(Source::Derived(text))
    }
}

impl From<Memo<String>> for Text {
    fn from(text: Memo<String>) -> Self {
        Self(Source::Derived(text.into()))
    }
}

impl From<Signal<Option<String>>> for Text {
    fn from(text: Signal<Option<String>>) -> Self {
        Self(Source::Derived(Signal::derive(move || text.get().unwrap_or_default())))
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(Source::Derived(Signal::stored(text)))
    }
}

/// A view of a text that depends on nothing but the language; see `t!`.
pub fn shown(i18n: Texts, of: fn(Locale) -> &'static str) -> SharedReactiveFunction<&'static str> {
    Arc::new(Mutex::new(move || of(i18n.get_locale())))
}

/// A [`Text`] of the locale files: `text!(common.save)`, or with arguments, which are tracked:
/// `text!(groups.rename_title, name = page.name())`.
#[macro_export]
macro_rules! text {
    ($($key:ident).+) => {
        $crate::text::Text::constant(|locale| $crate::i18n::td_string!(locale, $($key).+))
    };
    ($($key:ident).+, $($arguments:tt)+) => {
        $crate::text::Text::derive(move |locale| $crate::i18n::td_string!(locale, $($key).+, $($arguments)+))
    };
}
pub use text;
