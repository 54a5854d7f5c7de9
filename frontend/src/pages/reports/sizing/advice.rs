//! What could be done, each with the numbers that speak for it.

use super::SizingState;
use crate::{
    format::Format,
    i18n::*,
    pages::reports::person_filter::PersonName,
    ui::{
        icon::{Glyph, Icon},
        show::Show,
    },
};
use chrono::TimeDelta;
use leptos::prelude::*;
use seatkeeper_shared::{license::Price, wire::reports::SizingAdvice};

/// What could be done.
#[component]
pub fn AdviceCard(
    /// The report and the state of its page.
    state: SizingState,
) -> impl IntoView {
    let i18n = use_i18n();
    let report = state.report;
    let rows = move || report.with(|report| report.advice.iter().map(|one| row(state, one)).collect::<Vec<_>>());
    view! {
        <section class="card">
            <h2>{t!(i18n, sizing.advice)}</h2>
            <Show
                when=move || report.with(|report| !report.advice.is_empty())
                fallback=move || view! {
                    <p class="all-well">
                        <Icon glyph=Glyph::Tick />
                        {t!(i18n, sizing.no_advice)}
                    </p>
                }
            >
                <ul class="lines">{rows}</ul>
            </Show>
        </section>
    }
}

fn row(state: SizingState, advice: &SizingAdvice) -> AnyView {
    let format = state.page.format;
    let who = match advice {
        SizingAdvice::MakeNamed { user_id, user_name, .. } => {
            Some(view! { <PersonName page=state.page id=*user_id name=user_name.clone() /> })
        }
        _ => None,
    };
    view! {
        <li>
            <span>
                <b>{what(format, advice)}</b>
                " "
                {who}
                <small>{why(format, advice)}</small>
            </span>
            <span class="num muted">{money(format, advice)}</span>
        </li>
    }
    .into_any()
}

fn what(format: Format, advice: &SizingAdvice) -> String {
    let i18n = format.texts();
    match advice {
        SizingAdvice::BuySeats { seats, .. } => t_string!(i18n, sizing.buy, count = *seats, n = format.number(*seats)),
        SizingAdvice::ReturnSeats { seats, .. } => {
            t_string!(i18n, sizing.give_back, count = *seats, n = format.number(*seats))
        }
        SizingAdvice::MakeNamed { .. } => t_string!(i18n, sizing.make_named).to_owned(),
        SizingAdvice::ShortenIdle { idle_seconds, .. } => {
            t_string!(i18n, sizing.shorten_idle, time = format.duration(TimeDelta::seconds(*idle_seconds)))
        }
    }
}

fn why(format: Format, advice: &SizingAdvice) -> String {
    let i18n = format.texts();
    match advice {
        SizingAdvice::BuySeats { delayed_before, delayed_after, longest_wait_seconds, .. }
        | SizingAdvice::ReturnSeats { delayed_before, delayed_after, longest_wait_seconds, .. } => t_string!(
            i18n,
            sizing.why_size,
            before = format.number(*delayed_before),
            after = format.number(*delayed_after),
            longest = format.duration(TimeDelta::seconds(*longest_wait_seconds))
        ),
        SizingAdvice::MakeNamed { busy_share, break_even, .. } => {
            t_string!(i18n, sizing.why_named, share = format.percent(*busy_share), even = format.percent(*break_even))
        }
        SizingAdvice::ShortenIdle { delayed_before, delayed_after, .. } => t_string!(
            i18n,
            sizing.why_idle,
            before = format.number(*delayed_before),
            after = format.number(*delayed_after)
        ),
    }
}

/// What it costs or saves in a month.
fn money(format: Format, advice: &SizingAdvice) -> String {
    let i18n = format.texts();
    let saves = |price: &Price| t_string!(i18n, sizing.saves, price = format.money(price));
    match advice {
        SizingAdvice::BuySeats { cost, .. } => {
            cost.as_ref().map(|price| t_string!(i18n, sizing.costs, price = format.money(price))).unwrap_or_default()
        }
        SizingAdvice::ReturnSeats { saving, .. } => saving.as_ref().map(saves).unwrap_or_default(),
        SizingAdvice::MakeNamed { saving, .. } => saves(saving),
        SizingAdvice::ShortenIdle { .. } => String::new(),
    }
}
