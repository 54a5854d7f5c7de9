//! Dialog to add a license: product, model, seats, and optional start and end.

use super::{
    catalog::Catalog,
    days::local_time_in,
    license_fields::{LicenseFields, ProductField, RulesSection, SeatsField, ValidityFields},
    model_choice::ModelChoice,
    state::LicensesPageState,
};
use crate::{
    api::Api,
    format::Format,
    i18n::*,
    labels,
    ui::{
        dialog::Dialog,
        error_message::{ErrorMessage, failure_text},
        form::Form,
        toast::Toasts,
    },
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::wire::licenses::LicenseView;

#[component]
pub fn AddLicense(
    /// Products and licenses of the page.
    catalog: Catalog,
    /// Which dialog of the page is open.
    page: LicensesPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let name = move || page.new_license_product.get().and_then(|id| catalog.entry(id)).map(|entry| entry.name);
    let title = move || match name() {
        Some(product) => t_string!(i18n, licenses.add_license_to, product = product),
        None => t_string!(i18n, licenses.add_license).to_owned(),
    };
    view! {
        <Dialog open=page.add_license_open title=Signal::derive(title)>
            <LicenseForm catalog page />
        </Dialog>
    }
}

#[component]
fn LicenseForm(
    /// Products and licenses of the page.
    catalog: Catalog,
    /// Which dialog of the page is open.
    page: LicensesPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let (format, api, toasts, form) = (Format::get(), Api::get(), Toasts::get(), Form::default());
    let given_product = page.new_license_product.get_untracked();
    let only =
        move || catalog.entries.with_untracked(|all| if let [one] = all.as_slice() { Some(one.id) } else { None });
    let fields = LicenseFields::new(given_product.or_else(only).map(|id| id.to_string()).unwrap_or_default());
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let checked = fields.values().request(local_time_in(&untrack(|| format.time_zone())));
        let (body, wrong) = checked.map_or_else(|wrong| (None, wrong), |body| (Some(body), Vec::new()));
        if let (true, Some(body)) = (form.begin(wrong), body) {
            spawn_local(async move {
                match api.post::<LicenseView>("/licenses", &body).await {
                    Ok(added) => {
                        toasts.success(t_string!(i18n, licenses.added, license = labels::license(i18n, &added)));
                        form.done();
                        page.add_license_open.set(false);
                    }
                    Err(failure) => form.failed(failure),
                }
            });
        }
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            {given_product.is_none().then(|| view! { <ProductField catalog fields form /> })}
            <ModelChoice value=fields.model />
            <SeatsField fields form first=given_product.is_some() />
            <ValidityFields fields form />
            <RulesSection fields form />
            <ErrorMessage text=Signal::derive(move || failure_text(i18n, form.failure())) />
            <Buttons form open=page.add_license_open />
        </form>
    }
}

#[component]
fn Buttons(
    /// State and errors of the form.
    form: Form,
    /// Whether the dialog is open.
    open: RwSignal<bool>,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <div class="acts">
            <button type="button" class="button" on:click=move |_| open.set(false)>
                {t!(i18n, common.cancel)}
            </button>
            <button type="submit" class="button primary" aria-disabled=move || form.busy().to_string()>
                {move || {
                    if form.busy() { t_string!(i18n, licenses.saving) } else { t_string!(i18n, licenses.add_license) }
                }}
            </button>
        </div>
    }
}
