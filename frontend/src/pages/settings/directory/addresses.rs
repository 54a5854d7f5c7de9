//! URLs to be entered at a provider or directory, with copy buttons.

use crate::{
    i18n::*,
    pages::console::support_key::copy_to_clipboard,
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
    /// Base URL of the server.
    #[prop(into)]
    base: Signal<String>,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <div class="addresses">
            <Copyable
                label=Signal::derive(move || t_string!(i18n, directory.redirect).to_owned())
                text=Signal::derive(move || base.with(|base| redirect_url(base, id)))
            />
            <Copyable
                label=Signal::derive(move || t_string!(i18n, directory.logout).to_owned())
                text=Signal::derive(move || base.with(|base| logout_url(base, id)))
                hint=Signal::derive(move || Some(t_string!(i18n, directory.logout_hint).to_owned()))
            />
        </div>
    }
}

/// A text with a copy button.
#[component]
pub fn Copyable(
    /// Label of the text.
    #[prop(into)]
    label: Signal<String>,
    /// The text to copy.
    #[prop(into)]
    text: Signal<String>,
    /// Help text below.
    #[prop(into, optional)]
    hint: MaybeProp<String>,
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
            <span class="label">{move || label.get()}</span>
            <div class="copyable-line">
                <code class="secret" tabindex="0">{move || text.get()}</code>
                <button
                    type="button"
                    class="button"
                    aria-label=move || t_string!(i18n, directory.copy_of, what = label.get())
                    on:click=copy_it
                >
                    <Icon glyph=Glyph::Copy />
                    {t!(i18n, directory.copy)}
                </button>
            </div>
            {move || hint.get().map(|hint| view! { <p class="hint">{hint}</p> })}
        </div>
    }
}
