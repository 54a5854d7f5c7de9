//! Form fields of a new license; its dates are also those of the dialog for the terms.

use super::{
    catalog::Catalog,
    collapsible::Collapsible,
    form_values::LicenseValues,
    rule_fields::RulesFieldset,
    rule_values::{NUMBER_RULES, RuleFields, RuleValues},
};
use crate::{
    format::Format,
    i18n::*,
    text::text,
    ui::{
        field::TextField,
        form::Form,
        select::{Select, SelectOption},
    },
};
use leptos::prelude::*;
use seatkeeper_shared::license::{Model, Rules};

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
            label=text!(licenses.product)
            name="product_id"
            options=Signal::derive(options)
            value=fields.product
            choose=move |product| fields.product.set(product)
            form
        />
    }
}

/// First and last day, in the account's time zone.
#[component]
pub fn ValidityFields(
    /// The first day.
    starts: RwSignal<String>,
    /// The last day, inclusive.
    ends: RwSignal<String>,
    /// State and errors of the form.
    form: Form,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    view! {
        <div class="with-notes">
            <div class="pair">
                <TextField
                    label=text!(licenses.starts)
                    value=starts
                    kind="date"
                    name="starts_at"
                    form
                    optional=true
                />
                <TextField label=text!(licenses.ends) value=ends kind="date" name="ends_at" form optional=true />
            </div>
            <p class="hint">{move || t_string!(i18n, licenses.days_hint, zone = format.time_zone())}</p>
        </div>
    }
}

/// The rules, collapsed because the defaults suit most licenses.
#[component]
pub fn RulesSection(
    /// The form fields.
    fields: LicenseFields,
    /// State and errors of the form.
    form: Form,
) -> impl IntoView {
    let names = NUMBER_RULES.iter().map(|rule| rule.name).collect();
    view! {
        <Collapsible summary=text!(licenses.rules) hint=text!(licenses.rules_hint) form fields=names>
            <RulesFieldset
                rules=fields.rules
                form
                shared=Signal::derive(move || fields.model.get() == Model::Concurrent)
                may_buy=Signal::stored(true)
            />
        </Collapsible>
    }
}
