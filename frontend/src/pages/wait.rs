//! The waiting page of the gate: whoever came for a web application sees his place in the line, and goes on by himself as soon
//! as he has a seat.

mod line;
mod turn;

use crate::{
    caller::{Caller, Who},
    format::Format,
    i18n::*,
    pages::{auth::Card, console::why},
    shell::Outside,
    ui::{
        face::Skeleton,
        head::{Attention, Heading},
        icon::{Glyph, Icon},
    },
};
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use line::Line;
use seatkeeper_shared::{problem::End, session::EndReason, wire::gate::GateEntered};
use turn::{Onward, Turn, Waited};

/// The page.
#[component]
pub fn WaitPage() -> impl IntoView {
    let caller = Caller::get();
    let door = Memo::new(move |_| match caller.who() {
        Who::Known(me) => Ok(me.id),
        other => Err(other),
    });
    move || match door.get() {
        Ok(_) => view! { <Waiting /> }.into_any(),
        Err(who) => view! { <Outside who /> }.into_any(),
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
    let turn = Turn::begin(product, query.get("return"), unsent);
    // Whoever looks at another window sees it in the title.
    let place = move || turn.place().map(|n| t_string!(i18n, queue.title_place, n = format.number(n)));
    Attention::call(Signal::derive(place));
    view! {
        <Card>
            {move || match turn.waited.get() {
                Waited::Asking => view! { <Asking turn /> }.into_any(),
                Waited::InLine(entered) => view! { <Line entered=*entered turn /> }.into_any(),
                Waited::Through(entered, onward) => view! { <Through entered=*entered onward /> }.into_any(),
                Waited::Ended(end) => view! { <Ended end turn /> }.into_any(),
                Waited::Refused(failure) => {
                    let text = Signal::derive(move || why::failed(i18n, format, &failure));
                    view! { <Refused text turn /> }.into_any()
                }
                Waited::Lost => {
                    let text = Signal::derive(move || t_string!(i18n, gate.lost).to_owned());
                    view! { <Refused text turn /> }.into_any()
                }
            }}
        </Card>
    }
    .into_any()
}

#[component]
fn Asking(
    /// The wait.
    turn: Turn,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <Heading title=Signal::derive(move || t_string!(i18n, gate.asking).to_owned()) />
        <Skeleton rows=2 />
        <Show when=move || turn.silent.get()>
            <p class="note" role="status">{t!(i18n, gate.silent)}</p>
        </Show>
    }
}

/// There is a seat: on to the application, by itself or, if there is something to know first, by hand.
#[component]
fn Through(
    /// What the gate said.
    entered: GateEntered,
    /// How it goes on.
    onward: Onward,
) -> impl IntoView {
    let i18n = use_i18n();
    let (product, to) = (entered.product_name, entered.return_to);
    let title = move || match onward {
        Onward::Circles => t_string!(i18n, gate.circles_title),
        Onward::AtOnce | Onward::Unsent => t_string!(i18n, gate.through_title),
    };
    let leads = to.is_some();
    let text = move || match (onward, leads) {
        (Onward::Circles, _) => t_string!(i18n, gate.circles_text).to_owned(),
        (Onward::Unsent, _) => t_string!(i18n, gate.unsent_text).to_owned(),
        (Onward::AtOnce, true) => t_string!(i18n, gate.through_text).to_owned(),
        (Onward::AtOnce, false) => t_string!(i18n, gate.through_alone, product = product.clone()),
    };
    view! {
        <Heading title=Signal::derive(move || title().to_owned()) />
        <p role="status">{text}</p>
        {to.map(|to| {
            view! {
                <a class="button primary large" href=to rel="external">
                    {t!(i18n, gate.go_on)}
                </a>
            }
        })}
    }
}

/// Somebody ended the last session: who and why, and the way to go on.
#[component]
fn Ended(
    /// How it ended.
    end: End,
    /// The wait.
    turn: Turn,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let elsewhere = end.reason == EndReason::ReplacedByOtherDevice;
    let title = move || match elsewhere {
        true => t_string!(i18n, gate.elsewhere_title),
        false => t_string!(i18n, gate.ended_title),
    };
    let end = StoredValue::new(end);
    let who = move || end.with_value(|end| why::who(i18n, format, end, crate::clock::Clock::get().once()));
    let message = move || end.with_value(|end| why::message(i18n, end));
    view! {
        <Heading title=Signal::derive(move || title().to_owned()) />
        <div class="note">
            <Icon glyph=Glyph::Warning />
            <div>
                <p>{who}</p>
                {move || message().map(|message| view! { <p class="notice-message">{message}</p> })}
            </div>
        </div>
        <button type="button" class="button primary large" on:click=move |_| turn.take(true)>
            {move || if elsewhere { t_string!(i18n, gate.take_over) } else { t_string!(i18n, gate.again) }}
        </button>
    }
}

/// No seat, and no place in the line either.
#[component]
fn Refused(
    /// Why.
    #[prop(into)]
    text: Signal<String>,
    /// The wait.
    turn: Turn,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <Heading title=Signal::derive(move || t_string!(i18n, gate.refused_title).to_owned()) />
        <p role="alert" class="note">
            <Icon glyph=Glyph::Lock />
            {move || text.get()}
        </p>
        <button type="button" class="button large" on:click=move |_| turn.take(false)>
            {t!(i18n, common.retry)}
        </button>
    }
}
