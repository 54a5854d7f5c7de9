//! Editing a user: name and e-mail address, for admins also role, permissions and limits. If the user was changed
//! meanwhile, the form says so; nothing is overwritten, and what was entered stays until the user drops it.

use super::state::UserPageState;
use crate::{
    i18n::*,
    pages::users::role_fields::RoleFields,
    text::text,
    ui::{
        check_list::{CheckList, CheckListItem},
        checkbox::Checkbox,
        edit_conflict::VersionedEdit,
        field::TextField,
        form::Form,
        form_dialog::{Dialogs, FormDialog},
        show::Show,
        toast::Toasts,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{
    endpoints,
    ids::GroupId,
    people::{Permission, Role},
    permissions::Action,
    validate,
    wire::users::{ChangeUser, UserView},
};
use std::collections::BTreeSet;

/// The form values.
#[derive(Clone, Copy)]
struct UserFields {
    name: RwSignal<String>,
    email: RwSignal<String>,
    role: RwSignal<Role>,
    permissions: RwSignal<BTreeSet<Permission>>,
    limited: RwSignal<bool>,
    manages: RwSignal<BTreeSet<GroupId>>,
}

impl UserFields {
    fn of(user: &UserView) -> Self {
        Self {
            name: RwSignal::new(user.name.clone()),
            email: RwSignal::new(user.email.clone()),
            role: RwSignal::new(user.role),
            permissions: RwSignal::new(user.permissions.clone()),
            limited: RwSignal::new(user.limited_to_groups),
            manages: RwSignal::new(user.manages.iter().copied().collect()),
        }
    }

    /// The changed values; role, permissions and limits only if `roles`.
    fn change(self, user: &UserView, roles: bool) -> ChangeUser {
        let (name, email, role) = (self.name.get_untracked(), self.email.get_untracked(), self.role.get_untracked());
        let (permissions, limited) = (self.permissions.get_untracked(), self.limited.get_untracked());
        let manages: Vec<_> = self.manages.get_untracked().into_iter().collect();
        let manager = roles && role == Role::Manager;
        ChangeUser {
            name: (name != user.name).then_some(name),
            email: (email != user.email).then_some(email),
            role: (roles && role != user.role).then_some(role),
            permissions: (manager && permissions != user.permissions).then_some(permissions),
            limited_to_groups: (manager && limited != user.limited_to_groups).then_some(limited),
            manages: (manager && manages != user.manages).then_some(manages),
            status: None,
        }
    }
}

/// What the dialog shows: a change of anything else is no conflict.
fn shows_same(one: &UserView, other: &UserView) -> bool {
    let shown = |user: &UserView| {
        let UserView { name, email, role, permissions, limited_to_groups, manages, .. } = user.clone();
        (name, email, role, permissions, limited_to_groups, manages)
    };
    shown(one) == shown(other)
}

#[component]
pub fn EditUser(
    /// The state of the page.
    page: UserPageState,
    /// The user as shown.
    user: UserView,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts, dialogs, fields) = (Form::default(), Toasts::get(), Dialogs::get(), UserFields::of(&user));
    let (before, shown, name) = (user.clone(), user.clone(), user.name);
    let edit = VersionedEdit::of(endpoints::users::one(page.id), move |now| shows_same(now, &shown));
    let submit = move |()| {
        let change = fields.change(&before, untrack(|| page.may(Action::ManageRoles)));
        let checks = [
            ("name", validate::name(&fields.name.get_untracked()).err()),
            ("email", validate::email(&fields.email.get_untracked()).err()),
        ];
        form.run(checks, edit.send(endpoints::users::change(page.id, &change)), move |user| {
            toasts.success(tu_string!(i18n, person.saved));
            page.user.set(user);
            page.groups.reload();
            dialogs.close_if(form);
        });
    };
    let show_current = move |()| {
        form.submit(
            [],
            || endpoints::users::one(page.id),
            move |user| {
                page.user.set(user);
                if form.is_open() {
                    dialogs.reopen();
                }
            },
        );
    };
    view! {
        <FormDialog title=text!(person.edit_title, name = name.clone()) form submit edit reload=show_current>
            <TextField label=text!(users.name) value=fields.name name="name" form autofocus=true />
            <TextField label=text!(users.email) value=fields.email kind="email" name="email" form />
            <Show when=move || page.may(Action::ManageRoles)>
                <RoleFields role=fields.role permissions=fields.permissions />
                <Show when=move || fields.role.get() == Role::Manager>
                    <Limits page fields />
                </Show>
            </Show>
        </FormDialog>
    }
}

/// Whether a manager is limited to groups, and to which.
#[component]
fn Limits(
    /// The state of the page.
    page: UserPageState,
    /// The form values.
    fields: UserFields,
) -> impl IntoView {
    let groups = move || {
        let all = page.groups.all.get().into_iter();
        all.map(|group| CheckListItem { value: group.id, text: group.name, note: String::new() }).collect::<Vec<_>>()
    };
    view! {
        <Checkbox
            label=text!(person.limited)
            name="limited_to_groups"
            value=fields.limited
            hint=text!(person.limited_hint)
        />
        <CheckList
            label=text!(person.manages)
            titled=true
            items=Signal::derive(groups)
            selected=fields.manages
            none=text!(groups.none_title)
        />
    }
}
