//! A row of the user list: user, role, licenses, last activity and actions.

use super::state::UsersPageState;
use crate::{
    bulk_actions::job::{BulkActionKind, BulkJob},
    format::{Format, Texts},
    i18n::*,
    invite::Invites,
    labels,
    ui::{
        grant_end::GrantEnd,
        icon::{Glyph, Icon},
        keyed_list::For,
        links::{Named, NamedLink},
        menu::Menu,
        person::Person,
        show::Show,
        time::Time,
    },
};
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use leptos_router::components::A;
use seatkeeper_shared::{
    ids::{LicenseId, UserId},
    people::{Role, UserStatus},
    permissions::Action,
    wire::users::UserView,
};

#[component]
pub fn Row(
    /// The state of the page.
    page: UsersPageState,
    /// The user.
    id: UserId,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let known = Memo::new(move |before: Option<&Option<UserView>>| {
        let now = page.list.items().with(|users| users.iter().find(|user| user.id == id).cloned());
        now.or_else(|| before.cloned().flatten())
    });
    let Some(first) = known.get_untracked() else { return ().into_any() };
    let user = Signal::derive(move || known.get().unwrap_or_else(|| first.clone()));
    let text = move |text: fn(&UserView) -> String| Signal::derive(move || user.with(text));
    let suspended = Memo::new(move |_| user.with(|user| user.status == UserStatus::Suspended));
    let last_active_at = Memo::new(move |_| user.with(|user| user.last_active_at));
    let last = move || match last_active_at.get() {
        Some(at) => view! {
            <Time at=Signal::stored(at) in_row=true>
                {move || format.ago(at)}
            </Time>
        }
        .into_any(),
        None => t!(i18n, users.never).into_any(),
    };
    view! {
        <tr class:selected=move || page.is_selected(id) class:suspended=move || suspended.get()>
            <Show when=move || page.may(Action::ManageUsers)>
                <td class="pick">
                    <input
                        type="checkbox"
                        aria-label=move || t_string!(i18n, users.select_row, name = user.with(|user| user.name.clone()))
                        prop:checked=move || page.is_selected(id)
                        on:change=move |_| page.toggle(id)
                    />
                </td>
            </Show>
            <th scope="row" class="cell-who">
                <A href=format!("/users/{id}") attr:class="who-link">
                    <Person name=text(|user| user.name.clone()) email=text(|user| user.email.clone()) />
                </A>
            </th>
            <td class="cell-role">
                <RoleCell page user suspended />
            </td>
            <td class="cell-licenses">
                <Licenses page user />
            </td>
            <td class="cell-last num muted">{last}</td>
            <Show when=move || page.may(Action::ManageUsers)>
                <td class="cell-menu">
                    <Actions page user suspended />
                </td>
            </Show>
        </tr>
    }
    .into_any()
}

#[component]
fn RoleCell(
    /// The state of the page.
    page: UsersPageState,
    user: Signal<UserView>,
    /// Whether the user is suspended.
    suspended: Memo<bool>,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let role = move || user.with(|user| labels::role(i18n, user.role));
    view! {
        <span class="chips">
            {role}
            <Show when=move || user.with(|user| page.is_me(user.id))>
                <span class="tag plain">{t!(i18n, users.you)}</span>
            </Show>
            <Show when=move || suspended.get()>
                <span class="tag warn">{t!(i18n, word.suspended)}</span>
            </Show>
        </span>
        <Show when=move || user.with(|user| user.billing_contact)>
            <small>{t!(i18n, users.billing)}</small>
        </Show>
        <Show when=move || user.with(|user| user.sessions > 0)>
            <small class="num">
                {move || {
                    let count = user.with(|user| user.sessions);
                    t_string!(i18n, users.in_session, count = count, n = format.number(count))
                }}
            </small>
        </Show>
    }
}

