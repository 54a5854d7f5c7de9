//! What a new number of seats would look like, before it is saved.

use super::effect::Effect;
use crate::{
    format::{Format, Texts},
    i18n::*,
    ui::seats::Seats,
};
use leptos::prelude::*;
use seatkeeper_shared::{validate::FieldError, wire::licenses::LicenseView};

/// The squares as they would be, and what that means in a sentence.
#[component]
pub fn Preview(
    /// The license.
    license: Signal<LicenseView>,
    /// The number that is entered.
    wanted: Memo<Result<i64, FieldError>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    // While the entry is no number, the seats stay as they are.
    let after = Signal::derive(move || {
        let license = license.get();
        LicenseView { seats: wanted.get().unwrap_or(license.seats), ..license }
    });
    let same = Memo::new(move |_| license.with(|license| wanted.get() == Ok(license.seats)));
    let effect = Memo::new(move |_| license.with(|license| wanted.get().ok().map(|seats| Effect::of(license, seats))));
    let warns = move || !same.get() && effect.get().is_some_and(Effect::warns);
    let words = move || match effect.get() {
        Some(_) if same.get() => Some(t_string!(i18n, licenses.unchanged).to_owned()),
        effect => effect.map(|effect| said(i18n, format, effect)),
    };
    view! {
        <div class="preview" class:warns=warns>
            <Seats license=after />
            <p role="status">{words}</p>
        </div>
    }
}

fn said(i18n: Texts, format: Format, effect: Effect) -> String {
    let number = |count: i64| format.number(count);
    match effect {
        Effect::Free(free) => t_string!(i18n, licenses.effect_free, count = free, n = number(free)),
        Effect::BelowPeak { free, peak } => {
            let then = t_string!(i18n, licenses.effect_free, count = free, n = number(free));
            format!("{then} {}", t_string!(i18n, licenses.effect_peak, peak = number(peak)))
        }
        Effect::Full => t_string!(i18n, licenses.effect_full).to_owned(),
        Effect::Over(over) => t_string!(i18n, licenses.effect_over, count = over, n = number(over)),
        Effect::OverAssigned(over) => t_string!(i18n, licenses.effect_over_named, count = over, n = number(over)),
    }
}
