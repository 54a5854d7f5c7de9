//! How the customer joins the session: a QR code, a link to send, and the address where they enter the key.

use super::support_key::copy_to_clipboard;
use crate::{
    i18n::*,
    ui::{
        icon::{Glyph, Icon},
        qr::Qr,
        toast::Toasts,
    },
};
use leptos::{prelude::*, task::spawn_local};

#[component]
pub fn JoinLink(
    /// The support key, once there is one.
    key: Memo<Option<String>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let toasts = Toasts::get();
    let origin = StoredValue::new(window().location().origin().unwrap_or_default());
    // In the fragment: browsers do not send it to the server, so the key appears in no log.
    let link = Signal::derive(move || format!("{}/join#{}", origin.get_value(), key.get().unwrap_or_default()));
    let page = origin.with_value(|origin| format!("{}/join", origin.split("://").nth(1).unwrap_or_default()));
    let click = move |_| {
        let text = link.get_untracked();
        spawn_local(async move {
            if copy_to_clipboard(text).await {
                toasts.success(tu_string!(i18n, console.link_copied));
            } else {
                toasts.error(tu_string!(i18n, console.copy_failed));
            }
        });
    };
    view! {
        <div class="join-link">
            <Qr text=link label=Signal::derive(move || t_string!(i18n, console.qr_label).to_owned()) />
            <div>
                <p>{move || t_string!(i18n, console.join_hint, page = page.clone())}</p>
                <button type="button" class="button" on:click=click>
                    <Icon glyph=Glyph::Copy />
                    {t!(i18n, console.copy_link)}
                </button>
            </div>
        </div>
    }
}
