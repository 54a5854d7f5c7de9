//! The most recent SCIM requests of a directory, with their results.

use crate::{
    format::Format,
    i18n::*,
    text::text,
    ui::{
        checkbox::Checkbox,
        keyed_list::For,
        query::{Loaded, Query},
        show::Show,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{endpoints, ids::DirectoryId, wire::directory::DirectoryRequest};

#[component]
pub fn Requests(
    /// The directory shown.
    id: DirectoryId,
) -> impl IntoView {
    let i18n = use_i18n();
    let requests = Query::once(endpoints::directories::requests(id));
    let refused_only = RwSignal::new(false);
    let status = requests.status();
    view! {
        <div class="form">
            <div class="acts spread">
                <Checkbox label=text!(scim.refused_only) name="refused_only" value=refused_only />
                <button
                    type="button"
                    class="button small"
                    aria-disabled=move || status.is_loading().to_string()
                    on:click=move |_| requests.reload()
                >
                    {t!(i18n, scim.reload)}
                </button>
            </div>
            <Loaded status>
                <RequestList requests refused_only />
            </Loaded>
        </div>
    }
}

#[component]
fn RequestList(
    /// All requests.
    requests: Query<Vec<DirectoryRequest>>,
    /// Whether only refused requests are shown.
    refused_only: RwSignal<bool>,
) -> impl IntoView {
    let i18n = use_i18n();
    let shown = Memo::new(move |_| {
        let wanted = |one: &&DirectoryRequest| !refused_only.get() || is_refused(one);
        requests.with(|all| all.iter().filter(wanted).cloned().collect::<Vec<_>>()).unwrap_or_default()
    });
    let none = move || {
        let text = move || match refused_only.get() {
            true => t_string!(i18n, scim.no_problems),
            false => t_string!(i18n, scim.no_requests),
        };
        view! { <p class="muted">{text}</p> }
    };
    view! {
        <Show when=move || !shown.with(Vec::is_empty) fallback=none>
            <ol class="requests" tabindex="0" aria-label=move || t_string!(i18n, scim.requests)>
                <For each=move || shown.get() key=|request| request.number let:request>
                    <RequestLine request />
                </For>
            </ol>
        </Show>
    }
}

fn is_refused(request: &DirectoryRequest) -> bool {
    request.status >= 400
}

#[component]
fn RequestLine(
    /// The request shown.
    request: DirectoryRequest,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let refused = is_refused(&request);
    let DirectoryRequest { at, method, path, status, reason, .. } = request;
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
