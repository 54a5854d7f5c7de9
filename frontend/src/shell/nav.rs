//! The way to the pages, and to one's own things: at the side, on the phone at the bottom and the top.

use super::preferences::{LanguageChoice, ThemeChoice};
use crate::{
    api::Api,
    caller::Caller,
    clock::Clock,
    i18n::*,
    live::Live,
    ui::{
        icon::{Glyph, Icon, Mark},
        menu::Menu,
        person::{Avatar, Person},
    },
    words,
};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::components::A;
use seatkeeper_shared::{license::expiry_warning, permissions::Action, wire::licenses::LicenseView};

/// A page in the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// Who holds the shared seats.
    Sessions,
    /// Users and their licenses.
    Users,
    /// Groups, their members and managers.
    Groups,
    /// Products and licenses.
    Licenses,
    /// Who did what.
    Audit,
    /// One's own sessions.
    Console,
}

impl Place {
    const ALL: [Self; 6] = [Self::Sessions, Self::Users, Self::Groups, Self::Licenses, Self::Audit, Self::Console];

    /// Its address.
    pub const fn address(self) -> &'static str {
        match self {
            Self::Sessions => "/sessions",
            Self::Users => "/users",
            Self::Groups => "/groups",
            Self::Licenses => "/licenses",
            Self::Audit => "/audit",
            Self::Console => "/console",
        }
    }

    /// What it takes to see it.
    pub const fn takes(self) -> Action {
        match self {
            Self::Sessions => Action::ViewSessions,
            Self::Users | Self::Groups | Self::Licenses => Action::ViewUsers,
            Self::Audit => Action::ViewAudit,
            Self::Console => Action::HoldSeats,
        }
    }

    const fn glyph(self) -> Glyph {
        match self {
            Self::Sessions => Glyph::Live,
            Self::Users => Glyph::Users,
            Self::Groups => Glyph::Group,
            Self::Licenses => Glyph::Box,
            Self::Audit => Glyph::Log,
            Self::Console => Glyph::Console,
        }
    }
}

/// Brand, pages, preferences, user.
#[component]
pub fn Side() -> impl IntoView {
    let i18n = use_i18n();
    let caller = Caller::get();
    let places = move || Place::ALL.into_iter().filter(|place| caller.may(place.takes())).collect::<Vec<_>>();
    view! {
        <header class="side">
            <A href="/" attr:class="brand">
                <Mark />
                <span class="brand-text">
                    <b>{t!(i18n, common.brand)}</b>
                    <small>{move || caller.me().map(|me| me.account.name)}</small>
                </span>
            </A>
            <nav class="nav" aria-label=move || t_string!(i18n, nav.label)>
                <ul>
                    <For each=places key=|place| *place let:place>
                        <li>
                            <Entry place />
                        </li>
                    </For>
                </ul>
            </nav>
            <div class="side-foot">
                <div class="preferences">
                    <LanguageChoice />
                    <ThemeChoice />
                </div>
                <UserMenu />
            </div>
        </header>
    }
}

#[component]
fn Entry(
    /// Where it leads.
    place: Place,
) -> impl IntoView {
    let i18n = use_i18n();
    let live = Live::get();
    let count = Memo::new(move |_| if place == Place::Sessions { live.state.with(|state| state.shared()) } else { 0 });
    let (caller, clock) = (Caller::get(), Clock::get());
    // To those who can do something about it.
    let ending = Memo::new(move |_| {
        if place != Place::Licenses || !caller.may(Action::ManageProducts) {
            return 0;
        }
        let soon = |license: &&LicenseView| {
            license.archived_at.is_none() && expiry_warning(license.ends_at, clock.now()).is_some()
        };
        live.state.with(|state| state.licenses.iter().filter(soon).count())
    });
    let long = move || match place {
        Place::Sessions => t_string!(i18n, nav.sessions),
        Place::Users => t_string!(i18n, nav.users),
        Place::Groups => t_string!(i18n, nav.groups),
        Place::Licenses => t_string!(i18n, nav.licenses),
        Place::Audit => t_string!(i18n, nav.audit),
        Place::Console => t_string!(i18n, nav.console),
    };
    let short = move || match place {
        Place::Sessions => t_string!(i18n, nav.sessions_short),
        Place::Users => t_string!(i18n, nav.users_short),
        Place::Groups => t_string!(i18n, nav.groups_short),
        Place::Licenses => t_string!(i18n, nav.licenses_short),
        Place::Audit => t_string!(i18n, nav.audit_short),
        Place::Console => t_string!(i18n, nav.console_short),
    };
    view! {
        <A href=place.address()>
            <Icon glyph=place.glyph() />
            <span class="long">{long}</span>
            <span class="short">{short}</span>
            <Show when=move || count.get() != 0>
                <span class="count" aria-hidden="true">
                    {move || count.get()}
                </span>
            </Show>
            <Show when=move || ending.get() != 0>
                <span class="count warn" title=move || t_string!(i18n, nav.ending, count = ending.get())>
                    <span aria-hidden="true">{move || ending.get()}</span>
                    <span class="vh">{move || t_string!(i18n, nav.ending, count = ending.get())}</span>
                </span>
            </Show>
        </A>
    }
}

#[component]
fn UserMenu() -> impl IntoView {
    let i18n = use_i18n();
    let (caller, api) = (Caller::get(), Api::get());
    let name = Signal::derive(move || caller.me().map(|me| me.name).unwrap_or_default());
    let email = Signal::derive(move || caller.me().map(|me| me.email).unwrap_or_default());
    let role = move || caller.me().map(|me| words::role(i18n, me.rights.role));
    let sign_out = move |_| {
        spawn_local(async move {
            // Signed out here in any case; the server forgets the session by itself in time.
            let _ = api.post::<()>("/sign-out", &()).await;
            caller.gone();
        });
    };
    let face = move || {
        view! {
            <Avatar name />
            <span class="who-text">
                <b>{name}</b>
                <small>{role}</small>
            </span>
        }
    };
    view! {
        <Menu class="me" face=face>
            <div class="menu-head">
                <Person name email />
            </div>
            <button type="button" class="menu-item" on:click=sign_out>
                <Icon glyph=Glyph::Leave />
                {t!(i18n, shell.sign_out)}
            </button>
        </Menu>
    }
}
