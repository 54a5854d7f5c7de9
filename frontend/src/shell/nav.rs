//! The navigation and the user menu: at the side, on phones at the bottom and the top.

use super::{
    overlay::{Overlay, Overlays},
    preferences::{LanguageChoice, ThemeChoice},
    sign_out,
};
use crate::{
    caller::Caller,
    clock::Clock,
    format::{Format, Texts},
    i18n::*,
    labels,
    live::Live,
    ui::{
        icon::{Glyph, Icon, Mark},
        keyed_list::For,
        menu::Menu,
        person::{Avatar, Person},
        show::Show,
    },
};
use leptos::prelude::*;
use leptos_router::components::A;
use seatkeeper_shared::{license::expiry_warning, permissions::Action, wire::licenses::LicenseView};

/// A page in the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NavPage {
    /// What needs action now.
    Overview,
    /// The live sessions.
    Sessions,
    /// Users and their licenses.
    Users,
    /// Groups, their members and managers.
    Groups,
    /// Products and licenses.
    Licenses,
    /// What happened with the seats.
    Reports,
    /// The audit log.
    Audit,
    /// The user's own sessions.
    Console,
}

impl NavPage {
    /// Every page, in order.
    pub const ALL: [Self; 8] = [
        Self::Overview,
        Self::Sessions,
        Self::Users,
        Self::Groups,
        Self::Licenses,
        Self::Reports,
        Self::Audit,
        Self::Console,
    ];

    /// The path of the page.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Overview => "/",
            Self::Sessions => "/sessions",
            Self::Users => "/users",
            Self::Groups => "/groups",
            Self::Licenses => "/licenses",
            Self::Reports => "/reports",
            Self::Audit => "/audit",
            Self::Console => "/console",
        }
    }

    /// The right that is needed to see the page.
    pub const fn required_action(self) -> Action {
        match self {
            Self::Overview | Self::Sessions => Action::ViewSessions,
            Self::Users | Self::Groups | Self::Licenses => Action::ViewUsers,
            Self::Reports => Action::ViewReports,
            Self::Audit => Action::ViewAudit,
            Self::Console => Action::HoldSeats,
        }
    }

    /// The name of the page.
    pub fn label(self, i18n: Texts) -> &'static str {
        match self {
            Self::Overview => t_string!(i18n, nav.overview),
            Self::Sessions => t_string!(i18n, nav.sessions),
            Self::Users => t_string!(i18n, nav.users),
            Self::Groups => t_string!(i18n, nav.groups),
            Self::Licenses => t_string!(i18n, nav.licenses),
            Self::Reports => t_string!(i18n, nav.reports),
            Self::Audit => t_string!(i18n, nav.audit),
            Self::Console => t_string!(i18n, nav.console),
        }
    }

    pub const fn glyph(self) -> Glyph {
        match self {
            Self::Overview => Glyph::Grid,
            Self::Sessions => Glyph::Live,
            Self::Users => Glyph::Users,
            Self::Groups => Glyph::Group,
            Self::Licenses => Glyph::Box,
            Self::Reports => Glyph::Chart,
            Self::Audit => Glyph::Log,
            Self::Console => Glyph::Console,
        }
    }
}

