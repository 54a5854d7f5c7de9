//! Licenses that end within 60 days, above all others: whoever is to renew them should not have to look.

use super::{
    desk::Desk,
    stock::Stock,
    validity::{Standing, last_day},
};
use crate::{
    caller::Caller,
    clock::Clock,
    format::Format,
    i18n::*,
    ui::icon::{Glyph, Icon},
    words,
};
use leptos::prelude::*;
use seatkeeper_shared::{permissions::Action, wire::licenses::LicenseView};

/// The note, if there is something to note.
#[component]
pub fn Ending(
    /// The licenses.
    stock: Stock,
    /// The dialogs.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let (caller, clock, format) = (Caller::get(), Clock::get(), Format::get());
    let ending = Memo::new(move |_| {
        let now = clock.now();
        let mut ending = stock.licenses.with(|all| {
            all.iter().filter(|l| matches!(Standing::of(l, now), Standing::EndsSoon(_))).cloned().collect::<Vec<_>>()
        });
        ending.sort_by_key(|license| license.ends_at);
        ending
    });
    let text = move |license: &LicenseView| {
        let (name, end) = (words::license(i18n, license), license.ends_at.unwrap_or_default());
        let (days, date) = (clock.until(end).num_days(), format.date(last_day(end)));
        t_string!(i18n, licenses.ending, count = days, license = name, date = date)
    };
    let line = move |license: LicenseView| {
        let id = license.id;
        let label = text(&license);
        let act = view! {
            <button type="button" class="button small" on:click=move |_| desk.terms.set(Some(id))>
                {t!(i18n, licenses.renew)} " " <span class="vh">{words::license(i18n, &license)}</span>
            </button>
        };
        view! {
            <li>
                <span>{label}</span>
                {caller.may(Action::ManageProducts).then_some(act)}
            </li>
        }
    };
    view! {
        <Show when=move || !ending.with(Vec::is_empty)>
            <div class="note ending">
                <Icon glyph=Glyph::Warning />
                <ul>{move || ending.get().into_iter().map(line).collect_view()}</ul>
            </div>
        </Show>
    }
}
