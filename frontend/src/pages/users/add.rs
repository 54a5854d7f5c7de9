//! Adding a user: name, e-mail address, first password; by an admin also role and permissions.

use super::desk::Desk;
use crate::{
    i18n::*,
    ui::{
        dialog::TaskDialog,
        face::{Wrong, usual},
        field::TextField,
        form::Form,
        select::{Choosable, Select},
        toast::Toasts,
    },
    words,
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    people::{Permission, Role},
    permissions::Action,
    problem::Code,
    validate::{self, MIN_PASSWORD},
    wire::{
        groups::GroupView,
        users::{NewUser, UserView},
    },
};
use std::collections::BTreeSet;

/// The dialog.
#[component]
pub fn AddDialog(
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <TaskDialog
            open=desk.adding
            close=move |()| desk.adding.set(false)
            title=Signal::derive(move || t_string!(i18n, users.add_title).to_owned())
        >
            <Entry desk />
        </TaskDialog>
    }
}

/// What is entered.
#[derive(Clone, Copy)]
struct Entered {
    name: RwSignal<String>,
    email: RwSignal<String>,
    password: RwSignal<String>,
    role: RwSignal<Role>,
    permissions: RwSignal<BTreeSet<Permission>>,
    group: RwSignal<String>,
}

impl Entered {
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
            password: self.password.get_untracked(),
            role,
            permissions,
            group_ids: self.group.get_untracked().parse().into_iter().collect(),
        }
    }
}

#[component]
fn Entry(
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts, entered) = (Form::default(), Toasts::get(), Entered::new());
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let body = entered.body();
        let checks = [
            ("name", validate::name(&body.name).err()),
            ("email", validate::email(&body.email).err()),
            ("password", validate::password(&body.password).err()),
        ];
        if form.begin(checks) {
            spawn_local(async move {
                match desk.api.post::<UserView>("/users", &body).await {
                    Ok(user) => {
                        toasts.good(tu_string!(i18n, users.added, name = user.name));
                        desk.adding.set(false);
                        desk.load(false);
                    }
                    Err(failure) => form.failed(failure),
                }
            });
        }
    };
    // What exists already can only be the address.
    let wrong = move || match form.code() {
        Some(Code::AlreadyExists) => Some(t_string!(i18n, problem.email_exists).to_owned()),
        _ => usual(i18n, form.failure()),
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <Person entered form />
            <GroupChoice desk entered form />
            <Show when=move || desk.may(Action::ManageRoles)>
                <RoleChoice entered />
            </Show>
            <Wrong text=Signal::derive(wrong) />
            <div class="acts">
                <button type="button" class="button" on:click=move |_| desk.adding.set(false)>
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
fn Person(
    /// What is entered.
    entered: Entered,
    /// The form.
    form: Form,
) -> impl IntoView {
    let i18n = use_i18n();
    let hint = move || {
        let least = t_string!(i18n, auth.password_hint, min = MIN_PASSWORD);
        Some(format!("{least} {}", t_string!(i18n, users.add_hint)))
    };
    view! {
        <TextField
            label=Signal::derive(move || t_string!(i18n, users.name).to_owned())
            value=entered.name
            name="name"
            error=form.error("name")
            first=true
        />
        <TextField
            label=Signal::derive(move || t_string!(i18n, users.email).to_owned())
            value=entered.email
            kind="email"
            name="email"
            error=form.error("email")
        />
        <TextField
            label=Signal::derive(move || t_string!(i18n, users.password).to_owned())
            value=entered.password
            kind="password"
            name="password"
            autocomplete="new-password"
            hint=Signal::derive(hint)
            error=form.error("password")
        />
    }
}

/// The first group. Whoever is limited to groups must name one: he would not see the new user otherwise.
#[component]
fn GroupChoice(
    /// The page.
    desk: Desk,
    /// What is entered.
    entered: Entered,
    /// The form.
    form: Form,
) -> impl IntoView {
    let i18n = use_i18n();
    let options = Memo::new(move |_| {
        let one = |group: &GroupView| Choosable::new(group.id.to_string(), group.name.clone());
        let first = Choosable::new("", t_string!(i18n, users.no_group));
        std::iter::once(first).chain(desk.groups.all.with(|all| all.iter().map(one).collect::<Vec<_>>())).collect()
    });
    view! {
        <Show when=move || { options.with(Vec::len) > 1 }>
            <Select
                label=Signal::derive(move || t_string!(i18n, bulk.group).to_owned())
                name="group"
                options
                value=entered.group
                choose=move |id| entered.group.set(id)
                error=form.error("group_ids")
            />
        </Show>
    }
}

/// The role, and for a manager what is allowed.
#[component]
fn RoleChoice(
    /// What is entered.
    entered: Entered,
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
                    prop:checked=move || entered.role.get() == role
                    on:change=move |_| entered.role.set(role)
                />
                <span>
                    {move || words::role(i18n, role)}
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
        <Show when=move || entered.role.get() == Role::Manager>
            <Permissions entered />
        </Show>
    }
}

#[component]
fn Permissions(
    /// What is entered.
    entered: Entered,
) -> impl IntoView {
    let i18n = use_i18n();
    let one = move |permission: &'static Permission| {
        let toggle = move |_| {
            entered.permissions.update(|all| {
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
                    prop:checked=move || entered.permissions.with(|all| all.contains(permission))
                    on:change=toggle
                />
                <span>{move || words::permission(i18n, *permission)}</span>
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
