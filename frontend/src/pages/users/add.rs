//! Adding a user: name, e-mail address, and an initial password or an invitation; for admins also role and permissions.

use super::state::UsersPageState;
use crate::{
    caller::Caller,
    i18n::*,
    invite::Invites,
    labels,
    ui::{
        dialog::TaskDialog,
        error_message::{ErrorMessage, failure_text},
        field::TextField,
        form::Form,
        select::{Select, SelectOption},
        toast::Toasts,
    },
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    people::{Permission, Role},
    permissions::Action,
    problem::Code,
    validate::{self, DEFAULT_PASSWORD_MIN},
    wire::{
        groups::GroupView,
        users::{NewUser, UserView},
    },
};
use std::collections::BTreeSet;

#[component]
pub fn AddDialog(
    /// The state of the page.
    page: UsersPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <TaskDialog
            open=page.adding
            close=move |()| page.adding.set(false)
            title=Signal::derive(move || t_string!(i18n, users.add_title).to_owned())
        >
            <Entry page />
        </TaskDialog>
    }
}

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
        Self {
            name: RwSignal::default(),
            email: RwSignal::default(),
            password: RwSignal::default(),
            role: RwSignal::new(Role::Agent),
            permissions: RwSignal::default(),
            group: RwSignal::default(),
        }
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
fn Entry(
    /// The state of the page.
    page: UsersPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts, fields) = (Form::default(), Toasts::get(), NewUserFields::new());
    let (invites, caller) = (Invites::get(), Caller::get());
    let min_length = move || caller.me_untracked().map_or(DEFAULT_PASSWORD_MIN, |me| me.account.password_min);
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let body = fields.body();
        let checks = [
            ("name", validate::name(&body.name).err()),
            ("email", validate::email(&body.email).err()),
            (
                "password",
                body.password.as_ref().and_then(|password| validate::password_with_min(password, min_length()).err()),
            ),
        ];
        if form.begin(checks) {
            spawn_local(async move {
                match page.api.post::<UserView>("/users", &body).await {
                    Ok(user) => {
                        if body.password.is_none() {
                            invites.create(i18n, toasts, user.id, user.name.clone());
                        }
                        toasts.success(tu_string!(i18n, users.added, name = user.name));
                        page.adding.set(false);
                        page.load(false);
                    }
                    Err(failure) => form.failed(failure),
                }
            });
        }
    };
    // Only the e-mail address must be unique.
    let wrong = move || match form.code() {
        Some(Code::AlreadyExists) => Some(t_string!(i18n, problem.email_exists).to_owned()),
        _ => failure_text(i18n, form.failure()),
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <NameAndPassword fields form />
            <GroupChoice page fields form />
            <Show when=move || page.may(Action::ManageRoles)>
                <RoleChoice fields />
            </Show>
            <ErrorMessage text=Signal::derive(wrong) />
            <div class="acts">
                <button type="button" class="button" on:click=move |_| page.adding.set(false)>
                    {t!(i18n, common.cancel)}
                </button>
                <button type="submit" class="button primary" aria-disabled=move || form.busy().to_string()>
                    {t!(i18n, users.add)}
                </button>
            </div>
        </form>
    }
}

#[component]
fn NameAndPassword(
    /// The form values.
    fields: NewUserFields,
    /// The state of the form.
    form: Form,
) -> impl IntoView {
    let i18n = use_i18n();
    let caller = Caller::get();
    let hint = move || {
        let min_length = caller.me().map_or(DEFAULT_PASSWORD_MIN, |me| me.account.password_min);
        let length_hint = t_string!(i18n, auth.password_hint, min = min_length);
        Some(format!("{length_hint} {}", t_string!(i18n, users.add_hint)))
    };
    view! {
        <TextField
            label=Signal::derive(move || t_string!(i18n, users.name).to_owned())
            value=fields.name
            name="name"
            error=form.error("name")
            autofocus=true
        />
        <TextField
            label=Signal::derive(move || t_string!(i18n, users.email).to_owned())
            value=fields.email
            kind="email"
            name="email"
            error=form.error("email")
        />
        <TextField
            label=Signal::derive(move || t_string!(i18n, users.password).to_owned())
            value=fields.password
            kind="password"
            name="password"
            autocomplete="new-password"
            hint=Signal::derive(hint)
            error=form.error("password")
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
                label=Signal::derive(move || t_string!(i18n, bulk.group).to_owned())
                name="group"
                options
                value=fields.group
                choose=move |id| fields.group.set(id)
                error=form.error("group_ids")
            />
        </Show>
    }
}

/// The role, and for a manager the permissions.
#[component]
fn RoleChoice(
    /// The form values.
    fields: NewUserFields,
) -> impl IntoView {
    let i18n = use_i18n();
    let hint = move |role| match role {
        Role::Agent => t_string!(i18n, users.role_agent_hint),
        Role::Manager => t_string!(i18n, users.role_manager_hint),
        Role::Admin => t_string!(i18n, users.role_admin_hint),
    };
    let one = move |role: Role| {
        view! {
            <label class="check">
                <input
                    type="radio"
                    name="role"
                    value=role.as_str()
                    prop:checked=move || fields.role.get() == role
                    on:change=move |_| fields.role.set(role)
                />
                <span>
                    {move || labels::role(i18n, role)}
                    <small>{move || hint(role)}</small>
                </span>
            </label>
        }
    };
    view! {
        <fieldset class="check-list">
            <legend class="label">{t!(i18n, users.role)}</legend>
            {[Role::Agent, Role::Manager, Role::Admin].into_iter().map(one).collect_view()}
        </fieldset>
        <Show when=move || fields.role.get() == Role::Manager>
            <Permissions fields />
        </Show>
    }
}

#[component]
fn Permissions(
    /// The form values.
    fields: NewUserFields,
) -> impl IntoView {
    let i18n = use_i18n();
    let one = move |permission: &'static Permission| {
        let toggle = move |_| {
            fields.permissions.update(|all| {
                if !all.remove(permission) {
                    all.insert(*permission);
                }
            });
        };
        view! {
            <label class="check">
                <input
                    type="checkbox"
                    name=permission.as_str()
                    prop:checked=move || fields.permissions.with(|all| all.contains(permission))
                    on:change=toggle
                />
                <span>{move || labels::permission(i18n, *permission)}</span>
            </label>
        }
    };
    view! {
        <fieldset class="check-list">
            <legend class="label">{t!(i18n, users.permissions)}</legend>
            {Permission::ALL.iter().map(one).collect_view()}
            <p class="hint">{t!(i18n, users.permissions_hint)}</p>
        </fieldset>
    }
}
