//! The fields of a new license.

use super::{entered::EnteredLicense, facts::rule_help, stock::Stock};
use crate::{
    format::Format,
    i18n::*,
    ui::{
        field::TextField,
        form::Form,
        select::{Choosable, Select},
    },
    words,
};
use leptos::prelude::*;
use seatkeeper_shared::license::{Model, SeatRule};

/// What is entered.
#[derive(Clone, Copy)]
pub struct Entered {
    /// The id of the product.
    pub product: RwSignal<String>,
    /// Named or concurrent.
    pub model: RwSignal<Model>,
    /// How many seats.
    pub seats: RwSignal<String>,
    /// The first day.
    pub starts: RwSignal<String>,
    /// The last day.
    pub ends: RwSignal<String>,
    /// What occupies a seat.
    pub rule: RwSignal<SeatRule>,
    /// The lease in seconds.
    pub lease: RwSignal<String>,
}

impl Entered {
    /// Nothing but the usual, for this product.
    pub fn afresh(product: String) -> Self {
        Self {
            product: RwSignal::new(product),
            model: RwSignal::new(Model::Concurrent),
            seats: RwSignal::default(),
            starts: RwSignal::default(),
            ends: RwSignal::default(),
            rule: RwSignal::new(SeatRule::Agent),
            lease: RwSignal::new("120".to_owned()),
        }
    }

    /// What is entered at this moment.
    pub fn once(self) -> EnteredLicense {
        EnteredLicense {
            product: self.product.get_untracked(),
            model: self.model.get_untracked(),
            seats: self.seats.get_untracked(),
            starts: self.starts.get_untracked(),
            ends: self.ends.get_untracked(),
            rule: self.rule.get_untracked(),
            lease: self.lease.get_untracked(),
        }
    }
}

/// For which product.
#[component]
pub fn WhichProduct(
    /// The products.
    stock: Stock,
    /// What is entered.
    entered: Entered,
    /// The form.
    form: Form,
) -> impl IntoView {
    let i18n = use_i18n();
    let options = move || {
        let none = Choosable::new("", t_string!(i18n, common.select));
        let all = stock.shelves.with(|all| {
            all.iter().map(|shelf| Choosable::new(shelf.id.to_string(), shelf.name.clone())).collect::<Vec<_>>()
        });
        std::iter::once(none).chain(all).collect::<Vec<_>>()
    };
    view! {
        <Select
            label=Signal::derive(move || t_string!(i18n, licenses.product).to_owned())
            name="product_id"
            options=Signal::derive(options)
            value=entered.product
            choose=move |product| entered.product.set(product)
            error=form.error("product_id")
        />
    }
}

/// The number of seats.
#[component]
pub fn HowMany(
    /// What is entered.
    entered: Entered,
    /// The form.
    form: Form,
    /// It is where one begins.
    first: bool,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <TextField
            label=Signal::derive(move || t_string!(i18n, licenses.seats).to_owned())
            value=entered.seats
            kind="number"
            name="seats"
            error=form.error("seats")
            first=first
        />
    }
}

/// The first and the last day, as the account's calendar has them.
#[component]
pub fn HowLong(
    /// What is entered.
    entered: Entered,
    /// The form.
    form: Form,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    view! {
        <div class="with-notes">
            <div class="pair">
                <TextField
                    label=Signal::derive(move || t_string!(i18n, licenses.starts).to_owned())
                    value=entered.starts
                    kind="date"
                    name="starts_at"
                    error=form.error("starts_at")
                    optional=true
                />
                <TextField
                    label=Signal::derive(move || t_string!(i18n, licenses.ends).to_owned())
                    value=entered.ends
                    kind="date"
                    name="ends_at"
                    error=form.error("ends_at")
                    optional=true
                />
            </div>
            <p class="hint">{move || t_string!(i18n, licenses.days_hint, zone = format.zone())}</p>
        </div>
    }
}

/// What occupies a seat, with a sentence that says what that means.
#[component]
pub fn Rule(
    /// What is entered.
    entered: Entered,
) -> impl IntoView {
    let i18n = use_i18n();
    let options = move || {
        SeatRule::ALL.iter().map(|rule| Choosable::new(rule.as_str(), words::rule(i18n, *rule))).collect::<Vec<_>>()
    };
    view! {
        <Select
            label=Signal::derive(move || t_string!(i18n, licenses.rule).to_owned())
            name="seat_rule"
            options=Signal::derive(options)
            value=Signal::derive(move || entered.rule.get().to_string())
            choose=move |rule: String| entered.rule.set(rule.parse().unwrap_or(SeatRule::Agent))
            hint=Signal::derive(move || Some(rule_help(i18n, entered.rule.get()).to_owned()))
        />
    }
}

/// How long a seat outlives the contact.
#[component]
pub fn Lease(
    /// What is entered.
    entered: Entered,
    /// The form.
    form: Form,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <TextField
            label=Signal::derive(move || t_string!(i18n, licenses.lease).to_owned())
            value=entered.lease
            kind="number"
            name="lease_seconds"
            hint=Signal::derive(move || Some(t_string!(i18n, licenses.lease_hint).to_owned()))
            error=form.error("lease_seconds")
        />
    }
}
