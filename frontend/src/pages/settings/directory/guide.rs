//! What to enter at which provider, step by step, with the names that the fields have there.

use crate::{
    format::Texts,
    i18n::*,
    ui::select::{Choosable, Select},
};
use leptos::prelude::*;

/// A provider with steps of its own. Their names are the same in all languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Product {
    Entra,
    Okta,
    Keycloak,
    Authentik,
    Other,
}

impl Product {
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

/// How signing in is set up.
fn of_sign_in(i18n: Texts, product: Product) -> Vec<&'static str> {
    match product {
        Product::Entra => vec![
            t_string!(i18n, directory.entra_1),
            t_string!(i18n, directory.entra_2),
            t_string!(i18n, directory.entra_3),
            t_string!(i18n, directory.entra_4),
            t_string!(i18n, directory.entra_5),
            t_string!(i18n, directory.entra_6),
        ],
        Product::Okta => vec![
            t_string!(i18n, directory.okta_1),
            t_string!(i18n, directory.okta_2),
            t_string!(i18n, directory.okta_3),
            t_string!(i18n, directory.okta_4),
            t_string!(i18n, directory.okta_5),
            t_string!(i18n, directory.okta_6),
        ],
        Product::Keycloak => vec![
            t_string!(i18n, directory.keycloak_1),
            t_string!(i18n, directory.keycloak_2),
            t_string!(i18n, directory.keycloak_3),
            t_string!(i18n, directory.keycloak_4),
            t_string!(i18n, directory.keycloak_5),
            t_string!(i18n, directory.keycloak_6),
        ],
        Product::Authentik => vec![
            t_string!(i18n, directory.authentik_1),
            t_string!(i18n, directory.authentik_2),
            t_string!(i18n, directory.authentik_3),
            t_string!(i18n, directory.authentik_4),
            t_string!(i18n, directory.authentik_5),
            t_string!(i18n, directory.authentik_6),
        ],
        Product::Other => vec![
            t_string!(i18n, directory.other_1),
            t_string!(i18n, directory.other_2),
            t_string!(i18n, directory.other_3),
        ],
    }
}

/// How a directory is connected.
fn of_directories(i18n: Texts, product: Product) -> Vec<&'static str> {
    match product {
        Product::Entra => vec![
            t_string!(i18n, scim.guide_entra_1),
            t_string!(i18n, scim.guide_entra_2),
            t_string!(i18n, scim.guide_entra_3),
        ],
        Product::Okta => vec![
            t_string!(i18n, scim.guide_okta_1),
            t_string!(i18n, scim.guide_okta_2),
            t_string!(i18n, scim.guide_okta_3),
        ],
        Product::Keycloak => vec![t_string!(i18n, scim.guide_keycloak_1)],
        Product::Authentik => vec![t_string!(i18n, scim.guide_authentik_1), t_string!(i18n, scim.guide_authentik_2)],
        Product::Other => vec![t_string!(i18n, scim.guide_other_1)],
    }
}

/// What is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// Signing in.
    SignIn,
    /// A directory.
    Directories,
}

/// The steps, which one opens if one wants to read them.
#[component]
pub fn Guide(
    /// What is set up.
    about: About,
) -> impl IntoView {
    let i18n = use_i18n();
    let chosen = RwSignal::new(Product::Entra.as_str().to_owned());
    let product = move || {
        Product::ALL.into_iter().find(|one| chosen.with(|chosen| chosen == one.as_str())).unwrap_or(Product::Other)
    };
    let all =
        move || Product::ALL.into_iter().map(|one| Choosable::new(one.as_str(), one.name(i18n))).collect::<Vec<_>>();
    let all_steps = move |product| match about {
        About::SignIn => of_sign_in(i18n, product),
        About::Directories => of_directories(i18n, product),
    };
    let lines = move || all_steps(product()).into_iter().map(|step| view! { <li>{step}</li> }).collect_view();
    view! {
        <details class="more">
            <summary>{t!(i18n, directory.guide)}</summary>
            <div class="form">
                <Select
                    label=Signal::derive(move || t_string!(i18n, directory.guide_for).to_owned())
                    name="guide"
                    options=Signal::derive(all)
                    value=chosen
                    choose=move |product| chosen.set(product)
                />
                <ol class="steps">{lines}</ol>
            </div>
        </details>
    }
}
