//! The pages for users who are not signed in: setup, sign-in, invitation and forgotten password.

pub mod forgot;
pub mod join_account;
pub mod passkey_button;
mod providers;
pub mod second_factor_required;
pub mod second_step;
pub mod setup;
pub mod sign_in;

use crate::{
    i18n::*,
    shell::preferences::{LanguageChoice, ThemeChoice},
    ui::icon::Mark,
};
use leptos::prelude::*;

/// The layout of these pages: the brand above, one card, the preferences below.
#[component]
pub fn Card(
    /// Whether the card is wider, for longer forms.
    #[prop(optional)]
    wide: bool,
    /// The content of the card.
    children: Children,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <div class="auth-page" class:wide=wide>
            <header class="auth-brand">
                <Mark />
                <b>{t!(i18n, common.brand)}</b>
            </header>
            <main class="auth-card" id="main">
                {children()}
            </main>
            <footer class="auth-foot">
                <LanguageChoice />
                <ThemeChoice />
            </footer>
        </div>
    }
}
