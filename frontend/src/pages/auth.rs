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
    text::Text,
    ui::{
        error_message::{ErrorMessage, failure_text},
        form::Form,
        icon::Mark,
    },
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

/// The form of such a page: its fields, what went wrong, and one large button.
#[component]
pub fn AuthForm(
    /// Whether it is being submitted, and its errors.
    form: Form,
    /// Called when the user submits the form; usually calls [`Form::submit`].
    #[prop(into)]
    submit: Callback<()>,
    /// The label of the button.
    #[prop(into)]
    confirm: Text,
    /// The label of the button while the form is being submitted, if it is another one.
    #[prop(into, optional)]
    busy: Text,
    /// Whether the button has the focus when it appears.
    #[prop(optional)]
    autofocus: bool,
    /// The fields.
    children: Children,
) -> impl IntoView {
    let i18n = use_i18n();
    let submitted = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        submit.run(());
    };
    let label = move || {
        let busy = if form.busy() { busy.get_some(i18n) } else { None };
        busy.unwrap_or_else(|| confirm.get(i18n))
    };
    view! {
        <form class="form" novalidate on:submit=submitted>
            {children()}
            <ErrorMessage text=Signal::derive(move || failure_text(i18n, form.failure())) />
            <button
                type="submit"
                class="button primary large"
                autofocus=autofocus
                aria-disabled=move || form.busy().to_string()
            >
                {label}
            </button>
        </form>
    }
}
