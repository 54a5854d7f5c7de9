//! The open requests for licenses. Users with the right to assign licenses approve or decline them.

use super::state::UsersPageState;
use crate::{
    bulk_actions::choice::{LastDay, parse_last_day},
    format::{Format, Texts},
    i18n::*,
    labels, lazy_dialog,
    text::text,
    ui::{
        field::TextArea,
        form::Form,
        form_dialog::{Dialogs, FormDialog},
        keyed_list::For,
        query::Query,
        show::Show,
        toast::Toasts,
    },
};
use leptos::prelude::*;
use leptos_router::components::A;
use seatkeeper_shared::{
    endpoints,
    validate::message,
    wire::license_requests::{ApproveLicenseRequest, DeclineLicenseRequest, LicenseRequest},
};

/// The open requests, and the dialogs that decide on them.
#[derive(Clone, Copy)]
struct RequestList {
    query: Query<Vec<LicenseRequest>>,
    approve: Callback<LicenseRequest>,
    decline: Callback<LicenseRequest>,
}

impl RequestList {
    fn load(page: UsersPageState) -> Self {
        let (query, chosen, dialogs) =
            (Query::once(endpoints::license_requests::list()), StoredValue::new(None), Dialogs::get());
        let open = dialogs.opens(lazy_dialog!(approve_request(
            chosen: StoredValue<Option<LicenseRequest>>,
            query: Query<Vec<LicenseRequest>>,
            page: UsersPageState
        ) {
            chosen.try_get_value().flatten().map(|request| view! { <ApproveRequest request query page /> })
        }));
        let approve = Callback::new(move |request| {
            chosen.set_value(Some(request));
            open(());
        });
        let open = dialogs.opens(lazy_dialog!(decline_request(
            chosen: StoredValue<Option<LicenseRequest>>,
            query: Query<Vec<LicenseRequest>>
        ) {
            chosen.try_get_value().flatten().map(|request| view! { <DeclineRequest request query /> })
        }));
        let decline = Callback::new(move |request| {
            chosen.set_value(Some(request));
            open(());
        });
        let version = Memo::new(move |_| page.live.state.with(|state| state.requests_version()));
        Effect::new(move |before: Option<usize>| {
            let version = version.get();
            if before.is_some_and(|before| before != version) {
                query.reload();
            }
            version
        });
        Self { query, approve, decline }
    }
}

/// The open requests; nothing if there are none.
#[component]
pub fn Requests(
    /// The state of the page.
    page: UsersPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let list = RequestList::load(page);
    let open = Memo::new(move |_| list.query.get().unwrap_or_default());
    view! {
        <Show when=move || !open.with(Vec::is_empty)>
            <section class="card requests" aria-labelledby="requests-title">
                <h2 id="requests-title">{t!(i18n, requests.title)}</h2>
                <ul class="lines">
                    <For each=move || open.get() key=|request| request.id let:request>
                        <RequestLine list request />
                    </For>
                </ul>
            </section>
        </Show>
    }
}

#[component]
fn RequestLine(
    /// Learns of the decision.
    list: RequestList,
    /// Who asks for which license, and why.
    request: LicenseRequest,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let request = StoredValue::new(request);
    let (id, since) = request.with_value(|request| (request.user_id, request.created_at));
    let (name, reason) = request.with_value(|request| (request.user_name.clone(), request.reason.clone()));
    let license = move || license_of(request, i18n);
    let about = move || request.with_value(|request| request.user_name.clone());
    view! {
        <li>
            <span>
                <A href=format!("/users/{id}")>{name}</A>
                {t!(i18n, common.dot)}
                <b>{license}</b>
                <small>{reason} {t!(i18n, common.dot)} <span class="num">{move || format.ago(since)}</span></small>
            </span>
            <span class="line-acts">
                <button
                    type="button"
                    class="button small ghost"
                    aria-label=move || t_string!(i18n, requests.decline_of, name = about(), license = license())
                    on:click=move |_| list.decline.run(request.get_value())
                >
                    {t!(i18n, requests.decline)}
                </button>
                <button
                    type="button"
                    class="button small primary"
                    aria-label=move || t_string!(i18n, requests.approve_of, name = about(), license = license())
                    on:click=move |_| list.approve.run(request.get_value())
                >
                    {t!(i18n, requests.approve)}
                </button>
            </span>
        </li>
    }
}

fn license_of(request: StoredValue<LicenseRequest>, i18n: Texts) -> String {
    request.with_value(|request| labels::license_name(i18n, &request.product_name, request.model))
}

/// Assigns the license, for ever or until a day.
#[component]
fn ApproveRequest(
    /// What is to be approved.
    request: LicenseRequest,
    /// The open requests.
    query: Query<Vec<LicenseRequest>>,
    /// The state of the page, whose list shows the licenses of users.
    page: UsersPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts, dialogs) = (Form::default(), Toasts::get(), Dialogs::get());
    let day = RwSignal::new(String::new());
    let (id, name, reason) = (request.id, StoredValue::new(request.user_name.clone()), request.reason.clone());
    let license = StoredValue::new(untrack(|| labels::license_name(i18n, &request.product_name, request.model)));
    let title = text!(requests.approve_title, name = name.get_value(), license = license.get_value());
    let submit = move |()| {
        let ends_at = parse_last_day(&day.get_untracked());
        let body = ApproveLicenseRequest { ends_at: ends_at.as_ref().ok().copied().flatten() };
        let (name, license) = (name.get_value(), license.get_value());
        form.submit(
            [("ends_at", ends_at.err())],
            || endpoints::license_requests::approve(id, &body),
            move |()| {
                toasts.success(tu_string!(i18n, requests.approved, name = name, license = license));
                query.reload();
                page.list.reload();
                dialogs.close_if(form);
            },
        );
    };
    view! {
        <FormDialog title form submit confirm=text!(users.grant_confirm)>
            <p>{reason}</p>
            <LastDay day form />
        </FormDialog>
    }
}

/// Declines the request, with a message if there is one.
#[component]
fn DeclineRequest(
    /// What is to be declined.
    request: LicenseRequest,
    /// The open requests.
    query: Query<Vec<LicenseRequest>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts, dialogs) = (Form::default(), Toasts::get(), Dialogs::get());
    let text = RwSignal::new(String::new());
    let (id, name, reason) = (request.id, StoredValue::new(request.user_name.clone()), request.reason.clone());
    let license = StoredValue::new(untrack(|| labels::license_name(i18n, &request.product_name, request.model)));
    let title = text!(requests.decline_title, name = name.get_value(), license = license.get_value());
    let submit = move |()| {
        let wanted = message(Some(&text.get_untracked()));
        let body = DeclineLicenseRequest { message: wanted.as_ref().ok().cloned().flatten() };
        form.submit(
            [("message", wanted.err())],
            || endpoints::license_requests::decline(id, &body),
            move |()| {
                toasts.success(tu_string!(i18n, requests.declined));
                query.reload();
                dialogs.close_if(form);
            },
        );
    };
    view! {
        <FormDialog title form submit confirm=text!(requests.decline_confirm) danger=true>
            <p>{reason}</p>
            <TextArea
                label=text!(requests.message)
                value=text
                name="message"
                hint=text!(requests.message_hint)
                form
            />
        </FormDialog>
    }
}
