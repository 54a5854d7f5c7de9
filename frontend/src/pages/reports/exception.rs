//! The dialog that keeps a named seat although nobody uses it: the reason, and until when.

use super::unused_seats::UnusedState;
use crate::{
    i18n::*,
    pages::licenses::days::{day_end, parse_day},
    text::text,
    ui::{
        field::TextField,
        form::Form,
        form_dialog::{Dialogs, FormDialog},
        toast::Toasts,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{
    endpoints,
    validate::FieldError,
    wire::reports::{UnusedSeat, UnusedSeatException},
};

/// The most characters of a reason.
const MAX_REASON_CHARS: usize = 200;

/// Keeps a named seat although nobody uses it.
#[component]
pub fn KeepSeat(
    /// The list and the state of its page.
    state: UnusedState,
    /// The seat that is kept.
    seat: UnusedSeat,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts, dialogs) = (Form::default(), Toasts::get(), Dialogs::get());
    let to_local = untrack(|| state.page.to_local());
    let before = seat.exception.clone();
    let reason = RwSignal::new(before.as_ref().map(|one| one.reason.clone()).unwrap_or_default());
    // The end is the end of a day: the field shows that day.
    let last_day = |at| to_local(at - chrono::TimeDelta::seconds(1)).date().to_string();
    let until = RwSignal::new(before.and_then(|one| one.until).map(last_day).unwrap_or_default());
    let (license, user, name) = (seat.license_id, seat.user_id, StoredValue::new(seat.user_name));
    let submit = move |()| {
        let reason = reason.get_untracked().trim().to_owned();
        let day = parse_day(&until.get_untracked());
        let until = day.map(|day| day.map(|day| day_end(day, untrack(|| state.page.to_local()))));
        let checks = [("reason", reason_error(&reason)), ("until", until.as_ref().err().cloned())];
        let exception = UnusedSeatException { reason, until: until.ok().flatten() };
        form.submit(
            checks,
            || endpoints::reports::keep_unused_seat(license, user, &exception),
            move |()| {
                toasts.success(tu_string!(i18n, reports.exception_saved, name = name.get_value()));
                state.seats.reload();
                dialogs.close_if(form);
            },
        );
    };
    view! {
        <FormDialog title=text!(reports.keep_title, name = name.get_value()) form submit>
            <p>{t!(i18n, reports.keep_text)}</p>
            <TextField
                label=text!(reports.reason)
                value=reason
                name="reason"
                hint=text!(reports.reason_hint)
                form
                autofocus=true
            />
            <TextField label=text!(reports.until) value=until name="until" kind="date" optional=true form />
        </FormDialog>
    }
}

fn reason_error(reason: &str) -> Option<FieldError> {
    match reason.chars().count() {
        0 => Some(FieldError::Required),
        1..=MAX_REASON_CHARS => None,
        _ => Some(FieldError::TooLong { max: MAX_REASON_CHARS }),
    }
}
