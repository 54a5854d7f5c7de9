//! A QR code: black on white in every theme, with the margin that cameras need.

use leptos::prelude::*;
use qrcode::{Color, EcLevel, QrCode};
use std::fmt::Write as _;

/// The margin that the standard asks for, in modules (ISO/IEC 18004).
const QUIET: usize = 4;

/// A QR code of a text; nothing if it is too long for one.
#[component]
pub fn Qr(
    /// What is in it.
    #[prop(into)]
    text: Signal<String>,
    /// What it is for, for those who do not see it.
    #[prop(into)]
    label: Signal<String>,
) -> impl IntoView {
    let drawn = Memo::new(move |_| text.with(|text| drawing(text)));
    move || {
        drawn.get().map(|(size, path)| {
            view! {
                <svg class="qr" role="img" aria-label=move || label.get() viewBox=format!("0 0 {size} {size}") shape-rendering="crispEdges">
                    <rect class="qr-ground" width=size height=size></rect>
                    <path class="qr-ink" d=path></path>
                </svg>
            }
        })
    }
}

/// How many modules wide it is with its margin, and a path over all dark ones.
fn drawing(text: &str) -> Option<(usize, String)> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let width = code.width();
    let mut path = String::new();
    for (place, color) in code.to_colors().into_iter().enumerate() {
        if color == Color::Dark {
            let (x, y) = (place % width + QUIET, place / width + QUIET);
            // Writing to a string does not fail.
            let _ = write!(path, "M{x} {y}h1v1h-1z");
        }
    }
    Some((width + 2 * QUIET, path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn a_code_has_its_margin_and_a_text_that_is_too_long_has_none() {
        let (size, path) = drawing("https://seats.example.org/join#482910537").unwrap();
        assert_eq!(size, 29 + 8, "version 3");
        assert!(path.starts_with("M4 4h1v1h-1z"), "the corner of the first finder");
        assert!(drawing(&"x".repeat(5_000)).is_none());
    }
}
