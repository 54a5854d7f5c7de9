//! Form fields of the dialog to add a license.

use super::{
    catalog::Catalog,
    form_values::LicenseValues,
    rule_fields::RulesFieldset,
    rule_values::{RuleFields, RuleValues},
};
use crate::{
    format::Format,
    i18n::*,
    ui::{
        field::TextField,
        form::Form,
        select::{Select, SelectOption},
    },
};
use leptos::prelude::*;
use seatkeeper_shared::license::{Model, Rules};
use wasm_bindgen::JsCast as _;

/// Signals of the form fields.
#[derive(Clone, Copy)]
pub struct LicenseFields {
    /// Id of the product.
    pub product: RwSignal<String>,
    pub model: RwSignal<Model>,
    /// Number of seats.
    pub seats: RwSignal<String>,
    /// First day.
    pub starts: RwSignal<String>,
    /// Last day, inclusive.
    pub ends: RwSignal<String>,
    pub rules: RuleFields,
}

impl LicenseFields {
    /// Empty fields with the default model and rules.
    pub fn new(product: String) -> Self {
        Self {
            product: RwSignal::new(product),
            model: RwSignal::new(Model::Concurrent),
            seats: RwSignal::default(),
            starts: RwSignal::default(),
            ends: RwSignal::default(),
            rules: RuleFields::of(RuleValues::from(Rules::default())),
        }
    }

    /// The current values.
    pub fn values(self) -> LicenseValues {
        LicenseValues {
            product: self.product.get_untracked(),
            model: self.model.get_untracked(),
            seats: self.seats.get_untracked(),
            starts: self.starts.get_untracked(),
            ends: self.ends.get_untracked(),
            rules: self.rules.values(),
        }
    }
}

#[component]
pub fn ProductField(
    /// Products and licenses of the page.
    catalog: Catalog,
    /// The form fields.
    fields: LicenseFields,
    /// State and errors of the form.
    form: Form,
) -> impl IntoView {
    let i18n = use_i18n();
    let options = move || {
        let none = SelectOption::new("", t_string!(i18n, common.select));
        let all = catalog.entries.with(|all| {
            all.iter().map(|entry| SelectOption::new(entry.id.to_string(), entry.name.clone())).collect::<Vec<_>>()
        });
        std::iter::once(none).chain(all).collect::<Vec<_>>()
    };
    view! {
        <Select
            label=Signal::derive(move || t_string!(i18n, licenses.product).to_owned())
            name="product_id"
            options=Signal::derive(options)
            value=fields.product
            choose=move |product| fields.product.set(product)
            error=form.error("product_id")
        />
    }
}

#[component]
pub fn SeatsField(
    /// The form fields.
    fields: LicenseFields,
    /// State and errors of the form.
    form: Form,
    /// Whether it is the first field of the form, which receives the focus.
    first: bool,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <TextField
            label=Signal::derive(move || t_string!(i18n, licenses.seats).to_owned())
            value=fields.seats
            kind="number"
            name="seats"
            error=form.error("seats")
            autofocus=first
        />
    }
}

/// First and last day, in the account's time zone.
#[component]
pub fn ValidityFields(
    /// The form fields.
    fields: LicenseFields,
    /// State and errors of the form.
    form: Form,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    view! {
        <div class="with-notes">
            <div class="pair">
                <TextField
                    label=Signal::derive(move || t_string!(i18n, licenses.starts).to_owned())
                    value=fields.starts
                    kind="date"
                    name="starts_at"
                    error=form.error("starts_at")
                    optional=true
                />
                <TextField
                    label=Signal::derive(move || t_string!(i18n, licenses.ends).to_owned())
                    value=fields.ends
                    kind="date"
                    name="ends_at"
                    error=form.error("ends_at")
                    optional=true
                />
            </div>
            <p class="hint">{move || t_string!(i18n, licenses.days_hint, zone = format.time_zone())}</p>
        </div>
    }
}

/// The rules, collapsed because the defaults suit most licenses. They expand when one of them has an error.
#[component]
pub fn RulesSection(
    /// The form fields.
    fields: LicenseFields,
    /// State and errors of the form.
    form: Form,
) -> impl IntoView {
    let i18n = use_i18n();
    let has_error = Memo::new(move |_| RuleFields::NAMES.into_iter().any(|name| form.error(name).get().is_some()));
    let expanded = RwSignal::new(false);
    view! {
        <details
            class="more-rules"
            prop:open=move || has_error.get() || expanded.get()
            on:toggle=move |event| expanded.set(is_open(&event))
        >
            <summary>{t!(i18n, licenses.rules)} <small>{t!(i18n, licenses.rules_hint)}</small></summary>
            <RulesFieldset
                rules=fields.rules
                form
                shared=Signal::derive(move || fields.model.get() == Model::Concurrent)
                may_buy=Signal::stored(true)
            />
        </details>
    }
}

fn is_open(event: &web_sys::Event) -> bool {
    let details = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    details.is_some_and(|details| details.has_attribute("open"))
}
