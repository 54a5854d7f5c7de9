//! A new license: so many seats of a product, in one model, for a time or for ever.

use super::{
    days::clocks_of,
    desk::Desk,
    entered::EnteredLicense,
    facts::rule_help,
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
        field::TextField,
        form::Form,
        select::{Choosable, Select},
        toast::Toasts,
    },
    words,
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    license::{Model, SeatRule},
    wire::licenses::LicenseView,
};

/// What is entered.
#[derive(Clone, Copy)]
struct Entered {
    product: RwSignal<String>,
    model: RwSignal<Model>,
    seats: RwSignal<String>,
    starts: RwSignal<String>,
    ends: RwSignal<String>,
    rule: RwSignal<SeatRule>,
    lease: RwSignal<String>,
}

impl Entered {
    fn afresh(product: String) -> Self {
        Self {
            product: RwSignal::new(product),
            model: RwSignal::new(Model::Concurrent),
            seats: RwSignal::default(),
            starts: RwSignal::default(),
            ends: RwSignal::default(),
            rule: RwSignal::new(SeatRule::Agent),
            lease: RwSignal::new("120".to_owned()),
        }
    }

    fn once(self) -> EnteredLicense {
        EnteredLicense {
            product: self.product.get_untracked(),
            model: self.model.get_untracked(),
            seats: self.seats.get_untracked(),
            starts: self.starts.get_untracked(),
            ends: self.ends.get_untracked(),
            rule: self.rule.get_untracked(),
            lease: self.lease.get_untracked(),
        }
    }
}

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
            <Show when=move || entered.model.get() == Model::Concurrent>
                <Rule entered />
            </Show>
            <Lease entered form />
            <Wrong text=Signal::derive(move || usual(i18n, form.failure())) />
            <Buttons form open=desk.adding_license />
        </form>
    }
}

#[component]
fn WhichProduct(
    /// The products.
    stock: Stock,
    /// What is entered.
    entered: Entered,
    /// The form.
    form: Form,
) -> impl IntoView {
    let i18n = use_i18n();
    let error = form.error("product_id");
    let options = move || {
        let none = Choosable::new("", t_string!(i18n, common.select));
        let all = stock.shelves.with(|all| {
            all.iter().map(|shelf| Choosable::new(shelf.id.to_string(), shelf.name.clone())).collect::<Vec<_>>()
        });
        std::iter::once(none).chain(all).collect::<Vec<_>>()
    };
    view! {
        <div class="with-notes">
            <Select
                label=Signal::derive(move || t_string!(i18n, licenses.product).to_owned())
                name="product_id"
                options=Signal::derive(options)
                value=entered.product
                choose=move |product| entered.product.set(product)
            />
            <div role="alert">
                {move || error.get().map(|error| view! { <p class="wrong">{words::field(i18n, &error)}</p> })}
            </div>
        </div>
    }
}

#[component]
fn HowMany(
    /// What is entered.
    entered: Entered,
    /// The form.
    form: Form,
    /// It is where one begins.
    first: bool,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <TextField
            label=Signal::derive(move || t_string!(i18n, licenses.seats).to_owned())
            value=entered.seats
            kind="number"
            name="seats"
            error=form.error("seats")
            first=first
        />
    }
}

/// The first and the last day, as the account's calendar has them.
#[component]
fn HowLong(
    /// What is entered.
    entered: Entered,
    /// The form.
    form: Form,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    view! {
        <div class="with-notes">
            <div class="pair">
                <TextField
                    label=Signal::derive(move || t_string!(i18n, licenses.starts).to_owned())
                    value=entered.starts
                    kind="date"
                    name="starts_at"
                    error=form.error("starts_at")
                    optional=true
                />
                <TextField
                    label=Signal::derive(move || t_string!(i18n, licenses.ends).to_owned())
                    value=entered.ends
                    kind="date"
                    name="ends_at"
                    error=form.error("ends_at")
                    optional=true
                />
            </div>
            <p class="hint">{move || t_string!(i18n, licenses.days_hint, zone = format.zone())}</p>
        </div>
    }
}

#[component]
fn Rule(
    /// What is entered.
    entered: Entered,
) -> impl IntoView {
    let i18n = use_i18n();
    let options = move || {
        SeatRule::ALL.iter().map(|rule| Choosable::new(rule.as_str(), words::rule(i18n, *rule))).collect::<Vec<_>>()
    };
    view! {
        <div class="with-notes">
            <Select
                label=Signal::derive(move || t_string!(i18n, licenses.rule).to_owned())
                name="seat_rule"
                options=Signal::derive(options)
                value=Signal::derive(move || entered.rule.get().to_string())
                choose=move |rule: String| entered.rule.set(rule.parse().unwrap_or(SeatRule::Agent))
            />
            <p class="hint" role="status">{move || rule_help(i18n, entered.rule.get())}</p>
        </div>
    }
}

#[component]
fn Lease(
    /// What is entered.
    entered: Entered,
    /// The form.
    form: Form,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <TextField
            label=Signal::derive(move || t_string!(i18n, licenses.lease).to_owned())
            value=entered.lease
            kind="number"
            name="lease_seconds"
            hint=Signal::derive(move || Some(t_string!(i18n, licenses.lease_hint).to_owned()))
            error=form.error("lease_seconds")
        />
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
