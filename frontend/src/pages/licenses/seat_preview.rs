//! Preview of a new number of seats.

use super::seat_change_effect::SeatChangeEffect;
use crate::{
    format::{Format, Texts},
    i18n::*,
    ui::seats::SeatChart,
};
use leptos::prelude::*;
use seatkeeper_shared::{validate::FieldError, wire::licenses::LicenseView};

/// The seat squares after the change, and one sentence about the effect.
#[component]
pub fn SeatPreview(
    /// The license shown.
    license: Signal<LicenseView>,
    /// The number entered.
    new_seats: Memo<Result<i64, FieldError>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    // Without a valid number the preview shows the current seats.
    let after = Signal::derive(move || {
        let license = license.get();
        LicenseView { seats: new_seats.get().unwrap_or(license.seats), ..license }
    });
    let same = Memo::new(move |_| license.with(|license| new_seats.get() == Ok(license.seats)));
    let effect = Memo::new(move |_| {
        license.with(|license| new_seats.get().ok().map(|seats| SeatChangeEffect::of(license, seats)))
    });
    let is_warning = move || !same.get() && effect.get().is_some_and(SeatChangeEffect::is_warning);
    let text = move || match effect.get() {
        Some(_) if same.get() => Some(t_string!(i18n, licenses.unchanged).to_owned()),
        effect => effect.map(|effect| effect_text(i18n, format, effect)),
    };
    view! {
        <div class="seat-preview" class:warns=is_warning>
            <SeatChart license=after />
            <p role="status">{text}</p>
        </div>
    }
}

fn effect_text(i18n: Texts, format: Format, effect: SeatChangeEffect) -> String {
    let number = |count: i64| format.number(count);
    match effect {
        SeatChangeEffect::Free(free) => t_string!(i18n, licenses.effect_free, count = free, n = number(free)),
        SeatChangeEffect::BelowPeak { free, peak } => {
            let then = t_string!(i18n, licenses.effect_free, count = free, n = number(free));
            format!("{then} {}", t_string!(i18n, licenses.effect_peak, count = peak, peak = number(peak)))
        }
        SeatChangeEffect::Full => t_string!(i18n, licenses.effect_full).to_owned(),
        SeatChangeEffect::Over(over) => t_string!(i18n, licenses.effect_over, count = over, n = number(over)),
        SeatChangeEffect::OverAssigned(over) => {
            t_string!(i18n, licenses.effect_over_named, count = over, n = number(over))
        }
    }
}
