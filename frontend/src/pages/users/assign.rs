//! Giving a license to users and taking it from them, one or many; and who could not have it.

use super::desk::{Desk, Task};
use crate::{
    api::Failure,
    format::Format,
    i18n::*,
    ui::{
        dialog::TaskDialog,
        face::{Wrong, usual},
        form::Form,
        select::{Choosable, Select},
        toast::Toasts,
    },
    words,
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    ids::{LicenseId, UserId},
    license::Model,
    problem::Code,
    validate::{FieldError, MAX_BULK},
    wire::{
        licenses::{AssignmentResult, AssignmentResults, Grant, LicenseView, Revoke},
        users::UserView,
    },
};

/// Up to so many people are named.
const NAMED: usize = 5;

/// What is done, and for whom.
#[derive(Clone, Debug, PartialEq)]
struct Job {
    grant: bool,
    users: Vec<UserView>,
    license: Option<LicenseId>,
}

/// A user who could not have it, and why.
type Refused = (String, Code);

/// The dialog.
#[component]
pub fn AssignDialog(
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let refused = RwSignal::new(Vec::<Refused>::new());
    let job = Memo::new(move |_| match desk.task.get() {
        Some(Task::Grant(users)) => Some(Job { grant: true, users, license: None }),
        Some(Task::Revoke(users, license)) => Some(Job { grant: false, users, license }),
        _ => None,
    });
    let title = move || {
        job.with(|job| {
            let Some(job) = job else { return String::new() };
            let (count, n) = (job.users.len(), format.number(job.users.len()));
            match job.grant {
                true => t_string!(i18n, users.grant_title, count = count, n = n),
                false => t_string!(i18n, users.revoke_title, count = count, n = n),
            }
        })
    };
    let close = move |()| {
        desk.task.set(None);
        refused.set(Vec::new());
    };
    view! {
        <TaskDialog open=Signal::derive(move || job.with(Option::is_some)) close title=Signal::derive(title)>
            <Show
                when=move || refused.with(Vec::is_empty)
                fallback=move || view! { <Outcome desk refused /> }
            >
                {move || job.get().map(|job| view! { <Question desk job refused /> })}
            </Show>
        </TaskDialog>
    }
}

#[component]
fn Question(
    /// The page.
    desk: Desk,
    /// What is done.
    job: Job,
    /// Where to put who could not have it.
    refused: RwSignal<Vec<Refused>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (format, toasts, form) = (Format::get(), Toasts::get(), Form::default());
    let grant = job.grant;
    let choices = StoredValue::new(sensible(desk, &job));
    let only = choices.with_value(|all| if all.len() == 1 { all.first().map(|l| l.id) } else { None });
    let license = RwSignal::new(job.license.or(only).map(|id| id.to_string()).unwrap_or_default());
    let end_now = RwSignal::new(false);
    let names: Vec<_> = job.users.iter().map(|user| user.name.clone()).collect();
    let users = StoredValue::new(job.users);
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let chosen = license.get_untracked().parse::<LicenseId>().ok();
        if !form.begin([("license", chosen.is_none().then_some(FieldError::Required))]) {
            return;
        }
        let (Some(chosen), users) = (chosen, users.get_value()) else { return };
        let revoke = (!grant).then(|| end_now.get_untracked());
        spawn_local(async move {
            let ids: Vec<_> = users.iter().map(|user| user.id).collect();
            match carry_out(desk, chosen, &ids, revoke).await {
                Ok(results) => {
                    let changed: Vec<_> = results.iter().filter(|r| r.changed).map(|r| r.user_id).collect();
                    desk.assigned(chosen, &changed, grant);
                    let failed = refusals(&results, &users);
                    let count = changed.len();
                    let n = untrack(|| format.number(count));
                    match (count, grant) {
                        (0, _) if failed.is_empty() => toasts.good(tu_string!(i18n, users.unchanged)),
                        (0, _) => {}
                        (_, true) => toasts.good(tu_string!(i18n, users.granted, count = count, n = n)),
                        (_, false) => toasts.good(tu_string!(i18n, users.revoked, count = count, n = n)),
                    }
                    form.done();
                    if failed.is_empty() {
                        desk.task.set(None);
                        desk.unpick();
                    }
                    refused.set(failed);
                }
                Err(failure) => form.failed(failure),
            }
        });
    };
    if choices.with_value(Vec::is_empty) {
        return view! { <NoChoice desk grant /> }.into_any();
    }
    view! {
        <form class="form" novalidate on:submit=submit>
            <p class="muted">{move || t_string!(i18n, users.for_whom, names = format.names(&names, NAMED))}</p>
            <LicenseChoice desk choices license form />
            {(!grant).then(|| view! { <EndNow end_now /> })}
            <Wrong text=Signal::derive(move || usual(i18n, form.failure())) />
            <div class="acts">
                <button type="button" class="button" on:click=move |_| desk.task.set(None)>
                    {t!(i18n, common.cancel)}
                </button>
                <button
                    type="submit"
                    class=if grant { "button primary" } else { "button danger" }
                    aria-disabled=move || form.busy().to_string()
                >
                    {move || {
                        if grant { t_string!(i18n, users.grant_confirm) } else { t_string!(i18n, users.revoke_confirm) }
                    }}
                </button>
            </div>
        </form>
    }
    .into_any()
}

