//! A new product: what agents start sessions with.

use super::{desk::Desk, entered, stock::Stock};
use crate::{
    api::Api,
    i18n::*,
    ui::{
        dialog::Dialog,
        face::{Wrong, usual},
        field::TextField,
        form::Form,
        toast::Toasts,
    },
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{problem::Code, wire::licenses::ProductView};

/// The dialog.
#[component]
pub fn AddProduct(
    /// The products.
    stock: Stock,
    /// The dialogs.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <Dialog
            open=desk.adding_product
            title=Signal::derive(move || t_string!(i18n, licenses.add_product).to_owned())
        >
            <ProductForm stock open=desk.adding_product />
        </Dialog>
    }
}

#[component]
fn ProductForm(
    /// The products.
    stock: Stock,
    /// Whether the dialog is open.
    open: RwSignal<bool>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (api, toasts, form) = (Api::get(), Toasts::get(), Form::default());
    let (name, minutes) = (RwSignal::new(String::new()), RwSignal::new("10".to_owned()));
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let entered = entered::product(&name.read_untracked(), &minutes.read_untracked());
        let (body, wrong) = entered.map_or_else(|wrong| (None, wrong), |body| (Some(body), Vec::new()));
        if let (true, Some(body)) = (form.begin(wrong), body) {
            spawn_local(async move {
                match api.post::<ProductView>("/products", &body).await {
                    Ok(added) => {
                        toasts.good(t_string!(i18n, licenses.product_added, name = added.name));
                        form.done();
                        open.set(false);
                        stock.load();
                    }
                    Err(failure) => form.failed(failure),
                }
            });
        }
    };
    let wrong = move || match form.code() {
        Some(Code::AlreadyExists) => Some(t_string!(i18n, licenses.product_exists).to_owned()),
        _ => usual(i18n, form.failure()),
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <TextField
                label=Signal::derive(move || t_string!(i18n, licenses.product_name).to_owned())
                value=name
                name="name"
                hint=Signal::derive(move || Some(t_string!(i18n, licenses.product_hint).to_owned()))
                error=form.error("name")
                first=true
            />
            <TextField
                label=Signal::derive(move || t_string!(i18n, licenses.key_minutes).to_owned())
                value=minutes
                kind="number"
                name="key_seconds"
                hint=Signal::derive(move || Some(t_string!(i18n, licenses.key_hint).to_owned()))
                error=form.error("key_seconds")
            />
            <Wrong text=Signal::derive(wrong) />
            <div class="acts">
                <button type="button" class="button" on:click=move |_| open.set(false)>
                    {t!(i18n, common.cancel)}
                </button>
                <button type="submit" class="button primary" aria-disabled=move || form.busy().to_string()>
                    {move || {
                        if form.busy() { t_string!(i18n, licenses.saving) } else { t_string!(i18n, licenses.add_product) }
                    }}
                </button>
            </div>
        </form>
    }
}
