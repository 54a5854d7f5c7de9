//! Settings › Directory and sign-in: sign-in providers, password rules and SCIM directories.

mod addresses;
pub mod findings;
mod guide;
mod passwords;
mod provider_dialogs;
mod provider_fields;
mod provider_form;
mod providers;
mod scim;
mod state;

use super::tabs::SettingsTabs;
use crate::{
    format::Texts,
    i18n::*,
    shell::RequirePermission,
    text::text,
    ui::{breadcrumbs::Breadcrumbs, page_head::PageHead},
};
use leptos::prelude::*;
use seatkeeper_shared::{permissions::Action, wire::providers::EmailLinking};
use state::DirectoryPageState;

#[component]
pub fn DirectoryPage() -> impl IntoView {
    view! {
        <div class="page settings-page">
            <RequirePermission action=Action::ManageAccount>
                <PageHead
                    title=text!(directory.title)
                    above=|| {
                        view! {
                            <Breadcrumbs href="/settings" above=text!(nav.settings) here=text!(directory.title) />
                        }
                    }
                />
                <SettingsTabs />
                <Sections />
            </RequirePermission>
        </div>
    }
    .into_any()
}

#[component]
fn Sections() -> impl IntoView {
    let page = DirectoryPageState::new();
    view! {
        <div class="sheets">
            <providers::ProvidersSheet page />
            <passwords::PasswordsSheet page />
            <scim::DirectoriesSheet page />
        </div>
    }
}

/// Label of the rule for linking identities by e-mail address.
pub fn email_link_label(i18n: Texts, link: EmailLinking) -> &'static str {
    match link {
        EmailLinking::Verified => t_string!(i18n, directory.link_verified),
        EmailLinking::Trusted => t_string!(i18n, directory.link_trusted),
        EmailLinking::Never => t_string!(i18n, directory.link_never),
    }
}
