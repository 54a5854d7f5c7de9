//! The page of one user: profile, licenses, groups, live sessions, history and access, with all actions.

mod access;
mod edit;
mod history;
mod licenses_and_groups;
mod live_sessions;
mod state;

use crate::{
    api::Failure,
    bulk_actions::{
        dialog::BulkActionDialog,
        job::{BulkActionKind, BulkJob},
    },
    format::{Format, Texts},
    i18n::*,
    labels,
    shell::RequirePermission,
    ui::{
        empty_state::{EmptyState, LoadError, Skeleton},
        icon::Glyph,
        page_head::{Heading, PageHead},
    },
};
use access::Access;
use edit::EditDialog;
use history::History;
use leptos::prelude::*;
use leptos_router::{components::A, hooks::use_params_map};
use licenses_and_groups::{UserGroups, UserLicenses};
use live_sessions::{EndDialog, LiveSessions};
use seatkeeper_shared::{people::UserStatus, permissions::Action, problem::Code, wire::users::UserView};
use state::UserPageState;

#[component]
pub fn UserPage() -> impl IntoView {
    view! {
        <div class="page user-page">
            <RequirePermission action=Action::ViewUsers>
                <UserLoader />
            </RequirePermission>
        </div>
    }
    .into_any()
}

/// What the page shows.
#[derive(Clone, Copy, Debug, PartialEq)]
enum LoadState {
    Loading,
    Failed,
    NotFound,
    Loaded,
}

#[component]
fn UserLoader() -> impl IntoView {
    let i18n = use_i18n();
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get_str("id").unwrap_or_default().to_owned()));
    let page = UserPageState::new(id);
    // A memo, so that reloading the user does not redraw the page and lose what is being entered.
    let state = Memo::new(move |_| {
        let failure = page.failure.with(|failure| failure.as_ref().map(Failure::code));
        match (failure, page.is_loaded()) {
            (Some(Some(Code::NotFound)), _) => LoadState::NotFound,
            (_, true) => LoadState::Loaded,
            (Some(_), false) => LoadState::Failed,
            (None, false) => LoadState::Loading,
        }
    });
    let title = Signal::derive(move || t_string!(i18n, person.not_found_title).to_owned());
    move || match state.get() {
        LoadState::Loaded => view! { <User page /> }.into_any(),
        LoadState::NotFound => view! {
            <div class="vh">
                <Heading title />
            </div>
            <EmptyState
                glyph=Glyph::Search
                title
                text=Signal::derive(move || t_string!(i18n, person.not_found_text).to_owned())
            >
                <A href="/users" attr:class="button">
                    {t!(i18n, person.back)}
                </A>
            </EmptyState>
        }
        .into_any(),
        LoadState::Failed => {
            let failure = Signal::derive(move || page.failure.get().unwrap_or(Failure::Unreachable));
            view! { <LoadError failure retry=move |()| page.load() /> }.into_any()
        }
        LoadState::Loading => view! { <Skeleton rows=8 /> }.into_any(),
    }
}

#[component]
fn User(
    /// The state of the page.
    page: UserPageState,
) -> impl IntoView {
    let name = Signal::derive(move || page.user.with(|user| user.as_ref().map(|u| u.name.clone()).unwrap_or_default()));
    view! {
        <PageHead title=name line=move || view! { <Subtitle page /> }>
            <Actions page />
        </PageHead>
        <div class="cards">
            <Facts page />
            <UserLicenses page />
            <UserGroups page />
            <LiveSessions page />
            <History page />
            <Access page />
        </div>
        <EditDialog page />
        <EndDialog page />
        <BulkActionDialog job=page.job groups=page.groups done=move |()| page.load() />
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
            <A href="/users">{t!(i18n, person.back)}</A>
            <span class="muted">{move || page.with(|user| user.email.clone())}</span>
            <Show when=suspended>
                <span class="tag warn">{t!(i18n, word.suspended)}</span>
            </Show>
        </div>
    }
}

/// The actions on the user as a whole.
#[component]
fn Actions(
    /// The state of the page.
    page: UserPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let suspended = move || page.with(|user| user.status == UserStatus::Suspended).unwrap_or(false);
    let button = move |kind: BulkActionKind, class: &'static str, text: fn(Texts) -> &'static str| {
        view! {
            <button type="button" class=class on:click=move |_| page.ask(kind)>
                {move || text(i18n)}
            </button>
        }
    };
    view! {
        <Show when=move || page.may_change()>
            <button type="button" class="button" on:click=move |_| page.editing.set(true)>
                {t!(i18n, person.edit)}
            </button>
            <Show
                when=suspended
                fallback=move || button(BulkActionKind::Suspend, "button", |i18n| t_string!(i18n, users.suspend))
            >
                {button(BulkActionKind::Reactivate, "button", |i18n| t_string!(i18n, bulk.reactivate))}
            </Show>
            {button(BulkActionKind::Delete, "button danger", |i18n| t_string!(i18n, bulk.delete))}
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
            let names: Vec<_> = groups.into_iter().filter_map(|id| page.groups.name(id)).collect();
            if names.is_empty() {
                t_string!(i18n, person.in_nothing).to_owned()
            } else {
                names.join(t_string!(i18n, common.listed))
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

impl UserPageState {
    /// Opens the dialog for an action on this user.
    fn ask(self, kind: BulkActionKind) {
        if let Some(user) = self.user.get_untracked() {
            self.job.set(Some(BulkJob::new(kind, vec![user])));
        }
    }
}
