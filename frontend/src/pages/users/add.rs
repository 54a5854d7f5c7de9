//! Adding a user: name, e-mail address, and an initial password or an invitation; for admins also role and permissions.

use super::{role_fields::RoleFields, state::UsersPageState};
use crate::{
    caller::Caller,
    i18n::*,
    invite::Invites,
    text::{Text, text},
    ui::{
        field::TextField,
        form::Form,
        form_dialog::{Dialogs, FormDialog},
        select::{Select, SelectOption},
        show::Show,
        toast::Toasts,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{
    endpoints,
    people::{Permission, Role},
    permissions::Action,
    validate::{self, DEFAULT_PASSWORD_MIN},
    wire::{groups::GroupView, users::NewUser},
};
use std::collections::BTreeSet;

/// The form values.
#[derive(Clone, Copy)]
struct NewUserFields {
    name: RwSignal<String>,
    email: RwSignal<String>,
    password: RwSignal<String>,
    role: RwSignal<Role>,
    permissions: RwSignal<BTreeSet<Permission>>,
    group: RwSignal<String>,
}

impl NewUserFields {
    fn new() -> Self {
        let (name, email, password) = Default::default();
        let (role, permissions, group) = (RwSignal::new(Role::Agent), RwSignal::default(), RwSignal::default());
        Self { name, email, password, role, permissions, group }
    }

    fn body(self) -> NewUser {
        let role = self.role.get_untracked();
        let permissions = if role == Role::Manager { self.permissions.get_untracked() } else { BTreeSet::new() };
        NewUser {
            name: self.name.get_untracked(),
            email: self.email.get_untracked(),
            password: Some(self.password.get_untracked()).filter(|password| !password.is_empty()),
            role,
            permissions,
            group_ids: self.group.get_untracked().parse().into_iter().collect(),
        }
    }
}

#[component]
pub fn AddUser(
    /// The state of the page.
    page: UsersPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts, dialogs, invites) = (Form::default(), Toasts::get(), Dialogs::get(), Invites::get());
    let (caller, fields) = (Caller::get(), NewUserFields::new());
    let submit = move |()| {
        let body = fields.body();
        let min_length = caller.me_untracked().map_or(DEFAULT_PASSWORD_MIN, |me| me.account.password_min);
        let password = body.password.as_ref().map(|password| validate::password_with_min(password, min_length));
        let checks = [
            ("name", validate::name(&body.name).err()),
            ("email", validate::email(&body.email).err()),
            ("password", password.and_then(Result::err)),
        ];
        let is_invited = body.password.is_none();
        form.submit(
            checks,
            || endpoints::users::add(&body),
            move |user| {
                if is_invited {
                    invites.create(user.id, user.name.clone());
                }
                toasts.success(tu_string!(i18n, users.added, name = user.name));
                page.list.reload();
                dialogs.close_if(form);
            },
        );
    };
    view! {
        <FormDialog title=text!(users.add_title) form submit confirm=text!(users.add)>
            <NameAndPassword fields form />
            <GroupChoice page fields form />
            <Show when=move || page.may(Action::ManageRoles)>
                <RoleFields role=fields.role permissions=fields.permissions />
            </Show>
        </FormDialog>
    }
}

#[component]
fn NameAndPassword(
    /// The form values.
    fields: NewUserFields,
    /// The state of the form.
    form: Form,
) -> impl IntoView {
    let caller = Caller::get();
    let hint = Text::derive(move |locale| {
        let min_length = caller.me().map_or(DEFAULT_PASSWORD_MIN, |me| me.account.password_min);
        let length_hint = td_string!(locale, auth.password_hint, min = min_length);
        format!("{length_hint} {}", td_string!(locale, users.add_hint))
    });
    view! {
        <TextField label=text!(users.name) value=fields.name name="name" form autofocus=true />
        <TextField label=text!(users.email) value=fields.email kind="email" name="email" form />
        <TextField
            label=text!(users.password)
            value=fields.password
            kind="password"
            name="password"
            autocomplete="new-password"
            hint
            form
            optional=true
        />
    }
}

/// The initial group. A manager limited to groups must choose one: they would not see the new user otherwise.
#[component]
fn GroupChoice(
    /// The state of the page.
    page: UsersPageState,
    /// The form values.
    fields: NewUserFields,
    /// The state of the form.
    form: Form,
) -> impl IntoView {
    let i18n = use_i18n();
    let options = Memo::new(move |_| {
        let one = |group: &GroupView| SelectOption::new(group.id.to_string(), group.name.clone());
        let first = SelectOption::new("", t_string!(i18n, users.no_group));
        std::iter::once(first).chain(page.groups.all.with(|all| all.iter().map(one).collect::<Vec<_>>())).collect()
    });
    view! {
        <Show when=move || { options.with(Vec::len) > 1 }>
            <Select
                label=text!(bulk.group)
                name="group_ids"
                options
                value=fields.group
                choose=move |id| fields.group.set(id)
                form
            />
        </Show>
    }
}
