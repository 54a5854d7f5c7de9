//! One user: who it is, licenses, groups, how he gets in, live sessions and the history, with all that can be done.

mod access;
mod desk;
mod edit;
mod history;
mod sections;
mod work;

use crate::{
    api::Failure,
    format::{Format, Texts},
    i18n::*,
    people::{
        dialog::JobDialog,
        job::{Job, What},
    },
    shell::Only,
    ui::{
        face::{Empty, Failed, Skeleton},
        head::{Heading, PageHead},
        icon::Glyph,
    },
    words,
};
use access::Access;
use desk::Desk;
use edit::EditDialog;
use history::History;
use leptos::prelude::*;
use leptos_router::{components::A, hooks::use_params_map};
use seatkeeper_shared::{people::UserStatus, permissions::Action, problem::Code, wire::users::UserView};
use sections::{Groups, Licenses};
use work::{EndDialog, Work};

/// The page.
#[component]
pub fn UserPage() -> impl IntoView {
    view! {
        <Only action=Action::ViewUsers>
            <Found />
        </Only>
    }
    .into_any()
}

/// What is shown.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Face {
    Loading,
    Failed,
    Gone,
    Known,
}

#[component]
fn Found() -> impl IntoView {
    let i18n = use_i18n();
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get_str("id").unwrap_or_default().to_owned()));
    let desk = Desk::new(id);
    // A memo: what is told anew must not draw the page, and what is being entered in it, anew.
    let face = Memo::new(move |_| {
        let why = desk.failure.with(|failure| failure.as_ref().map(Failure::code));
        match (why, desk.known()) {
            (Some(Some(Code::NotFound)), _) => Face::Gone,
            (_, true) => Face::Known,
            (Some(_), false) => Face::Failed,
            (None, false) => Face::Loading,
        }
    });
    let title = Signal::derive(move || t_string!(i18n, person.gone_title).to_owned());
    move || match face.get() {
        Face::Known => view! { <User desk /> }.into_any(),
        Face::Gone => view! {
            <div class="vh">
                <Heading title />
            </div>
            <Empty
                glyph=Glyph::Search
                title
                text=Signal::derive(move || t_string!(i18n, person.gone_text).to_owned())
            >
                <A href="/users" attr:class="button">
                    {t!(i18n, person.back)}
                </A>
            </Empty>
        }
        .into_any(),
        Face::Failed => {
            let failure = Signal::derive(move || desk.failure.get().unwrap_or(Failure::Unreachable));
            view! { <Failed failure retry=move |()| desk.load() /> }.into_any()
        }
        Face::Loading => view! { <Skeleton rows=8 /> }.into_any(),
    }
}

#[component]
fn User(
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let name = Signal::derive(move || desk.user.with(|user| user.as_ref().map(|u| u.name.clone()).unwrap_or_default()));
    view! {
        <PageHead title=name line=move || view! { <Line desk /> }>
            <Acts desk />
        </PageHead>
        <div class="cards">
            <Facts desk />
            <Licenses desk />
            <Groups desk />
            <Work desk />
            <History desk />
            <Access desk />
        </div>
        <EditDialog desk />
        <EndDialog desk />
        <JobDialog job=desk.job groups=desk.groups done=move |()| desk.load() />
    }
}

#[component]
fn Line(
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let suspended = move || desk.with(|user| user.status == UserStatus::Suspended).unwrap_or(false);
    view! {
        <div class="page-line person-line">
            <A href="/users">{t!(i18n, person.back)}</A>
            <span class="muted">{move || desk.with(|user| user.email.clone())}</span>
            <Show when=suspended>
                <span class="tag warn">{t!(i18n, word.suspended)}</span>
            </Show>
        </div>
    }
}

/// What can be done to the user as a whole.
#[component]
fn Acts(
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let suspended = move || desk.with(|user| user.status == UserStatus::Suspended).unwrap_or(false);
    let button = move |what: What, class: &'static str, text: fn(Texts) -> &'static str| {
        view! {
            <button type="button" class=class on:click=move |_| desk.ask(what)>
                {move || text(i18n)}
            </button>
        }
    };
    view! {
        <Show when=move || desk.may_change()>
            <button type="button" class="button" on:click=move |_| desk.editing.set(true)>
                {t!(i18n, person.edit)}
            </button>
            <Show
                when=suspended
                fallback=move || button(What::Suspend, "button", |i18n| t_string!(i18n, users.suspend))
            >
                {button(What::Reactivate, "button", |i18n| t_string!(i18n, bulk.reactivate))}
            </Show>
            {button(What::Delete, "button danger", |i18n| t_string!(i18n, bulk.delete))}
        </Show>
    }
}

#[component]
fn Facts(
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let role = move |user: &UserView| {
        let mut parts = vec![words::role(i18n, user.role).to_owned()];
        parts.extend(user.permissions.iter().map(|one| words::permission(i18n, *one).to_owned()));
        parts.join(t_string!(i18n, common.listed))
    };
    let last = move |user: &UserView| match user.last_active_at {
        Some(at) => format.exact(at),
        None => t_string!(i18n, users.never).to_owned(),
    };
    let manages = move || {
        desk.with(|user| user.limited_to_groups.then(|| user.manages.clone())).flatten().map(|groups| {
            let names: Vec<_> = groups.into_iter().filter_map(|id| desk.groups.name(id)).collect();
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
                <dd>{move || desk.with(role)}</dd>
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
                <dd>{move || desk.with(|user| words::source(i18n, user.source))}</dd>
                <dt>{t!(i18n, person.added_on)}</dt>
                <dd class="num">{move || desk.with(|user| format.exact(user.created_at))}</dd>
                <dt>{t!(i18n, person.last_active)}</dt>
                <dd class="num">{move || desk.with(last)}</dd>
            </dl>
        </section>
    }
}

impl Desk {
    /// Asks about something that is done to this user.
    fn ask(self, what: What) {
        if let Some(user) = self.user.get_untracked() {
            self.job.set(Some(Job::new(what, vec![user])));
        }
    }
}
