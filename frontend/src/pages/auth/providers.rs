//! The providers through which one can sign in, and why that did not work the last time.

use crate::{format::Texts, i18n::*, ui::face::Wrong};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use seatkeeper_shared::{
    ids::ProviderId,
    wire::providers::{OfferedProvider, SignInOptions, SignInTrouble},
};

/// A button for each provider.
#[component]
pub fn Providers(
    /// How one can sign in.
    options: RwSignal<SignInOptions>,
) -> impl IntoView {
    let i18n = use_i18n();
    let query = use_query_map();
    let back = move || query.with(|query| query.get("back")).unwrap_or_default();
    let buttons = move || {
        options
            .get()
            .providers
            .into_iter()
            .map(|OfferedProvider { id, name }| {
                view! {
                    // The server answers there, and not this app.
                    <a class="button large" rel="external" href=move || start(id, &back())>
                        {move || t_string!(i18n, sign_in.with, name = name.clone())}
                    </a>
                }
            })
            .collect_view()
    };
    let (some, passwords) = (
        Memo::new(move |_| options.with(|options| !options.providers.is_empty())),
        Memo::new(move |_| options.with(|options| options.passwords)),
    );
    view! {
        <Show when=move || some.get()>
            <div class="gate-providers">{buttons}</div>
            <Show when=move || passwords.get()>
                <p class="gate-or">{t!(i18n, sign_in.or)}</p>
            </Show>
        </Show>
    }
}

fn start(id: ProviderId, back: &str) -> String {
    let address = format!("/auth/oidc/{id}/start");
    if back.is_empty() {
        return address;
    }
    format!("{address}?back={}", js_sys::encode_uri_component(back))
}

/// Why one is back here.
#[component]
pub fn Trouble(
    /// How one can sign in.
    options: RwSignal<SignInOptions>,
) -> impl IntoView {
    let i18n = use_i18n();
    let query = use_query_map();
    let text = move || {
        let (trouble, provider) = query.with(|query| (query.get("trouble"), query.get("provider")));
        let trouble = trouble?.parse::<SignInTrouble>().ok()?;
        let id = provider.and_then(|id| id.parse::<ProviderId>().ok());
        let name = options.with(|options| {
            let found = options.providers.iter().find(|one| Some(one.id) == id);
            found.map(|one| one.name.clone())
        });
        Some(said(i18n, trouble, name.unwrap_or_else(|| t_string!(i18n, sign_in.the_provider).to_owned())))
    };
    view! { <Wrong text=Signal::derive(text) /> }
}

fn said(i18n: Texts, trouble: SignInTrouble, name: String) -> String {
    match trouble {
        SignInTrouble::Expired => t_string!(i18n, sign_in.expired).to_owned(),
        SignInTrouble::Refused => t_string!(i18n, sign_in.refused, name = name),
        SignInTrouble::Unreachable => t_string!(i18n, sign_in.unreachable, name = name),
        SignInTrouble::Failed => t_string!(i18n, sign_in.failed, name = name),
        SignInTrouble::NoEmail => t_string!(i18n, sign_in.no_email, name = name),
        SignInTrouble::EmailUnverified => t_string!(i18n, sign_in.email_unverified, name = name),
        SignInTrouble::Unknown => t_string!(i18n, sign_in.unknown).to_owned(),
        SignInTrouble::NotLinked => t_string!(i18n, sign_in.not_linked).to_owned(),
        SignInTrouble::Suspended => t_string!(i18n, sign_in.suspended).to_owned(),
        SignInTrouble::TooMany => t_string!(i18n, problem.too_many_requests).to_owned(),
        SignInTrouble::NoProvider => t_string!(i18n, sign_in.no_provider).to_owned(),
        SignInTrouble::Unavailable => t_string!(i18n, problem.unavailable).to_owned(),
    }
}
