//! What could be done, each with the numbers that speak for it, and a link to where it is done.

use super::SizingState;
use crate::{
    format::Format,
    i18n::*,
    pages::reports::person_filter::PersonName,
    ui::{
        address_action::{LIMITS_ACTION, RULES_ACTION, SEATS_ACTION},
        icon::{Glyph, Icon},
        show::Show,
    },
};
use chrono::TimeDelta;
use leptos::prelude::*;
use leptos_router::components::A;
use seatkeeper_shared::{
    license::Price,
    permissions::Action,
    wire::reports::{AdvisedService, SizingAdvice},
};

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
    view! {
        <li>
            <span>
                <b>{what(format, advice)}</b>
                " "
                {who(state, advice)}
                <small>{why(format, advice)}</small>
            </span>
            <span class="num muted">{money(format, advice)}</span>
            {act(state, advice).map(|act| view! { <ActLink state act /> })}
        </li>
    }
    .into_any()
}

/// Whom the advice is about.
fn who(state: SizingState, advice: &SizingAdvice) -> Option<AnyView> {
    match advice {
        SizingAdvice::MakeNamed { user_id, user_name, .. }
        | SizingAdvice::MakeConcurrent { user_id, user_name, .. } => {
            Some(view! { <PersonName page=state.page id=*user_id name=user_name.clone() /> }.into_any())
        }
        SizingAdvice::ReserveForGroup { group_id, group_name, .. } => {
            Some(view! { <a href=format!("/groups?group={group_id}")>{group_name.clone()}</a> }.into_any())
        }
        _ => None,
    }
}

/// Where the advice is followed, and who may.
struct Act {
    right: Action,
    address: String,
    text: &'static str,
    /// The text with whom or what it is about, where several rows have the same.
    name: String,
}

fn act(state: SizingState, advice: &SizingAdvice) -> Option<Act> {
    let i18n = state.page.format.texts();
    let of_license = |right: Action, action: &str, text: &'static str, name: String| {
        let license = state.report.value.with(|report| report.as_ref().map(|report| report.license.id))?;
        Some(Act { right, address: format!("/licenses?do={action}&target={license}"), text, name })
    };
    match advice {
        SizingAdvice::BuySeats { .. } | SizingAdvice::ReturnSeats { .. } => {
            let text = t_string!(i18n, licenses.change);
            of_license(Action::ChangeSeats, SEATS_ACTION, text, text.to_owned())
        }
        SizingAdvice::ShortenIdle { .. } => {
            let text = t_string!(i18n, sizing.act_rules);
            of_license(Action::ManageProducts, RULES_ACTION, text, text.to_owned())
        }
        SizingAdvice::ReserveForGroup { group_name, .. } => {
            let name = t_string!(i18n, sizing.act_reserve_for, name = group_name.clone());
            of_license(Action::ManageProducts, LIMITS_ACTION, t_string!(i18n, sizing.act_reserve), name)
        }
        SizingAdvice::MakeNamed { user_id, user_name, .. }
        | SizingAdvice::MakeConcurrent { user_id, user_name, .. } => Some(Act {
            right: Action::Assign,
            address: format!("/users/{user_id}?do=grant"),
            text: t_string!(i18n, sizing.act_assign),
            name: t_string!(i18n, sizing.act_assign_to, name = user_name.clone()),
        }),
    }
}

/// A link to where the advice is followed, for callers who may.
#[component]
fn ActLink(
    /// The report and the state of its page.
    state: SizingState,
    /// Where it leads.
    act: Act,
) -> impl IntoView {
    let act = StoredValue::new(act);
    let right = act.with_value(|act| act.right);
    view! {
        <Show when=move || state.page.may(right)>
            <A
                href=act.with_value(|act| act.address.clone())
                attr:class="button small"
                attr:aria-label=act.with_value(|act| act.name.clone())
            >
                {act.with_value(|act| act.text)}
            </A>
        </Show>
    }
}

fn what(format: Format, advice: &SizingAdvice) -> String {
    let i18n = format.texts();
    match advice {
        SizingAdvice::BuySeats { seats, .. } => t_string!(i18n, sizing.buy, count = *seats, n = format.number(*seats)),
        SizingAdvice::ReturnSeats { seats, .. } => {
            t_string!(i18n, sizing.give_back, count = *seats, n = format.number(*seats))
        }
        SizingAdvice::MakeNamed { .. } => t_string!(i18n, sizing.make_named).to_owned(),
        SizingAdvice::MakeConcurrent { .. } => t_string!(i18n, sizing.make_concurrent).to_owned(),
        SizingAdvice::ReserveForGroup { seats, .. } => {
            t_string!(i18n, sizing.reserve, count = *seats, n = format.number(*seats))
        }
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
        SizingAdvice::MakeConcurrent { busy_share, break_even, .. } => t_string!(
            i18n,
            sizing.why_concurrent,
            share = format.percent(*busy_share),
            even = format.percent(*break_even)
        ),
        SizingAdvice::ReserveForGroup {
            seats_before,
            members_before,
            members_after,
            others_before,
            others_after,
            ..
        } => {
            t_string!(
                i18n,
                sizing.why_reserve,
                seats = format.number(*seats_before),
                members_before = share_of(format, *members_before),
                members_after = share_of(format, *members_after),
                others_before = share_of(format, *others_before),
                others_after = share_of(format, *others_after)
            )
        }
        SizingAdvice::ShortenIdle { delayed_before, delayed_after, .. } => t_string!(
            i18n,
            sizing.why_idle,
            before = format.number(*delayed_before),
            after = format.number(*delayed_after)
        ),
    }
}

/// The share of attempts that do not get a seat at once.
fn share_of(format: Format, service: AdvisedService) -> String {
    format.percent(service.delayed as f64 / service.attempts.max(1) as f64)
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
        SizingAdvice::MakeNamed { saving, .. } | SizingAdvice::MakeConcurrent { saving, .. } => saves(saving),
        SizingAdvice::ShortenIdle { .. } | SizingAdvice::ReserveForGroup { .. } => String::new(),
    }
}
