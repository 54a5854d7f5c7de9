//! One's own things: name and language, password, where one is signed in, API tokens.

mod password;
mod person;
mod sign_ins;
mod tokens;

use crate::{i18n::*, ui::head::PageHead};
use leptos::prelude::*;

/// The page.
#[component]
pub fn ProfilePage() -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <PageHead title=Signal::derive(move || t_string!(i18n, profile.title).to_owned()) />
        <div class="sheets">
            <person::PersonSheet />
            <password::PasswordSheet />
            <sign_ins::SignInsSheet />
            <tokens::TokensSheet />
        </div>
    }
    .into_any()
}
