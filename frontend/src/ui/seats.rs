//! The occupancy of a license: figures, a chart with a square per seat, and availability.

use super::{
    icon::{Glyph, Icon},
    seat_squares::{MAX_SQUARES, SeatSquares},
};
use crate::{format::Format, i18n::*};
use leptos::prelude::*;
use seatkeeper_shared::{license::Model, wire::licenses::LicenseView};

/// The seats of a license as squares; above [`MAX_SQUARES`] as a segmented bar.
#[component]
pub fn SeatChart(#[prop(into)] license: Signal<LicenseView>) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let chart = Memo::new(move |_| license.with(SeatSquares::of));
    let description = move || {
        license.with(|license| match (license.model, &license.usage) {
            (Model::Concurrent, usage) => {
                let (taken, waiting) = (usage.occupied, usage.occupied - usage.connected);
                let picture = t_string!(
                    i18n,
                    seats.picture,
                    count = license.seats,
                    n = format.number(license.seats),
                    taken = format.number(taken),
                    waiting = format.number(waiting)
                );
                match usage.offered {
                    0 => picture,
                    offered => {
                        picture
                            + t_string!(i18n, common.listed)
                            + &t_string!(i18n, seats.kept, count = offered, n = format.number(offered))
                    }
                }
            }
            (Model::Named, usage) => {
                let (taken, busy) = (usage.assigned, usage.occupied);
                t_string!(
                    i18n,
                    seats.picture_named,
                    count = license.seats,
                    n = format.number(license.seats),
                    taken = format.number(taken),
                    busy = format.number(busy)
                )
            }
        })
    };
    let picture = move || chart.with(|chart| if chart.total() <= MAX_SQUARES { squares(chart) } else { bar(chart) });
    view! {
        <div role="img" aria-label=description>
            {picture}
        </div>
    }
}

fn squares(chart: &SeatSquares) -> AnyView {
    let small = chart.total() > 24;
    let some = |number: i64| 0..usize::try_from(number).unwrap_or_default();
    let within = chart
        .within
        .iter()
        .flat_map(|(square, number)| some(*number).map(|_| view! { <i class=square.class()></i> }))
        .collect_view();
    let beyond = some(chart.beyond).map(|_| view! { <i class="over"></i> }).collect_view();
    view! {
        <div class="seats" class:small=small>
            {within}
            {(chart.beyond > 0).then(|| view! { <b></b> })}
            {beyond}
        </div>
    }
    .into_any()
}

fn bar(chart: &SeatSquares) -> AnyView {
    let parts = chart.within.iter().map(|(square, number)| (square.class(), *number));
    let beyond = (chart.beyond > 0).then_some(("over", chart.beyond));
    let parts = parts
        .chain(beyond)
        .map(|(class, number)| view! { <i class=class style:flex-grow=number.to_string()></i> })
        .collect_view();
    view! { <div class="seats-bar">{parts}</div> }.into_any()
}

/// The tag "Geschützt" of a protected session.
#[component]
pub fn ProtectedTag() -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <span class="tag plain protected">
            <Icon glyph=Glyph::Lock />
            {t!(i18n, word.protected)}
        </span>
    }
}

/// "10 / 10 belegt", and the tag that tells the availability.
#[component]
pub fn SeatCount(#[prop(into)] license: Signal<LicenseView>) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let word = move || match license.with(|license| license.model) {
        Model::Concurrent => t_string!(i18n, seats.occupied),
        Model::Named => t_string!(i18n, seats.assigned),
    };
    let seats = move || t_string!(i18n, seats.of, seats = license.with(|license| format.number(license.seats)));
    view! {
        <p class="figure">
            <b>{move || license.with(|license| format.number(license.taken()))}</b>
            <span>{seats}</span>
            <em>{word}</em>
            <AvailabilityTag license />
        </p>
    }
}

/// The availability: "3 frei", "Voll", "2 zu viel".
#[component]
pub fn AvailabilityTag(#[prop(into)] license: Signal<LicenseView>) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let tag = move || license.with(|license| (license.over(), license.free(), license.model));
    let class = move || match tag() {
        (over, ..) if over > 0 => "tag over",
        (_, 0, Model::Concurrent) => "tag warn",
        (_, 0, Model::Named) => "tag plain",
        _ => "tag ok",
    };
    let text = move || match tag() {
        (over, ..) if over > 0 => t_string!(i18n, seats.over, count = over, n = format.number(over)),
        (_, 0, Model::Concurrent) => t_string!(i18n, seats.full).to_owned(),
        (_, 0, Model::Named) => t_string!(i18n, seats.all_assigned).to_owned(),
        (_, free, _) => t_string!(i18n, seats.free, count = free, n = format.number(free)),
    };
    view! { <span class=class>{text}</span> }
}
