//! Dialog to change the dates and the contract of a license.

use super::{
    catalog::Catalog, change_product::ArchivedCheckbox, days::local_time_in, state::LicensesPageState,
    term_values::TermValues,
};
use crate::{
    caller::Caller,
    format::Format,
    i18n::*,
    labels,
    ui::{
        dialog::TaskDialog,
        edit_conflict::{ConflictNotice, VersionedEdit},
        error_message::{ErrorMessage, failure_text},
        field::{TextArea, TextField},
        form::Form,
        toast::Toasts,
    },
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    endpoints::Endpoint,
    permissions::Action,
    wire::licenses::{ChangeLicense, LicenseView},
};

#[component]
pub fn ChangeTermsDialog(
    /// Products and licenses of the page.
    catalog: Catalog,
    /// Which dialog of the page is open.
    page: LicensesPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let license = Memo::new(move |_| page.terms_dialog.get().and_then(|id| catalog.license(id)));
    let title = move || {
        let name = license.with(|license| license.as_ref().map(|license| labels::license(i18n, license)));
        t_string!(i18n, licenses.terms_title, license = name.unwrap_or_default())
    };
    let open = Signal::derive(move || page.terms_dialog.with(Option::is_some));
    view! {
        <TaskDialog open close=move |()| page.terms_dialog.set(None) title=Signal::derive(title)>
            {move || license.get_untracked().map(|first| view! { <TermsForm first catalog page /> })}
        </TaskDialog>
    }
}

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
fn TermsForm(
    /// The license when the dialog was opened.
    first: LicenseView,
    /// Products and licenses of the page.
    catalog: Catalog,
    /// Which dialog of the page is open.
    page: LicensesPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let (format, toasts, form) = (Format::get(), Toasts::get(), Form::default());
    let id = first.id;
    let to_local = move || local_time_in(&untrack(|| format.time_zone()));
    let decimal_separator = if untrack(|| i18n.get_locale()) == Locale::de { ',' } else { '.' };
    let before = TermValues::of(&first, &untrack(|| catalog.contract(id)), to_local(), decimal_separator);
    let fields = TermFields::of(before.clone());
    let shown = before.clone();
    let edit = VersionedEdit::of(Endpoint::get(format!("/licenses/{id}")), move |now: &LicenseView| {
        TermValues::of(now, &now.contract, to_local(), decimal_separator) == shown
    });
    let reload = move |()| {
        page.terms_dialog.set(None);
        catalog.load();
        set_timeout(move || page.terms_dialog.set(Some(id)), std::time::Duration::from_millis(300));
    };
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let checked = fields.values().changed(&before, to_local());
        let (body, wrong) = checked.map_or_else(|wrong| (None, wrong), |body| (Some(body), Vec::new()));
        let (true, Some(body)) = (form.begin(wrong), body) else { return };
        if body == ChangeLicense::default() {
            form.done();
            page.terms_dialog.set(None);
            return;
        }
        spawn_local(async move {
            match edit.send(Endpoint::<LicenseView>::patch(format!("/licenses/{id}"), &body)).await {
                Ok(changed) => {
                    let name = untrack(|| labels::license(i18n, &changed));
                    toasts.success(tu_string!(i18n, licenses.terms_changed, license = name));
                    form.done();
                    catalog.load();
                    page.terms_dialog.set(None);
                }
                Err(failure) => form.failed(failure),
            }
        });
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <ConflictNotice edit reload />
            <DateFields fields form />
            <ContractFields fields form />
            <ArchivedCheckbox value=fields.archived />
            <ErrorMessage text=Signal::derive(move || failure_text(i18n, form.failure())) />
            <div class="acts">
                <button type="button" class="button" on:click=move |_| page.terms_dialog.set(None)>
                    {t!(i18n, common.cancel)}
                </button>
                <button type="submit" class="button primary" aria-disabled=move || form.busy().to_string()>
                    {move || if form.busy() { t_string!(i18n, licenses.saving) } else { t_string!(i18n, common.save) }}
                </button>
            </div>
        </form>
    }
}

/// First and last day of the license.
#[component]
fn DateFields(
    /// The form fields.
    fields: TermFields,
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

/// Contract data; the price is shown only to the billing contact.
#[component]
fn ContractFields(
    /// The form fields.
    fields: TermFields,
    /// State and errors of the form.
    form: Form,
) -> impl IntoView {
    let i18n = use_i18n();
    let caller = Caller::get();
    view! {
        <TextField
            label=Signal::derive(move || t_string!(i18n, licenses.order_number).to_owned())
            value=fields.order
            name="order_number"
            hint=Signal::derive(move || Some(t_string!(i18n, licenses.order_hint).to_owned()))
            error=form.error("order_number")
            optional=true
        />
        <Show when=move || caller.may(Action::ChangeSeats)>
            <div class="pair">
                <TextField
                    label=Signal::derive(move || t_string!(i18n, licenses.price).to_owned())
                    value=fields.price
                    name="price_per_seat"
                    hint=Signal::derive(move || Some(t_string!(i18n, licenses.price_hint).to_owned()))
                    error=form.error("price_per_seat")
                    optional=true
                />
                <TextField
                    label=Signal::derive(move || t_string!(i18n, licenses.currency).to_owned())
                    value=fields.currency
                    name="currency"
                    hint=Signal::derive(move || Some(t_string!(i18n, licenses.currency_hint).to_owned()))
                    error=form.error("currency")
                    optional=true
                />
            </div>
        </Show>
        <TextArea
            label=Signal::derive(move || t_string!(i18n, licenses.notes).to_owned())
            value=fields.notes
            name="notes"
            hint=Signal::derive(move || Some(t_string!(i18n, licenses.notes_hint).to_owned()))
            error=form.error("notes")
        />
    }
}
