//! Dialogs that are opened by a call: one `<dialog>` for all, whose content exists while it is open.
//!
//! `Dialogs::get().open(move || view! { <RenameGroup group /> })` opens one; its content is a [`FormDialog`] or a
//! [`ConfirmDialog`]. It closes with Escape, asking first if something has been entered, and when another page opens;
//! the browser then returns the focus.

use super::show::Show;
use crate::{
    i18n::*,
    lazy::{self, Download, Downloaded, PendingDownloads},
    text::{Text, text},
    ui::{
        edit_conflict::{ConflictNotice, VersionedEdit},
        error_message::{ErrorMessage, failure_text},
        field::unique_id,
        focus::restore_focus_to_first,
        form::Form,
        query::{LoadState, Loaded, QueryStatus},
    },
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
        Self { download: Some(download), view: Arc::new(move || lazy::when_downloaded(view())) }
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
    heading_id: &'static str,
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
    let path = use_location().pathname;
    Effect::new(move |before: Option<String>| {
        let now = path.get();
        if before.is_some_and(|before| before != now) {
            dialogs.close();
        }
        now
    });
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
    // Reloading the page, or leaving the app.
    let unload = window_event_listener_untyped("beforeunload", move |event| {
        if dialogs.content.with_untracked(Option::is_some) && dialogs.touched.get_untracked() {
            event.prevent_default();
        }
    });
    on_cleanup(move || unload.remove());
    // Escape, or the back gesture.
    let cancelled = move |event: web_sys::Event| {
        if is_own(&event) && dialogs.touched.get_untracked() {
            event.prevent_default();
            asking.set(true);
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
                <DiscardQuestion asking discard=move |()| dialogs.close() />
            </Show>
        </dialog>
    }
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

/// A dialog with a form: title, fields, what went wrong, and the buttons.
#[component]
pub fn FormDialog(
    /// Names what the form does.
    #[prop(into)]
    title: Text,
    /// Whether it is being submitted, and its errors.
    form: Form,
    /// The root class of the page whose styles the fields have.
    #[prop(optional)]
    scope: &'static str,
    /// Called when the user submits the form; usually calls [`Form::submit`].
    #[prop(into)]
    submit: Callback<()>,
    /// The label of the button that submits.
    #[prop(into, default = text!(common.save))]
    confirm: Text,
    /// Whether the button warns of a loss.
    #[prop(optional)]
    danger: bool,
    /// Whether the form cannot be submitted yet.
    #[prop(into, optional)]
    blocked: Signal<bool>,
    /// Whether there is nothing to submit: without the button.
    #[prop(into, optional)]
    no_submit: Signal<bool>,
    /// Shown in place of the form's own failure, if it is not empty.
    #[prop(into, optional)]
    failure: Text,
    /// The edit that may conflict with somebody else's.
    #[prop(optional)]
    edit: Option<VersionedEdit>,
    /// Called to show the current version after a conflict, if reopening the dialog does not.
    #[prop(into, optional)]
    reload: Option<Callback<()>>,
    /// The fields.
    children: Children,
) -> impl IntoView {
    let i18n = use_i18n();
    let dialogs = Dialogs::get();
    let submitted = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if !blocked.get_untracked() {
            submit.run(());
        }
    };
    let reload = reload.unwrap_or_else(|| Callback::new(move |()| dialogs.reopen()));
    let wrong = move || failure.get_some(i18n).or_else(|| failure_text(i18n, form.failure()));
    view! {
        <h2 id=dialogs.heading_id>{move || title.get(i18n)}</h2>
        <form class=format!("form {scope}") novalidate on:submit=submitted>
            {edit.map(|edit| view! { <ConflictNotice edit reload /> })}
            {children()}
            <ErrorMessage text=Signal::derive(wrong) />
            <FormButtons confirm danger disabled=Signal::derive(move || form.busy() || blocked.get()) no_submit />
        </form>
    }
}

#[component]
fn FormButtons(
    /// The label of the button that submits.
    confirm: Text,
    /// Whether it warns of a loss.
    danger: bool,
    /// Whether it has no effect.
    disabled: Signal<bool>,
    /// Whether it is left out.
    no_submit: Signal<bool>,
) -> impl IntoView {
    let i18n = use_i18n();
    let dialogs = Dialogs::get();
    view! {
        <div class="acts">
            <button type="button" class="button" autofocus=danger on:click=move |_| dialogs.close()>
                {t!(i18n, common.cancel)}
            </button>
            <Show when=move || !no_submit.get()>
                <button
                    type="submit"
                    class=if danger { "button danger" } else { "button primary" }
                    aria-disabled=move || disabled.get().to_string()
                >
                    {move || confirm.get(i18n)}
                </button>
            </Show>
        </div>
    }
}

/// A dialog that loads what it shows. Until that is there: its title, how loading goes, and a button to give up.
#[component]
pub fn LoadedDialog(
    /// Names what the dialog does.
    #[prop(into)]
    title: Text,
    /// The states of the query.
    status: QueryStatus,
    /// The dialog, usually a [`FormDialog`], with what has been loaded.
    children: ChildrenFn,
) -> impl IntoView {
    let i18n = use_i18n();
    let dialogs = Dialogs::get();
    let is_loaded = Memo::new(move |_| status.state() == LoadState::Loaded);
    Effect::new(move |_| {
        if is_loaded.get() {
            // The focus was on what has just disappeared.
            let fields = ["dialog[open] form [autofocus]", "dialog[open] form :is(input, select, textarea)"];
            restore_focus_to_first(fields.map(str::to_owned).to_vec());
        }
    });
    view! {
        <Show when=move || !is_loaded.get()>
            <h2 id=dialogs.heading_id>{move || title.get(i18n)}</h2>
        </Show>
        <Loaded status>{children()}</Loaded>
        <Show when=move || !is_loaded.get()>
            <div class="acts">
                <button type="button" class="button" on:click=move |_| dialogs.close()>
                    {t!(i18n, common.cancel)}
                </button>
            </div>
        </Show>
    }
}

/// A dialog that asks before something is lost. Its title names act and object, its button repeats the act.
#[component]
pub fn ConfirmDialog(
    /// Names act and object: "Delete the group Support?"
    #[prop(into)]
    title: Text,
    /// Whether it is being carried out, and why that failed.
    form: Form,
    /// Called when the user confirms; usually calls [`Form::submit`].
    #[prop(into)]
    action: Callback<()>,
    /// The label of the button that confirms.
    #[prop(into)]
    confirm: Text,
    /// What follows from it.
    children: Children,
) -> impl IntoView {
    view! {
        <FormDialog title form submit=action confirm danger=true>
            {children()}
        </FormDialog>
    }
}

/// A dialog that only shows something; "Done" closes it.
#[component]
pub fn InfoDialog(
    /// Names what is shown.
    #[prop(into)]
    title: Text,
    /// What else can be done with it: the buttons before "Done".
    #[prop(optional, into)]
    acts: Option<ViewFn>,
    /// What is shown.
    children: Children,
) -> impl IntoView {
    let i18n = use_i18n();
    // Beside another button, a premature Enter must not close what is shown only once.
    let (dialogs, autofocus) = (Dialogs::get(), acts.is_none());
    view! {
        <h2 id=dialogs.heading_id>{move || title.get(i18n)}</h2>
        <div class="form">
            {children()}
            <div class="acts">
                {acts.map(|acts| acts.run())}
                <button type="button" class="button primary" autofocus=autofocus on:click=move |_| dialogs.close()>
                    {t!(i18n, common.done)}
                </button>
            </div>
        </div>
    }
}
