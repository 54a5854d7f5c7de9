//! Dialog to add a license: product, model, seats, and optional start and end.

use super::{
    catalog::Catalog,
    days::local_time_in,
    license_fields::{LicenseFields, ProductField, RulesSection, ValidityFields},
    model_choice::ModelChoice,
};
use crate::{
    format::Format,
    i18n::*,
    labels, lazy_dialog,
    text::text,
    ui::{
        field::TextField,
        form::Form,
        form_dialog::{DialogContent, Dialogs, FormDialog},
        toast::Toasts,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{endpoints, ids::ProductId, wire::licenses::LicenseView};

/// The dialog to add a license; without a product, the user chooses one.
pub fn add_license(catalog: Catalog, product: Option<ProductId>) -> DialogContent {
    lazy_dialog!(add_license(catalog: Catalog, product: Option<ProductId>) {
        view! { <AddLicense catalog product /> }
    })
}

#[component]
fn AddLicense(
    /// Products and licenses of the page.
    catalog: Catalog,
    /// The product of the license; `None` lets the user choose.
    product: Option<ProductId>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (format, form, toasts, dialogs) = (Format::get(), Form::default(), Toasts::get(), Dialogs::get());
    let entry = product.and_then(|id| untrack(|| catalog.entry(id)));
    let title = match entry {
        Some(entry) => text!(licenses.add_license_to, product = entry.name.clone()),
        None => text!(licenses.add_license),
    };
    let only = catalog.entries.with_untracked(|all| if let [one] = all.as_slice() { Some(one.id) } else { None });
    let fields = LicenseFields::new(product.or(only).map(|id| id.to_string()).unwrap_or_default());
    let added = move |added: LicenseView| {
        let name = untrack(|| labels::license(i18n, &added));
        toasts.success(tu_string!(i18n, licenses.added, license = name));
        let card = format!("[aria-labelledby=license-{}] .license-acts :is(a, button)", added.id);
        catalog.apply_license(added);
        dialogs.close_onto(form, vec![card]);
    };
    let submit = move |()| match fields.values().request(local_time_in(&untrack(|| format.time_zone()))) {
        Ok(body) => form.submit([], || endpoints::licenses::add(&body), added),
        Err(wrong) => {
            form.begin(wrong);
        }
    };
    view! {
        <FormDialog scope="licenses-page" title form submit confirm=text!(licenses.add_license)>
            {product.is_none().then(|| view! { <ProductField catalog fields form /> })}
            <ModelChoice value=fields.model />
            <TextField
                label=text!(licenses.seats)
                value=fields.seats
                kind="number"
                name="seats"
                form
                autofocus=product.is_some()
            />
            <ValidityFields starts=fields.starts ends=fields.ends form />
            <RulesSection fields form />
        </FormDialog>
    }
}
