//! Which of the agent's licenses end soon because somebody gave them for a time only, and the agent's requests for
//! others.

use crate::{
    api::Api,
    clock::Clock,
    format::Format,
    i18n::*,
    labels, lazy_dialog,
    live::Live,
    pages::licenses::last_day,
    text::text,
    ui::{
        field::TextField,
        form::Form,
        form_dialog::{Dialogs, FormDialog},
        icon::{Glyph, Icon},
        keyed_list::For,
        query::Query,
        select::{Select, SelectOption},
        show::Show,
        toast::Toasts,
    },
};
use chrono::TimeDelta;
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    endpoints,
    validate::FieldError,
    wire::{
        license_requests::{LicenseRequest, MAX_REASON_CHARS, NewLicenseRequest, RequestOutcome, RequestableLicense},
        my_access::MyAccess,
    },
};

/// How long before the end of an assignment the agent is warned.
const WARN_BEFORE: TimeDelta = TimeDelta::days(14);

/// The assignments of the agent that end soon, and the agent's requests.
#[component]
pub fn MyAccessNotes() -> impl IntoView {
    let (live, clock, format) = (Live::get(), Clock::get(), Format::get());
    let i18n = use_i18n();
    let access = follow_access(live);
    let ends = move || {
        let soon = clock.now() + WARN_BEFORE;
        let of = |access: &MyAccess| access.grant_ends.iter().filter(|end| end.ends_at <= soon).copied().collect();
        let ends: Vec<_> = access.with(of).unwrap_or_default();
        let named = ends.into_iter().filter_map(|end| Some((live.license(end.license_id)?, end.ends_at)));
        named.map(|(license, end)| (labels::license(i18n, &license), end)).collect::<Vec<_>>()
    };
    let ends = Memo::new(move |_| ends());
    let requests = Memo::new(move |_| access.with(|access| access.requests.clone()).unwrap_or_default());
    let may_request = Memo::new(move |_| access.with(|access| !access.requestable.is_empty()).unwrap_or_default());
    let request = Dialogs::get().opens(lazy_dialog!(request_license(access: Query<MyAccess>) {
        view! { <RequestLicense access /> }
    }));
    view! {
        <Show when=move || !ends.with(Vec::is_empty)>
            <ul class="access-notes" role="status">
                <For each=move || ends.get() key=Clone::clone let:end>
                    <li>
                        <Icon glyph=Glyph::Warning />
                        {move || {
                            t_string!(
                                i18n,
                                console.grant_ends,
                                license = end.0.clone(),
                                date = format.date(last_day(end.1)),
                                about = format.estimate(end.1)
                            )
                        }}
                    </li>
                </For>
            </ul>
        </Show>
        <Show when=move || !requests.with(Vec::is_empty) || may_request.get()>
            <div class="access-requests">
                <ul aria-label=move || t_string!(i18n, requests.mine)>
                    <For each=move || requests.get() key=|request| (request.id, request.outcome) let:request>
                        <MyRequest access request />
                    </For>
                </ul>
                <Show when=move || may_request.get()>
                    <button type="button" class="button small" on:click=request>
                        {t!(i18n, requests.request)}
                    </button>
                </Show>
            </div>
        </Show>
    }
}

/// A request, what became of it, and a button to withdraw it while it is open.
#[component]
fn MyRequest(
    /// The agent's access.
    access: Query<MyAccess>,
    /// What the user asked for, and what became of it.
    request: LicenseRequest,
) -> impl IntoView {
    let i18n = use_i18n();
    let (format, api, toasts) = (Format::get(), Api::get(), Toasts::get());
    let LicenseRequest { id, outcome, created_at, decided_at, message, .. } = request.clone();
    let license = move || labels::license_name(i18n, &request.product_name, request.model);
    let state = move || {
        let date = format.date(decided_at.unwrap_or(created_at));
        match outcome {
            None => t_string!(i18n, requests.is_open, license = license(), date = date),
            Some(RequestOutcome::Approved) => t_string!(i18n, requests.was_approved, license = license(), date = date),
            Some(RequestOutcome::Declined) => t_string!(i18n, requests.was_declined, license = license(), date = date),
        }
    };
    let withdraw = move |_| {
        spawn_local(async move {
            match api.send(endpoints::license_requests::withdraw(id)).await {
                Ok(()) => toasts.success(tu_string!(i18n, requests.withdrawn)),
                Err(failure) => toasts.error(untrack(|| labels::failure(i18n, &failure))),
            }
            access.reload();
        });
    };
    view! {
        <li>
            <span>
                {state} {message.map(|message| view! { <small>{message}</small> })}
            </span>
            {outcome
                .is_none()
                .then(|| {
                    view! {
                        <button type="button" class="button small ghost" on:click=withdraw>
                            {t!(i18n, requests.withdraw)}
                        </button>
                    }
                })}
        </li>
    }
}

/// Requests a license that the agent does not have.
#[component]
fn RequestLicense(
    /// The agent's access.
    access: Query<MyAccess>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts, dialogs) = (Form::default(), Toasts::get(), Dialogs::get());
    let (choice, reason) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let options = Memo::new(move |_| {
        let none = SelectOption::new("", t_string!(i18n, common.select));
        let one = |license: &RequestableLicense| {
            let name = labels::license_name(i18n, &license.product_name, license.model);
            SelectOption::new(license.license_id.to_string(), name)
        };
        let all = access.with(|access| access.requestable.iter().map(one).collect::<Vec<_>>()).unwrap_or_default();
        std::iter::once(none).chain(all).collect::<Vec<_>>()
    });
    let submit = move |()| {
        let Ok(license_id) = choice.get_untracked().parse() else {
            return form.failed_at("license_id", FieldError::Required);
        };
        let body = NewLicenseRequest { license_id, reason: reason.get_untracked().trim().to_owned() };
        form.submit(
            [("reason", reason_error(&body.reason))],
            || endpoints::license_requests::create(&body),
            move |_| {
                toasts.success(tu_string!(i18n, requests.sent));
                access.reload();
                dialogs.close_if(form);
            },
        );
    };
    view! {
        <FormDialog title=text!(requests.request_title) form submit confirm=text!(requests.send)>
            <Select
                label=text!(users.license)
                name="license_id"
                options
                value=choice
                choose=move |value| choice.set(value)
                form
            />
            <TextField label=text!(requests.reason) value=reason name="reason" hint=text!(requests.reason_hint) form />
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

/// Loads the agent's access, and again when their licenses have changed.
fn follow_access(live: Live) -> Query<MyAccess> {
    let access = Query::once(endpoints::me::access());
    let version = Memo::new(move |_| live.state.with(|state| state.requests_version()));
    Effect::new(move |before: Option<usize>| {
        let version = version.get();
        if before.is_some_and(|before| before != version) {
            access.reload();
        }
        version
    });
    access
}
