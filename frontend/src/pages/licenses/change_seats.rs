//! Dialog to change the number of seats of a license, with a live preview of the consequences.

use super::{catalog::Catalog, form_values::parse_seats, seat_preview::SeatPreview, state::LicensesPageState};
use crate::{
    api::Api,
    format::Format,
    i18n::*,
    labels,
    ui::{
        dialog::Dialog,
        edit_conflict::{ConflictNotice, VersionedEdit},
        error_message::{ErrorMessage, failure_text},
        field::TextField,
        form::Form,
        icon::{Glyph, Icon},
        toast::Toasts,
    },
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    endpoints::Endpoint,
    license::Model,
    validate::{self, FieldError, MAX_SEATS},
    wire::licenses::{ChangeLicense, LicenseUsage, LicenseView, Peak},
};

#[component]
pub fn ChangeSeatsDialog(
    /// Products and licenses of the page.
    catalog: Catalog,
    /// Which dialog of the page is open.
    page: LicensesPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let current = Memo::new(move |_| page.seats_license.get().and_then(|id| catalog.license(id)));
    let title = move || {
        let name = current.with(|current| current.as_ref().map(|license| labels::license(i18n, license)));
        t_string!(i18n, licenses.change_title, license = name.unwrap_or_default())
    };
    view! {
        <Dialog open=page.seats_dialog_open title=Signal::derive(title)>
            {move || current.get_untracked().map(|first| view! { <ChangeForm first current page /> })}
        </Dialog>
    }
}

#[component]
fn ChangeForm(
    /// The license when the dialog was opened.
    first: LicenseView,
    /// The current license.
    current: Memo<Option<LicenseView>>,
    /// Which dialog of the page is open.
    page: LicensesPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let (format, api, toasts, form) = (Format::get(), Api::get(), Toasts::get(), Form::default());
    let (id, before) = (first.id, first.seats);
    let edit =
        VersionedEdit::of(Endpoint::get(format!("/licenses/{id}")), move |now: &LicenseView| now.seats == before);
    let reload = move |()| {
        page.seats_dialog_open.set(false);
        set_timeout(move || page.seats_dialog_open.set(true), std::time::Duration::from_millis(300));
    };
    let text = RwSignal::new(before.to_string());
    let month = RwSignal::new(None::<Peak>);
    spawn_local(async move {
        // Without a response the dialog shows the peak of the last 24 hours. It may have been closed by then.
        if let Ok(usage) = api.read::<LicenseUsage>(&format!("/licenses/{id}/usage")).await {
            month.try_set(usage.peak);
        }
    });
    let license = Signal::derive(move || {
        let mut license = current.get().unwrap_or_else(|| first.clone());
        let peaks = license.usage.peak.into_iter().chain(month.get());
        license.usage.peak = peaks.max_by_key(|peak| (peak.occupied, peak.at));
        license
    });
    let new_seats = Memo::new(move |_| text.with(|text| parse_seats(text)));
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let new_seats = new_seats.get_untracked();
        if new_seats == Ok(license.with_untracked(|license| license.seats)) {
            return;
        }
        if !form.begin([("seats", new_seats.clone().err())]) {
            return;
        }
        spawn_local(async move {
            let body = ChangeLicense { seats: new_seats.ok(), ..ChangeLicense::default() };
            match edit.send(Endpoint::<LicenseView>::patch(format!("/licenses/{id}"), &body)).await {
                Ok(changed) => {
                    let (name, n) = (labels::license(i18n, &changed), format.number(changed.seats));
                    toasts.success(t_string!(i18n, licenses.changed, count = changed.seats, license = name, n = n));
                    form.done();
                    page.seats_dialog_open.set(false);
                }
                Err(failure) => form.failed(failure),
            }
        });
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <CurrentUsage license />
            <ConflictNotice edit reload />
            <ChangedMeanwhile before license form edit />
            <Stepper text new_seats form />
            <SeatPreview license new_seats />
            <ErrorMessage text=Signal::derive(move || failure_text(i18n, form.failure())) />
            <Buttons license new_seats form page />
        </form>
    }
}

