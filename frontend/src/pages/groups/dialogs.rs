//! Adding, renaming and deleting a group.

use super::state::{GroupDialog, GroupsPageState};
use crate::{
    i18n::*,
    ui::{
        dialog::TaskDialog,
        error_message::{ErrorMessage, failure_text},
        field::TextField,
        form::Form,
        toast::Toasts,
    },
};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::{NavigateOptions, hooks::use_navigate};
use seatkeeper_shared::{
    problem::Code,
    validate,
    wire::groups::{GroupDetail, GroupView, NewGroup, RenameGroup},
};

/// The dialog that adds a group or renames the open one.
#[component]
pub fn NameDialog(
    /// The state of the page.
    page: GroupsPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let asked =
        Memo::new(move |_| page.dialog.get().filter(|one| matches!(one, GroupDialog::Add | GroupDialog::Rename)));
    let title = move || match asked.get() {
        Some(GroupDialog::Rename) => t_string!(i18n, groups.rename_title, name = page.name()),
        _ => t_string!(i18n, groups.add_title).to_owned(),
    };
    view! {
        <TaskDialog
            open=Signal::derive(move || asked.get().is_some())
            close=move |()| page.dialog.set(None)
            title=Signal::derive(title)
        >
            {move || asked.get().map(|asked| view! { <NameForm page rename=asked == GroupDialog::Rename /> })}
        </TaskDialog>
    }
}

#[component]
fn NameForm(
    /// The state of the page.
    page: GroupsPageState,
    /// Whether the open group is renamed; otherwise a group is added.
    rename: bool,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts, navigate) = (Form::default(), Toasts::get(), use_navigate());
    let name = RwSignal::new(if rename { untrack(|| page.name()) } else { String::new() });
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let name = name.get_untracked();
        if !form.begin([("name", validate::name(&name).err())]) {
            return;
        }
        let navigate = navigate.clone();
        spawn_local(async move {
            let answer = if rename { rename_group(page, name).await } else { add_group(page, name).await };
            match answer {
                Ok(group) => {
                    let text = if rename {
                        tu_string!(i18n, groups.renamed).to_owned()
                    } else {
                        tu_string!(i18n, groups.added, name = group.name)
                    };
                    toasts.success(text);
                    // `Some`: the user has left the page and stays where they are.
                    if page.dialog.try_set(None).is_none() {
                        page.groups.reload();
                        page.load();
                        navigate(&format!("/groups?group={}", group.id), NavigateOptions::default());
                    }
                }
                Err(failure) => {
                    if failure.code() == Some(Code::ChangedMeanwhile) {
                        page.load();
                    }
                    form.failed(failure);
                }
            }
        });
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <TextField
                label=Signal::derive(move || t_string!(i18n, groups.name).to_owned())
                value=name
                name="name"
                error=form.error("name")
                autofocus=true
            />
            <ErrorMessage text=Signal::derive(move || failure_text(i18n, form.failure())) />
            <div class="acts">
                <button type="button" class="button" on:click=move |_| page.dialog.set(None)>
                    {t!(i18n, common.cancel)}
                </button>
                <button type="submit" class="button primary" aria-disabled=move || form.busy().to_string()>
                    {t!(i18n, common.save)}
                </button>
            </div>
        </form>
    }
}

async fn add_group(page: GroupsPageState, name: String) -> Result<GroupView, crate::api::Failure> {
    page.api.post("/groups", &NewGroup { name }).await
}

async fn rename_group(page: GroupsPageState, name: String) -> Result<GroupView, crate::api::Failure> {
    let id = page.id.get_untracked().map(|id| id.to_string()).unwrap_or_default();
    let tag = page.tag.get_untracked();
    let answer = page.api.patch_if::<GroupDetail>(&format!("/groups/{id}"), &tag, &RenameGroup { name }).await;
    answer.map(|(detail, _)| detail.group)
}

/// The confirmation dialog before the open group is deleted.
#[component]
pub fn DeleteDialog(
    /// The state of the page.
    page: GroupsPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <TaskDialog
            open=Signal::derive(move || page.dialog.get() == Some(GroupDialog::Delete))
            close=move |()| page.dialog.set(None)
            title=Signal::derive(move || t_string!(i18n, groups.delete_title, name = page.name()))
        >
            <Delete page />
        </TaskDialog>
    }
}

#[component]
fn Delete(
    /// The state of the page.
    page: GroupsPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts, navigate) = (Form::default(), Toasts::get(), use_navigate());
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let Some(id) = page.id.get_untracked().filter(|_| form.begin([])) else { return };
        let (navigate, name) = (navigate.clone(), untrack(|| page.name()));
        spawn_local(async move {
            match page.api.delete(&format!("/groups/{id}")).await {
                Ok(()) => {
                    toasts.success(tu_string!(i18n, groups.deleted, name = name));
                    // The user stays where they are if they have left the page or opened another group.
                    if page.dialog.try_set(None).is_none() {
                        page.groups.remove(id);
                        if page.id.get_untracked() == Some(id) {
                            navigate("/groups", NavigateOptions { replace: true, ..NavigateOptions::default() });
                        }
                    }
                }
                Err(failure) => form.failed(failure),
            }
        });
    };
    let gives_licenses = move || page.licenses.with(|all| matches!(all, Some(Ok(all)) if !all.is_empty()));
    let licenses = move || match gives_licenses() {
        true => t_string!(i18n, groups.delete_revokes),
        false => t_string!(i18n, groups.delete_keeps),
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <p>{licenses} " " {t!(i18n, groups.delete_text)}</p>
            <ErrorMessage text=Signal::derive(move || failure_text(i18n, form.failure())) />
            <div class="acts">
                <button type="button" class="button" autofocus on:click=move |_| page.dialog.set(None)>
                    {t!(i18n, common.cancel)}
                </button>
                <button type="submit" class="button danger" aria-disabled=move || form.busy().to_string()>
                    {t!(i18n, groups.delete_confirm)}
                </button>
            </div>
        </form>
    }
}
