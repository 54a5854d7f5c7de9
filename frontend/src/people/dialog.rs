//! The question before something is done to users: with what, what will happen, and then what became of each.

use super::{
    groups::Groups,
    job::{Job, Stopped, Told, What, Whom, carry_out, let_in_again, opposite},
    outcome::{Outcome, Refused, refused},
    preview::Preview,
};
use crate::{
    api::{Api, Failure},
    format::{Format, Texts},
    i18n::*,
    live::Live,
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
    people::Role,
    validate::FieldError,
    wire::users::{BulkAction, BulkResult, BulkResults, UserView},
};

/// Up to so many people are named.
const NAMED: usize = 5;

/// The dialog.
#[component]
pub fn JobDialog(
    /// What is being asked.
    job: RwSignal<Option<Job>>,
    /// The groups.
    groups: Groups,
    /// Something was changed.
    #[prop(into)]
    done: Callback<()>,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let left = RwSignal::new(Vec::<Refused>::new());
    let title = move || job.with(|job| job.as_ref().map(|job| title(i18n, format, job)).unwrap_or_default());
    let close = move |()| {
        job.set(None);
        left.set(Vec::new());
    };
    view! {
        <TaskDialog open=Signal::derive(move || job.with(Option::is_some)) close title=Signal::derive(title)>
            <Show
                when=move || left.with(Vec::is_empty)
                fallback=move || view! { <Outcome left close=Callback::new(close) /> }
            >
                {move || job.get().map(|asked| view! { <Question asked job groups done left /> })}
            </Show>
        </TaskDialog>
    }
}

fn title(i18n: Texts, format: Format, job: &Job) -> String {
    let count = job.whom.count();
    let n = format.number(count);
    match job.what {
        What::Grant => t_string!(i18n, users.grant_title, count = count, n = n),
        What::Revoke => t_string!(i18n, users.revoke_title, count = count, n = n),
        What::AddToGroup => t_string!(i18n, bulk.add_title, count = count, n = n),
        What::RemoveFromGroup => t_string!(i18n, bulk.remove_title, count = count, n = n),
        What::SetRole => t_string!(i18n, bulk.role_title, count = count, n = n),
        What::Suspend => t_string!(i18n, bulk.suspend_title, count = count, n = n),
        What::Reactivate => t_string!(i18n, bulk.reactivate_title, count = count, n = n),
        What::Delete => t_string!(i18n, bulk.delete_title, count = count, n = n),
    }
}

fn confirm(i18n: Texts, what: What) -> &'static str {
    match what {
        What::Grant => t_string!(i18n, users.grant_confirm),
        What::Revoke => t_string!(i18n, users.revoke_confirm),
        What::AddToGroup => t_string!(i18n, bulk.add_confirm),
        What::RemoveFromGroup => t_string!(i18n, bulk.remove_confirm),
        What::SetRole => t_string!(i18n, bulk.role_confirm),
        What::Suspend => t_string!(i18n, users.suspend_confirm),
        What::Reactivate => t_string!(i18n, users.reactivate),
        What::Delete => t_string!(i18n, bulk.delete_confirm),
    }
}

/// What follows, where that is not plain.
fn follows(i18n: Texts, what: What) -> Option<&'static str> {
    match what {
        What::Suspend => Some(t_string!(i18n, users.suspend_text)),
        What::Delete => Some(t_string!(i18n, bulk.delete_text)),
        _ => None,
    }
}

