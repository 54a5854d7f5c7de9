//! The page of one user: profile, licenses, groups, live sessions, history and access, with all actions.

mod access;
mod edit;
mod history;
mod licenses_and_groups;
mod live_sessions;
mod seat_check;
mod state;

use crate::{
    bulk_actions::job::BulkActionKind,
    format::{Format, Texts},
    i18n::*,
    labels, lazy_dialog,
    shell::RequirePermission,
    text::text,
    ui::{
        breadcrumbs::Breadcrumbs,
        empty_state::EmptyState,
        form_dialog::Dialogs,
        icon::Glyph,
        links::{AuditLink, Named, NamedLink},
        page_head::{Heading, PageHead},
        query::Loaded,
        show::Show,
    },
};
use access::Access;
use edit::EditUser;
use history::History;
use leptos::prelude::*;
use leptos_router::{components::A, hooks::use_params_map};
use licenses_and_groups::{UserGroups, UserLicenses};
use live_sessions::LiveSessions;
use seat_check::SeatCheckCard;
use seatkeeper_shared::{ids::UserId, people::UserStatus, permissions::Action, wire::users::UserView};
use state::UserPageState;

#[component]
pub fn UserPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get_str("id").and_then(|id| id.parse::<UserId>().ok())));
    view! {
        <div class="page user-page">
            <RequirePermission action=Action::ViewUsers>
                {move || match id.get() {
                    Some(id) => view! { <OneUser id /> }.into_any(),
                    None => view! { <NoSuchUser /> }.into_any(),
                }}
            </RequirePermission>
        </div>
    }
    .into_any()
}

#[component]
fn OneUser(
    /// The user's id, from the URL.
    id: UserId,
) -> impl IntoView {
    let page = UserPageState::new(id);
    view! {
        <Loaded status=page.user.status() rows=8 missing=move || view! { <NoSuchUser /> }>
            <User page />
        </Loaded>
    }
}

#[component]
fn NoSuchUser() -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <div class="vh">
            <Heading title=text!(person.not_found_title) />
        </div>
        <EmptyState
            glyph=Glyph::Search
            title=text!(person.not_found_title)
            text=text!(person.not_found_text)
        >
            <A href="/users" attr:class="button">
                {t!(i18n, person.back)}
            </A>
        </EmptyState>
    }
}

#[component]
fn User(
    /// The state of the page.
    page: UserPageState,
) -> impl IntoView {
    let name = Signal::derive(move || page.name());
    view! {
        <PageHead
            title=name
            above=move || view! { <Breadcrumbs href="/users" above=text!(nav.users) here=name /> }
            line=move || view! { <Subtitle page /> }
        >
            <Actions page />
        </PageHead>
        <div class="cards">
            <Facts page />
            <SeatCheckCard page />
            <UserLicenses page />
            <UserGroups page />
            <LiveSessions page />
            <History page />
            <Access page />
        </div>
    }
}

#[component]
fn Subtitle(
    /// The state of the page.
    page: UserPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let suspended = move || page.with(|user| user.status == UserStatus::Suspended).unwrap_or(false);
    view! {
        <div class="page-line person-line">
            <span class="muted">{move || page.with(|user| user.email.clone())}</span>
            <Show when=suspended>
                <span class="tag warn">{t!(i18n, word.suspended)}</span>
            </Show>
        </div>
    }
}

/// The actions on the user as a whole. Deleting comes last and is quiet: its dialog warns.
#[component]
fn Actions(
    /// The state of the page.
    page: UserPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let edit = Dialogs::get().opens(lazy_dialog!(edit_user(page: UserPageState) {
        page.user.with_untracked(UserView::clone).map(|user| view! { <EditUser page user /> })
    }));
    let suspended = Memo::new(move |_| page.with(|user| user.status == UserStatus::Suspended).unwrap_or(false));
    let button = move |kind: BulkActionKind, class: &'static str, text: fn(Texts) -> &'static str| {
        view! {
            <button type="button" class=class on:click=move |_| page.ask(kind)>
                {move || text(i18n)}
            </button>
        }
    };
    view! {
        <AuditLink of=Named::User(page.id) />
        <Show when=move || page.may_change()>
            <button type="button" class="button" on:click=edit>
                {t!(i18n, person.edit)}
            </button>
            <Show
                when=move || suspended.get()
                fallback=move || button(BulkActionKind::Suspend, "button", |i18n| t_string!(i18n, users.suspend))
            >
                {button(BulkActionKind::Reactivate, "button", |i18n| t_string!(i18n, bulk.reactivate))}
            </Show>
            {button(BulkActionKind::Delete, "button ghost", |i18n| t_string!(i18n, bulk.delete))}
        </Show>
    }
}

#[component]
fn Facts(
    /// The state of the page.
    page: UserPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let role = move |user: &UserView| {
        let mut parts = vec![labels::role(i18n, user.role).to_owned()];
        parts.extend(user.permissions.iter().map(|one| labels::permission(i18n, *one).to_owned()));
        parts.join(t_string!(i18n, common.listed))
    };
    let last = move |user: &UserView| match user.last_active_at {
        Some(at) => format.exact(at),
        None => t_string!(i18n, users.never).to_owned(),
    };
    let manages = move || {
        page.with(|user| user.limited_to_groups.then(|| user.manages.clone())).flatten().map(|groups| {
            let named = groups.into_iter().filter_map(|id| Some((id, page.groups.name(id)?)));
            let link = |(index, (id, name))| {
                let comma = (index > 0).then(|| t_string!(i18n, common.listed));
                view! { {comma} <NamedLink to=Named::Group(id)>{name}</NamedLink> }
            };
            let links: Vec<_> = named.enumerate().map(link).collect();
            match links.is_empty() {
                true => t_string!(i18n, person.in_nothing).into_any(),
                false => links.into_any(),
            }
        })
    };
    view! {
        <section class="card">
            <div class="card-head">
                <h2>{t!(i18n, person.facts)}</h2>
            </div>
            <dl class="about">
                <dt>{t!(i18n, users.role)}</dt>
                <dd>{move || page.with(role)}</dd>
                {move || {
                    manages()
                        .map(|names| {
                            view! {
                                <dt>{t!(i18n, person.manages)}</dt>
                                <dd>{names}</dd>
                            }
                        })
                }}
                <dt>{t!(i18n, person.source)}</dt>
                <dd>{move || page.with(|user| labels::user_source(i18n, user.source))}</dd>
                <dt>{t!(i18n, person.added_on)}</dt>
                <dd class="num">{move || page.with(|user| format.exact(user.created_at))}</dd>
                <dt>{t!(i18n, person.last_active)}</dt>
                <dd class="num">{move || page.with(last)}</dd>
            </dl>
        </section>
    }
}