/// The licenses of a user, with buttons to add and remove.
#[component]
fn Licenses(
    /// The state of the page.
    page: UsersPageState,
    user: Signal<UserView>,
) -> impl IntoView {
    let i18n = use_i18n();
    let named = move |id: LicenseId| page.live.license(id).map(|license| labels::license(i18n, &license));
    let held = Memo::new(move |_| {
        let ids = user.with(|user| user.license_ids.clone());
        let end = |id| user.with(|user| user.grant_end(id));
        ids.into_iter().filter_map(|id| Some((id, named(id)?, end(id)))).collect::<Vec<_>>()
    });
    let name = move || user.with(|user| user.name.clone());
    let grant = move |_| page.ask(BulkJob::new(BulkActionKind::Grant, vec![user.get_untracked()]));
    let chip = move |(id, license, end): (LicenseId, String, Option<DateTime<Utc>>)| {
        let label = license.clone();
        let label = move || t_string!(i18n, users.revoke_from, license = label.clone(), name = name());
        let revoke = move |_| page.ask(BulkJob::with_choice(BulkActionKind::Revoke, vec![user.get_untracked()], id));
        view! {
            <li class="chip">
                <NamedLink to=Named::License(id)>{license}</NamedLink>
                {end.map(|end| view! { <GrantEnd end /> })}
                {page
                    .may(Action::Assign)
                    .then(|| {
                        view! {
                            <button type="button" class="icon-button" aria-label=label on:click=revoke>
                                <Icon glyph=Glyph::Cross />
                            </button>
                        }
                    })}
            </li>
        }
    };
    view! {
        <div class="chips">
            <Show
                when=move || !held.with(Vec::is_empty)
                fallback=move || view! { <span class="muted">{t!(i18n, users.no_license)}</span> }
            >
                <ul class="chips">
                    <For each=move || held.get() key=Clone::clone let:license>
                        {chip(license)}
                    </For>
                </ul>
            </Show>
            <Show when=move || page.may(Action::Assign)>
                <button
                    type="button"
                    class="icon-button"
                    aria-label=move || t_string!(i18n, users.grant_to, name = name())
                    on:click=grant
                >
                    <Icon glyph=Glyph::Plus />
                </button>
            </Show>
        </div>
    }
}

/// The menu of actions on the user.
#[component]
fn Actions(
    /// The state of the page.
    page: UsersPageState,
    user: Signal<UserView>,
    /// Whether the user is suspended.
    suspended: Memo<bool>,
) -> impl IntoView {
    let i18n = use_i18n();
    let ask = move |kind: BulkActionKind| page.ask(BulkJob::new(kind, vec![user.get_untracked()]));
    let item = move |glyph: Glyph, bad: bool, kind: BulkActionKind, text: fn(Texts) -> &'static str| {
        view! {
            <button type="button" class="menu-item" class:bad=bad on:click=move |_| ask(kind)>
                <Icon glyph />
                {move || text(i18n)}
            </button>
        }
    };
    let invites = Invites::get();
    let invite = move |_| user.with_untracked(|user| invites.create(user.id, user.name.clone()));
    // Users other than agents can only be changed by admins; groups can always be changed.
    let may_change = Memo::new(move |_| user.with(|user| user.role == Role::Agent) || page.may(Action::ManageRoles));
    view! {
        <Menu
            class="icon-button"
            label=Signal::derive(move || Some(t_string!(i18n, users.menu, name = user.with(|user| user.name.clone()))))
            trigger=|| view! { <Icon glyph=Glyph::More /> }
        >
            {item(Glyph::Plus, false, BulkActionKind::AddToGroup, |i18n| t_string!(i18n, bulk.add))}
            <Show when=move || may_change.get()>
                <Show
                    when=move || suspended.get()
                    fallback=move || {
                        view! {
                            <button type="button" class="menu-item" on:click=invite>
                                <Icon glyph=Glyph::Key />
                                {t!(i18n, invite.make)}
                            </button>
                            {item(Glyph::Lock, true, BulkActionKind::Suspend, |i18n| t_string!(i18n, users.suspend))}
                        }
                    }
                >
                    {item(Glyph::Tick, false, BulkActionKind::Reactivate, |i18n| t_string!(i18n, bulk.reactivate))}
                </Show>
                {item(Glyph::Cross, true, BulkActionKind::Delete, |i18n| t_string!(i18n, bulk.delete))}
            </Show>
        </Menu>
    }
}
