//! A horizontal bar of several parts, for a cell of a table or the line below a sentence.

use leptos::prelude::*;

/// A stretch in one color.
#[derive(Clone, Debug, PartialEq)]
pub struct BarPart {
    /// The class that gives it color and pattern.
    pub class: &'static str,
    /// Its amount, in the unit of the bar.
    pub amount: i64,
}

/// A bar whose whole length stands for `whole`. Its meaning is told by the numbers beside it, so that it is hidden from
/// screen readers.
#[component]
pub fn PartsBar(
    /// The parts, from left to right.
    parts: Vec<BarPart>,
    /// The amount that fills the bar.
    whole: i64,
) -> impl IntoView {
    let mut left = 0.0;
    let mut rects = Vec::new();
    for BarPart { class, amount } in parts {
        let width = share(amount, whole);
        if width > 0.0 {
            rects.push(view! {
                <rect class=class x=percent(left) width=percent(width) y="0" height="10"></rect>
            });
        }
        left += width;
    }
    view! {
        <svg class="parts-bar" width="100%" height="10" aria-hidden="true" focusable="false">
            {rects}
        </svg>
    }
}

/// The share of an amount, from 0 to 1.
#[expect(clippy::cast_precision_loss, reason = "only drawn")]
pub fn share(amount: i64, whole: i64) -> f64 {
    if whole <= 0 { 0.0 } else { (amount as f64 / whole as f64).clamp(0.0, 1.0) }
}

fn percent(share: f64) -> String {
    format!("{:.2}%", share * 100.0)
}
