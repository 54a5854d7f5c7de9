//! Editing a user: name and address; by an admin also role, permissions and limits. Whoever was slower than somebody else is
//! told, sees what is there now, and overwrites nothing.

use super::desk::Desk;
use crate::{
    i18n::*,
    ui::{
        dialog::Dialog,
        face::{Wrong, usual},
        field::TextField,
        form::Form,
        icon::{Glyph, Icon},
        toast::Toasts,
    },
    words,
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

/// The dialog.
#[component]
pub fn EditDialog(
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let title = move || {
        let name = desk.with(|user| user.name.clone()).unwrap_or_default();
        t_string!(i18n, person.edit_title, name = name)
    };
    let late = RwSignal::new(false);
    Effect::new(move |_| {
        if desk.editing.get() {
            late.set(false);
        }
    });
    view! {
        <Dialog open=desk.editing title=Signal::derive(title)>
            // Drawn anew when the server tells something else: then the form shows that.
            {move || desk.user.get().map(|user| view! { <Entry desk user late /> })}
        </Dialog>
    }
}

/// What is entered.
#[derive(Clone, Copy)]
struct Entered {
    name: RwSignal<String>,
    email: RwSignal<String>,
    role: RwSignal<Role>,
    permissions: RwSignal<BTreeSet<Permission>>,
    limited: RwSignal<bool>,
    manages: RwSignal<BTreeSet<GroupId>>,
}

impl Entered {
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

    /// What is different from what is there.
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
    /// The page.
    desk: Desk,
    /// The user as he is.
    user: UserView,
    /// Whether somebody else was faster.
    late: RwSignal<bool>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts, entered) = (Form::default(), Toasts::get(), Entered::of(&user));
    let user = StoredValue::new(user);
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let change = user.with_value(|user| entered.change(user, untrack(|| desk.may(Action::ManageRoles))));
        let checks = [
            ("name", validate::name(&entered.name.get_untracked()).err()),
            ("email", validate::email(&entered.email.get_untracked()).err()),
        ];
        if !form.begin(checks) {
            return;
        }
        let (path, tag) = (user.with_value(|user| format!("/users/{}", user.id)), desk.tag.get_untracked());
        spawn_local(async move {
            match desk.api.patch_if::<UserView>(&path, &tag, &change).await {
                Ok((user, tag)) => {
                    toasts.good(tu_string!(i18n, person.saved));
                    desk.editing.set(false);
                    desk.put(user, tag);
                    desk.groups.again();
                }
                Err(failure) if failure.code() == Some(Code::ChangedMeanwhile) => {
                    form.done();
                    late.set(true);
                    desk.load();
                }
                Err(failure) => form.failed(failure),
            }
        });
    };
    let wrong = move || match form.code() {
        Some(Code::AlreadyExists) => Some(t_string!(i18n, problem.email_exists).to_owned()),
        _ => usual(i18n, form.failure()),
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <div role="alert">
                <Show when=move || late.get()>
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
            <Show when=move || desk.may(Action::ManageRoles)>
                <RoleChoice desk entered />
            </Show>
            <Wrong text=Signal::derive(wrong) />
            <div class="acts">
                <button type="button" class="button" on:click=move |_| desk.editing.set(false)>
                    {t!(i18n, common.cancel)}
                </button>
                <button type="submit" class="button primary" aria-disabled=move || form.busy().to_string()>
                    {t!(i18n, common.save)}
                </button>
            </div>
        </form>
    }
}

/// Role, and for a manager what is allowed and whom he sees.
#[component]
fn RoleChoice(
    /// The page.
    desk: Desk,
    /// What is entered.
    entered: Entered,
) -> impl IntoView {
    let i18n = use_i18n();
    let role = move |role: Role| {
        view! {
            <label class="check">
                <input
                    type="radio"
                    name="role"
                    value=role.as_str()
                    prop:checked=move || entered.role.get() == role
                    on:change=move |_| entered.role.set(role)
                />
                <span>{move || words::role(i18n, role)}</span>
            </label>
        }
    };
    let permission = move |one: &'static Permission| {
        view! {
            <Tick
                text=Signal::derive(move || words::permission(i18n, *one).to_owned())
                ticked=Signal::derive(move || entered.permissions.with(|all| all.contains(one)))
                toggle=move |()| entered.permissions.update(|all| flip(all, *one))
            />
        }
    };
    view! {
        <fieldset class="check-list">
            <legend class="label">{t!(i18n, users.role)}</legend>
            {[Role::Agent, Role::Manager, Role::Admin].into_iter().map(role).collect_view()}
        </fieldset>
        <Show when=move || entered.role.get() == Role::Manager>
            <fieldset class="check-list">
                <legend class="label">{t!(i18n, users.permissions)}</legend>
                {Permission::ALL.iter().map(permission).collect_view()}
                <p class="hint">{t!(i18n, users.permissions_hint)}</p>
            </fieldset>
            <Limits desk entered />
        </Show>
    }
}

#[component]
fn Limits(
    /// The page.
    desk: Desk,
    /// What is entered.
    entered: Entered,
) -> impl IntoView {
    let i18n = use_i18n();
    let group = move |(id, name): (GroupId, String)| {
        view! {
            <Tick
                text=Signal::stored(name)
                ticked=Signal::derive(move || entered.manages.with(|all| all.contains(&id)))
                toggle=move |()| entered.manages.update(|all| flip(all, id))
            />
        }
    };
    let groups =
        move || desk.groups.all.with(|all| all.iter().map(|group| (group.id, group.name.clone())).collect::<Vec<_>>());
    view! {
        <fieldset class="check-list">
            <legend class="label">{t!(i18n, person.manages)}</legend>
            <Tick
                text=Signal::derive(move || t_string!(i18n, person.limited).to_owned())
                ticked=entered.limited
                toggle=move |()| entered.limited.update(|limited| *limited = !*limited)
            />
            <p class="hint">{t!(i18n, person.limited_hint)}</p>
            {move || groups().into_iter().map(group).collect_view()}
        </fieldset>
    }
}

#[component]
fn Tick(
    /// What is ticked.
    #[prop(into)]
    text: Signal<String>,
    /// Whether it is.
    #[prop(into)]
    ticked: Signal<bool>,
    /// Somebody ticked or unticked it.
    #[prop(into)]
    toggle: Callback<()>,
) -> impl IntoView {
    view! {
        <label class="check">
            <input type="checkbox" prop:checked=move || ticked.get() on:change=move |_| toggle.run(()) />
            <span>{move || text.get()}</span>
        </label>
    }
}

fn flip<T: Ord>(all: &mut BTreeSet<T>, one: T) {
    if !all.remove(&one) {
        all.insert(one);
    }
}
