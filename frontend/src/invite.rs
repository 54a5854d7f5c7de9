//! Invitations and password resets: creates the link, which the server mails or which is shown to be passed on.

use crate::{
    api::Api,
    format::Texts,
    i18n::*,
    labels,
    text::text,
    ui::{
        copy_button::CopyButton,
        form_dialog::{Dialogs, InfoDialog},
        toast::Toasts,
    },
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{endpoints, ids::UserId, wire::password_links::CreatedPasswordLink};

/// Creates links with which users set their passwords.
#[derive(Clone, Copy)]
pub struct Invites {
    api: Api,
    dialogs: Dialogs,
    toasts: Toasts,
    i18n: Texts,
}

impl Invites {
    /// With what the context has.
    pub fn get() -> Self {
        Self { api: Api::get(), dialogs: Dialogs::get(), toasts: Toasts::get(), i18n: use_i18n() }
    }

    /// Creates a link for a user; a toast says that it was mailed, or a dialog shows it.
    pub fn create(self, user: UserId, name: String) {
        let i18n = self.i18n;
        spawn_local(async move {
            match self.api.send(endpoints::users::invite(user)).await {
                Ok(CreatedPasswordLink { link: Some(link), .. }) => {
                    let link = absolute_url(link);
                    self.dialogs.open(move || view! { <InviteLink name=name.clone() link=link.clone() /> });
                }
                Ok(_) => self.toasts.success(tu_string!(i18n, invite.mailed, name = name)),
                Err(failure) => self.toasts.error(untrack(|| labels::failure(i18n, &failure))),
            }
        });
    }
}

/// Completes a link that begins at the server's root with the origin of this page.
fn absolute_url(link: String) -> String {
    if link.starts_with('/') { window().location().origin().unwrap_or_default() + &link } else { link }
}

/// Shows a link to pass on.
#[component]
fn InviteLink(
    /// The name of the invited user.
    name: String,
    /// The address at which that user sets a password.
    link: String,
) -> impl IntoView {
    let i18n = use_i18n();
    let shown = link.clone();
    let acts = move || {
        view! { <CopyButton content=link.clone() label=text!(invite.copy) copied=text!(invite.copied) /> }
    };
    view! {
        <InfoDialog title=text!(invite.title, name = name.clone()) acts>
            <p>{t!(i18n, invite.text)}</p>
            <p class="secret" tabindex="0">
                {shown}
            </p>
        </InfoDialog>
    }
}
