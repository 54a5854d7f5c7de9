//! The form for the dates and the contract of a license.

use super::{
    days::local_time_in, license_dialog::LicenseEdit, license_fields::ValidityFields, term_values::TermValues,
};
use crate::{
    caller::Caller,
    format::Format,
    i18n::*,
    text::text,
    ui::{
        checkbox::Checkbox,
        field::{TextArea, TextField},
        form::Form,
        form_dialog::FormDialog,
        show::Show,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::permissions::Action;

#[derive(Clone, Copy)]
struct TermFields {
    starts: RwSignal<String>,
    ends: RwSignal<String>,
    order: RwSignal<String>,
    price: RwSignal<String>,
    currency: RwSignal<String>,
    notes: RwSignal<String>,
    archived: RwSignal<bool>,
}

impl TermFields {
    fn of(values: TermValues) -> Self {
        Self {
            starts: RwSignal::new(values.starts),
            ends: RwSignal::new(values.ends),
            order: RwSignal::new(values.order),
            price: RwSignal::new(values.price),
            currency: RwSignal::new(values.currency),
            notes: RwSignal::new(values.notes),
            archived: RwSignal::new(values.archived),
        }
    }

    fn values(self) -> TermValues {
        TermValues {
            starts: self.starts.get_untracked(),
            ends: self.ends.get_untracked(),
            order: self.order.get_untracked(),
            price: self.price.get_untracked(),
            currency: self.currency.get_untracked(),
            notes: self.notes.get_untracked(),
            archived: self.archived.get_untracked(),
        }
    }
}

#[component]
pub fn TermsForm(
    /// The edit of the dialog.
    edit: LicenseEdit,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let to_local = move || local_time_in(&untrack(|| format.time_zone()));
    let decimal_separator = if untrack(|| i18n.get_locale()) == Locale::de { ',' } else { '.' };
    let before = edit.license.with_value(|license| TermValues::of(license, to_local(), decimal_separator));
    let fields = TermFields::of(before.clone());
    let submit = move |()| edit.save(fields.values().changed(&before, to_local()));
    view! {
        <FormDialog scope="licenses-page" title=edit.title form=edit.form submit edit=edit.version>
            <ValidityFields starts=fields.starts ends=fields.ends form=edit.form />
            <ContractFields fields form=edit.form />
            <Checkbox
                label=text!(licenses.archive)
                hint=text!(licenses.archive_hint)
                name="archived"
                value=fields.archived
            />
        </FormDialog>
    }
}

/// Contract data; the price is shown only to the billing contact.
#[component]
fn ContractFields(
    /// The form fields.
    fields: TermFields,
    /// State and errors of the form.
    form: Form,
) -> impl IntoView {
    let caller = Caller::get();
    view! {
        <TextField
            label=text!(licenses.order_number)
            value=fields.order
            name="order_number"
            hint=text!(licenses.order_hint)
            form
            optional=true
        />
        <Show when=move || caller.may(Action::ChangeSeats)>
            <div class="pair">
                <TextField
                    label=text!(licenses.price)
                    value=fields.price
                    name="price_per_seat"
                    hint=text!(licenses.price_hint)
                    form
                    optional=true
                />
                <TextField
                    label=text!(licenses.currency)
                    value=fields.currency
                    name="currency"
                    hint=text!(licenses.currency_hint)
                    form
                    optional=true
                />
            </div>
        </Show>
        <TextArea
            label=text!(licenses.notes)
            value=fields.notes
            name="notes"
            hint=text!(licenses.notes_hint)
            form
        />
    }
}
