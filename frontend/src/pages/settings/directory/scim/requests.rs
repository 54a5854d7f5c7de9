//! The most recent SCIM requests of a directory, with their results.

use super::state::ScimState;
use crate::{
    api::Failure,
    format::Format,
    i18n::*,
    ui::empty_state::{LoadError, Skeleton},
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{ids::DirectoryId, wire::directory::DirectoryRequest};

#[component]
pub fn Requests(
    /// The directory shown.
    id: DirectoryId,
    /// Shared state of the SCIM section.
    scim: ScimState,
) -> impl IntoView {
    let i18n = use_i18n();
    let loaded = RwSignal::new(None::<Result<Vec<DirectoryRequest>, Failure>>);
    let refused_only = RwSignal::new(false);
    let load = move || {
        spawn_local(async move {
            let answer = scim.api.read(&format!("/directories/{id}/requests")).await;
            loaded.try_set(Some(answer));
        });
    };
    load();
    view! {
        <div class="form">
            <div class="acts spread">
                <label class="check">
                    <input
                        type="checkbox"
                        prop:checked=move || refused_only.get()
                        on:change=move |event| refused_only.set(event_target_checked(&event))
                    />
                    <span>{t!(i18n, scim.refused_only)}</span>
                </label>
                <button type="button" class="button small" on:click=move |_| load()>
                    {t!(i18n, scim.reload)}
                </button>
            </div>
            {move || match loaded.get() {
                None => view! { <Skeleton rows=3 /> }.into_any(),
                Some(Err(failure)) => {
                    view! { <LoadError failure=Signal::stored(failure) retry=move |()| load() /> }.into_any()
                }
                Some(Ok(all)) => view! { <RequestList all refused_only /> }.into_any(),
            }}
        </div>
    }
}

#[component]
fn RequestList(
    /// All requests.
    all: Vec<DirectoryRequest>,
    /// Whether only refused requests are shown.
    refused_only: RwSignal<bool>,
) -> impl IntoView {
    let i18n = use_i18n();
    let shown = move || {
        let wanted = |one: &&DirectoryRequest| !refused_only.get() || one.status >= 400;
        all.iter().filter(wanted).cloned().collect::<Vec<_>>()
    };
    move || {
        let shown = shown();
        if shown.is_empty() {
            return view! { <p class="muted">{t!(i18n, scim.no_requests)}</p> }.into_any();
        }
        let lines = shown.into_iter().map(|request| view! { <RequestLine request /> }).collect_view();
        view! { <ol class="requests" tabindex="0" aria-label=move || t_string!(i18n, scim.requests)>{lines}</ol> }
            .into_any()
    }
}

#[component]
fn RequestLine(
    /// The request shown.
    request: DirectoryRequest,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let DirectoryRequest { at, method, path, status, reason, .. } = request;
    let refused = status >= 400;
    let result = move || if refused { status.to_string() } else { format!("{} {status}", t_string!(i18n, scim.ok)) };
    view! {
        <li>
            <span class="muted num nowrap">{move || format.date_time(at)}</span>
            <code class="mono">{method} " " {path}</code>
            <span class="tag" class:warn=refused>
                {result}
            </span>
            {reason.map(|reason| view! { <small lang="en">{reason}</small> })}
        </li>
    }
}