#[component]
fn Question(
    /// What is done.
    asked: Job,
    /// What is being asked.
    job: RwSignal<Option<Job>>,
    /// The groups.
    groups: Groups,
    /// Something was changed.
    done: Callback<()>,
    /// Where to put who was not changed.
    left: RwSignal<Vec<Refused>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (format, form, seen) = (Format::get(), Form::default(), RwSignal::new(None::<BulkResults>));
    let (api, toasts, what) = (Api::get(), Toasts::get(), asked.what);
    let choice = RwSignal::new(asked.choice.clone().unwrap_or_default());
    let end_now = RwSignal::new(false);
    let action = Memo::new(move |_| what.action(&choice.get(), end_now.get()));
    let (told, total) = (StoredValue::new(asked.whom.told()), asked.whom.count());
    let progress = RwSignal::new(None::<usize>);
    let nothing = move || seen.with(|seen| seen.as_ref().is_some_and(|seen| seen.results.iter().all(|r| !r.changed)));
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let wanted = action.get_untracked();
        let missing = wanted.is_none().then_some(FieldError::Required);
        if nothing() || !form.begin([("choice", missing)]) {
            return;
        }
        let Some(wanted) = wanted else { return };
        spawn_local(async move {
            // Whoever closes the dialog stops it: what is done stays done.
            let goes_on = move |done| progress.try_set(Some(done)).is_none();
            match carry_out(api, &wanted, &told.get_value(), false, goes_on).await {
                Ok(results) => {
                    tell(i18n, format, toasts, api, done, &wanted, &results);
                    let _ = done.try_run(());
                    if progress.try_set(None).is_some() {
                        return;
                    }
                    groups.again();
                    form.done();
                    let refusals = refused(&results);
                    if refusals.is_empty() {
                        job.set(None);
                    }
                    left.set(refusals);
                }
                Err(Stopped { before, failure }) => {
                    if before.results.iter().any(|result| result.changed) {
                        tell(i18n, format, toasts, api, done, &wanted, &before);
                        let _ = done.try_run(());
                        groups.again();
                    }
                    progress.try_set(None);
                    form.failed(failure);
                }
            }
        });
    };
    let whom = StoredValue::new(asked.whom);
    view! {
        <form class="form" novalidate on:submit=submit>
            <p class="muted">{move || whom.with_value(|whom| for_whom(i18n, format, whom))}</p>
            {move || follows(i18n, what).map(|text| view! { <p>{text}</p> })}
            {what.needs_choice().then(|| view! { <Choose what whom groups choice form /> })}
            {(what == What::Revoke).then(|| view! { <EndNow end_now /> })}
            <Preview action whom=told seen />
            <Progress progress total />
            <Wrong text=Signal::derive(move || usual(i18n, form.failure())) />
            <div class="acts">
                <button type="button" class="button" autofocus on:click=move |_| job.set(None)>
                    {t!(i18n, common.cancel)}
                </button>
                <button
                    type="submit"
                    class=if what.is_hard() { "button danger" } else { "button primary" }
                    aria-disabled=move || (form.busy() || nothing()).to_string()
                >
                    {move || confirm(i18n, what)}
                </button>
            </div>
        </form>
    }
}

fn for_whom(i18n: Texts, format: Format, whom: &Whom) -> String {
    match whom {
        Whom::These(users) => {
            let names: Vec<_> = users.iter().map(|user| user.name.clone()).collect();
            t_string!(i18n, users.for_whom, names = format.names(&names, NAMED))
        }
        Whom::Matching(_, total) => {
            t_string!(i18n, users.selected_matching, count = *total, n = format.number(*total))
        }
    }
}

/// How far it is, if it takes more than one request.
#[component]
fn Progress(
    /// How many are done; nothing before the first.
    progress: RwSignal<Option<usize>>,
    /// How many there are.
    total: usize,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let text = move || {
        let done = progress.get().filter(|done| *done < total)?;
        Some(t_string!(i18n, bulk.progress, n = format.number(done), total = format.number(total)))
    };
    view! { <p role="status">{text}</p> }
}

/// Says what was done, and offers the way back where there is one.
fn tell(
    i18n: Texts,
    format: Format,
    toasts: Toasts,
    api: Api,
    done: Callback<()>,
    action: &BulkAction,
    results: &BulkResults,
) {
    let count = results.results.iter().filter(|result| result.changed).count();
    let n = untrack(|| format.number(count));
    if count == 0 {
        if refused(results).is_empty() {
            toasts.good(tu_string!(i18n, users.unchanged));
        }
        return;
    }
    let mut text = match action {
        BulkAction::Grant { .. } => tu_string!(i18n, users.granted, count = count, n = n),
        BulkAction::Revoke { .. } => tu_string!(i18n, users.revoked, count = count, n = n),
        BulkAction::AddToGroup { .. } => tu_string!(i18n, bulk.added, count = count, n = n),
        BulkAction::RemoveFromGroup { .. } => tu_string!(i18n, bulk.removed, count = count, n = n),
        BulkAction::SetRole { .. } => tu_string!(i18n, bulk.role_set, count = count, n = n),
        BulkAction::Suspend => tu_string!(i18n, bulk.suspended, count = count, n = n),
        BulkAction::Reactivate => tu_string!(i18n, bulk.reactivated, count = count, n = n),
        BulkAction::Delete => tu_string!(i18n, bulk.deleted, count = count, n = n),
    };
    let Some(back) = opposite(action) else { return toasts.good(text) };
    match action {
        BulkAction::Suspend => text = format!("{text} {}", tu_string!(i18n, bulk.undo_suspend)),
        _ if results.results.iter().any(|result| result.ends_sessions > 0) => {
            text = format!("{text} {}", tu_string!(i18n, bulk.undo_ended));
        }
        _ => {}
    }
    let changed: Vec<_> = results.results.iter().filter(|result| result.changed).cloned().collect();
    toasts.with_undo(text, move || {
        let (changed, back) = (changed.clone(), back.clone());
        spawn_local(async move {
            match undo(api, &back, &changed).await {
                Ok((0, 0)) => toasts.good(tu_string!(i18n, bulk.undone)),
                Ok((0, count)) => toasts.bad(tu_string!(i18n, bulk.undone_without, count = count)),
                Ok((count, _)) => toasts.bad(tu_string!(i18n, bulk.partly_undone, count = count)),
                Err(failure) => toasts.bad(untrack(|| words::failure(i18n, &failure))),
            }
            // The page may be another one by now.
            let _ = done.try_run(());
        });
    });
}

