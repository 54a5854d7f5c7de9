//! Adding, renaming and deleting a group.

use super::desk::{Asking, Desk};
use crate::{
    i18n::*,
    ui::{
        dialog::TaskDialog,
        face::{Wrong, usual},
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

/// Asks for the name of a new group, or another one for the open group.
#[component]
pub fn NameDialog(
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let asked = Memo::new(move |_| desk.asking.get().filter(|one| matches!(one, Asking::Add | Asking::Rename)));
    let title = move || match asked.get() {
        Some(Asking::Rename) => t_string!(i18n, groups.rename_title, name = desk.name()),
        _ => t_string!(i18n, groups.add_title).to_owned(),
    };
    view! {
        <TaskDialog
            open=Signal::derive(move || asked.get().is_some())
            close=move |()| desk.asking.set(None)
            title=Signal::derive(title)
        >
            {move || asked.get().map(|asked| view! { <Name desk rename=asked == Asking::Rename /> })}
        </TaskDialog>
    }
}

#[component]
fn Name(
    /// The page.
    desk: Desk,
    /// Whether the open group gets another name.
    rename: bool,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts, navigate) = (Form::default(), Toasts::get(), use_navigate());
    let name = RwSignal::new(if rename { untrack(|| desk.name()) } else { String::new() });
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let name = name.get_untracked();
        if !form.begin([("name", validate::name(&name).err())]) {
            return;
        }
        let navigate = navigate.clone();
        spawn_local(async move {
            let done = if rename { renamed(desk, name).await } else { added(desk, name).await };
            match done {
                Ok(group) => {
                    let text = if rename {
                        tu_string!(i18n, groups.renamed).to_owned()
                    } else {
                        tu_string!(i18n, groups.added, name = group.name)
                    };
                    toasts.good(text);
                    // Whoever has left the page stays where he is.
                    if desk.asking.try_set(None).is_none() {
                        desk.groups.again();
                        desk.load();
                        navigate(&format!("/groups?group={}", group.id), NavigateOptions::default());
                    }
                }
                Err(failure) => {
                    if failure.code() == Some(Code::ChangedMeanwhile) {
                        desk.load();
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
                first=true
            />
            <Wrong text=Signal::derive(move || usual(i18n, form.failure())) />
            <div class="acts">
                <button type="button" class="button" on:click=move |_| desk.asking.set(None)>
                    {t!(i18n, common.cancel)}
                </button>
                <button type="submit" class="button primary" aria-disabled=move || form.busy().to_string()>
                    {t!(i18n, common.save)}
                </button>
            </div>
        </form>
    }
}

async fn added(desk: Desk, name: String) -> Result<GroupView, crate::api::Failure> {
    desk.api.post("/groups", &NewGroup { name }).await
}

async fn renamed(desk: Desk, name: String) -> Result<GroupView, crate::api::Failure> {
    let id = desk.id.get_untracked().map(|id| id.to_string()).unwrap_or_default();
    let tag = desk.tag.get_untracked();
    let answer = desk.api.patch_if::<GroupDetail>(&format!("/groups/{id}"), &tag, &RenameGroup { name }).await;
    answer.map(|(detail, _)| detail.group)
}

/// The question before a group is deleted.
#[component]
pub fn DeleteDialog(
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <TaskDialog
            open=Signal::derive(move || desk.asking.get() == Some(Asking::Delete))
            close=move |()| desk.asking.set(None)
            title=Signal::derive(move || t_string!(i18n, groups.delete_title, name = desk.name()))
        >
            <Delete desk />
        </TaskDialog>
    }
}

#[component]
fn Delete(
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts, navigate) = (Form::default(), Toasts::get(), use_navigate());
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let Some(id) = desk.id.get_untracked().filter(|_| form.begin([])) else { return };
        let (navigate, name) = (navigate.clone(), untrack(|| desk.name()));
        spawn_local(async move {
            match desk.api.delete(&format!("/groups/{id}")).await {
                Ok(()) => {
                    toasts.good(tu_string!(i18n, groups.deleted, name = name));
                    // Whoever has left the page, or has opened another group, stays where he is.
                    if desk.asking.try_set(None).is_none() {
                        desk.groups.forget(id);
                        if desk.id.get_untracked() == Some(id) {
                            navigate("/groups", NavigateOptions { replace: true, ..NavigateOptions::default() });
                        }
                    }
                }
                Err(failure) => form.failed(failure),
            }
        });
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <p>{t!(i18n, groups.delete_text)}</p>
            <Wrong text=Signal::derive(move || usual(i18n, form.failure())) />
            <div class="acts">
                <button type="button" class="button" autofocus on:click=move |_| desk.asking.set(None)>
                    {t!(i18n, common.cancel)}
                </button>
                <button type="submit" class="button danger" aria-disabled=move || form.busy().to_string()>
                    {t!(i18n, groups.delete_confirm)}
                </button>
            </div>
        </form>
    }
}
