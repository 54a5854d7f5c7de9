//! QR codes (ISO/IEC 18004), black on white in every theme.

use leptos::prelude::*;
use qrcode::{Color, EcLevel, QrCode};
use std::fmt::Write as _;

/// The quiet zone that the standard requires around a code.
const QUIET_ZONE_MODULES: usize = 4;

/// A QR code of a text; nothing if the text is too long for a code.
#[component]
pub fn Qr(
    /// The text to encode.
    #[prop(into)]
    text: Signal<String>,
    /// The accessible name.
    #[prop(into)]
    label: Signal<String>,
) -> impl IntoView {
    let code = Memo::new(move |_| text.with(|text| svg_path(text)));
    move || {
        code.get().map(|(size, path)| {
            view! {
                <svg
                    class="qr"
                    role="img"
                    aria-label=move || label.get()
                    viewBox=format!("0 0 {size} {size}")
                    shape-rendering="crispEdges"
                >
                    <rect class="qr-ground" width=size height=size></rect>
                    <path class="qr-ink" d=path></path>
                </svg>
            }
        })
    }
}

/// The width in modules, including the quiet zone, and an SVG path over all dark modules.
fn svg_path(text: &str) -> Option<(usize, String)> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let width = code.width();
    let mut path = String::new();
    for (index, color) in code.to_colors().into_iter().enumerate() {
        if color == Color::Dark {
            let (x, y) = (index % width + QUIET_ZONE_MODULES, index / width + QUIET_ZONE_MODULES);
            // Writing to a `String` cannot fail.
            let _ = write!(path, "M{x} {y}h1v1h-1z");
        }
    }
    Some((width + 2 * QUIET_ZONE_MODULES, path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn a_code_has_a_quiet_zone_and_a_text_too_long_has_no_code() {
        let (size, path) = svg_path("https://seats.example.org/join#482910537").unwrap();
        assert_eq!(size, 29 + 8, "version 3");
        assert!(path.starts_with("M4 4h1v1h-1z"), "the corner of the first finder");
        assert!(svg_path(&"x".repeat(5_000)).is_none());
    }
}
