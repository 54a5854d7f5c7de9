//! A new license: so many seats of a product, in one model, for a time or for ever.

use super::{
    days::clocks_of,
    desk::Desk,
    license_fields::{Entered, HowLong, HowMany, Rules, WhichProduct},
    models::Models,
    stock::Stock,
};
use crate::{
    api::Api,
    format::Format,
    i18n::*,
    ui::{
        dialog::Dialog,
        face::{Wrong, usual},
        form::Form,
        toast::Toasts,
    },
    words,
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::wire::licenses::LicenseView;

/// The dialog.
#[component]
pub fn AddLicense(
    /// The products.
    stock: Stock,
    /// The dialogs.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let name = move || desk.product.get().and_then(|id| stock.shelf(id)).map(|shelf| shelf.name);
    let title = move || match name() {
        Some(product) => t_string!(i18n, licenses.add_license_to, product = product),
        None => t_string!(i18n, licenses.add_license).to_owned(),
    };
    view! {
        <Dialog open=desk.adding_license title=Signal::derive(title)>
            <LicenseForm stock desk />
        </Dialog>
    }
}

#[component]
fn LicenseForm(
    /// The products.
    stock: Stock,
    /// The dialogs.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let (format, api, toasts, form) = (Format::get(), Api::get(), Toasts::get(), Form::default());
    let settled = desk.product.get_untracked();
    let only = move || stock.shelves.with_untracked(|all| if let [one] = all.as_slice() { Some(one.id) } else { None });
    let entered = Entered::afresh(settled.or_else(only).map(|id| id.to_string()).unwrap_or_default());
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let checked = entered.once().body(clocks_of(&untrack(|| format.zone())));
        let (body, wrong) = checked.map_or_else(|wrong| (None, wrong), |body| (Some(body), Vec::new()));
        if let (true, Some(body)) = (form.begin(wrong), body) {
            spawn_local(async move {
                match api.post::<LicenseView>("/licenses", &body).await {
                    Ok(added) => {
                        toasts.good(t_string!(i18n, licenses.added, license = words::license(i18n, &added)));
                        form.done();
                        desk.adding_license.set(false);
                    }
                    Err(failure) => form.failed(failure),
                }
            });
        }
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            {settled.is_none().then(|| view! { <WhichProduct stock entered form /> })}
            <Models value=entered.model />
            <HowMany entered form first=settled.is_some() />
            <HowLong entered form />
            <Rules entered form />
            <Wrong text=Signal::derive(move || usual(i18n, form.failure())) />
            <Buttons form open=desk.adding_license />
        </form>
    }
}

#[component]
fn Buttons(
    /// The form.
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
