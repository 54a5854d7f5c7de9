//! The number of seats of a license: what it is, what is in use, and what a new number would mean, while it is typed.

use super::{desk::Desk, entered::seats, preview::Preview, stock::Stock};
use crate::{
    api::Api,
    format::Format,
    i18n::*,
    ui::{
        dialog::Dialog,
        face::{Wrong, usual},
        field::TextField,
        form::Form,
        icon::{Glyph, Icon},
        opened::{Late, Opened},
        toast::Toasts,
    },
    words,
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    license::Model,
    validate::{self, FieldError, MAX_SEATS},
    wire::licenses::{ChangeLicense, LicenseUsage, LicenseView, Peak},
};

/// The dialog.
#[component]
pub fn ChangeSeatsDialog(
    /// The licenses.
    stock: Stock,
    /// The dialogs.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let known = Memo::new(move |_| desk.license.get().and_then(|id| stock.license(id)));
    let title = move || {
        let name = known.with(|known| known.as_ref().map(|license| words::license(i18n, license)));
        t_string!(i18n, licenses.change_title, license = name.unwrap_or_default())
    };
    view! {
        <Dialog open=desk.changing title=Signal::derive(title)>
            {move || known.get_untracked().map(|first| view! { <ChangeForm first known desk /> })}
        </Dialog>
    }
}

#[component]
fn ChangeForm(
    /// The license as it was when the dialog was opened.
    first: LicenseView,
    /// The license as it is.
    known: Memo<Option<LicenseView>>,
    /// The dialogs.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let (format, api, toasts, form) = (Format::get(), Api::get(), Toasts::get(), Form::default());
    let (id, before) = (first.id, first.seats);
    let opened = Opened::at(format!("/licenses/{id}"), move |now: &LicenseView| now.seats == before);
    let reload = move |()| {
        desk.changing.set(false);
        set_timeout(move || desk.changing.set(true), std::time::Duration::from_millis(300));
    };
    let text = RwSignal::new(before.to_string());
    let month = RwSignal::new(None::<Peak>);
    spawn_local(async move {
        // Without it the dialog still knows the last 24 hours; and it may be closed by the time of the answer.
        if let Ok(usage) = api.read::<LicenseUsage>(&format!("/licenses/{id}/usage")).await {
            month.try_set(usage.peak);
        }
    });
    let license = Signal::derive(move || {
        let mut license = known.get().unwrap_or_else(|| first.clone());
        let peaks = license.usage.peak.into_iter().chain(month.get());
        license.usage.peak = peaks.max_by_key(|peak| (peak.occupied, peak.at));
        license
    });
    let wanted = Memo::new(move |_| text.with(|text| seats(text)));
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let wanted = wanted.get_untracked();
        if wanted == Ok(license.with_untracked(|license| license.seats)) {
            return;
        }
        if !form.begin([("seats", wanted.clone().err())]) {
            return;
        }
        spawn_local(async move {
            let body = ChangeLicense { seats: wanted.ok(), ..ChangeLicense::default() };
            match opened.patch::<LicenseView>(&body).await {
                Ok(changed) => {
                    let (name, n) = (words::license(i18n, &changed), format.number(changed.seats));
                    toasts.good(t_string!(i18n, licenses.changed, count = changed.seats, license = name, n = n));
                    form.done();
                    desk.changing.set(false);
                }
                Err(failure) => form.failed(failure),
            }
        });
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <NowFacts license />
            <Late opened reload />
            <Meanwhile before license form opened />
            <Stepper text wanted form />
            <Preview license wanted />
            <Wrong text=Signal::derive(move || usual(i18n, form.failure())) />
            <Buttons license wanted form desk />
        </form>
    }
}

/// How things stand, moving with the feed.
#[component]
fn NowFacts(
    /// The license.
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

/// Somebody else has changed the number while the dialog was open.
#[component]
fn Meanwhile(
    /// The seats when it was opened.
    before: i64,
    /// The license.
    license: Signal<LicenseView>,
    /// The form; its own change is no news.
    form: Form,
    /// Nothing more is to be said to whoever was told that he is late.
    opened: Opened,
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
            <Show when=move || now.get() != before && !form.busy() && !opened.is_late()>
                <p class="note">
                    <Icon glyph=Glyph::Warning />
                    {text}
                </p>
            </Show>
        </div>
    }
}

/// The number, with a button for one less and one for one more.
#[component]
fn Stepper(
    /// What is entered.
    text: RwSignal<String>,
    /// The number it stands for.
    wanted: Memo<Result<i64, FieldError>>,
    /// The form.
    form: Form,
) -> impl IntoView {
    let i18n = use_i18n();
    let step = move |by: i64| {
        if let Ok(seats) = wanted.get_untracked() {
            text.set((seats + by).clamp(0, MAX_SEATS).to_string());
        }
    };
    let stuck = move |by: i64| wanted.get().map_or(true, |seats| validate::seats(seats + by).is_err()).to_string();
    let refused = form.error("seats");
    // An empty field is no mistake while one is typing.
    let error = move || wanted.get().err().filter(|error| *error != FieldError::Required || refused.get().is_some());
    view! {
        <div class="stepper">
            <button
                type="button"
                class="button"
                aria-label=move || t_string!(i18n, licenses.fewer)
                aria-disabled=move || stuck(-1)
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
                first=true
            />
            <button
                type="button"
                class="button"
                aria-label=move || t_string!(i18n, licenses.more)
                aria-disabled=move || stuck(1)
                on:click=move |_| step(1)
            >
                <Icon glyph=Glyph::Plus />
            </button>
        </div>
    }
}

#[component]
fn Buttons(
    /// The license.
    license: Signal<LicenseView>,
    /// The number that is entered.
    wanted: Memo<Result<i64, FieldError>>,
    /// The form.
    form: Form,
    /// The dialogs.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let new = Memo::new(move |_| wanted.get().ok().filter(|seats| license.with(|license| license.seats != *seats)));
    let text = move || match new.get() {
        _ if form.busy() => t_string!(i18n, licenses.saving).to_owned(),
        Some(seats) => t_string!(i18n, licenses.change_to, count = seats, n = format.number(seats)),
        None => t_string!(i18n, licenses.change).to_owned(),
    };
    view! {
        <div class="acts">
            <button type="button" class="button" on:click=move |_| desk.changing.set(false)>
                {t!(i18n, common.cancel)}
            </button>
            <button
                type="submit"
                class="button primary"
                aria-disabled=move || (form.busy() || new.get().is_none()).to_string()
            >
                {text}
            </button>
        </div>
    }
}
