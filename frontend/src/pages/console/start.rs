//! Form to start a session: its kind, the button, and why the button is disabled.

use super::{
    attempt::Attempt,
    card_data::{Availability, CardData, StartCheck},
    exchange::ExchangeButton,
    messages,
    session_fields::{SessionFields, SessionFieldset},
    state::ConsolePageState,
};
use crate::{
    format::Format,
    i18n::*,
    ui::{
        error_message::ErrorMessage,
        field::unique_id,
        icon::{Glyph, Icon},
        show::Show,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::problem::Code;

#[component]
pub fn StartForm(
    /// The product's card data.
    card: Memo<CardData>,
) -> impl IntoView {
    let i18n = use_i18n();
    let page = ConsolePageState::get();
    let attempt = Attempt::new(page);
    let fields = SessionFields::default();
    let availability = attempt.availability(card);
    let ready = Memo::new(move |_| {
        let start = availability.get().start;
        (start.is_possible() || start.can_wait()) && !attempt.busy.get()
    });
    let start = Memo::new(move |_| availability.get().start);
    let reason = StoredValue::new(unique_id("reason"));
    // With a live session the form is collapsed. It collapses again when a newly started session appears.
    let newest = Memo::new(move |_| card.with(|card| card.sessions.first().map(|session| session.id)));
    let expanded = RwSignal::new(None);
    // A waiting agent starts from the ticket.
    let waits =
        Memo::new(move |_| card.with(|card| !card.tickets.is_empty()) && !availability.get().start.is_possible());
    let collapsed = Memo::new(move |_| newest.get().is_some() && expanded.get() != newest.get());
    let click = move |()| {
        let wait = availability.with_untracked(|availability| availability.start.can_wait());
        if ready.get_untracked()
            && let Some(request) = fields.request(page, card, wait)
        {
            attempt.start(request, None);
        }
    };
    let more = move || {
        view! {
            <button
                type="button"
                class="button ghost more"
                aria-expanded="false"
                on:click=move |_| expanded.set(newest.get_untracked())
            >
                <Icon glyph=Glyph::Plus />
                {t!(i18n, console.start_more)}
            </button>
        }
    };
    view! {
        <Show when=move || !waits.get()>
            <div class="start-form">
                <Show when=move || !collapsed.get() fallback=more>
                    <StartHint id=reason.get_value() availability card attempt />
                    <SessionFieldset fields />
                    <StartButton attempt availability ready reason=reason.get_value() click />
                    <ExchangeButton card start fields />
                    <AttemptError attempt availability />
                </Show>
            </div>
        </Show>
    }
}

#[component]
fn StartButton(
    /// State of the attempts.
    attempt: Attempt,
    /// Whether a session can be started.
    availability: Memo<Availability>,
    /// Whether the button is enabled.
    ready: Memo<bool>,
    /// Element id of the text that says why not.
    reason: String,
    /// Runs on a click.
    #[prop(into)]
    click: Callback<()>,
) -> impl IntoView {
    let i18n = use_i18n();
    // One button for both cases, so that it keeps the focus when a seat becomes free.
    let label = move || match (attempt.busy.get(), availability.get().start.can_wait()) {
        (false, false) => t_string!(i18n, console.start),
        (false, true) => t_string!(i18n, queue.wait),
        (true, false) => t_string!(i18n, console.starting),
        (true, true) => t_string!(i18n, queue.joining),
    };
    view! {
        <button
            type="button"
            class="button large primary"
            aria-disabled=move || (!ready.get()).to_string()
            aria-describedby=reason
            on:click=move |_| click.run(())
        >
            {label}
        </button>
    }
}

/// Live region: why a session cannot be started, or what starting means for other sessions.
#[component]
fn StartHint(
    /// Element id, for the button.
    id: String,
    /// Whether a session can be started.
    availability: Memo<Availability>,
    /// The product's card data.
    card: Memo<CardData>,
    /// State of the attempts.
    attempt: Attempt,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let note = move || match availability.get() {
        Availability { start: start @ StartCheck::Refused(code, at), .. } => {
            let follows = start
                .can_wait()
                .then(|| messages::queue_text(i18n, format, card.with(CardData::waiting), attempt.expected()));
            Some(("note", Glyph::Lock, messages::refusal_text(i18n, format, code, at), follows))
        }
        Availability { freed_meanwhile: true, .. } => {
            Some(("note good", Glyph::Tick, t_string!(i18n, console.relieved).to_owned(), None))
        }
        _ => None,
    };
    let shares = move || match availability.get().start {
        StartCheck::Shared => Some(t_string!(i18n, console.shares)),
        StartCheck::TakesOver => Some(t_string!(i18n, console.takes_over)),
        _ => None,
    };
    view! {
        <div id=id class="reason" role="status">
            {move || shares().map(|shares| view! { <p class="hint">{shares}</p> })}
            {move || {
                note()
                    .map(|(class, glyph, text, follows)| {
                        view! {
                            <div class=class>
                                <Icon glyph />
                                <div>
                                    <p>{text}</p>
                                    {follows.map(|follows| view! { <small>{follows}</small> })}
                                </div>
                            </div>
                        }
                    })
            }}
        </div>
    }
}

/// Error of the last attempt, unless the reason above already shows it.
#[component]
fn AttemptError(
    /// State of the attempts.
    attempt: Attempt,
    /// Whether a session can be started.
    availability: Memo<Availability>,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let text = Signal::derive(move || {
        if attempt.no_answer.get() {
            return Some(t_string!(i18n, console.retrying).to_owned());
        }
        let failure = attempt.failure().filter(|_| availability.get().start.is_possible())?;
        let passed = matches!(failure.code(), Some(Code::PoolFull | Code::OverCapacity | Code::CoolingDown));
        (!passed).then(|| messages::failure_text(i18n, format, &failure))
    });
    view! { <ErrorMessage text /> }
}
