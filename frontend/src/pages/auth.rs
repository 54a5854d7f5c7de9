//! The pages for those who are not signed in: setup and sign-in.

pub mod forgot;
pub mod join_account;
pub mod must_set_up;
mod providers;
pub mod second_step;
pub mod setup;
pub mod sign_in;
pub mod with_passkey;

use crate::{
    i18n::*,
    shell::preferences::{LanguageChoice, ThemeChoice},
    ui::icon::Mark,
};
use leptos::prelude::*;

/// The frame of these pages: the brand above, one card, the preferences below.
#[component]
pub fn Card(
    /// Wider, for longer forms.
    #[prop(optional)]
    wide: bool,
    /// What is in it.
    children: Children,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <div class="gate" class:wide=wide>
            <header class="gate-brand">
                <Mark />
                <b>{t!(i18n, common.brand)}</b>
            </header>
            <main class="gate-card" id="main">
                {children()}
            </main>
            <footer class="gate-foot">
                <LanguageChoice />
                <ThemeChoice />
            </footer>
        </div>
    }
}
