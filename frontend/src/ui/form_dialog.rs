//! Dialogs that are opened by a call: one `<dialog>` for all, whose content exists while it is open.
//!
//! `Dialogs::get().open(move || view! { <RenameGroup group /> })` opens one; its content is a [`FormDialog`] or a
//! [`ConfirmDialog`]. It closes with Escape, asking first if something has been entered, and when another page opens;
//! the browser then returns the focus.

mod host;

pub use host::{DialogContent, DialogHost, Dialogs, DiscardQuestion};

use super::show::Show;
use crate::{
    i18n::*,
    text::{Text, text},
    ui::{
        edit_conflict::{ConflictNotice, VersionedEdit, failure_beside_notice},
        error_message::{ErrorMessage, failure_text},
        focus::restore_focus_to_first,
        form::Form,
        query::{LoadState, Loaded, QueryStatus},
    },
};
use leptos::prelude::*;

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
    let wrong = move || failure.get_some(i18n).or_else(|| failure_text(i18n, failure_beside_notice(form, edit)));
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
