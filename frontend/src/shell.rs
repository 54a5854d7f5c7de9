//! The frame around the pages of those who are signed in, and the faces of those who are not or may not.

pub mod language;
pub mod nav;
pub mod preferences;

use crate::{
    caller::{Caller, Who},
    i18n::*,
    invite::{InviteDialog, Invites},
    live::Live,
    pages::{auth::must_set_up::MustSetUp, console::desk::Desk},
    ui::{
        face::{Empty, Failed},
        head::Heading,
        icon::{Glyph, Mark},
    },
};
use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    components::{A, Outlet, Redirect},
    hooks::{use_location, use_navigate},
};
use nav::{Place, Side};
use seatkeeper_shared::permissions::Action;

/// Whoever is signed in sees the pages; everybody else is sent where they can sign in.
#[component]
pub fn Shell() -> impl IntoView {
    let caller = Caller::get();
    // One memo of both: whoever is in stays in when something about them changes; somebody else gets everything anew.
    let door = Memo::new(move |_| match caller.who() {
        Who::Known(me) => Ok((me.id, me.needs_second_factor)),
        other => Err(other),
    });
    move || match door.get() {
        Ok((_, true)) => view! { <MustSetUp /> }.into_any(),
        Ok(_) => view! { <Frame /> }.into_any(),
        Err(who) => view! { <Outside who /> }.into_any(),
    }
}

/// What those see who are not signed in.
#[component]
pub fn Outside(
    /// Why nobody is signed in.
    who: Who,
) -> impl IntoView {
    let caller = Caller::get();
    match who {
        Who::Unknown | Who::Known(_) => view! {
            <div class="boot">
                <Mark big=true />
            </div>
        }
        .into_any(),
        Who::Nobody => view! { <ToSignIn /> }.into_any(),
        Who::SetupNeeded => view! { <SetupNeeded /> }.into_any(),
        Who::Failed(failure) => view! {
            <main class="alone">
                <Failed failure=Signal::stored(failure) retry=move |()| caller.ask() />
            </main>
        }
        .into_any(),
    }
}

/// Sends to the sign-in, and from there back to where one wanted to go.
#[component]
fn ToSignIn() -> impl IntoView {
    let location = use_location();
    let wanted = location.pathname.get_untracked() + &location.query.get_untracked().to_query_string();
    let back = if wanted == "/" { String::new() } else { format!("?back={}", js_sys::encode_uri_component(&wanted)) };
    let navigate = use_navigate();
    let to = format!("/sign-in{back}");
    Effect::new(move |_| navigate(&to, NavigateOptions { replace: true, ..NavigateOptions::default() }));
}

#[component]
fn SetupNeeded() -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <main class="alone">
            <Empty
                glyph=Glyph::Lock
                title=Signal::derive(move || t_string!(i18n, shell.setup_title).to_owned())
                text=Signal::derive(move || t_string!(i18n, shell.setup_text).to_owned())
            />
        </main>
    }
}

#[component]
fn Frame() -> impl IntoView {
    let i18n = use_i18n();
    Live::provide();
    // Here, so that a seat outlives a look at another page.
    Desk::provide();
    Invites::provide();
    view! {
        <a class="skip" href="#main">
            {t!(i18n, common.skip)}
        </a>
        <div class="shell">
            <Side />
            <main id="main" tabindex="-1">
                <Outlet />
            </main>
        </div>
        <InviteDialog />
    }
}

/// The address of the page where this caller begins.
pub fn start_of(caller: Caller) -> &'static str {
    let sees_all = untrack(|| caller.may(Action::ViewSessions));
    if sees_all { Place::Sessions.address() } else { Place::Console.address() }
}

/// The start page leads on to the page where the caller begins.
#[component]
pub fn Start() -> impl IntoView {
    view! { <Redirect path=start_of(Caller::get()) /> }
}

/// A page for those who may do this; the others are told so.
#[component]
pub fn Only(
    /// What it takes.
    action: Action,
    /// The page.
    children: ChildrenFn,
) -> impl IntoView {
    let i18n = use_i18n();
    let caller = Caller::get();
    let allowed = Memo::new(move |_| caller.may(action));
    let title = Signal::derive(move || t_string!(i18n, shell.forbidden_title).to_owned());
    view! {
        <Show when=move || allowed.get() fallback=move || view! {
            <div class="vh"><Heading title /></div>
            <Empty glyph=Glyph::Lock title text=Signal::derive(move || t_string!(i18n, shell.forbidden_text).to_owned())>
                <ToStart />
            </Empty>
        }>
            {children()}
        </Show>
    }
}

/// No page has this address.
#[component]
pub fn NotFound() -> impl IntoView {
    let i18n = use_i18n();
    let title = Signal::derive(move || t_string!(i18n, shell.not_found_title).to_owned());
    view! {
        <div class="vh"><Heading title /></div>
        <Empty
            glyph=Glyph::Search
            title
            text=Signal::derive(move || t_string!(i18n, shell.not_found_text).to_owned())
        >
            <ToStart />
        </Empty>
    }
}

#[component]
fn ToStart() -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <A href="/" attr:class="button primary">
            {t!(i18n, shell.to_start)}
        </A>
    }
}