/// Undoes it: how many users it could not be undone for, and how many named seats were taken meanwhile.
async fn undo(api: Api, back: &BulkAction, changed: &[BulkResult]) -> Result<(usize, usize), Failure> {
    if let BulkAction::Reactivate = back {
        return let_in_again(api, changed).await;
    }
    let users = changed.iter().map(|result| result.user_id).collect();
    let results = carry_out(api, back, &Told::These(users), false, |_| true).await?;
    Ok((refused(&results).len(), 0))
}

/// With which license, group or role.
#[component]
fn Choose(
    /// What is done.
    what: What,
    /// To whom.
    whom: StoredValue<Whom>,
    /// The groups.
    groups: Groups,
    /// What is chosen.
    choice: RwSignal<String>,
    /// The form.
    form: Form,
) -> impl IntoView {
    let i18n = use_i18n();
    let live = Live::get();
    let label = move || match what {
        What::Grant | What::Revoke => t_string!(i18n, users.license).to_owned(),
        What::SetRole => t_string!(i18n, users.role).to_owned(),
        _ => t_string!(i18n, bulk.group).to_owned(),
    };
    let options = Memo::new(move |_| {
        let mut all = vec![Choosable::new("", t_string!(i18n, common.select))];
        whom.with_value(|whom| all.extend(choices(i18n, live, groups, what, whom)));
        all
    });
    let hint = move || (options.with(Vec::len) == 1).then(|| t_string!(i18n, bulk.no_choice).to_owned());
    view! {
        <Select
            label=Signal::derive(label)
            name="choice"
            options
            value=choice
            choose=move |value| choice.set(value)
            hint=Signal::derive(hint)
            error=form.error("choice")
        />
    }
}

/// What makes sense: what somebody lacks is given, what somebody has is taken. Of those who are not known one by one, all may.
fn choices(i18n: Texts, live: Live, groups: Groups, what: What, whom: &Whom) -> Vec<Choosable> {
    let (users, anything) = (whom.named(), matches!(whom, Whom::Matching(..)));
    let licenses = |fits: &dyn Fn(&UserView, &seatkeeper_shared::ids::LicenseId) -> bool| {
        live.state.with(|state| {
            let fit = state.licenses.iter().filter(|one| anything || users.iter().any(|user| fits(user, &one.id)));
            fit.map(|license| Choosable::new(license.id.to_string(), words::license(i18n, license))).collect()
        })
    };
    let in_groups = |fits: &dyn Fn(&UserView, &seatkeeper_shared::ids::GroupId) -> bool| {
        groups.all.with(|all| {
            let fit = all.iter().filter(|group| anything || users.iter().any(|user| fits(user, &group.id)));
            fit.map(|group| Choosable::new(group.id.to_string(), group.name.clone())).collect()
        })
    };
    match what {
        What::Grant => licenses(&|user, id| !user.license_ids.contains(id)),
        What::Revoke => licenses(&|user, id| user.license_ids.contains(id)),
        What::AddToGroup => in_groups(&|user, id| !user.group_ids.contains(id)),
        What::RemoveFromGroup => in_groups(&|user, id| user.group_ids.contains(id)),
        What::SetRole => Role::ALL.iter().map(|role| Choosable::new(role.as_str(), words::role(i18n, *role))).collect(),
        What::Suspend | What::Reactivate | What::Delete => Vec::new(),
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
