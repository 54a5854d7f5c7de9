//! Dialog to add a product.

use super::{catalog::Catalog, form_values, state::LicensesPageState};
use crate::{
    api::Api,
    i18n::*,
    ui::{
        dialog::Dialog,
        error_message::{ErrorMessage, failure_text},
        field::TextField,
        form::Form,
        toast::Toasts,
    },
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{problem::Code, wire::licenses::ProductView};

#[component]
pub fn AddProduct(
    /// Products and licenses of the page.
    catalog: Catalog,
    /// Which dialog of the page is open.
    page: LicensesPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <Dialog
            open=page.add_product_open
            title=Signal::derive(move || t_string!(i18n, licenses.add_product).to_owned())
        >
            <ProductForm catalog open=page.add_product_open />
        </Dialog>
    }
}

#[component]
fn ProductForm(
    /// Products and licenses of the page.
    catalog: Catalog,
    /// Whether the dialog is open.
    open: RwSignal<bool>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (api, toasts, form) = (Api::get(), Toasts::get(), Form::default());
    let (name, minutes) = (RwSignal::new(String::new()), RwSignal::new("10".to_owned()));
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let request = form_values::product_request(&name.read_untracked(), &minutes.read_untracked());
        let (body, wrong) = request.map_or_else(|wrong| (None, wrong), |body| (Some(body), Vec::new()));
        if let (true, Some(body)) = (form.begin(wrong), body) {
            spawn_local(async move {
                match api.post::<ProductView>("/products", &body).await {
                    Ok(added) => {
                        toasts.success(t_string!(i18n, licenses.product_added, name = added.name));
                        form.done();
                        open.set(false);
                        catalog.load();
                    }
                    Err(failure) => form.failed(failure),
                }
            });
        }
    };
    let wrong = move || match form.code() {
        Some(Code::AlreadyExists) => Some(t_string!(i18n, licenses.product_exists).to_owned()),
        _ => failure_text(i18n, form.failure()),
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <TextField
                label=Signal::derive(move || t_string!(i18n, licenses.product_name).to_owned())
                value=name
                name="name"
                hint=Signal::derive(move || Some(t_string!(i18n, licenses.product_hint).to_owned()))
                error=form.error("name")
                autofocus=true
            />
            <TextField
                label=Signal::derive(move || t_string!(i18n, licenses.key_minutes).to_owned())
                value=minutes
                kind="number"
                name="key_seconds"
                hint=Signal::derive(move || Some(t_string!(i18n, licenses.key_hint).to_owned()))
                error=form.error("key_seconds")
            />
            <ErrorMessage text=Signal::derive(wrong) />
            <div class="acts">
                <button type="button" class="button" on:click=move |_| open.set(false)>
                    {t!(i18n, common.cancel)}
                </button>
                <button type="submit" class="button primary" aria-disabled=move || form.busy().to_string()>
                    {move || {
                        if form.busy() {
                            t_string!(i18n, licenses.saving)
                        } else {
                            t_string!(i18n, licenses.add_product)
                        }
                    }}
                </button>
            </div>
        </form>
    }
}
