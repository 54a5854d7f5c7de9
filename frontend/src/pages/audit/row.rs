//! Table row of an event, with expandable details.

use super::{
    detail::Detail,
    event_labels,
    mentions::{actor_link, subject_links},
    state::AuditPageState,
};
use crate::{
    format::{Format, Texts},
    i18n::*,
    ui::{
        icon::{Glyph, Icon},
        show::Show,
        time::Time,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::wire::audit::AuditEvent;

#[component]
pub fn Row(
    /// Shared state of the page.
    page: AuditPageState,
    /// The event shown.
    event: AuditEvent,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let (position, at) = (event.position, event.at);
    let event = StoredValue::new(event);
    let open = Memo::new(move |_| page.is_expanded(position));
    let details = format!("audit-{position}");
    let controls = details.clone();
    view! {
        <tr class:open=move || open.get()>
            <td class="cell-when num">
                <Time at=Signal::stored(at) in_row=true>
                    {move || format.date_time_seconds(at)}
                </Time>
            </td>
            <th scope="row" class="cell-what">
                <button
                    type="button"
                    class="expand"
                    aria-expanded=move || open.get().to_string()
                    aria-controls=controls
                    on:click=move |_| page.toggle(position)
                >
                    <Icon glyph=Glyph::Chevron />
                    {move || event.with_value(|event| kind_text(i18n, event))}
                </button>
            </th>
            <td class="cell-actor">
                {move || page.link_targets.with(|targets| event.with_value(|event| actor_link(i18n, targets, event)))}
            </td>
            <td class="cell-target">
                {move || {
                    page.link_targets.with(|targets| event.with_value(|event| subject_links(i18n, targets, event)))
                }}
            </td>
            <td class="cell-source">
                {move || event.with_value(|event| event_labels::origin(i18n, event.origin))}
                <small class="mono">{event.with_value(|event| event.address.clone())}</small>
            </td>
        </tr>
        <Show when=move || open.get()>
            <tr class="audit-detail" id=details.clone()>
                <td colspan="5">
                    <Detail page event />
                </td>
            </tr>
        </Show>
    }
    .into_any()
}

/// Label of the kind; unknown kinds are shown by their name.
pub fn kind_text(i18n: Texts, event: &AuditEvent) -> String {
    event.kind.parse().map_or_else(|_| event.kind.clone(), |kind| event_labels::kind(i18n, kind).to_owned())
}
