//! The user's own profile: name and language, password, second factor, passkeys, browser sign-ins, API tokens.

pub mod passkeys;
mod password;
mod person;
pub mod second_factor;
mod sign_ins;
mod tokens;

use crate::{text::text, ui::page_head::PageHead};
use leptos::prelude::*;

#[component]
pub fn ProfilePage() -> impl IntoView {
    view! {
        <PageHead title=text!(profile.title) />
        <div class="sheets">
            <person::PersonSheet />
            <password::PasswordSheet />
            <second_factor::SecondFactorSheet />
            <passkeys::PasskeysSheet />
            <sign_ins::SignInsSheet />
            <tokens::TokensSheet />
        </div>
    }
    .into_any()
}
