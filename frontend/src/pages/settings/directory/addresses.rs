//! URLs to be entered at a provider or directory, with copy buttons.

use super::state::DirectoryPageState;
use crate::{
    i18n::*,
    pages::console::support_key::copy_to_clipboard,
    text::{Text, text},
    ui::{
        icon::{Glyph, Icon},
        toast::Toasts,
    },
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    ids::ProviderId,
    wire::providers::{logout_url, redirect_url},
};

/// Redirect and logout URL of a provider.
#[component]
pub fn Addresses(
    /// The provider shown.
    id: ProviderId,
    /// The state of the page.
    page: DirectoryPageState,
) -> impl IntoView {
    view! {
        <div class="addresses">
            <Copyable
                label=text!(directory.redirect)
                text=Signal::derive(move || redirect_url(&page.base_url(), id))
            />
            <Copyable
                label=text!(directory.logout)
                text=Signal::derive(move || logout_url(&page.base_url(), id))
                hint=text!(directory.logout_hint)
            />
        </div>
    }
}

/// A text with a copy button.
#[component]
pub fn Copyable(
    /// Says what the text is.
    #[prop(into)]
    label: Text,
    /// The text to copy.
    #[prop(into)]
    text: Signal<String>,
    /// Help text below.
    #[prop(into, optional)]
    hint: Text,
) -> impl IntoView {
    let i18n = use_i18n();
    let toasts = Toasts::get();
    let copy_it = move |_| {
        let text = text.get_untracked();
        spawn_local(async move {
            if copy_to_clipboard(text).await {
                toasts.success(untrack(|| t_string!(i18n, directory.copied)));
            } else {
                toasts.error(untrack(|| t_string!(i18n, directory.copy_failed)));
            }
        });
    };
    view! {
        <div class="copyable">
            <span class="label">{move || label.get(i18n)}</span>
            <div class="copyable-line">
                <code class="secret" tabindex="0">{move || text.get()}</code>
                <button
                    type="button"
                    class="button"
                    aria-label=move || t_string!(i18n, directory.copy_of, what = label.get(i18n))
                    on:click=copy_it
                >
                    <Icon glyph=Glyph::Copy />
                    {t!(i18n, directory.copy)}
                </button>
            </div>
            {move || hint.get_some(i18n).map(|hint| view! { <p class="hint">{hint}</p> })}
        </div>
    }
}
