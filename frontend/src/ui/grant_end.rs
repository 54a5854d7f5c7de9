//! When an assignment ends by itself.

use crate::{format::Format, i18n::*, pages::licenses::last_day};
use chrono::{DateTime, Utc};
use leptos::prelude::*;

/// The last day of an assignment, in small print, with the exact time on demand.
#[component]
pub fn GrantEnd(
    /// When it ends.
    end: DateTime<Utc>,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let text = move || t_string!(i18n, person.until, date = format.date(last_day(end)));
    view! {
        <small class="num" title=move || format.exact(end)>
            {text}
        </small>
    }
}
