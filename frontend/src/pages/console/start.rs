//! Starting a session: the kind of it, the button, and why it cannot be pressed when it cannot.

use super::{
    attempt::Attempt,
    cards::{Card, Outlook, Start},
    desk::Desk,
    why,
};
use crate::{
    format::Format,
    i18n::*,
    ui::{
        choice::{Choice, Segment},
        face::Wrong,
        field::fresh_id,
        icon::{Glyph, Icon},
        select::{Choosable, Select},
    },
    words,
};
use leptos::prelude::*;
use seatkeeper_shared::{
    problem::Code,
    session::{Mode, Platform},
    wire::sessions::NewSession,
};

/// The form.
#[component]
pub fn StartForm(
    /// The product.
    card: Memo<Card>,
) -> impl IntoView {
    let i18n = use_i18n();
    let desk = Desk::get();
    let attempt = Attempt::new(desk);
    let (mode, platform) = (RwSignal::new(Mode::Attended), RwSignal::new(None));
    let outlook = attempt.outlook(card);
    let ready = Memo::new(move |_| {
        let start = outlook.get().start;
        (start.possible() || start.waits()) && !attempt.busy.get()
    });
    let reason = StoredValue::new(fresh_id("reason"));
    // Whoever works already has to unfold the form; it folds again when the session that was started appears.
    let newest = Memo::new(move |_| card.with(|card| card.sessions.first().map(|session| session.id)));
    let unfolded = RwSignal::new(None);
    // Whoever waits here already starts from his ticket.
    let waits = Memo::new(move |_| card.with(|card| !card.tickets.is_empty()) && !outlook.get().start.possible());
    let folded = Memo::new(move |_| newest.get().is_some() && unfolded.get() != newest.get());
    let click = move |()| {
        if ready.get_untracked() {
            let wait = outlook.with_untracked(|outlook| outlook.start.waits());
            let wanted = NewSession { wait, ..wanted(desk, card, mode.get_untracked(), platform.get_untracked()) };
            attempt.start(wanted, None);
        }
    };
    let more = move || {
        view! {
            <button type="button" class="button ghost more" aria-expanded="false" on:click=move |_| unfolded.set(newest.get_untracked())>
                <Icon glyph=Glyph::Plus />
                {t!(i18n, console.start_more)}
            </button>
        }
    };
    view! {
        <Show when=move || !waits.get()>
            <div class="start">
                <Show when=move || !folded.get() fallback=more>
                    <Reason id=reason.get_value() outlook card attempt />
                    <Kind mode platform />
                    <StartButton attempt outlook ready reason=reason.get_value() click />
                    <Trouble attempt outlook />
                </Show>
            </div>
        </Show>
    }
}

#[component]
fn StartButton(
    /// The tries.
    attempt: Attempt,
    /// Whether one may start.
    outlook: Memo<Outlook>,
    /// Whether it can be pressed.
    ready: Memo<bool>,
    /// The id of what says why not.
    reason: String,
    /// It was pressed.
    #[prop(into)]
    click: Callback<()>,
) -> impl IntoView {
    let i18n = use_i18n();
    // One button, so that whoever stands on it stays there when a seat becomes free.
    let label = move || match (attempt.busy.get(), outlook.get().start.waits()) {
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

fn wanted(desk: Desk, card: Memo<Card>, mode: Mode, platform: Option<Platform>) -> NewSession {
    NewSession {
        product: card.with_untracked(|card| card.product.to_string()),
        device: untrack(|| desk.device.name()),
        mode,
        // Of an attended session it is known when the customer is there.
        platform: platform.filter(|_| mode != Mode::Attended),
        wait: false,
        borrow_seconds: None,
    }
}

/// Why not, or what a start means here; said aloud when it changes.
#[component]
fn Reason(
    /// Its id, for the button.
    id: String,
    /// Whether one may start.
    outlook: Memo<Outlook>,
    /// The product.
    card: Memo<Card>,
    /// The tries.
    attempt: Attempt,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let told = move || match outlook.get() {
        Outlook { start: start @ Start::No(code, at), .. } => {
            let follows = start.waits().then(|| why::line(i18n, format, card.with(Card::waiting), attempt.expected()));
            Some(("note", Glyph::Lock, why::refused(i18n, format, code, at), follows))
        }
        Outlook { relieved: true, .. } => {
            Some(("note good", Glyph::Tick, t_string!(i18n, console.relieved).to_owned(), None))
        }
        _ => None,
    };
    let shares = move || match outlook.get().start {
        Start::Shared => Some(t_string!(i18n, console.shares)),
        Start::TakesOver => Some(t_string!(i18n, console.takes_over)),
        _ => None,
    };
    view! {
        <div id=id class="reason" role="status">
            {move || shares().map(|shares| view! { <p class="hint">{shares}</p> })}
            {move || {
                told()
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

/// What kind of session, and of one without a customer the platform.
#[component]
fn Kind(
    /// The kind.
    mode: RwSignal<Mode>,
    /// The platform, if known.
    platform: RwSignal<Option<Platform>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let segments = Signal::derive(move || {
        let one = |mode: Mode, text: &str| Segment { value: mode.as_str(), text: text.to_owned(), glyph: None };
        vec![
            one(Mode::Attended, t_string!(i18n, console.mode_attended)),
            one(Mode::Unattended, t_string!(i18n, console.mode_unattended)),
            one(Mode::Application, t_string!(i18n, console.mode_application)),
        ]
    });
    let platforms = Signal::derive(move || {
        let unknown = Choosable::new("", t_string!(i18n, console.platform_unknown));
        let known = Platform::ALL.iter().map(|one| Choosable::new(one.as_str(), words::platform(i18n, *one)));
        std::iter::once(unknown).chain(known).collect::<Vec<_>>()
    });
    view! {
        <div class="kind">
            <Choice
                label=Signal::derive(move || t_string!(i18n, console.mode).to_owned())
                bare=true
                segments
                value=Signal::derive(move || mode.get().to_string())
                choose=move |value: &'static str| mode.set(value.parse().unwrap_or(Mode::Attended))
            />
            <Show when=move || mode.get() != Mode::Attended>
                <Select
                    label=Signal::derive(move || t_string!(i18n, sessions.platform).to_owned())
                    name="platform"
                    options=platforms
                    value=Signal::derive(move || platform.get().map(|one| one.to_string()).unwrap_or_default())
                    choose=move |value: String| platform.set(value.parse().ok())
                />
            </Show>
        </div>
    }
}

/// What went wrong with the last try, unless the reason says it already.
#[component]
fn Trouble(
    /// The tries.
    attempt: Attempt,
    /// Whether one may start.
    outlook: Memo<Outlook>,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let text = Signal::derive(move || {
        if attempt.silent.get() {
            return Some(t_string!(i18n, console.retrying).to_owned());
        }
        let failure = attempt.failure().filter(|_| outlook.get().start.possible())?;
        let passed = matches!(failure.code(), Some(Code::PoolFull | Code::OverCapacity | Code::CoolingDown));
        (!passed).then(|| why::failed(i18n, format, &failure))
    });
    view! { <Wrong text /> }
}
