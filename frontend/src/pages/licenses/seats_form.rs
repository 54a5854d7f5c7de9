//! The form for the number of seats of a license, with a live preview of the consequences.

use super::{form_values::parse_seats, license_dialog::LicenseEdit, seat_preview::SeatPreview};
use crate::{
    format::Format,
    i18n::*,
    text::text,
    ui::{
        field::TextField,
        form::Form,
        form_dialog::{Dialogs, FormDialog},
        icon::{Glyph, Icon},
        query::Query,
        show::Show,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{
    endpoints,
    license::Model,
    validate::{self, FieldError, MAX_SEATS},
    wire::licenses::{ChangeLicense, LicenseView},
};

#[component]
pub fn SeatsForm(
    /// The edit of the dialog.
    edit: LicenseEdit,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let (id, before) = edit.license.with_value(|license| (license.id, license.seats));
    // Until it is loaded, or if that fails, the dialog shows the peak of the last 24 hours.
    let month = Query::once(endpoints::licenses::usage(id));
    let license = Signal::derive(move || {
        let mut license = edit.catalog.license(id).unwrap_or_else(|| edit.license.get_value());
        let peaks = license.usage.peak.into_iter().chain(month.with(|usage| usage.peak).flatten());
        license.usage.peak = peaks.max_by_key(|peak| (peak.occupied, peak.at));
        license
    });
    let text = RwSignal::new(before.to_string());
    let new_seats = Memo::new(move |_| text.with(|text| parse_seats(text)));
    let is_same = Memo::new(move |_| license.with(|license| new_seats.get() == Ok(license.seats)));
    let confirm = move || match new_seats.get() {
        Ok(seats) if !is_same.get() => {
            t_string!(i18n, licenses.change_to, count = seats, n = format.number(seats))
        }
        _ => t_string!(i18n, licenses.change).to_owned(),
    };
    let submit = move |()| {
        let seats = new_seats.get_untracked().map_err(|error| vec![("seats", Some(error))]);
        edit.save(seats.map(|seats| ChangeLicense { seats: Some(seats), ..ChangeLicense::default() }));
    };
    view! {
        <FormDialog
            scope="licenses-page"
            title=edit.title
            form=edit.form
            submit
            confirm=Signal::derive(confirm)
            blocked=is_same
            edit=edit.version
        >
            <CurrentUsage license />
            <ChangedMeanwhile before license edit />
            <Stepper text new_seats form=edit.form />
            <SeatPreview license new_seats />
        </FormDialog>
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
    /// The edit, whose own change is not reported. If it has a conflict, its own notice is shown instead.
    edit: LicenseEdit,
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
            <Show when=move || now.get() != before && !edit.form.busy() && !edit.version.has_conflict()>
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
    let dialogs = Dialogs::get();
    let step = move |by: i64| {
        if let Ok(seats) = new_seats.get_untracked() {
            text.set((seats + by).clamp(0, MAX_SEATS).to_string());
            dialogs.touch();
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
                label=text!(licenses.new_seats)
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
