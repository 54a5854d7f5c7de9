//! Settings › Directory and sign-in: by which providers people sign in, and who may still use a password.

mod addresses;
mod delete;
mod desk;
mod fields;
pub mod findings;
mod form;
mod guide;
mod passwords;
mod providers;
mod scim;

use super::tabs::Tabs;
use crate::{format::Texts, i18n::*, shell::Only, ui::head::PageHead};
use desk::Desk;
use leptos::prelude::*;
use seatkeeper_shared::{permissions::Action, wire::providers::EmailLink};

/// The page.
#[component]
pub fn DirectoryPage() -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <Only action=Action::ManageAccount>
            <PageHead title=Signal::derive(move || t_string!(i18n, directory.title).to_owned()) />
            <Tabs />
            <Parts />
        </Only>
    }
    .into_any()
}

#[component]
fn Parts() -> impl IntoView {
    let desk = Desk::open();
    view! {
        <div class="sheets">
            <providers::ProvidersSheet desk />
            <passwords::PasswordsSheet desk />
            <scim::DirectoriesSheet desk />
        </div>
        <form::ProviderDialog desk />
        <delete::DeleteDialog desk />
    }
}

/// Whose addresses are believed.
pub fn link_words(i18n: Texts, link: EmailLink) -> &'static str {
    match link {
        EmailLink::Verified => t_string!(i18n, directory.link_verified),
        EmailLink::Trusted => t_string!(i18n, directory.link_trusted),
        EmailLink::Never => t_string!(i18n, directory.link_never),
    }
}
