//! Dates and contract of a license that exists.

use super::{change_product::Archived, days::clocks_of, desk::Desk, stock::Stock, terms::EnteredTerms};
use crate::{
    caller::Caller,
    format::Format,
    i18n::*,
    ui::{
        dialog::TaskDialog,
        face::{Wrong, usual},
        field::{TextArea, TextField},
        form::Form,
        opened::{Late, Opened},
        toast::Toasts,
    },
    words,
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    permissions::Action,
    wire::licenses::{ChangeLicense, LicenseView},
};

/// The dialog.
#[component]
pub fn ChangeTermsDialog(
    /// The licenses.
    stock: Stock,
    /// The dialogs.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let known = Memo::new(move |_| desk.terms.get().and_then(|id| stock.license(id)));
    let title = move || {
        let name = known.with(|known| known.as_ref().map(|license| words::license(i18n, license)));
        t_string!(i18n, licenses.terms_title, license = name.unwrap_or_default())
    };
    let open = Signal::derive(move || desk.terms.with(Option::is_some));
    view! {
        <TaskDialog open close=move |()| desk.terms.set(None) title=Signal::derive(title)>
            {move || known.get_untracked().map(|first| view! { <TermsForm first stock desk /> })}
        </TaskDialog>
    }
}

/// The fields.
#[derive(Clone, Copy)]
struct Fields {
    starts: RwSignal<String>,
    ends: RwSignal<String>,
    order: RwSignal<String>,
    price: RwSignal<String>,
    currency: RwSignal<String>,
    notes: RwSignal<String>,
    archived: RwSignal<bool>,
}

impl Fields {
    fn of(entered: EnteredTerms) -> Self {
        Self {
            starts: RwSignal::new(entered.starts),
            ends: RwSignal::new(entered.ends),
            order: RwSignal::new(entered.order),
            price: RwSignal::new(entered.price),
            currency: RwSignal::new(entered.currency),
            notes: RwSignal::new(entered.notes),
            archived: RwSignal::new(entered.archived),
        }
    }

    fn once(self) -> EnteredTerms {
        EnteredTerms {
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
    /// The license as it was when the dialog was opened.
    first: LicenseView,
    /// The licenses.
    stock: Stock,
    /// The dialogs.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let (format, toasts, form) = (Format::get(), Toasts::get(), Form::default());
    let id = first.id;
    let clocks = move || clocks_of(&untrack(|| format.zone()));
    let point = if untrack(|| i18n.get_locale()) == Locale::de { ',' } else { '.' };
    let before = EnteredTerms::of(&first, &untrack(|| stock.contract(id)), clocks(), point);
    let fields = Fields::of(before.clone());
    let shown = before.clone();
    let opened = Opened::at(format!("/licenses/{id}"), move |now: &LicenseView| {
        EnteredTerms::of(now, &now.contract, clocks(), point) == shown
    });
    let reload = move |()| {
        desk.terms.set(None);
        stock.load();
        set_timeout(move || desk.terms.set(Some(id)), std::time::Duration::from_millis(300));
    };
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let checked = fields.once().changed(&before, clocks());
        let (body, wrong) = checked.map_or_else(|wrong| (None, wrong), |body| (Some(body), Vec::new()));
        let (true, Some(body)) = (form.begin(wrong), body) else { return };
        if body == ChangeLicense::default() {
            form.done();
            desk.terms.set(None);
            return;
        }
        spawn_local(async move {
            match opened.patch::<LicenseView>(&body).await {
                Ok(changed) => {
                    let name = untrack(|| words::license(i18n, &changed));
                    toasts.good(tu_string!(i18n, licenses.terms_changed, license = name));
                    form.done();
                    stock.load();
                    desk.terms.set(None);
                }
                Err(failure) => form.failed(failure),
            }
        });
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <Late opened reload />
            <Days fields form />
            <Papers fields form />
            <Archived value=fields.archived />
            <Wrong text=Signal::derive(move || usual(i18n, form.failure())) />
            <div class="acts">
                <button type="button" class="button" on:click=move |_| desk.terms.set(None)>
                    {t!(i18n, common.cancel)}
                </button>
                <button type="submit" class="button primary" aria-disabled=move || form.busy().to_string()>
                    {move || if form.busy() { t_string!(i18n, licenses.saving) } else { t_string!(i18n, common.save) }}
                </button>
            </div>
        </form>
    }
}

/// The first and the last day.
#[component]
fn Days(
    /// What is entered.
    fields: Fields,
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
            <p class="hint">{move || t_string!(i18n, licenses.days_hint, zone = format.zone())}</p>
        </div>
    }
}

/// What stands in the contract; the price is the billing contact's.
#[component]
fn Papers(
    /// What is entered.
    fields: Fields,
    /// The form.
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
