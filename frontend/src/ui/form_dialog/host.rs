//! The one `<dialog>` of a page: what opens and closes it, and the question before something entered is lost.

use super::super::{field::unique_id, focus::restore_focus_to_first, form::Form, leave_guard, show::Show};
use crate::{
    i18n::*,
    lazy::{self, Download, Downloaded, PendingDownloads},
};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::hooks::use_location;
use std::sync::Arc;

/// What a dialog shows: a view of the page, or one with [`lazy_dialog!`](crate::lazy_dialog).
#[derive(Clone)]
pub struct DialogContent {
    /// What has to be downloaded first.
    download: Option<Download>,
    view: Arc<dyn Fn() -> AnyView + Send + Sync>,
}

impl DialogContent {
    /// A view that exists after a download; used by [`lazy_dialog!`](crate::lazy_dialog).
    pub fn downloaded(download: Download, view: impl Fn() -> Downloaded + Send + Sync + 'static) -> Self {
        Self { download: Some(download), view: Arc::new(move || lazy::dialog_when_downloaded(view())) }
    }
}

impl<F, V> From<F> for DialogContent
where
    F: Fn() -> V + Send + Sync + 'static,
    V: IntoAny + 'static,
{
    fn from(view: F) -> Self {
        Self { download: None, view: Arc::new(move || view().into_any()) }
    }
}

/// Opens and closes the dialog of the page; from the context.
#[derive(Clone, Copy)]
pub struct Dialogs {
    content: RwSignal<Option<DialogContent>>,
    /// How often a dialog has been opened or closed: one that is still being downloaded may not be wanted any more.
    turn: StoredValue<u32>,
    downloads: Option<PendingDownloads>,
    /// Whether something has been entered since the dialog opened.
    touched: RwSignal<bool>,
    /// The id of the heading, which names the dialog.
    pub(super) heading_id: &'static str,
}

impl Default for Dialogs {
    fn default() -> Self {
        Self {
            content: RwSignal::new(None),
            turn: StoredValue::new(0),
            downloads: use_context(),
            touched: RwSignal::new(false),
            heading_id: "dialog-heading",
        }
    }
}

impl Dialogs {
    /// Provides it as a context, for the pages inside of [`DialogHost`]'s parent.
    pub fn provide() {
        provide_context(Self::default());
    }

    /// For a [`DialogHost`] of its own, whose dialog opens above that of the page.
    pub fn above_page() -> Self {
        Self { heading_id: "upper-dialog-heading", ..Self::default() }
    }

    /// The instance from the context.
    pub fn get() -> Self {
        expect_context()
    }

    /// Opens a dialog in place of one that is open.
    pub fn open(self, content: impl Into<DialogContent>) {
        self.show(content.into());
    }

    /// Closes the dialog without asking.
    pub fn close(self) {
        self.take_turn();
        self.content.try_set(None);
    }

    /// Closes the dialog with this form, unless it has been closed already or another has taken its place.
    pub fn close_if(self, form: Form) {
        if form.is_open() {
            self.close();
        }
    }

    /// Like [`Dialogs::close_if`]. If what opened the dialog is gone, the focus goes to the first selector that finds
    /// an element.
    pub fn close_onto(self, form: Form, selectors: Vec<String>) {
        if form.is_open() {
            self.close();
            restore_focus_to_first(selectors);
        }
    }

    /// Something has been entered in another way than by typing or choosing.
    pub fn touch(self) {
        self.touched.set(true);
    }

    /// Opens the same dialog afresh, with the current values.
    pub fn reopen(self) {
        self.touched.set(false);
        self.content.update(|_| ());
    }

    /// A handler that opens a dialog: `on:click=dialogs.opens(move || view! { … })`.
    pub fn opens<E>(self, content: impl Into<DialogContent>) -> impl Fn(E) + Copy + Send + Sync {
        let content = StoredValue::new(content.into());
        move |_| {
            if let Some(content) = content.try_get_value() {
                self.show(content);
            }
        }
    }

    /// Whether closing the dialog would lose what has been entered.
    fn would_lose(self) -> bool {
        self.content.with_untracked(Option::is_some) && self.touched.get_untracked()
    }

    fn show(self, content: DialogContent) {
        let turn = self.take_turn();
        let Some((download, downloads)) = content.download.zip(self.downloads) else {
            self.show_now(content);
            return;
        };
        spawn_local(async move {
            downloads.wait_for(download).await;
            if self.turn.try_get_value() == Some(turn) {
                self.show_now(content);
            }
        });
    }

