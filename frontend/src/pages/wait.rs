//! The waiting page of the gate: users on their way to a web application see their place in the queue and are sent on
//! as soon as they have a seat.

mod gate_entry;
mod queue_position;

use crate::{
    caller::{Caller, CallerState},
    clock::Clock,
    format::Format,
    i18n::*,
    pages::{auth::Card, console::messages},
    shell::NotSignedIn,
    text::{Text, text},
    ui::{
        empty_state::Skeleton,
        icon::{Glyph, Icon},
        page_head::{Heading, TitlePrefix},
        show::Show,
    },
};
use gate_entry::{ContinueMode, EntryState, GateEntry};
use leptos::prelude::*;
use leptos_router::{
    components::A,
    hooks::{use_params_map, use_query_map},
};
use queue_position::QueuePosition;
use seatkeeper_shared::{problem::SessionEnd, session::EndReason, wire::gate::GateAdmission};

#[component]
pub fn WaitPage() -> impl IntoView {
    let caller = Caller::get();
    let access = Memo::new(move |_| match caller.state() {
        CallerState::SignedIn(me) => Ok(me.id),
        other => Err(other),
    });
    move || match access.get() {
        Ok(_) => view! { <Waiting /> }.into_any(),
        Err(state) => view! { <NotSignedIn state /> }.into_any(),
    }
}

#[component]
fn Waiting() -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let (params, query) = (use_params_map(), use_query_map());
    let product = params.read_untracked().get("product").unwrap_or_default();
    let query = query.read_untracked();
    let unsent = query.get("unsent").is_some_and(|unsent| unsent == "true");
    let entry = GateEntry::begin(product, query.get("return"), unsent);
    // Also in the title, for users who look at another window.
    let position = move || entry.queue_position().map(|n| t_string!(i18n, queue.title_place, n = format.number(n)));
    TitlePrefix::provide();
    TitlePrefix::show(Signal::derive(position));
    let face = move || match entry.state.get() {
        EntryState::Requesting => view! { <Requesting entry /> }.into_any(),
        EntryState::Queued(entered) => view! { <QueuePosition entered=*entered entry /> }.into_any(),
        EntryState::Admitted(entered, mode) => view! { <Admitted entered=*entered mode /> }.into_any(),
        EntryState::Ended(end) => view! { <Ended end entry /> }.into_any(),
        EntryState::Refused(failure) => {
            let text = Text::derive(move |_| messages::failure_text(i18n, format, &failure));
            view! { <Refused text entry /> }.into_any()
        }
        EntryState::LeftQueue => view! { <Refused text=text!(gate.lost) entry /> }.into_any(),
    };
    view! { <Card>{face}</Card> }.into_any()
}

#[component]
fn Requesting(
    /// The entry into the application.
    entry: GateEntry,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <Heading title=text!(gate.asking) />
        <Skeleton rows=2 />
        <Show when=move || entry.unreachable.get()>
            <p class="note" role="status">{t!(i18n, gate.silent)}</p>
        </Show>
    }
}

/// The user has a seat and is sent to the application, or follows a link if there is something to read first.
#[component]
fn Admitted(
    /// The answer of the gate.
    entered: GateAdmission,
    /// How the user gets to the application.
    mode: ContinueMode,
) -> impl IntoView {
    let i18n = use_i18n();
    let (product, to) = (entered.product_name, entered.return_to);
    let title = move || match mode {
        ContinueMode::RedirectLoop => t_string!(i18n, gate.redirect_loop_title),
        ContinueMode::Automatic | ContinueMode::FormNotSent => t_string!(i18n, gate.admitted_title),
    };
    let has_target = to.is_some();
    let text = move || match (mode, has_target) {
        (ContinueMode::RedirectLoop, _) => t_string!(i18n, gate.redirect_loop_text).to_owned(),
        (ContinueMode::FormNotSent, _) => t_string!(i18n, gate.unsent_text).to_owned(),
        (ContinueMode::Automatic, true) => t_string!(i18n, gate.admitted_text).to_owned(),
        (ContinueMode::Automatic, false) => t_string!(i18n, gate.admitted_standalone, product = product.clone()),
    };
    view! {
        <Heading title=Signal::derive(move || title().to_owned()) />
        <p role="status">{text}</p>
        {match to {
            Some(to) => view! {
                <a class="button primary large" href=to rel="external">
                    {t!(i18n, gate.continue_to_app)}
                </a>
            }
            .into_any(),
            None => view! { <ToConsole /> }.into_any(),
        }}
    }
}

/// Tells who ended the last session and why, with a button to continue.
#[component]
fn Ended(
    /// How the last session ended.
    end: SessionEnd,
    /// The entry into the application.
    entry: GateEntry,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let elsewhere = end.reason == EndReason::ReplacedByOtherDevice;
    let title = move || match elsewhere {
        true => t_string!(i18n, gate.elsewhere_title),
        false => t_string!(i18n, gate.ended_title),
    };
    let (end, clock) = (StoredValue::new(end), Clock::get());
    let who = move || end.with_value(|end| messages::ended_by(i18n, format, end, clock.now_untracked()));
    let message = move || end.with_value(|end| messages::end_message(i18n, end));
    view! {
        <Heading title=Signal::derive(move || title().to_owned()) />
        <div class="note">
            <Icon glyph=Glyph::Warning />
            <div>
                <p>{who}</p>
                {move || message().map(|message| view! { <p class="note-message">{message}</p> })}
            </div>
        </div>
        <button type="button" class="button primary large" on:click=move |_| entry.request(true)>
            {move || if elsewhere { t_string!(i18n, gate.take_over) } else { t_string!(i18n, gate.again) }}
        </button>
    }
}

/// The user got neither a seat nor a ticket.
#[component]
fn Refused(
    /// The reason.
    #[prop(into)]
    text: Text,
    /// The entry into the application.
    entry: GateEntry,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <Heading title=text!(gate.refused_title) />
        <p role="alert" class="note">
            <Icon glyph=Glyph::Lock />
            {move || text.get(i18n)}
        </p>
        <button type="button" class="button primary large" on:click=move |_| entry.request(false)>
            {t!(i18n, common.retry)}
        </button>
        <ToConsole />
    }
}

/// The way on for users who do not get to the application from here.
#[component]
fn ToConsole() -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <A href="/console" attr:class="button large">
            {t!(i18n, gate.to_console)}
        </A>
    }
}
