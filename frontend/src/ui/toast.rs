//! Toasts: short messages about successes and failures, in one live region.

use super::icon::{Glyph, Icon};
use super::keyed_list::For;
use crate::i18n::*;
use leptos::prelude::*;
use std::{sync::Arc, time::Duration};

/// How long a success message is shown.
const SUCCESS_DISPLAY_TIME: Duration = Duration::from_secs(6);
/// How long a success message is shown if it offers to undo.
const UNDO_DISPLAY_TIME: Duration = Duration::from_secs(10);

/// The action that undoes. Not a `Callback`, because it outlives the dialog that created it.
type Undo = Arc<dyn Fn() + Send + Sync>;

#[derive(Clone)]
struct Toast {
    number: usize,
    text: String,
    is_error: bool,
    undo: Option<Undo>,
}

impl Toast {
    /// Whether this toast replaces an earlier one: the text is equal, and the earlier one does not offer to undo
    /// something else.
    fn replaces(&self, before: &Self) -> bool {
        self.text == before.text && before.undo.is_none()
    }
}

/// The toasts of the app, in the context.
#[derive(Clone, Copy)]
pub struct Toasts {
    all: RwSignal<Vec<Toast>>,
    count: StoredValue<usize>,
}

impl Toasts {
    /// Provides the toasts as a context.
    pub fn provide() {
        provide_context(Self { all: RwSignal::default(), count: StoredValue::new(0) });
    }

    /// The toasts from the context.
    pub fn get() -> Self {
        expect_context()
    }

    /// Shows a success message, which disappears by itself.
    pub fn success(self, text: impl Into<String>) {
        let number = self.add(text.into(), false, None);
        set_timeout(move || self.remove(number), SUCCESS_DISPLAY_TIME);
    }

    /// Shows a success message that offers for some seconds to undo.
    pub fn with_undo(self, text: impl Into<String>, undo: impl Fn() + Send + Sync + 'static) {
        let number = self.add(text.into(), false, Some(Arc::new(undo)));
        set_timeout(move || self.remove(number), UNDO_DISPLAY_TIME);
    }

    /// Shows an error message, which stays until it is closed.
    pub fn error(self, text: impl Into<String>) {
        self.add(text.into(), true, None);
    }

    fn add(self, text: String, is_error: bool, undo: Option<Undo>) -> usize {
        let number = self.count.get_value();
        self.count.set_value(number + 1);
        self.all.update(|all| {
            let toast = Toast { number, text, is_error, undo };
            all.retain(|before| !toast.replaces(before));
            all.push(toast);
        });
        number
    }

    fn remove(self, number: usize) {
        self.all.update(|all| all.retain(|toast| toast.number != number));
    }
}

/// The region in which the toasts appear.
#[component]
pub fn ToastRegion() -> impl IntoView {
    let i18n = use_i18n();
    let toasts = Toasts::get();
    let one = move |toast: Toast| {
        let number = toast.number;
        view! {
            <div class="toast" class:bad=toast.is_error>
                <Icon glyph=if toast.is_error { Glyph::Warning } else { Glyph::Tick } />
                <p>{toast.text}</p>
                {toast
                    .undo
                    .map(|undo| {
                        let click = move |_| {
                            toasts.remove(number);
                            undo();
                        };
                        view! {
                            <button type="button" class="button small" on:click=click>
                                {t!(i18n, toast.undo)}
                            </button>
                        }
                    })}
                <button
                    type="button"
                    class="icon-button"
                    aria-label=move || t_string!(i18n, common.close)
                    on:click=move |_| toasts.remove(number)
                >
                    <Icon glyph=Glyph::Cross />
                </button>
            </div>
        }
    };
    view! {
        <section class="toasts" role="status" aria-live="polite" aria-label=move || t_string!(i18n, toast.region)>
            <For each=move || toasts.all.get() key=|toast| toast.number let:toast>
                {one(toast)}
            </For>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn an_equal_message_is_replaced_unless_it_offers_to_undo() {
        let toast = |number, undo| Toast { number, text: "Suspended.".to_owned(), is_error: false, undo };
        let undo: Undo = Arc::new(|| ());
        assert!(toast(1, None).replaces(&toast(0, None)));
        assert!(!toast(1, Some(undo.clone())).replaces(&toast(0, Some(undo))));
    }
}
