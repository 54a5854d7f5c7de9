//! Adding and deleting a directory, and replacing its token.

use super::state::ScimState;
use crate::{
    i18n::*,
    text::text,
    ui::{
        field::TextField,
        focus::restore_focus,
        form::Form,
        form_dialog::{ConfirmDialog, Dialogs, FormDialog},
        toast::Toasts,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{
    endpoints, validate,
    wire::directory::{CreatedDirectory, DirectoryView, NewDirectory},
};

#[component]
pub fn AddDirectory(
    /// The state of the section.
    scim: ScimState,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts, dialogs) = (Form::default(), Toasts::get(), Dialogs::get());
    let name = RwSignal::new(String::new());
    let submit = move |()| {
        let body = NewDirectory { name: name.get_untracked() };
        let checks = [("name", validate::name(&body.name).err())];
        let request = || endpoints::directories::add(&body);
        form.submit(checks, request, move |made: CreatedDirectory| {
            toasts.success(tu_string!(i18n, scim.added, name = made.directory.name.clone()));
            dialogs.close_if(form);
            scim.show_token(made);
        });
    };
    view! {
        <FormDialog title=text!(scim.add_title) form submit confirm=text!(scim.add)>
            <TextField label=text!(scim.name) value=name name="name" form autofocus=true />
        </FormDialog>
    }
}

#[component]
pub fn RotateToken(
    /// The directory whose token is replaced.
    directory: DirectoryView,
    /// The state of the section.
    scim: ScimState,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, dialogs) = (Form::default(), Dialogs::get());
    let DirectoryView { id, name, .. } = directory;
    let action = move |()| {
        form.submit(
            [],
            || endpoints::directories::rotate(id),
            move |made| {
                dialogs.close_if(form);
                scim.show_token(made);
            },
        );
    };
    view! {
        <ConfirmDialog
            title=text!(scim.rotate_title, name = name.clone())
            form
            action
            confirm=text!(scim.rotate_confirm)
        >
            <p>{t!(i18n, scim.rotate_text)}</p>
        </ConfirmDialog>
    }
}

#[component]
pub fn DeleteDirectory(
    /// The directory to delete.
    directory: DirectoryView,
    /// The state of the section.
    scim: ScimState,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts, dialogs) = (Form::default(), Toasts::get(), Dialogs::get());
    let DirectoryView { id, name, .. } = directory;
    let deleted = name.clone();
    let action = move |()| {
        let name = deleted.clone();
        form.submit(
            [],
            || endpoints::directories::delete(id),
            move |()| {
                toasts.success(tu_string!(i18n, scim.deleted, name = name));
                scim.remove(id);
                dialogs.close_if(form);
                // The row with the button is gone.
                restore_focus("#directories-title");
            },
        );
    };
    view! {
        <ConfirmDialog
            title=text!(scim.delete_title, name = name.clone())
            form
            action
            confirm=text!(scim.delete_confirm)
        >
            <p>{t!(i18n, scim.delete_text)}</p>
        </ConfirmDialog>
    }
}
