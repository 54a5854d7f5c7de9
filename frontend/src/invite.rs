//! Inviting somebody, or resetting his password: the letter is on its way, or here is the link to pass on.

use crate::{
    api::Api,
    i18n::*,
    pages::console::key::copy,
    ui::{
        dialog::TaskDialog,
        icon::{Glyph, Icon},
        toast::Toasts,
    },
    words,
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{ids::UserId, wire::links::LinkMade};

/// A link that is shown, and for whom.
#[derive(Clone, Debug, PartialEq)]
struct Shown {
    name: String,
    link: String,
}

/// The way to invite, for all pages.
#[derive(Clone, Copy)]
pub struct Invites {
    api: Api,
    shown: RwSignal<Option<Shown>>,
}

impl Invites {
    /// Puts itself into the context.
    pub fn provide() {
        provide_context(Self { api: Api::get(), shown: RwSignal::new(None) });
    }

    /// That of the app.
    pub fn get() -> Self {
        expect_context()
    }

    /// Makes a link for this user, and says what became of it.
    pub fn make(self, i18n: crate::format::Texts, toasts: Toasts, id: UserId, name: String) {
        spawn_local(async move {
            match self.api.post::<LinkMade>(&format!("/users/{id}/invite"), &()).await {
                Ok(LinkMade { link: Some(link), .. }) => self.shown.set(Some(Shown { name, link: whole(link) })),
                Ok(_) => toasts.good(untrack(|| t_string!(i18n, invite.mailed, name = name))),
                Err(failure) => toasts.bad(untrack(|| words::failure(i18n, &failure))),
            }
        });
    }
}

/// A link that begins at the server's root begins where this page comes from.
fn whole(link: String) -> String {
    if link.starts_with('/') { window().location().origin().unwrap_or_default() + &link } else { link }
}

/// The dialog with the link.
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
            if copy(link).await {
                toasts.good(untrack(|| t_string!(i18n, invite.copied)));
            } else {
                toasts.bad(untrack(|| t_string!(i18n, invite.copy_failed)));
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