/// Live usage of the license.
#[component]
fn CurrentUsage(
    /// The license shown.
    license: Signal<LicenseView>,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let shared = move || license.with(|license| license.model == Model::Concurrent);
    let word = move || if shared() { t_string!(i18n, licenses.now) } else { t_string!(i18n, licenses.now_assigned) };
    let taken = move || license.with(|license| format.number(license.taken()));
    let seats = move || t_string!(i18n, seats.of, seats = license.with(|license| format.number(license.seats)));
    let busy = move || license.with(|license| format.number(license.usage.occupied));
    let in_session = move || {
        view! {
            <div>
                <dt>{t!(i18n, licenses.in_session)}</dt>
                <dd>{busy}</dd>
            </div>
        }
    };
    let peak = move || license.with(|license| license.usage.peak);
    let high =
        move || peak().map_or_else(|| t_string!(i18n, common.dash).to_owned(), |peak| format.number(peak.occupied));
    let when = move || peak().map(|peak| t_string!(i18n, licenses.peak_at, time = format.date_time(peak.at)));
    view! {
        <dl class="facts">
            <div>
                <dt>{word}</dt>
                <dd>{taken} " " <small>{seats}</small></dd>
            </div>
            <Show when=shared fallback=in_session>
                <div>
                    <dt>{t!(i18n, licenses.peak)}</dt>
                    <dd>{high} " " <small>{when}</small></dd>
                </div>
            </Show>
        </dl>
    }
}

/// Note that another admin changed the number while the dialog was open.
#[component]
fn ChangedMeanwhile(
    /// Number of seats when the dialog was opened.
    before: i64,
    /// The license shown.
    license: Signal<LicenseView>,
    /// The form, whose own change is not reported.
    form: Form,
    /// If it has a conflict, its own notice is shown instead.
    edit: VersionedEdit,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let now = Memo::new(move |_| license.with(|license| license.seats));
    let text = move || {
        let (before, now) = (format.number(before), format.number(now.get()));
        t_string!(i18n, licenses.changed_meanwhile, before = before, now = now)
    };
    view! {
        <div role="status">
            <Show when=move || now.get() != before && !form.busy() && !edit.has_conflict()>
                <p class="note">
                    <Icon glyph=Glyph::Warning />
                    {text}
                </p>
            </Show>
        </div>
    }
}

/// Number field with buttons for one less and one more.
#[component]
fn Stepper(
    /// The text of the field.
    text: RwSignal<String>,
    /// The number entered.
    new_seats: Memo<Result<i64, FieldError>>,
    /// State and errors of the form.
    form: Form,
) -> impl IntoView {
    let i18n = use_i18n();
    let step = move |by: i64| {
        if let Ok(seats) = new_seats.get_untracked() {
            text.set((seats + by).clamp(0, MAX_SEATS).to_string());
        }
    };
    let at_limit =
        move |by: i64| new_seats.get().map_or(true, |seats| validate::seats(seats + by).is_err()).to_string();
    let refused = form.error("seats");
    // While typing, an empty field is not an error.
    let error = move || new_seats.get().err().filter(|error| *error != FieldError::Required || refused.get().is_some());
    view! {
        <div class="stepper">
            <button
                type="button"
                class="button"
                aria-label=move || t_string!(i18n, licenses.fewer)
                aria-disabled=move || at_limit(-1)
                on:click=move |_| step(-1)
            >
                <Icon glyph=Glyph::Minus />
            </button>
            <TextField
                label=Signal::derive(move || t_string!(i18n, licenses.new_seats).to_owned())
                value=text
                kind="number"
                name="seats"
                error=Signal::derive(error)
                autofocus=true
            />
            <button
                type="button"
                class="button"
                aria-label=move || t_string!(i18n, licenses.more)
                aria-disabled=move || at_limit(1)
                on:click=move |_| step(1)
            >
                <Icon glyph=Glyph::Plus />
            </button>
        </div>
    }
}

#[component]
fn Buttons(
    /// The license shown.
    license: Signal<LicenseView>,
    /// The number entered.
    new_seats: Memo<Result<i64, FieldError>>,
    /// State and errors of the form.
    form: Form,
    /// Which dialog of the page is open.
    page: LicensesPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let changed_seats =
        Memo::new(move |_| new_seats.get().ok().filter(|seats| license.with(|license| license.seats != *seats)));
    let text = move || match changed_seats.get() {
        _ if form.busy() => t_string!(i18n, licenses.saving).to_owned(),
        Some(seats) => t_string!(i18n, licenses.change_to, count = seats, n = format.number(seats)),
        None => t_string!(i18n, licenses.change).to_owned(),
    };
    view! {
        <div class="acts">
            <button type="button" class="button" on:click=move |_| page.seats_dialog_open.set(false)>
                {t!(i18n, common.cancel)}
            </button>
            <button
                type="submit"
                class="button primary"
                aria-disabled=move || (form.busy() || changed_seats.get().is_none()).to_string()
            >
                {text}
            </button>
        </div>
    }
}
