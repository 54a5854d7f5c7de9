//! The fields of a new license.

use super::{
    entered::EnteredLicense,
    rule_fields::AllRules,
    rules::{EnteredRules, RuleFields},
    stock::Stock,
};
use crate::{
    format::Format,
    i18n::*,
    ui::{
        field::TextField,
        form::Form,
        select::{Choosable, Select},
    },
};
use leptos::prelude::*;
use seatkeeper_shared::license::{Model, Rules as LicenseRules};
use wasm_bindgen::JsCast as _;

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
    /// The rules.
    pub rules: RuleFields,
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
            rules: RuleFields::of(EnteredRules::from(LicenseRules::default())),
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
            rules: self.rules.once(),
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

/// The rules, folded away: the usual ones are good for most. They unfold when something is wrong with one.
#[component]
pub fn Rules(
    /// What is entered.
    entered: Entered,
    /// The form.
    form: Form,
) -> impl IntoView {
    let i18n = use_i18n();
    let wrong = Memo::new(move |_| RuleFields::NAMES.into_iter().any(|name| form.error(name).get().is_some()));
    let unfolded = RwSignal::new(false);
    view! {
        <details
            class="fold"
            prop:open=move || wrong.get() || unfolded.get()
            on:toggle=move |event| unfolded.set(is_open(&event))
        >
            <summary>{t!(i18n, licenses.rules)} <small>{t!(i18n, licenses.rules_hint)}</small></summary>
            <AllRules
                rules=entered.rules
                form
                shared=Signal::derive(move || entered.model.get() == Model::Concurrent)
                buys=Signal::stored(true)
            />
        </details>
    }
}

fn is_open(event: &web_sys::Event) -> bool {
    let details = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    details.is_some_and(|details| details.has_attribute("open"))
}
