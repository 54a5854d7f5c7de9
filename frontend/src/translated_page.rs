//! Keeps the page right while the browser translates it.
//!
//! A translator replaces each text node by a FONT element with the translation. The app still has the text node: it
//! would write new values into it, where nobody sees them, or fail to insert something beside it. So the text node is
//! put back, empty, in front of its translation. When the app writes into it, the translation is removed, and the
//! translator translates the new text.

use js_sys::{Array, WeakMap};
use leptos::prelude::document;
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use web_sys::{Element, HtmlCollection, MutationObserver, MutationObserverInit, MutationRecord, Node, Text};

const TRANSLATION_TAG: &str = "FONT";

/// Watches the page from now on.
pub fn watch() {
    let Some(body) = document().body() else { return };
    let watcher = Watcher {
        translations_in_page: document().get_elements_by_tag_name("font"),
        translations: WeakMap::new(),
        originals: WeakMap::new(),
    };
    let on_change = Closure::<dyn FnMut(Array, MutationObserver)>::new(move |records, observer: MutationObserver| {
        watcher.on_change(&records);
        // What the watcher itself has changed.
        observer.take_records();
    });
    let options = MutationObserverInit::new();
    options.set_child_list(true);
    options.set_character_data(true);
    options.set_subtree(true);
    if let Ok(observer) = MutationObserver::new(on_change.as_ref().unchecked_ref()) {
        // Fails only if the options ask for nothing.
        let _ = observer.observe_with_options(&body, &options);
        on_change.forget();
    }
}

struct Watcher {
    /// A live collection.
    translations_in_page: HtmlCollection,
    /// The translation of each text node that was put back.
    translations: WeakMap,
    /// The text node of each translation, and its text: `[node, text]`.
    originals: WeakMap,
}

impl Watcher {
    fn on_change(&self, records: &Array) {
        // Pages that nobody translates pay for no more than this.
        if self.translations_in_page.length() == 0 && !self.is_translation_removed(records) {
            return;
        }
        let records: Vec<MutationRecord> = records.iter().map(JsCast::unchecked_into).collect();
        for record in &records {
            if let Some(node) = record.target().filter(|_| record.type_() == "characterData") {
                self.on_written(&node);
            }
            for removed in nodes(&record.removed_nodes()) {
                self.on_removed(&removed, record, &records);
            }
        }
    }

    /// Whether a translation that is known was just removed. Then it may have been the last one.
    fn is_translation_removed(&self, records: &Array) -> bool {
        records.iter().any(|record| {
            let record: MutationRecord = record.unchecked_into();
            nodes(&record.removed_nodes()).iter().any(|node| self.originals.has(node))
        })
    }

    /// The app has written into a text node: its translation is outdated.
    fn on_written(&self, node: &Node) {
        if let Some(translation) = self.translation_of(node) {
            self.forget(node, &translation);
            translation.remove();
        }
    }

    fn on_removed(&self, removed: &Node, record: &MutationRecord, records: &[MutationRecord]) {
        if removed.is_connected() {
            // It was moved.
        } else if let Some(translation) = self.translation_of(removed) {
            // By the app.
            self.forget(removed, &translation);
            translation.remove();
        } else if let Some((node, text)) = self.original_of(removed) {
            // The page is shown in its own language again.
            self.forget(&node, removed);
            node.set_data(&text);
        } else if let Some(text) = removed.dyn_ref::<Text>()
            && let Some(translation) = find_translation(record, records)
        {
            self.put_back(text, &translation);
        }
    }

    fn put_back(&self, text: &Text, translation: &Element) {
        let original = Array::of2(text, &JsValue::from_str(&text.data()));
        text.set_data("");
        if let Some(parent) = translation.parent_node()
            && parent.insert_before(text, Some(translation)).is_ok()
        {
            self.translations.set(text, translation);
            self.originals.set(translation, &original);
        }
    }

    fn translation_of(&self, node: &Node) -> Option<Element> {
        self.translations.get(node).dyn_into().ok()
    }

