//! Saving, changing and deleting a view.

use super::list::ViewsState;
use crate::{
    i18n::*,
    text::text,
    ui::{
        checkbox::Checkbox,
        field::TextField,
        form::Form,
        form_dialog::{ConfirmDialog, Dialogs, FormDialog},
        show::Show,
        toast::Toasts,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{
    endpoints, validate,
    wire::views::{ChangeView, NewView, SavedView},
};

/// Saves the filters of the page under a name.
#[component]
pub fn SaveView(
    /// The state of the menu.
    state: ViewsState,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts, dialogs) = (Form::default(), Toasts::get(), Dialogs::get());
    let (name, shared) = (RwSignal::new(String::new()), RwSignal::new(false));
    let submit = move |()| {
        let view = NewView {
            page: state.page,
            name: name.get_untracked(),
            query: state.query.get_untracked(),
            shared: shared.get_untracked(),
        };
        form.submit(
            [("name", validate::name(&view.name).err())],
            || endpoints::views::save(&view),
            move |saved| {
                toasts.success(tu_string!(i18n, views.saved, name = saved.name));
                state.views.reload();
                dialogs.close_if(form);
            },
        );
    };
    view! {
        <FormDialog title=text!(views.save_title) form submit>
            <TextField label=text!(views.name) value=name name="name" form autofocus=true />
            <Checkbox
                label=text!(views.share)
                name="shared"
                value=shared
                hint=text!(views.share_hint)
                form
            />
        </FormDialog>
    }
}

/// Renames or shares a view, or gives it the filters of the page.
#[component]
pub fn EditView(
    /// The state of the menu.
    state: ViewsState,
    /// What is changed.
    view: SavedView,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts, dialogs) = (Form::default(), Toasts::get(), Dialogs::get());
    let (name, shared) = (RwSignal::new(view.name.clone()), RwSignal::new(view.shared));
    let (replace, is_current) = (RwSignal::new(false), untrack(|| state.is_current(&view)));
    let (id, before) = (view.id, StoredValue::new(view.name));
    let submit = move |()| {
        let change = ChangeView {
            name: Some(name.get_untracked()),
            query: replace.get_untracked().then(|| state.query.get_untracked()),
            shared: Some(shared.get_untracked()),
        };
        form.submit(
            [("name", validate::name(&name.get_untracked()).err())],
            || endpoints::views::change(id, &change),
            move |changed| {
                toasts.success(tu_string!(i18n, views.saved, name = changed.name));
                state.views.reload();
                dialogs.close_if(form);
            },
        );
    };
    view! {
        <FormDialog title=text!(views.change_title, name = before.get_value()) form submit>
            <TextField label=text!(views.name) value=name name="name" form autofocus=true />
            <Show when=move || !is_current>
                <Checkbox label=text!(views.replace) name="replace" value=replace />
            </Show>
            <Checkbox
                label=text!(views.share)
                name="shared"
                value=shared
                hint=text!(views.share_hint)
                form
            />
        </FormDialog>
    }
}

/// Asks before a view goes, which others may use.
#[component]
pub fn DeleteView(
    /// The state of the menu.
    state: ViewsState,
    /// What is deleted.
    view: SavedView,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts, dialogs) = (Form::default(), Toasts::get(), Dialogs::get());
    let (id, shared, name) = (view.id, view.shared, StoredValue::new(view.name));
    let action = move |()| {
        form.submit(
            [],
            || endpoints::views::delete(id),
            move |()| {
                toasts.success(tu_string!(i18n, views.deleted, name = name.get_value()));
                state.views.reload();
                dialogs.close_if(form);
            },
        );
    };
    let text = move || if shared { t_string!(i18n, views.delete_shared) } else { t_string!(i18n, views.delete_own) };
    view! {
        <ConfirmDialog
            title=text!(views.delete_title, name = name.get_value())
            form
            action
            confirm=text!(views.delete_confirm)
        >
            <p>{text}</p>
        </ConfirmDialog>
    }
}
