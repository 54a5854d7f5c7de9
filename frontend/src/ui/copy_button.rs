//! A button that copies a text to the clipboard.

use crate::{
    i18n::*,
    pages::console::support_key::copy_to_clipboard,
    text::Text,
    ui::{
        icon::{Glyph, Icon},
        toast::Toasts,
    },
};
use leptos::{prelude::*, task::spawn_local};

#[component]
pub fn CopyButton(
    /// The text to copy.
    content: String,
    /// What the button says beside its icon.
    #[prop(into)]
    label: Text,
    /// What a toast says once the text is copied.
    #[prop(into)]
    copied: Text,
) -> impl IntoView {
    let i18n = use_i18n();
    let toasts = Toasts::get();
    let copy = move |_| {
        let content = content.clone();
        spawn_local(async move {
            if copy_to_clipboard(content).await {
                toasts.success(untrack(|| copied.get(i18n)));
            } else {
                toasts.error(tu_string!(i18n, invite.copy_failed));
            }
        });
    };
    view! {
        <button type="button" class="button" on:click=copy>
            <Icon glyph=Glyph::Copy />
            {move || label.get(i18n)}
        </button>
    }
}
