//! Dialogs to add a product, and to change one: name, lifetime of support keys, integration, and archiving.

use super::{
    catalog::Catalog,
    form_values,
    integration_fields::{IntegrationFields, IntegrationSection},
};
use crate::{
    i18n::*,
    lazy_dialog,
    text::{Text, text},
    ui::{
        checkbox::Checkbox,
        edit_conflict::VersionedEdit,
        field::TextField,
        form::{FieldCheck, Form},
        form_dialog::{DialogContent, Dialogs, FormDialog, LoadedDialog},
        query::Query,
        toast::Toasts,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{
    endpoints,
    ids::ProductId,
    validate::FieldError,
    wire::licenses::{ChangeProduct, NewProduct, ProductView},
};

/// The focus after the dialog: the next step, the product, or the page.
fn places_of(product: ProductId) -> Vec<String> {
    let section = format!("[aria-labelledby=product-{product}]");
    vec![format!("{section} .no-license button"), format!("{section} button"), "h1".to_owned()]
}

/// Name and lifetime of support keys, as entered.
#[derive(Clone, Copy)]
struct ProductFields {
    name: RwSignal<String>,
    minutes: RwSignal<String>,
}

impl ProductFields {
    fn of(name: String, minutes: String) -> Self {
        Self { name: RwSignal::new(name), minutes: RwSignal::new(minutes) }
    }

    fn request(self) -> Result<NewProduct, Vec<FieldCheck>> {
        form_values::product_request(&self.name.read_untracked(), &self.minutes.read_untracked())
    }
}

#[component]
fn ProductFieldset(
    /// The form fields.
    fields: ProductFields,
    /// State and errors of the form.
    form: Form,
) -> impl IntoView {
    let i18n = use_i18n();
    let error = form.error("name");
    let name_hint = move || match error.get() {
        Some(FieldError::Taken) => t_string!(i18n, licenses.product_exists).to_owned(),
        _ => t_string!(i18n, licenses.product_hint).to_owned(),
    };
    view! {
        <TextField
            label=text!(licenses.product_name)
            value=fields.name
            name="name"
            hint=Signal::derive(name_hint)
            form
            autofocus=true
        />
        <TextField
            label=text!(licenses.key_minutes)
            value=fields.minutes
            kind="number"
            name="key_seconds"
            hint=text!(licenses.key_hint)
            form
        />
    }
}

/// The dialog to add a product.
pub fn add_product(catalog: Catalog) -> DialogContent {
    lazy_dialog!(add_product(catalog: Catalog) { view! { <AddProduct catalog /> } })
}

#[component]
fn AddProduct(
    /// Products and licenses of the page.
    catalog: Catalog,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts, dialogs) = (Form::default(), Toasts::get(), Dialogs::get());
    let fields = ProductFields::of(String::new(), "10".to_owned());
    let added = move |added: ProductView| {
        let places = places_of(added.id);
        toasts.success(tu_string!(i18n, licenses.product_added, name = added.name.clone()));
        catalog.apply_product(added);
        dialogs.close_onto(form, places);
    };
    let submit = move |()| match fields.request() {
        Ok(body) => form.submit([], || endpoints::products::add(&body), added),
        Err(wrong) => {
            form.begin(wrong);
        }
    };
    view! {
        <FormDialog
            scope="licenses-page"
            title=text!(licenses.add_product)
            form
            submit
            confirm=text!(licenses.add_product)
        >
            <ProductFieldset fields form />
        </FormDialog>
    }
}

/// The dialog to change a product.
pub fn change_product(catalog: Catalog, id: ProductId) -> DialogContent {
    lazy_dialog!(change_product(catalog: Catalog, id: ProductId) { view! { <ChangeProductDialog catalog id /> } })
}

/// Loads the current version of a product, and shows it in a form.
#[component]
fn ChangeProductDialog(
    /// Products and licenses of the page.
    catalog: Catalog,
    /// The product to change.
    id: ProductId,
) -> impl IntoView {
    let query = Query::once(endpoints::products::one(id));
    let name = untrack(|| catalog.entry(id)).map(|entry| entry.name).unwrap_or_default();
    let title = text!(licenses.change_product_of, product = name.clone());
    let form = move |before: ProductView| {
        let edit = VersionedEdit::at(endpoints::products::one(id), untrack(|| query.tag()));
        view! { <ProductForm catalog before title edit /> }
    };
    view! {
        <LoadedDialog title status=query.status()>
            {query.with_untracked(ProductView::clone).map(form)}
        </LoadedDialog>
    }
}

#[component]
fn ProductForm(
    /// Products and licenses of the page.
    catalog: Catalog,
    /// The product that the dialog shows.
    before: ProductView,
    /// The heading of the dialog.
    title: Text,
    /// The edit of this version.
    edit: VersionedEdit,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts, dialogs) = (Form::default(), Toasts::get(), Dialogs::get());
    // Shown in whole minutes. An unchanged field is not sent, so that its value is not rounded.
    let minutes = (before.key_seconds + 59).div_euclid(60).to_string();
    let fields = ProductFields::of(before.name, minutes.clone());
    let archived = RwSignal::new(before.archived_at.is_some());
    let (id, integration) = (before.id, IntegrationFields::of(before.integration));
    let change = move || {
        let integration_errors = integration.errors();
        let NewProduct { name, key_seconds } = match fields.request() {
            Ok(body) if integration_errors.iter().all(|(_, error)| error.is_none()) => body,
            request => return Err([request.err().unwrap_or_default(), integration_errors.to_vec()].concat()),
        };
        let key_seconds = key_seconds.filter(|_| *fields.minutes.read_untracked() != minutes);
        let archived = Some(archived.get_untracked());
        Ok(integration.add_to(ChangeProduct { name: Some(name), key_seconds, archived, ..ChangeProduct::default() }))
    };
    let changed = move |changed: ProductView| {
        toasts.success(tu_string!(i18n, licenses.product_changed, name = changed.name.clone()));
        catalog.apply_product(changed);
        dialogs.close_onto(form, places_of(id));
    };
    let submit = move |()| match change() {
        Ok(body) => form.run([], edit.send(endpoints::products::change(id, &body)), changed),
        Err(wrong) => {
            form.begin(wrong);
        }
    };
    view! {
        <FormDialog scope="licenses-page" title form submit edit>
            <ProductFieldset fields form />
            <IntegrationSection integration form />
            <Checkbox
                label=text!(licenses.archive)
                hint=text!(licenses.archive_hint)
                name="archived"
                value=archived
            />
        </FormDialog>
    }
}
