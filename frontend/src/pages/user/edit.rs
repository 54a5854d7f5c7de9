//! Editing a user: name and e-mail address, for admins also role, permissions and limits. If the user was changed
//! meanwhile, the form says so and shows the current values; nothing is overwritten.

use super::state::UserPageState;
use crate::{
    i18n::*,
    labels,
    ui::{
        dialog::Dialog,
        error_message::{ErrorMessage, failure_text},
        field::TextField,
        form::Form,
        icon::{Glyph, Icon},
        toast::Toasts,
    },
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    ids::GroupId,
    people::{Permission, Role},
    permissions::Action,
    problem::Code,
    validate,
    wire::users::{ChangeUser, UserView},
};
use std::collections::BTreeSet;

#[component]
pub fn EditDialog(
    /// The state of the page.
    page: UserPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let title = move || {
        let name = page.with(|user| user.name.clone()).unwrap_or_default();
        t_string!(i18n, person.edit_title, name = name)
    };
    let conflict = RwSignal::new(false);
    Effect::new(move |_| {
        if page.editing.get() {
            conflict.set(false);
        }
    });
    view! {
        <Dialog open=page.editing title=Signal::derive(title)>
            // Redrawn when the user is reloaded: then the form shows the current values.
            {move || page.user.get().map(|user| view! { <Entry page user conflict /> })}
        </Dialog>
    }
}

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
        let manager = self.role.get_untracked() == Role::Manager;
        let new = |is: bool| roles.then_some(()).filter(|()| is);
        let (name, email, role) = (self.name.get_untracked(), self.email.get_untracked(), self.role.get_untracked());
        let (permissions, limited) = (self.permissions.get_untracked(), self.limited.get_untracked());
        let manages: Vec<_> = self.manages.get_untracked().into_iter().collect();
        ChangeUser {
            name: (name != user.name).then_some(name),
            email: (email != user.email).then_some(email),
            role: new(role != user.role).map(|()| role),
            permissions: new(manager && permissions != user.permissions).map(|()| permissions),
            limited_to_groups: new(manager && limited != user.limited_to_groups).map(|()| limited),
            manages: new(manager && manages != user.manages).map(|()| manages),
            status: None,
        }
    }
}

#[component]
fn Entry(
    /// The state of the page.
    page: UserPageState,
    /// The current user.
    user: UserView,
    /// Whether the user was changed meanwhile.
    conflict: RwSignal<bool>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts, fields) = (Form::default(), Toasts::get(), UserFields::of(&user));
    let user = StoredValue::new(user);
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let change = user.with_value(|user| fields.change(user, untrack(|| page.may(Action::ManageRoles))));
        let checks = [
            ("name", validate::name(&fields.name.get_untracked()).err()),
            ("email", validate::email(&fields.email.get_untracked()).err()),
        ];
        if !form.begin(checks) {
            return;
        }
        let (path, tag) = (user.with_value(|user| format!("/users/{}", user.id)), page.tag.get_untracked());
        spawn_local(async move {
            match page.api.patch_if::<UserView>(&path, &tag, &change).await {
                Ok((user, tag)) => {
                    toasts.success(tu_string!(i18n, person.saved));
                    page.editing.set(false);
                    page.set_user(user, tag);
                    page.groups.reload();
                }
                Err(failure) if failure.code() == Some(Code::ChangedMeanwhile) => {
                    form.done();
                    conflict.set(true);
                    page.load();
                }
                Err(failure) => form.failed(failure),
            }
        });
    };
    let wrong = move || match form.code() {
        Some(Code::AlreadyExists) => Some(t_string!(i18n, problem.email_exists).to_owned()),
        _ => failure_text(i18n, form.failure()),
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <div role="alert">
                <Show when=move || conflict.get()>
                    <p class="note bad">
                        <Icon glyph=Glyph::Warning />
                        <span>
                            <b>{t!(i18n, person.changed_title)}</b>
                            " "
                            {t!(i18n, person.changed_text)}
                        </span>
                    </p>
                </Show>
            </div>
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
            <Show when=move || page.may(Action::ManageRoles)>
                <RoleChoice page fields />
            </Show>
            <ErrorMessage text=Signal::derive(wrong) />
            <div class="acts">
                <button type="button" class="button" on:click=move |_| page.editing.set(false)>
                    {t!(i18n, common.cancel)}
                </button>
                <button type="submit" class="button primary" aria-disabled=move || form.busy().to_string()>
                    {t!(i18n, common.save)}
                </button>
            </div>
        </form>
    }
}