    fn show_now(self, content: DialogContent) {
        self.touched.set(false);
        self.content.set(Some(content));
    }

    fn take_turn(self) -> u32 {
        self.turn
            .try_update_value(|turn| {
                *turn += 1;
                *turn
            })
            .unwrap_or_default()
    }
}

/// The place of the dialog; exists once, in the layout.
#[component]
pub fn DialogHost() -> impl IntoView {
    let dialogs = Dialogs::get();
    let node = NodeRef::<leptos::html::Dialog>::new();
    let asking = RwSignal::new(false);
    let leaves = StoredValue::new(false);
    close_with_page(dialogs);
    follow_content(dialogs, node, asking);
    let ask = move |by_leaving: bool| {
        let asks = dialogs.would_lose();
        if asks {
            leaves.set_value(by_leaving);
            asking.set(true);
        }
        asks
    };
    leave_guard::guard(move || ask(true));
    // Escape, or the back gesture.
    let cancelled = move |event: web_sys::Event| {
        if is_own(&event) && ask(false) {
            event.prevent_default();
        }
    };
    let discard = move |()| {
        dialogs.close();
        if leaves.get_value() {
            leave_guard::leave();
        }
    };
    // Also fired when the effect above closes the dialog.
    let closed = move |event: web_sys::Event| {
        if is_own(&event) {
            dialogs.close();
        }
    };
    view! {
        <dialog
            node_ref=node
            class="dialog"
            aria-labelledby=dialogs.heading_id
            on:cancel=cancelled
            on:close=closed
            on:input=move |_| dialogs.touched.set(true)
        >
            {move || dialogs.content.get().map(|content| (content.view)())}
            <Show when=move || asking.get()>
                <DiscardQuestion asking discard />
            </Show>
        </dialog>
    }
}

/// Closes the dialog when another page opens; asks before the app is left or reloaded.
fn close_with_page(dialogs: Dialogs) {
    let path = use_location().pathname;
    Effect::new(move |before: Option<String>| {
        let now = path.get();
        if before.is_some_and(|before| before != now) {
            dialogs.close();
        }
        now
    });
    let unload = window_event_listener_untyped("beforeunload", move |event| {
        if dialogs.would_lose() {
            event.prevent_default();
        }
    });
    on_cleanup(move || unload.remove());
}

/// Opens the dialog while there is content.
fn follow_content(dialogs: Dialogs, node: NodeRef<leptos::html::Dialog>, asking: RwSignal<bool>) {
    Effect::new(move |_| {
        let is_wanted = dialogs.content.with(Option::is_some);
        let Some(dialog) = node.get() else { return };
        asking.set(false);
        if !is_wanted {
            dialog.close();
        } else if !dialog.open() {
            // Deferred by a frame: only then is the content in the DOM, where the browser looks for what to focus.
            request_animation_frame(move || {
                if dialogs.content.try_with_untracked(Option::is_some) == Some(true) && !dialog.open() {
                    // Fails only if the dialog has been removed from the page.
                    let _ = dialog.show_modal();
                }
            });
        }
    });
}

/// Whether the event is about the dialog itself, not about something inside of it.
fn is_own(event: &web_sys::Event) -> bool {
    event.target() == event.current_target()
}

/// Asks whether what has been entered may be lost.
#[component]
pub fn DiscardQuestion(
    /// Whether the question is shown; cleared when it is answered.
    asking: RwSignal<bool>,
    /// Called if it may be lost.
    #[prop(into)]
    discard: Callback<()>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (node, id) = (NodeRef::<leptos::html::Dialog>::new(), unique_id("discard"));
    Effect::new(move |_| {
        if let Some(dialog) = node.get() {
            request_animation_frame(move || drop(dialog.show_modal()));
        }
    });
    // Closed rather than removed, so that the browser returns the focus.
    let keep = move |_| {
        if let Some(dialog) = node.get_untracked() {
            dialog.close();
        }
    };
    view! {
        <dialog node_ref=node class="dialog" aria-labelledby=id.clone() on:close=move |_| asking.set(false)>
            <h2 id=id.clone()>{t!(i18n, common.discard_title)}</h2>
            <p>{t!(i18n, common.discard_text)}</p>
            <div class="acts">
                <button type="button" class="button" autofocus on:click=keep>
                    {t!(i18n, common.keep_editing)}
                </button>
                <button type="button" class="button danger" on:click=move |_| discard.run(())>
                    {t!(i18n, common.discard)}
                </button>
            </div>
        </dialog>
    }
}