/// Brand, navigation, preferences and user menu.
#[component]
pub fn Sidebar() -> impl IntoView {
    let i18n = use_i18n();
    let caller = Caller::get();
    let pages = move || NavPage::ALL.into_iter().filter(|page| caller.may(page.required_action())).collect::<Vec<_>>();
    view! {
        <header class="side">
            <A href="/" attr:class="brand">
                <Mark />
                <span class="brand-text">
                    <b>{t!(i18n, common.brand)}</b>
                    <small>{move || caller.me().map(|me| me.account.name)}</small>
                </span>
            </A>
            <PaletteButton />
            <nav class="nav" aria-label=move || t_string!(i18n, nav.label)>
                <ul>
                    <For each=pages key=|page| *page let:page>
                        <li>
                            <NavLink page />
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
fn PaletteButton() -> impl IntoView {
    let i18n = use_i18n();
    let overlays = Overlays::get();
    view! {
        <button
            type="button"
            class="palette-button"
            aria-keyshortcuts="Control+K"
            on:click=move |_| overlays.open(Overlay::CommandPalette)
        >
            <Icon glyph=Glyph::Search />
            <span>{t!(i18n, palette.open)}</span>
            <kbd aria-hidden="true">"Ctrl K"</kbd>
        </button>
    }
}

#[component]
fn NavLink(
    /// The page to link to.
    page: NavPage,
) -> impl IntoView {
    let i18n = use_i18n();
    let live = Live::get();
    let count =
        Memo::new(
            move |_| if page == NavPage::Sessions { live.state.with(|state| state.shared_session_count()) } else { 0 },
        );
    let (caller, clock, format) = (Caller::get(), Clock::get(), Format::get());
    // Shown only to users who can renew licenses.
    let ending = Memo::new(move |_| {
        if page != NavPage::Licenses || !caller.may(Action::ManageProducts) {
            return 0;
        }
        let soon = |license: &&LicenseView| {
            license.archived_at.is_none() && expiry_warning(license.ends_at, clock.now()).is_some()
        };
        live.state.with(|state| state.licenses.iter().filter(soon).count())
    });
    let ending_label = move || t_string!(i18n, nav.ending, count = ending.get(), n = format.number(ending.get()));
    let label = move || page.label(i18n);
    let short_label = move || match page {
        NavPage::Overview => t_string!(i18n, nav.overview_short),
        NavPage::Sessions => t_string!(i18n, nav.sessions_short),
        NavPage::Users => t_string!(i18n, nav.users_short),
        NavPage::Groups => t_string!(i18n, nav.groups_short),
        NavPage::Licenses => t_string!(i18n, nav.licenses_short),
        NavPage::Reports => t_string!(i18n, nav.reports),
        NavPage::Audit => t_string!(i18n, nav.audit_short),
        NavPage::Console => t_string!(i18n, nav.console_short),
    };
    view! {
        <A href=page.path()>
            <Icon glyph=page.glyph() />
            <span class="long">{label}</span>
            <span class="short">{short_label}</span>
            <Show when=move || count.get() != 0>
                <span class="count" aria-hidden="true">
                    {move || format.number(count.get())}
                </span>
            </Show>
            <Show when=move || ending.get() != 0>
                <span class="count warn" title=ending_label>
                    <span aria-hidden="true">{move || format.number(ending.get())}</span>
                    <span class="vh">{ending_label}</span>
                </span>
            </Show>
        </A>
    }
}

#[component]
fn UserMenu() -> impl IntoView {
    let i18n = use_i18n();
    let (caller, sign_out) = (Caller::get(), sign_out::handler());
    let name = Signal::derive(move || caller.me().map(|me| me.name).unwrap_or_default());
    let email = Signal::derive(move || caller.me().map(|me| me.email).unwrap_or_default());
    let role = move || caller.me().map(|me| labels::role(i18n, me.rights.role));
    let trigger = move || {
        view! {
            <Avatar name />
            <span class="who-text">
                <b>{name}</b>
                <small>{role}</small>
            </span>
        }
    };
    view! {
        <Menu class="me" trigger=trigger>
            <div class="menu-head">
                <Person name email />
            </div>
            <A href="/profile" attr:class="menu-item">
                <Icon glyph=Glyph::Person />
                {t!(i18n, nav.profile)}
            </A>
            <Show when=move || caller.may(Action::ManageAccount)>
                <A href="/settings" attr:class="menu-item">
                    <Icon glyph=Glyph::Settings />
                    {t!(i18n, nav.settings)}
                </A>
            </Show>
            <button type="button" class="menu-item" on:click=sign_out>
                <Icon glyph=Glyph::Leave />
                {t!(i18n, shell.sign_out)}
            </button>
        </Menu>
    }
}