/// The role, and for a manager the permissions and the groups they are limited to.
#[component]
fn RoleChoice(
    /// The state of the page.
    page: UserPageState,
    /// The form values.
    fields: UserFields,
) -> impl IntoView {
    let i18n = use_i18n();
    let role = move |role: Role| {
        view! {
            <label class="check">
                <input
                    type="radio"
                    name="role"
                    value=role.as_str()
                    prop:checked=move || fields.role.get() == role
                    on:change=move |_| fields.role.set(role)
                />
                <span>{move || labels::role(i18n, role)}</span>
            </label>
        }
    };
    let permission = move |one: &'static Permission| {
        view! {
            <Checkbox
                text=Signal::derive(move || labels::permission(i18n, *one).to_owned())
                checked=Signal::derive(move || fields.permissions.with(|all| all.contains(one)))
                toggle=move |()| fields.permissions.update(|all| toggle_member(all, *one))
            />
        }
    };
    view! {
        <fieldset class="check-list">
            <legend class="label">{t!(i18n, users.role)}</legend>
            {[Role::Agent, Role::Manager, Role::Admin].into_iter().map(role).collect_view()}
        </fieldset>
        <Show when=move || fields.role.get() == Role::Manager>
            <fieldset class="check-list">
                <legend class="label">{t!(i18n, users.permissions)}</legend>
                {Permission::ALL.iter().map(permission).collect_view()}
                <p class="hint">{t!(i18n, users.permissions_hint)}</p>
            </fieldset>
            <Limits page fields />
        </Show>
    }
}

#[component]
fn Limits(
    /// The state of the page.
    page: UserPageState,
    /// The form values.
    fields: UserFields,
) -> impl IntoView {
    let i18n = use_i18n();
    let group = move |(id, name): (GroupId, String)| {
        view! {
            <Checkbox
                text=Signal::stored(name)
                checked=Signal::derive(move || fields.manages.with(|all| all.contains(&id)))
                toggle=move |()| fields.manages.update(|all| toggle_member(all, id))
            />
        }
    };
    let groups =
        move || page.groups.all.with(|all| all.iter().map(|group| (group.id, group.name.clone())).collect::<Vec<_>>());
    view! {
        <fieldset class="check-list">
            <legend class="label">{t!(i18n, person.manages)}</legend>
            <Checkbox
                text=Signal::derive(move || t_string!(i18n, person.limited).to_owned())
                checked=fields.limited
                toggle=move |()| fields.limited.update(|limited| *limited = !*limited)
            />
            <p class="hint">{t!(i18n, person.limited_hint)}</p>
            {move || groups().into_iter().map(group).collect_view()}
        </fieldset>
    }
}

#[component]
fn Checkbox(
    /// The label.
    #[prop(into)]
    text: Signal<String>,
    /// Whether the box is checked.
    #[prop(into)]
    checked: Signal<bool>,
    /// Called when the user checks or unchecks the box.
    #[prop(into)]
    toggle: Callback<()>,
) -> impl IntoView {
    view! {
        <label class="check">
            <input type="checkbox" prop:checked=move || checked.get() on:change=move |_| toggle.run(()) />
            <span>{move || text.get()}</span>
        </label>
    }
}

fn toggle_member<T: Ord>(all: &mut BTreeSet<T>, one: T) {
    if !all.remove(&one) {
        all.insert(one);
    }
}
