//! Formats a support key for reading and for screen readers, and copies text to the clipboard.

use leptos::prelude::*;
use wasm_bindgen::{JsCast as _, JsValue};

/// "482 910 537"
pub fn grouped(key: &str) -> String {
    groups_of_three(key).map(|group| group.concat()).collect::<Vec<_>>().join(" ")
}

/// "4 8 2, 9 1 0, 5 3 7"
pub fn spelled(key: &str) -> String {
    groups_of_three(key).map(|group| group.join(" ")).collect::<Vec<_>>().join(", ")
}

fn groups_of_three(key: &str) -> impl Iterator<Item = Vec<String>> {
    let digits: Vec<_> = key.chars().filter(|digit| !digit.is_whitespace()).map(String::from).collect();
    digits.chunks(3).map(<[String]>::to_vec).collect::<Vec<_>>().into_iter()
}

/// Copies a text to the clipboard. Returns whether it succeeded.
pub async fn copy_to_clipboard(text: String) -> bool {
    // Pages without HTTPS have no clipboard API, and a browser may refuse access.
    let clipboard = js_sys::Reflect::get(&window().navigator(), &"clipboard".into()).unwrap_or(JsValue::UNDEFINED);
    match clipboard.dyn_into::<web_sys::Clipboard>() {
        Ok(clipboard) => clipboard.write_text(&text).await.is_ok() || copy_with_exec_command(&text),
        Err(_) => copy_with_exec_command(&text),
    }
}

/// Copies through a temporary input field and the deprecated `execCommand`.
fn copy_with_exec_command(text: &str) -> bool {
    let attempt = || -> Result<bool, JsValue> {
        let body = document().body().ok_or(JsValue::NULL)?;
        let focused = document().active_element();
        let field: web_sys::HtmlInputElement = document().create_element("input")?.dyn_into()?;
        field.set_value(text);
        field.set_class_name("vh");
        body.append_child(&field)?;
        field.select();
        let exec: js_sys::Function = js_sys::Reflect::get(&document(), &"execCommand".into())?.dyn_into()?;
        let done = exec.call1(&document(), &"copy".into());
        field.remove();
        if let Some(focused) = focused.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok()) {
            focused.focus()?;
        }
        Ok(done?.is_truthy())
    };
    attempt().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn a_key_is_grouped_for_reading_and_spelled_for_screen_readers() {
        assert_eq!(grouped("482910537"), "482 910 537");
        assert_eq!(spelled("482910537"), "4 8 2, 9 1 0, 5 3 7");
        assert_eq!(grouped("482 910 53"), "482 910 53", "any length is shown");
        assert_eq!(spelled(""), "");
    }
}
