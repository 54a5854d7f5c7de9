//! The layout around the pages of signed-in users, and the pages for users who are not signed in or lack a right.

pub mod language;
pub mod nav;
pub mod overlay;
pub mod preferences;
pub mod shortcuts;
pub mod sign_out;

use crate::{
    boot,
    caller::{Caller, CallerState},
    i18n::*,
    lazy_part,
    live::Live,
    pages::{
        auth::second_factor_required::SecondFactorRequired,
        console::{
            my_sessions::MySessions,
            state::{ConsolePageState, ConsolePlace},
        },
    },
    ui::{
        empty_state::{EmptyState, LoadError},
        form_dialog::{DialogHost, Dialogs},
        icon::{Glyph, Mark},
        live_status::{ConnectionNotice, NewVersionNotice},
        page_head::{Heading, TitlePrefix},
        show::Show,
        time::TimeTip,
    },
    verify::VerifyDialog,
};
use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    components::{A, Outlet, Redirect},
    hooks::{use_location, use_navigate},
};
use nav::{NavPage, Sidebar};
use overlay::{OverlayHost, Overlays};
use seatkeeper_shared::permissions::Action;

/// Shows the pages to signed-in users; sends all others to the sign-in. Until it is known who asks, the boot screen
/// stays.
#[component]
pub fn Shell() -> impl IntoView {
    let caller = Caller::get();
    // A memo of only these two: the pages are redrawn when another user signs in, but not when the user's data changes.
    let access = Memo::new(move |_| match caller.state() {
        CallerState::SignedIn(me) => Ok((me.id, me.needs_second_factor)),
        other => Err(other),
    });
    move || {
        let access = access.get();
        if matches!(access, Err(CallerState::Unknown)) {
            return ().into_any();
        }
        boot::remove();
        match access {
            Ok((_, true)) => lazy_part!(second_factor_required() { view! { <SecondFactorRequired /> } }),
            Ok(_) => view! { <SignedInLayout /> }.into_any(),
            Err(state) => view! { <NotSignedIn state /> }.into_any(),
        }
    }
}

/// Shown when no user is signed in.
#[component]
pub fn NotSignedIn(
    /// Why no user is signed in.
    state: CallerState,
) -> impl IntoView {
    let caller = Caller::get();
    match state {
        CallerState::Unknown | CallerState::SignedIn(_) => view! {
            <div class="boot">
                <Mark big=true />
            </div>
        }
        .into_any(),
        CallerState::SignedOut => view! { <RedirectToSignIn /> }.into_any(),
        CallerState::SetupNeeded => view! { <RedirectToSetup /> }.into_any(),
        CallerState::Failed(failure) => view! {
            <main class="alone">
                <LoadError failure=Signal::stored(failure) retry=move |()| caller.refresh() />
            </main>
        }
        .into_any(),
    }
}

/// Sends the user to the sign-in, which returns them to the requested page.
#[component]
fn RedirectToSignIn() -> impl IntoView {
    let location = use_location();
    let wanted = location.pathname.get_untracked() + &location.query.get_untracked().to_query_string();
    let back = if wanted == "/" { String::new() } else { format!("?back={}", js_sys::encode_uri_component(&wanted)) };
    let navigate = use_navigate();
    let to = format!("/sign-in{back}");
    Effect::new(move |_| navigate(&to, NavigateOptions { replace: true, ..NavigateOptions::default() }));
}

/// Sends the user to the setup, which says how to begin.
#[component]
pub fn RedirectToSetup() -> impl IntoView {
    view! { <Redirect path="/setup" options=NavigateOptions { replace: true, ..NavigateOptions::default() } /> }
}

#[component]
fn SignedInLayout() -> impl IntoView {
    let i18n = use_i18n();
    Live::provide();
    // Provided here, so that sessions stay alive while the user visits other pages.
    ConsolePlace::provide();
    TitlePrefix::provide();
    Dialogs::provide();
    Overlays::provide();
    view! {
        <a class="skip" href="#main">
            {t!(i18n, common.skip)}
        </a>
        <div class="shell">
            <Sidebar />
            <main id="main" tabindex="-1">
                <div class="app-notices">
                    <ConnectionNotice />
                    <NewVersionNotice />
                </div>
                <Outlet />
                <TimeTip />
            </main>
        </div>
        <SessionKeeper />
        <DialogHost />
        <VerifyDialog />
        <OverlayHost />
    }
}

/// Keeps sessions and tickets of the user alive on all pages. Most users of other pages than the console have none.
#[component]
fn SessionKeeper() -> impl IntoView {
    let live = Live::get();
    let user = Caller::get().me_untracked().map(|me| me.id);
    let has_any = move || user.is_some_and(|user| live.state.with(|state| state.concerns(user)));
    let is_needed = Memo::new(move |before| before == Some(&true) || MySessions::are_stored(user) || has_any());
    move || {
        is_needed.get().then(|| {
            lazy_part!(session_keeper() {
                ConsolePageState::get();
            })
        })
    }
}

/// The path of the caller's start page.
pub fn start_page(caller: Caller) -> &'static str {
    let sees_all = untrack(|| caller.may(Action::ViewSessions));
    if sees_all { NavPage::Overview.path() } else { NavPage::Console.path() }
}

/// Shows a page only to callers with a right; tells others that they lack it.
#[component]
pub fn RequirePermission(
    /// The required right.
    action: Action,
    /// The content of the page.
    children: ChildrenFn,
) -> impl IntoView {
    let i18n = use_i18n();
    let caller = Caller::get();
    let allowed = Memo::new(move |_| caller.may(action));
    let title = Signal::derive(move || t_string!(i18n, shell.forbidden_title).to_owned());
    view! {
        <Show when=move || allowed.get() fallback=move || view! {
            <div class="vh"><Heading title /></div>
            <EmptyState
                glyph=Glyph::Lock
                title
                text=Signal::derive(move || t_string!(i18n, shell.forbidden_text).to_owned())
            >
                <StartLink />
            </EmptyState>
        }>
            {children()}
        </Show>
    }
}

/// Shown for addresses without a page.
#[component]
pub fn NotFound() -> impl IntoView {
    boot::remove();
    let i18n = use_i18n();
    let title = Signal::derive(move || t_string!(i18n, shell.not_found_title).to_owned());
    view! {
        <div class="vh"><Heading title /></div>
        <EmptyState
            glyph=Glyph::Search
            title
            text=Signal::derive(move || t_string!(i18n, shell.not_found_text).to_owned())
        >
            <StartLink />
        </EmptyState>
    }
}

#[component]
fn StartLink() -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <A href="/" attr:class="button primary">
            {t!(i18n, shell.to_start)}
        </A>
    }
}
