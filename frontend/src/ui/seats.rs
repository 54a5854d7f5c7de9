//! The seats of a license: numbers first, then the squares, then whether there is room.

use super::{
    icon::{Glyph, Icon},
    squares::{Drawing, MOST},
};
use crate::{format::Format, i18n::*};
use leptos::prelude::*;
use seatkeeper_shared::{license::Model, wire::licenses::LicenseView};

/// The squares of a license; above sixty one bar in segments.
#[component]
pub fn Seats(
    /// The license.
    #[prop(into)]
    license: Signal<LicenseView>,
) -> impl IntoView {
    let i18n = use_i18n();
    let drawing = Memo::new(move |_| license.with(Drawing::of));
    let words = move || {
        license.with(|license| match (license.model, &license.usage) {
            (Model::Concurrent, usage) => {
                let (taken, waiting) = (usage.occupied, usage.occupied - usage.connected);
                let picture = t_string!(i18n, seats.picture, count = license.seats, taken = taken, waiting = waiting);
                match usage.offered {
                    0 => picture,
                    kept => {
                        picture + t_string!(i18n, common.listed) + &t_string!(i18n, seats.kept, count = kept, n = kept)
                    }
                }
            }
            (Model::Named, usage) => {
                let (taken, busy) = (usage.assigned, usage.occupied);
                t_string!(i18n, seats.picture_named, count = license.seats, taken = taken, busy = busy)
            }
        })
    };
    let picture = move || drawing.with(|drawing| if drawing.total() <= MOST { squares(drawing) } else { bar(drawing) });
    view! {
        <div role="img" aria-label=words>
            {picture}
        </div>
    }
}

fn squares(drawing: &Drawing) -> AnyView {
    let small = drawing.total() > 24;
    let some = |number: i64| 0..usize::try_from(number).unwrap_or_default();
    let within = drawing
        .within
        .iter()
        .flat_map(|(square, number)| some(*number).map(|_| view! { <i class=square.class()></i> }))
        .collect_view();
    let beyond = some(drawing.beyond).map(|_| view! { <i class="over"></i> }).collect_view();
    view! {
        <div class="seats" class:small=small>
            {within}
            {(drawing.beyond > 0).then(|| view! { <b></b> })}
            {beyond}
        </div>
    }
    .into_any()
}

fn bar(drawing: &Drawing) -> AnyView {
    let parts = drawing.within.iter().map(|(square, number)| (square.class(), *number));
    let beyond = (drawing.beyond > 0).then_some(("over", drawing.beyond));
    let parts = parts
        .chain(beyond)
        .map(|(class, number)| view! { <i class=class style:flex-grow=number.to_string()></i> })
        .collect_view();
    view! { <div class="seats-bar">{parts}</div> }.into_any()
}

/// "Geschützt", for a session that is.
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

/// "10 / 10 belegt", and a tag that says whether there is room.
#[component]
pub fn SeatFigure(
    /// The license.
    #[prop(into)]
    license: Signal<LicenseView>,
) -> impl IntoView {
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
            <RoomTag license />
        </p>
    }
}

/// "3 frei", "Voll", "2 zu viel".
#[component]
pub fn RoomTag(
    /// The license.
    #[prop(into)]
    license: Signal<LicenseView>,
) -> impl IntoView {
    let i18n = use_i18n();
    let tag = move || license.with(|license| (license.over(), license.free(), license.model));
    let class = move || match tag() {
        (over, ..) if over > 0 => "tag over",
        (_, 0, Model::Concurrent) => "tag warn",
        (_, 0, Model::Named) => "tag plain",
        _ => "tag ok",
    };
    let text = move || match tag() {
        (over, ..) if over > 0 => t_string!(i18n, seats.over, count = over),
        (_, 0, _) => t_string!(i18n, seats.full).to_owned(),
        (_, free, _) => t_string!(i18n, seats.free, count = free),
    };
    view! { <span class=class>{text}</span> }
}
