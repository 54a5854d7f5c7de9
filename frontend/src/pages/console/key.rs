//! A support key as people read it: in threes, and digit by digit for those who hear it. And the way to copy it.

use leptos::prelude::*;
use wasm_bindgen::{JsCast as _, JsValue};

/// "482 910 537"
pub fn grouped(key: &str) -> String {
    threes(key).map(|three| three.concat()).collect::<Vec<_>>().join(" ")
}

/// "4 8 2, 9 1 0, 5 3 7"
pub fn spelled(key: &str) -> String {
    threes(key).map(|three| three.join(" ")).collect::<Vec<_>>().join(", ")
}

fn threes(key: &str) -> impl Iterator<Item = Vec<String>> {
    let signs: Vec<_> = key.chars().filter(|sign| !sign.is_whitespace()).map(String::from).collect();
    signs.chunks(3).map(<[String]>::to_vec).collect::<Vec<_>>().into_iter()
}

/// Copies a text; answers whether it worked.
pub async fn copy(text: String) -> bool {
    // A page that is not under https has no clipboard, and a browser may refuse it.
    let clipboard = js_sys::Reflect::get(&window().navigator(), &"clipboard".into()).unwrap_or(JsValue::UNDEFINED);
    match clipboard.dyn_into::<web_sys::Clipboard>() {
        Ok(clipboard) => clipboard.write_text(&text).await.is_ok() || copy_the_old_way(&text),
        Err(_) => copy_the_old_way(&text),
    }
}

/// By a field that is there for a moment.
fn copy_the_old_way(text: &str) -> bool {
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
    fn a_key_is_read_in_threes_and_heard_digit_by_digit() {
        assert_eq!(grouped("482910537"), "482 910 537");
        assert_eq!(spelled("482910537"), "4 8 2, 9 1 0, 5 3 7");
        assert_eq!(grouped("482 910 53"), "482 910 53", "whatever comes is shown");
        assert_eq!(spelled(""), "");
    }
}
