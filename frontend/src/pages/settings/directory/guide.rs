//! Setup guides per identity provider, with the field names of the provider.

use crate::{
    format::Texts,
    i18n::*,
    text::text,
    ui::select::{Select, SelectOption},
};
use leptos::prelude::*;

/// Identity provider with its own guide. The names are not translated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum IdentityProvider {
    Entra,
    Okta,
    Keycloak,
    Authentik,
    Other,
}

impl IdentityProvider {
    const ALL: [Self; 5] = [Self::Entra, Self::Okta, Self::Keycloak, Self::Authentik, Self::Other];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Entra => "entra",
            Self::Okta => "okta",
            Self::Keycloak => "keycloak",
            Self::Authentik => "authentik",
            Self::Other => "other",
        }
    }

    fn name(self, i18n: Texts) -> &'static str {
        match self {
            Self::Entra => "Microsoft Entra ID",
            Self::Okta => "Okta",
            Self::Keycloak => "Keycloak",
            Self::Authentik => "authentik",
            Self::Other => t_string!(i18n, directory.guide_choose),
        }
    }
}

/// Steps to set up sign-in.
fn sign_in_steps(i18n: Texts, provider: IdentityProvider) -> Vec<&'static str> {
    match provider {
        IdentityProvider::Entra => vec![
            t_string!(i18n, directory.entra_1),
            t_string!(i18n, directory.entra_2),
            t_string!(i18n, directory.entra_3),
            t_string!(i18n, directory.entra_4),
            t_string!(i18n, directory.entra_5),
            t_string!(i18n, directory.entra_6),
        ],
        IdentityProvider::Okta => vec![
            t_string!(i18n, directory.okta_1),
            t_string!(i18n, directory.okta_2),
            t_string!(i18n, directory.okta_3),
            t_string!(i18n, directory.okta_4),
            t_string!(i18n, directory.okta_5),
            t_string!(i18n, directory.okta_6),
        ],
        IdentityProvider::Keycloak => vec![
            t_string!(i18n, directory.keycloak_1),
            t_string!(i18n, directory.keycloak_2),
            t_string!(i18n, directory.keycloak_3),
            t_string!(i18n, directory.keycloak_4),
            t_string!(i18n, directory.keycloak_5),
            t_string!(i18n, directory.keycloak_6),
        ],
        IdentityProvider::Authentik => vec![
            t_string!(i18n, directory.authentik_1),
            t_string!(i18n, directory.authentik_2),
            t_string!(i18n, directory.authentik_3),
            t_string!(i18n, directory.authentik_4),
            t_string!(i18n, directory.authentik_5),
            t_string!(i18n, directory.authentik_6),
        ],
        IdentityProvider::Other => vec![
            t_string!(i18n, directory.other_1),
            t_string!(i18n, directory.other_2),
            t_string!(i18n, directory.other_3),
        ],
    }
}

/// Steps to connect a SCIM directory.
fn scim_steps(i18n: Texts, provider: IdentityProvider) -> Vec<&'static str> {
    match provider {
        IdentityProvider::Entra => vec![
            t_string!(i18n, scim.guide_entra_1),
            t_string!(i18n, scim.guide_entra_2),
            t_string!(i18n, scim.guide_entra_3),
        ],
        IdentityProvider::Okta => vec![
            t_string!(i18n, scim.guide_okta_1),
            t_string!(i18n, scim.guide_okta_2),
            t_string!(i18n, scim.guide_okta_3),
        ],
        IdentityProvider::Keycloak => vec![t_string!(i18n, scim.guide_keycloak_1)],
        IdentityProvider::Authentik => {
            vec![t_string!(i18n, scim.guide_authentik_1), t_string!(i18n, scim.guide_authentik_2)]
        }
        IdentityProvider::Other => vec![t_string!(i18n, scim.guide_other_1)],
    }
}

/// Subject of a guide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GuideTopic {
    /// Sign-in with the provider.
    SignIn,
    /// Provisioning through SCIM.
    Directories,
}

/// Collapsible guide for a selected provider.
#[component]
pub fn Guide(
    /// Subject of the guide.
    topic: GuideTopic,
) -> impl IntoView {
    let i18n = use_i18n();
    let chosen = RwSignal::new(IdentityProvider::Entra.as_str().to_owned());
    let provider = move || {
        IdentityProvider::ALL
            .into_iter()
            .find(|one| chosen.with(|chosen| chosen == one.as_str()))
            .unwrap_or(IdentityProvider::Other)
    };
    let options = move || {
        IdentityProvider::ALL.into_iter().map(|one| SelectOption::new(one.as_str(), one.name(i18n))).collect::<Vec<_>>()
    };
    let all_steps = move |provider| match topic {
        GuideTopic::SignIn => sign_in_steps(i18n, provider),
        GuideTopic::Directories => scim_steps(i18n, provider),
    };
    let lines = move || all_steps(provider()).into_iter().map(|step| view! { <li>{step}</li> }).collect_view();
    view! {
        <details class="more">
            <summary>{t!(i18n, directory.guide)}</summary>
            // The choice is no change that could be lost with the form around it.
            <div class="form" on:input=|event| event.stop_propagation()>
                <Select
                    label=text!(directory.guide_for)
                    name="guide"
                    options=Signal::derive(options)
                    value=chosen
                    choose=move |provider| chosen.set(provider)
                />
                <ol class="steps">{lines}</ol>
            </div>
        </details>
    }
}
