//! One entry of the log: a line, and below it the details when it is opened.

use super::{desk::Desk, detail::Detail, named};
use crate::{
    format::{Format, Texts},
    i18n::*,
    ui::icon::{Glyph, Icon},
    words,
};
use leptos::prelude::*;
use seatkeeper_shared::{audit::Door, wire::audit::AuditEvent};

/// The row of an entry.
#[component]
pub fn Row(
    /// The page.
    desk: Desk,
    /// The entry.
    event: AuditEvent,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let (position, at) = (event.position, event.at);
    let event = StoredValue::new(event);
    let open = Memo::new(move |_| desk.is_open(position));
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
                    class="turn"
                    aria-expanded=move || open.get().to_string()
                    aria-controls=controls
                    on:click=move |_| desk.turn(position)
                >
                    <Icon glyph=Glyph::Chevron />
                    {move || event.with_value(|event| what(i18n, event))}
                </button>
            </th>
            <td class="cell-who">{move || event.with_value(|event| who(i18n, event))}</td>
            <td class="cell-whom">{move || event.with_value(|event| whom(i18n, event).join(t_string!(i18n, common.dot)))}</td>
            <td class="cell-whence">
                {move || event.with_value(|event| named::door(i18n, event.door))}
                <small class="mono">{event.with_value(|event| event.address.clone())}</small>
            </td>
        </tr>
        <Show when=move || open.get()>
            <tr class="audit-detail" id=details.clone()>
                <td colspan="5">
                    <Detail desk event />
                </td>
            </tr>
        </Show>
    }
    .into_any()
}

/// What happened; a kind that this app does not know yet is called by its name.
fn what(i18n: Texts, event: &AuditEvent) -> String {
    event.kind.parse().map_or_else(|_| event.kind.clone(), |kind| named::kind(i18n, kind).to_owned())
}

fn who(i18n: Texts, event: &AuditEvent) -> String {
    match &event.actor {
        Some(actor) => actor.name.clone().unwrap_or_else(|| actor.id.to_string()),
        None if event.directory.is_some() => event.directory.clone().unwrap_or_default(),
        None if event.door == Door::System => t_string!(i18n, audit.itself).to_owned(),
        None => t_string!(i18n, audit.nobody_known).to_owned(),
    }
}

/// To whom and to what. Whoever does something to himself needs not be named twice.
fn whom(i18n: Texts, event: &AuditEvent) -> Vec<String> {
    let object = event.object.as_ref().map(|object| object.name.clone());
    let own = event.user.as_ref().map(|user| user.id) == event.actor.as_ref().map(|actor| actor.id);
    let user = event.user.as_ref().filter(|_| !own).and_then(|user| user.name.clone());
    // The object of an entry about a user may be his name at that time.
    let renamed =
        user.as_ref().zip(object.as_ref()).is_some_and(|_| event.object.as_ref().is_some_and(|o| o.id.is_none()));
    let license = event.license.as_ref().and_then(|license| {
        license.product_name.as_ref().zip(license.model).map(|(name, model)| words::license_of(i18n, name, model))
    });
    let object = object.filter(|_| !renamed);
    [user, object, license].into_iter().flatten().collect()
}
