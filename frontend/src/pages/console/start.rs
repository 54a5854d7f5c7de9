//! Starting a session: the kind of it, the button, and why it cannot be pressed when it cannot.

use super::{
    attempt::Attempt,
    cards::{Card, Outlook, Start},
    desk::Desk,
    kind::{Kind, Wish},
    why,
};
use crate::{
    format::Format,
    i18n::*,
    ui::{
        face::Wrong,
        field::fresh_id,
        icon::{Glyph, Icon},
    },
};
use leptos::prelude::*;
use seatkeeper_shared::problem::Code;

/// The form.
#[component]
pub fn StartForm(
    /// The product.
    card: Memo<Card>,
) -> impl IntoView {
    let i18n = use_i18n();
    let desk = Desk::get();
    let attempt = Attempt::new(desk);
    let wish = Wish::default();
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
        let wait = outlook.with_untracked(|outlook| outlook.start.waits());
        if ready.get_untracked()
            && let Some(wanted) = wish.wanted(desk, card, wait)
        {
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
                    <Kind wish />
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