    fn original_of(&self, translation: &Node) -> Option<(Text, String)> {
        let original: Array = self.originals.get(translation).dyn_into().ok()?;
        Some((original.get(0).dyn_into().ok()?, original.get(1).as_string()?))
    }

    fn forget(&self, node: &Node, translation: &Node) {
        self.translations.delete(node);
        self.originals.delete(translation);
    }
}

/// The translation that took the place of what a record says was removed: in one step, or inserted before or after.
fn find_translation(removal: &MutationRecord, records: &[MutationRecord]) -> Option<Element> {
    let together = nodes(&removal.added_nodes());
    let beside = [removal.previous_sibling(), removal.next_sibling()].into_iter().flatten();
    let later = records.iter().filter(|record| {
        record.target() == removal.target()
            && record.previous_sibling() == removal.previous_sibling()
            && record.next_sibling() == removal.next_sibling()
    });
    let later = later.flat_map(|record| nodes(&record.added_nodes()));
    let was_added = |node: &Node| records.iter().any(|record| nodes(&record.added_nodes()).contains(node));
    let candidates = together.into_iter().chain(beside.filter(was_added)).chain(later);
    let mut translations = candidates.filter(|node| node.is_connected() && node.node_name() == TRANSLATION_TAG);
    translations.next()?.dyn_into().ok()
}

fn nodes(list: &web_sys::NodeList) -> Vec<Node> {
    (0..list.length()).filter_map(|index| list.get(index)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use gloo_timers::future::TimeoutFuture;
    use leptos::{mount::mount_to, prelude::*};
    use wasm_bindgen_test::wasm_bindgen_test;

    /// Replaces each text node, as translators do.
    const TRANSLATE: &str = "(() => {
        const texts = document.createTreeWalker(document.getElementById('translated'), NodeFilter.SHOW_TEXT);
        const all = [];
        while (texts.nextNode()) {
            const text = texts.currentNode;
            if (text.data.trim() && !text.parentElement.closest('font')) all.push(text);
        }
        for (const text of all) {
            const [outer, inner] = [document.createElement('font'), document.createElement('font')];
            inner.textContent = 'übersetzt: ' + text.data;
            outer.append(inner);
            text.replaceWith(outer);
            outer.original = text;
        }
    })()";
    /// Puts the text nodes back, as translators do to show the original.
    const SHOW_ORIGINAL: &str = "document.querySelectorAll('#translated font').forEach(font => {
        if (font.original) font.replaceWith(font.original);
    })";

    async fn settle() {
        TimeoutFuture::new(20).await;
    }

    async fn run(script: &str) {
        js_sys::eval(script).expect("the script is valid");
        settle().await;
    }

    fn shown() -> String {
        document().get_element_by_id("translated").and_then(|element| element.text_content()).unwrap_or_default()
    }

    #[wasm_bindgen_test]
    async fn a_translated_page_shows_new_values_and_can_be_shown_in_its_own_language_again() {
        super::watch();
        let place = document().create_element("div").expect("an element");
        place.set_id("translated");
        document().body().expect("a page").append_child(&place).expect("appended");
        let (count, more) = (RwSignal::new(1), RwSignal::new(false));
        let handle = mount_to(place.clone().unchecked_into(), move || {
            view! {
                <p>"Seats: " {move || count.get()} {move || more.get().then_some(" and more")}</p>
            }
        });
        settle().await;
        run(TRANSLATE).await;
        assert_eq!(shown(), "übersetzt: Seats: übersetzt: 1");
        count.set(2);
        settle().await;
        assert_eq!(shown(), "übersetzt: Seats: 2", "not translated yet, but right");
        run(TRANSLATE).await;
        more.set(true);
        settle().await;
        assert_eq!(shown(), "übersetzt: Seats: übersetzt: 2 and more");
        run(TRANSLATE).await;
        more.set(false);
        settle().await;
        assert_eq!(shown(), "übersetzt: Seats: übersetzt: 2", "the translation goes with its text");
        run(SHOW_ORIGINAL).await;
        assert_eq!(shown(), "Seats: 2");
        count.set(3);
        settle().await;
        assert_eq!(shown(), "Seats: 3");
        drop(handle);
        place.remove();
    }
}