#[component]
fn LicenseChoice(
    /// The page.
    desk: Desk,
    /// What can be chosen.
    choices: StoredValue<Vec<LicenseView>>,
    /// What is chosen.
    license: RwSignal<String>,
    /// The form.
    form: Form,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let options = move || {
        let one = |l: &LicenseView| Choosable::new(l.id.to_string(), words::license(i18n, l));
        let first = Choosable::new("", t_string!(i18n, common.select));
        std::iter::once(first).chain(choices.with_value(|all| all.iter().map(one).collect::<Vec<_>>())).collect()
    };
    let left = move || {
        let chosen = desk.live.license(license.get().parse().ok()?)?;
        (chosen.model == Model::Named).then(|| {
            let (free, seats) = (format.number(chosen.free()), format.number(chosen.seats));
            t_string!(i18n, users.named_left, free = free, seats = seats)
        })
    };
    view! {
        <Select
            label=Signal::derive(move || t_string!(i18n, users.license).to_owned())
            name="license"
            options=Signal::derive(options)
            value=license
            choose=move |id| license.set(id)
            hint=Signal::derive(left)
            error=form.error("license")
        />
    }
}

/// What becomes of sessions that are under way.
#[component]
fn EndNow(
    /// Whether they are ended.
    end_now: RwSignal<bool>,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <fieldset class="check-list">
            <legend class="label">{t!(i18n, users.running)}</legend>
            <label class="check">
                <input
                    type="radio"
                    name="end_now"
                    prop:checked=move || !end_now.get()
                    on:change=move |_| end_now.set(false)
                />
                <span>
                    {t!(i18n, users.let_finish)}
                    <small>{t!(i18n, users.let_finish_hint)}</small>
                </span>
            </label>
            <label class="check">
                <input
                    type="radio"
                    name="end_now"
                    prop:checked=move || end_now.get()
                    on:change=move |_| end_now.set(true)
                />
                <span>
                    {t!(i18n, users.end_now)}
                    <small>{t!(i18n, users.end_now_hint)}</small>
                </span>
            </label>
        </fieldset>
    }
}

/// There is no license to give or to take.
#[component]
fn NoChoice(
    /// The page.
    desk: Desk,
    /// Whether one was to be given.
    grant: bool,
) -> impl IntoView {
    let i18n = use_i18n();
    let text = move || {
        if grant { t_string!(i18n, users.no_other_license) } else { t_string!(i18n, users.no_held_license) }
    };
    view! {
        <div class="form">
            <p>{text}</p>
            <div class="acts">
                <button type="button" class="button" autofocus on:click=move |_| desk.task.set(None)>
                    {t!(i18n, common.close)}
                </button>
            </div>
        </div>
    }
}

/// Who could not have it, and why.
#[component]
fn Outcome(
    /// The page.
    desk: Desk,
    /// Who.
    refused: RwSignal<Vec<Refused>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let line = move |(name, code): Refused| {
        view! {
            <li>
                <b>{name}</b>
                " "
                <span class="muted">{words::problem(i18n, code)}</span>
            </li>
        }
    };
    let close = move |_| {
        desk.task.set(None);
        desk.unpick();
        refused.set(Vec::new());
    };
    view! {
        <div class="form">
            <p>{move || t_string!(i18n, users.refused, count = refused.with(Vec::len))}</p>
            <ul class="results">{move || refused.get().into_iter().map(line).collect_view()}</ul>
            <div class="acts">
                <button type="button" class="button primary" autofocus on:click=close>
                    {t!(i18n, common.done)}
                </button>
            </div>
        </div>
    }
}

/// Licenses that somebody lacks, or of which somebody has one.
fn sensible(desk: Desk, job: &Job) -> Vec<LicenseView> {
    let fits = |license: &&LicenseView| {
        let has = |user: &UserView| user.license_ids.contains(&license.id);
        if job.grant { !job.users.iter().all(has) } else { job.users.iter().any(has) }
    };
    desk.live.state.with_untracked(|state| state.licenses.iter().filter(fits).cloned().collect())
}

/// Grants, or revokes if it is said whether running sessions end.
async fn carry_out(
    desk: Desk,
    license: LicenseId,
    users: &[UserId],
    revoke: Option<bool>,
) -> Result<Vec<AssignmentResult>, Failure> {
    let mut results = Vec::with_capacity(users.len());
    for some in users.chunks(MAX_BULK) {
        let user_ids = some.to_vec();
        let answer: AssignmentResults = match revoke {
            None => desk.api.post(&format!("/licenses/{license}/grant"), &Grant { user_ids }).await?,
            Some(end_now) => {
                desk.api.post(&format!("/licenses/{license}/revoke"), &Revoke { user_ids, end_now }).await?
            }
        };
        results.extend(answer.results);
    }
    Ok(results)
}

fn refusals(results: &[AssignmentResult], users: &[UserView]) -> Vec<Refused> {
    let name = |id| users.iter().find(|user| user.id == id).map(|user| user.name.clone()).unwrap_or_default();
    results.iter().filter_map(|result| Some((name(result.user_id), result.refused?))).collect()
}
