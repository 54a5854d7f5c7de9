//! Sign-in through identity providers, and the error message if that failed.

use crate::{
    format::Texts,
    i18n::*,
    ui::{error_message::ErrorMessage, show::Show},
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use seatkeeper_shared::{
    ids::ProviderId,
    wire::providers::{ProviderOption, SignInFailure, SignInOptions},
};

/// A button per provider.
#[component]
pub fn Providers(
    /// The available sign-in methods.
    options: Memo<SignInOptions>,
) -> impl IntoView {
    let i18n = use_i18n();
    let query = use_query_map();
    let back = move || query.with(|query| query.get("back")).unwrap_or_default();
    let buttons = move || {
        options
            .get()
            .providers
            .into_iter()
            .map(|ProviderOption { id, name }| {
                view! {
                    // This URL belongs to the server, not to a route of the app.
                    <a class="button large" rel="external" href=move || start_url(id, &back())>
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
            <div class="auth-providers">{buttons}</div>
            <Show when=move || passwords.get()>
                <p class="auth-or">{t!(i18n, sign_in.or)}</p>
            </Show>
        </Show>
    }
}

fn start_url(id: ProviderId, back: &str) -> String {
    let address = format!("/auth/oidc/{id}/start");
    if back.is_empty() {
        return address;
    }
    format!("{address}?back={}", js_sys::encode_uri_component(back))
}

/// Why the sign-in at the provider failed, from the query string.
#[component]
pub fn SignInError(
    /// The available sign-in methods.
    options: Memo<SignInOptions>,
) -> impl IntoView {
    let i18n = use_i18n();
    let query = use_query_map();
    let text = move || {
        let (trouble, provider) = query.with(|query| (query.get("trouble"), query.get("provider")));
        let trouble = trouble?.parse::<SignInFailure>().ok()?;
        let id = provider.and_then(|id| id.parse::<ProviderId>().ok());
        let name = options.with(|options| {
            let found = options.providers.iter().find(|provider| Some(provider.id) == id);
            found.map(|provider| provider.name.clone())
        });
        Some(trouble_text(i18n, trouble, name.unwrap_or_else(|| t_string!(i18n, sign_in.the_provider).to_owned())))
    };
    view! { <ErrorMessage text=Signal::derive(text) /> }
}

fn trouble_text(i18n: Texts, trouble: SignInFailure, name: String) -> String {
    match trouble {
        SignInFailure::Expired => t_string!(i18n, sign_in.expired).to_owned(),
        SignInFailure::Refused => t_string!(i18n, sign_in.refused, name = name),
        SignInFailure::Unreachable => t_string!(i18n, sign_in.unreachable, name = name),
        SignInFailure::Failed => t_string!(i18n, sign_in.failed, name = name),
        SignInFailure::NoEmail => t_string!(i18n, sign_in.no_email, name = name),
        SignInFailure::EmailUnverified => t_string!(i18n, sign_in.email_unverified, name = name),
        SignInFailure::Unknown => t_string!(i18n, sign_in.unknown).to_owned(),
        SignInFailure::NotLinked => t_string!(i18n, sign_in.not_linked).to_owned(),
        SignInFailure::Suspended => t_string!(i18n, sign_in.suspended).to_owned(),
        SignInFailure::TooMany => t_string!(i18n, problem.too_many_requests).to_owned(),
        SignInFailure::NoProvider => t_string!(i18n, sign_in.no_provider).to_owned(),
        SignInFailure::Unavailable => t_string!(i18n, problem.unavailable).to_owned(),
    }
}
