//! Invitations and password resets: creates the link, which the server mails or which is shown to be passed on.

use crate::{
    api::Api,
    i18n::*,
    labels,
    pages::console::support_key::copy_to_clipboard,
    ui::{
        dialog::TaskDialog,
        icon::{Glyph, Icon},
        toast::Toasts,
    },
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{ids::UserId, wire::password_links::CreatedPasswordLink};

/// A link to pass on, with the name of the invited user.
#[derive(Clone, Debug, PartialEq)]
struct InviteLink {
    name: String,
    link: String,
}

/// Creates invitation links, for all pages.
#[derive(Clone, Copy)]
pub struct Invites {
    api: Api,
    shown: RwSignal<Option<InviteLink>>,
}

impl Invites {
    /// Provides it as a context.
    pub fn provide() {
        provide_context(Self { api: Api::get(), shown: RwSignal::new(None) });
    }

    /// The instance from the context.
    pub fn get() -> Self {
        expect_context()
    }

    /// Creates a link for a user; a toast or the dialog shows the result.
    pub fn create(self, i18n: crate::format::Texts, toasts: Toasts, id: UserId, name: String) {
        spawn_local(async move {
            match self.api.post::<CreatedPasswordLink>(&format!("/users/{id}/invite"), &()).await {
                Ok(CreatedPasswordLink { link: Some(link), .. }) => {
                    self.shown.set(Some(InviteLink { name, link: absolute_url(link) }))
                }
                Ok(_) => toasts.success(untrack(|| t_string!(i18n, invite.mailed, name = name))),
                Err(failure) => toasts.error(untrack(|| labels::failure(i18n, &failure))),
            }
        });
    }
}

/// Completes a link that begins at the server's root with the origin of this page.
fn absolute_url(link: String) -> String {
    if link.starts_with('/') { window().location().origin().unwrap_or_default() + &link } else { link }
}

/// The dialog that shows a link to pass on.
#[component]
pub fn InviteDialog() -> impl IntoView {
    let i18n = use_i18n();
    let (invites, toasts) = (Invites::get(), Toasts::get());
    let link =
        Signal::derive(move || invites.shown.with(|shown| shown.as_ref().map(|s| s.link.clone())).unwrap_or_default());
    let name = move || invites.shown.with(|shown| shown.as_ref().map(|s| s.name.clone())).unwrap_or_default();
    let copy_it = move |_| {
        let link = link.get_untracked();
        spawn_local(async move {
            if copy_to_clipboard(link).await {
                toasts.success(untrack(|| t_string!(i18n, invite.copied)));
            } else {
                toasts.error(untrack(|| t_string!(i18n, invite.copy_failed)));
            }
        });
    };
    view! {
        <TaskDialog
            open=Signal::derive(move || invites.shown.with(Option::is_some))
            close=move |()| invites.shown.set(None)
            title=Signal::derive(move || t_string!(i18n, invite.title, name = name()))
        >
            <div class="form">
                <p>{t!(i18n, invite.text)}</p>
                <p class="secret" tabindex="0">{move || link.get()}</p>
                <div class="acts">
                    <button type="button" class="button" on:click=move |_| invites.shown.set(None)>
                        {t!(i18n, common.done)}
                    </button>
                    <button type="button" class="button primary" autofocus on:click=copy_it>
                        <Icon glyph=Glyph::Copy />
                        {t!(i18n, invite.copy)}
                    </button>
                </div>
            </div>
        </TaskDialog>
    }
}
