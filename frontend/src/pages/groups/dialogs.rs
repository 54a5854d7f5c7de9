//! Adding, renaming and deleting a group.

use super::state::GroupsPageState;
use crate::{
    i18n::*,
    text::{Text, text},
    ui::{
        field::TextField,
        form::Form,
        form_dialog::{ConfirmDialog, Dialogs, FormDialog},
        toast::Toasts,
    },
};
use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};
use seatkeeper_shared::{
    endpoints,
    ids::GroupId,
    validate,
    wire::groups::{GroupDetail, NewGroup, RenameGroup},
};

#[component]
pub fn AddGroup(
    /// The state of the page.
    page: GroupsPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts, dialogs, navigate) = (Form::default(), Toasts::get(), Dialogs::get(), use_navigate());
    let name = RwSignal::new(String::new());
    let submit = move |()| {
        let (name, navigate) = (name.get_untracked(), navigate.clone());
        let checks = [("name", validate::name(&name).err())];
        form.submit(
            checks,
            || endpoints::groups::add(&NewGroup { name }),
            move |group| {
                toasts.success(tu_string!(i18n, groups.added, name = group.name));
                page.groups.reload();
                if form.is_open() {
                    dialogs.close();
                    navigate(&format!("/groups?group={}", group.id), NavigateOptions::default());
                }
            },
        );
    };
    view! {
        <FormDialog title=text!(groups.add_title) form submit>
            <TextField label=text!(groups.name) value=name name="name" form autofocus=true />
        </FormDialog>
    }
}

#[component]
pub fn RenameGroupDialog(
    /// The state of the page.
    page: GroupsPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts, dialogs) = (Form::default(), Toasts::get(), Dialogs::get());
    let before = untrack(|| page.name());
    let (name, tag) = (RwSignal::new(before.clone()), untrack(|| page.group.tag()));
    let submit = move |()| {
        let Some(group) = page.id.get_untracked() else { return };
        let (name, tag) = (name.get_untracked(), tag.clone());
        let checks = [("name", validate::name(&name).err())];
        let request = || endpoints::groups::rename(group, &RenameGroup { name }).if_match(tag);
        form.submit(checks, request, move |_: GroupDetail| {
            toasts.success(tu_string!(i18n, groups.renamed).to_owned());
            page.groups.reload();
            page.group.reload();
            dialogs.close_if(form);
        });
    };
    let title = Text::derive(move |locale| td_string!(locale, groups.rename_title, name = before.clone()));
    view! {
        <FormDialog title form submit>
            <TextField label=text!(groups.name) value=name name="name" form autofocus=true />
        </FormDialog>
    }
}

#[component]
pub fn DeleteGroup(
    /// The state of the page.
    page: GroupsPageState,
    /// The group to delete.
    group: GroupId,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts, dialogs, navigate) = (Form::default(), Toasts::get(), Dialogs::get(), use_navigate());
    let name = StoredValue::new(untrack(|| page.name()));
    let action = move |()| {
        let (navigate, name) = (navigate.clone(), name.get_value());
        form.submit(
            [],
            || endpoints::groups::delete(group),
            move |()| {
                toasts.success(tu_string!(i18n, groups.deleted, name = name));
                page.groups.remove(group);
                if form.is_open() {
                    dialogs.close();
                    navigate("/groups", NavigateOptions { replace: true, ..NavigateOptions::default() });
                }
            },
        );
    };
    let assigns = move || page.licenses.with(|all| !all.is_empty()).unwrap_or_default();
    let licenses = move || match assigns() {
        true => t_string!(i18n, groups.delete_revokes),
        false => t_string!(i18n, groups.delete_keeps),
    };
    view! {
        <ConfirmDialog
            title=text!(groups.delete_title, name = name.get_value())
            form
            action
            confirm=text!(groups.delete_confirm)
        >
            <p>{licenses} " " {t!(i18n, groups.delete_text)}</p>
        </ConfirmDialog>
    }
}
