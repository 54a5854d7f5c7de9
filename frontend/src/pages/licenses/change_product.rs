//! A product that exists: its name, how long its keys live, and whether it is still offered.

use super::{
    desk::Desk,
    entered,
    product_doors::{DoorFields, DoorsEntered},
    stock::Stock,
};
use crate::{
    i18n::*,
    ui::{
        dialog::TaskDialog,
        face::{Wrong, usual},
        field::TextField,
        form::Form,
        opened::{Late, Opened},
        toast::Toasts,
    },
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    ids::ProductId,
    wire::licenses::{ChangeProduct, ProductView},
};

/// The dialog.
#[component]
pub fn ChangeProductDialog(
    /// The products.
    stock: Stock,
    /// The dialogs.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let open = Signal::derive(move || desk.product_changing.with(Option::is_some));
    let name = move || desk.product_changing.get().and_then(|id| stock.shelf(id)).map(|shelf| shelf.name);
    let title = move || t_string!(i18n, licenses.change_product_of, product = name().unwrap_or_default());
    let form = move || desk.product_changing.get_untracked().map(|id| view! { <ProductForm id stock desk /> });
    view! {
        <TaskDialog open close=move |()| desk.product_changing.set(None) title=Signal::derive(title)>
            {form}
        </TaskDialog>
    }
}

#[component]
fn ProductForm(
    /// Which.
    id: ProductId,
    /// The products.
    stock: Stock,
    /// The dialogs.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let (toasts, form) = (Toasts::get(), Form::default());
    let Some(before) = untrack(|| stock.shelf(id)) else { return ().into_any() };
    // Whole minutes; what is not entered anew is not sent, so nothing is rounded by accident.
    let was = (before.key_seconds.unwrap_or(600) + 59).div_euclid(60).to_string();
    let shown = (before.name.clone(), before.archived);
    let opened = Opened::at(format!("/products/{id}"), move |now: &ProductView| {
        (now.name.as_str(), now.archived_at.is_some()) == (shown.0.as_str(), shown.1)
    });
    let reload = move |()| {
        desk.product_changing.set(None);
        stock.load();
        set_timeout(move || desk.product_changing.set(Some(id)), std::time::Duration::from_millis(300));
    };
    let (name, minutes) = (RwSignal::new(before.name), RwSignal::new(was.clone()));
    let archived = RwSignal::new(before.archived);
    let doors = DoorsEntered::of(untrack(|| stock.doors(id)));
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let entered = entered::product(&name.read_untracked(), &minutes.read_untracked());
        let (body, mut wrong) = entered.map_or_else(|wrong| (None, wrong), |body| (Some(body), Vec::new()));
        wrong.extend(doors.wrong());
        let key_seconds = body.as_ref().and_then(|body| body.key_seconds).filter(|_| *minutes.read_untracked() != was);
        if let (true, Some(body)) = (form.begin(wrong), body) {
            let archived = Some(archived.get_untracked());
            spawn_local(async move {
                let body = ChangeProduct { name: Some(body.name), key_seconds, archived, ..ChangeProduct::default() };
                match opened.patch::<ProductView>(&doors.put(body)).await {
                    Ok(changed) => {
                        toasts.good(t_string!(i18n, licenses.product_changed, name = changed.name));
                        form.done();
                        stock.load();
                        desk.product_changing.set(None);
                    }
                    Err(failure) => form.failed(failure),
                }
            });
        }
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <Late opened reload />
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
            <DoorFields doors form />
            <Archived value=archived />
            <Wrong text=Signal::derive(move || usual(i18n, form.failure())) />
            <div class="acts">
                <button type="button" class="button" on:click=move |_| desk.product_changing.set(None)>
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

/// Whether it gives no new seats any more, and what that means.
#[component]
pub fn Archived(
    /// Whether it is.
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
