//! Table row of an event, with expandable details.

use super::{detail::Detail, event_labels, state::AuditPageState};
use crate::ui::show::Show;
use crate::{
    format::{Format, Texts},
    i18n::*,
    labels,
    ui::icon::{Glyph, Icon},
};
use leptos::prelude::*;
use seatkeeper_shared::{audit::Origin, wire::audit::AuditEvent};

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
            <td class="cell-when num" title=move || format.exact(at)>
                {move || format.date_time(at)}
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
            <td class="cell-actor">{move || event.with_value(|event| actor_text(i18n, event))}</td>
            <td class="cell-target">
                {move || event.with_value(|event| subject_texts(i18n, event).join(t_string!(i18n, common.dot)))}
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

/// Who caused the event.
pub fn actor_text(i18n: Texts, event: &AuditEvent) -> String {
    match &event.actor {
        Some(actor) => actor.name.clone().unwrap_or_else(|| actor.id.to_string()),
        None if event.directory.is_some() => event.directory.clone().unwrap_or_default(),
        None if event.origin == Origin::System => t_string!(i18n, audit.itself).to_owned(),
        None => t_string!(i18n, audit.unknown).to_owned(),
    }
}

/// The affected user, object and license. A user who is also the actor is left out.
pub fn subject_texts(i18n: Texts, event: &AuditEvent) -> Vec<String> {
    let object = event.object.as_ref().map(|object| object.name.clone());
    let is_actor = event.user.as_ref().map(|user| user.id) == event.actor.as_ref().map(|actor| actor.id);
    let user = event.user.as_ref().filter(|_| !is_actor).and_then(|user| user.name.clone());
    // An object without an id may be the name of the affected user at that time.
    let is_user_name =
        user.as_ref().zip(object.as_ref()).is_some_and(|_| event.object.as_ref().is_some_and(|o| o.id.is_none()));
    let license = event.license.as_ref().and_then(|license| {
        license.product_name.as_ref().zip(license.model).map(|(name, model)| labels::license_name(i18n, name, model))
    });
    let object = object.filter(|_| !is_user_name);
    [user, object, license].into_iter().flatten().collect()
}
