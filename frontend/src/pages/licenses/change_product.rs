//! Dialog to change a product: name, lifetime of support keys, integration, and archiving.

use super::{
    catalog::Catalog,
    form_values,
    integration_fields::{IntegrationFields, IntegrationSection},
    state::LicensesPageState,
};
use crate::{
    i18n::*,
    ui::{
        dialog::TaskDialog,
        edit_conflict::{ConflictNotice, VersionedEdit},
        error_message::{ErrorMessage, failure_text},
        field::TextField,
        form::Form,
        toast::Toasts,
    },
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    endpoints::Endpoint,
    ids::ProductId,
    wire::licenses::{ChangeProduct, ProductView},
};

#[component]
pub fn ChangeProductDialog(
    /// Products and licenses of the page.
    catalog: Catalog,
    /// Which dialog of the page is open.
    page: LicensesPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let open = Signal::derive(move || page.product_dialog.with(Option::is_some));
    let name = move || page.product_dialog.get().and_then(|id| catalog.entry(id)).map(|entry| entry.name);
    let title = move || t_string!(i18n, licenses.change_product_of, product = name().unwrap_or_default());
    let form = move || page.product_dialog.get_untracked().map(|id| view! { <ProductForm id catalog page /> });
    view! {
        <TaskDialog open close=move |()| page.product_dialog.set(None) title=Signal::derive(title)>
            {form}
        </TaskDialog>
    }
}

#[component]
fn ProductForm(
    /// The product to change.
    id: ProductId,
    /// Products and licenses of the page.
    catalog: Catalog,
    /// Which dialog of the page is open.
    page: LicensesPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let (toasts, form) = (Toasts::get(), Form::default());
    let Some(before) = untrack(|| catalog.entry(id)) else { return ().into_any() };
    // Shown in whole minutes. An unchanged field is not sent, so that its value is not rounded.
    let shown_minutes = (before.key_seconds.unwrap_or(600) + 59).div_euclid(60).to_string();
    let shown = (before.name.clone(), before.archived);
    let edit = VersionedEdit::of(Endpoint::get(format!("/products/{id}")), move |now: &ProductView| {
        (now.name.as_str(), now.archived_at.is_some()) == (shown.0.as_str(), shown.1)
    });
    let reload = move |()| {
        page.product_dialog.set(None);
        catalog.load();
        set_timeout(move || page.product_dialog.set(Some(id)), std::time::Duration::from_millis(300));
    };
    let (name, minutes) = (RwSignal::new(before.name), RwSignal::new(shown_minutes.clone()));
    let archived = RwSignal::new(before.archived);
    let integration = IntegrationFields::of(untrack(|| catalog.integration(id)));
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let request = form_values::product_request(&name.read_untracked(), &minutes.read_untracked());
        let (body, mut wrong) = request.map_or_else(|wrong| (None, wrong), |body| (Some(body), Vec::new()));
        wrong.extend(integration.errors());
        let key_seconds =
            body.as_ref().and_then(|body| body.key_seconds).filter(|_| *minutes.read_untracked() != shown_minutes);
        if let (true, Some(body)) = (form.begin(wrong), body) {
            let archived = Some(archived.get_untracked());
            spawn_local(async move {
                let body = ChangeProduct { name: Some(body.name), key_seconds, archived, ..ChangeProduct::default() };
                match edit
                    .send(Endpoint::<ProductView>::patch(format!("/products/{id}"), &integration.add_to(body)))
                    .await
                {
                    Ok(changed) => {
                        toasts.success(t_string!(i18n, licenses.product_changed, name = changed.name));
                        form.done();
                        catalog.load();
                        page.product_dialog.set(None);
                    }
                    Err(failure) => form.failed(failure),
                }
            });
        }
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <ConflictNotice edit reload />
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
            <IntegrationSection integration form />
            <ArchivedCheckbox value=archived />
            <ErrorMessage text=Signal::derive(move || failure_text(i18n, form.failure())) />
            <div class="acts">
                <button type="button" class="button" on:click=move |_| page.product_dialog.set(None)>
                    {t!(i18n, common.cancel)}
                </button>
                <button type="submit" class="button primary" aria-disabled=move || form.busy().to_string()>
                    {move || if form.busy() { t_string!(i18n, licenses.saving) } else { t_string!(i18n, common.save) }}
                </button>
            </div>
        </form>
    }
    .into_any()
}

/// Checkbox to archive a product or license, with an explanation.
#[component]
pub fn ArchivedCheckbox(
    /// Whether it is archived.
    value: RwSignal<bool>,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <label class="check">
            <input
                type="checkbox"
                name="archived"
                prop:checked=move || value.get()
                on:change=move |event| value.set(event_target_checked(&event))
            />
            <span>{t!(i18n, licenses.archive)} <small>{t!(i18n, licenses.archive_hint)}</small></span>
        </label>
    }
}
