//! Short messages in one live region: what was done, and what did not work.

use super::icon::{Glyph, Icon};
use crate::i18n::*;
use leptos::prelude::*;
use std::{sync::Arc, time::Duration};

/// How long a good message stays.
const STAYS: Duration = Duration::from_secs(6);
/// How long it stays if what was done can be undone.
const UNDONE_WITHIN: Duration = Duration::from_secs(10);

/// What undoes it. Not a `Callback`: it outlives the dialog that made it.
type Undo = Arc<dyn Fn() + Send + Sync>;

#[derive(Clone)]
struct Toast {
    number: usize,
    text: String,
    bad: bool,
    undo: Option<Undo>,
}

impl Toast {
    /// Whether this says the same. The way back that another one offers is that of another act.
    fn replaces(&self, before: &Self) -> bool {
        self.text == before.text && before.undo.is_none()
    }
}

/// The messages of the app.
#[derive(Clone, Copy)]
pub struct Toasts {
    all: RwSignal<Vec<Toast>>,
    count: StoredValue<usize>,
}

impl Toasts {
    /// Puts itself into the context.
    pub fn provide() {
        provide_context(Self { all: RwSignal::default(), count: StoredValue::new(0) });
    }

    /// The messages of the app.
    pub fn get() -> Self {
        expect_context()
    }

    /// Says what was done; goes away by itself.
    pub fn good(self, text: impl Into<String>) {
        let number = self.add(text.into(), false, None);
        set_timeout(move || self.remove(number), STAYS);
    }

    /// Says what was done and offers, for some seconds, to undo it.
    pub fn with_undo(self, text: impl Into<String>, undo: impl Fn() + Send + Sync + 'static) {
        let number = self.add(text.into(), false, Some(Arc::new(undo)));
        set_timeout(move || self.remove(number), UNDONE_WITHIN);
    }

    /// Says what did not work; stays until it is closed.
    pub fn bad(self, text: impl Into<String>) {
        self.add(text.into(), true, None);
    }

    fn add(self, text: String, bad: bool, undo: Option<Undo>) -> usize {
        let number = self.count.get_value();
        self.count.set_value(number + 1);
        self.all.update(|all| {
            let toast = Toast { number, text, bad, undo };
            all.retain(|before| !toast.replaces(before));
            all.push(toast);
        });
        number
    }

    fn remove(self, number: usize) {
        self.all.update(|all| all.retain(|toast| toast.number != number));
    }
}

/// Where the messages appear.
#[component]
pub fn ToastRegion() -> impl IntoView {
    let i18n = use_i18n();
    let toasts = Toasts::get();
    let one = move |toast: Toast| {
        let number = toast.number;
        view! {
            <div class="toast" class:bad=toast.bad>
                <Icon glyph=if toast.bad { Glyph::Warning } else { Glyph::Tick } />
                <p>{toast.text}</p>
                {toast
                    .undo
                    .map(|undo| {
                        let back = move |_| {
                            toasts.remove(number);
                            undo();
                        };
                        view! {
                            <button type="button" class="button small" on:click=back>
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
    fn the_same_message_replaces_the_one_before_unless_that_one_offers_the_way_back() {
        let toast = |number, undo| Toast { number, text: "Suspended.".to_owned(), bad: false, undo };
        let undo: Undo = Arc::new(|| ());
        assert!(toast(1, None).replaces(&toast(0, None)));
        assert!(!toast(1, Some(undo.clone())).replaces(&toast(0, Some(undo))));
    }
}
