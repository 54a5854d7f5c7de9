//! The dialog of a bulk action: choice, preview and confirmation, then the users that were not changed.

use super::{
    job::{
        BulkActionKind, BulkJob, BulkTargets, Interrupted, TargetSelector, carry_out, inverse, reactivate_with_seats,
    },
    outcome::{Outcome, Refusal, refusals},
    preview::Preview,
};
use crate::{
    api::{Api, Failure},
    format::{Format, Texts},
    group_list::GroupList,
    i18n::*,
    labels,
    live::Live,
    ui::{
        dialog::TaskDialog,
        error_message::{ErrorMessage, failure_text},
        form::Form,
        select::{Select, SelectOption},
        toast::Toasts,
    },
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    people::Role,
    validate::FieldError,
    wire::users::{BulkAction, BulkResult, BulkResults, UserView},
};

/// The most users that are listed by name.
const MAX_NAMED_USERS: usize = 5;

#[component]
pub fn BulkActionDialog(
    /// The action whose dialog is open; cleared to close it.
    job: RwSignal<Option<BulkJob>>,
    /// The groups to choose from.
    groups: GroupList,
    /// Called after users were changed.
    #[prop(into)]
    done: Callback<()>,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let refusals_shown = RwSignal::new(Vec::<Refusal>::new());
    let title = move || job.with(|job| job.as_ref().map(|job| title(i18n, format, job)).unwrap_or_default());
    let close = move |()| {
        job.set(None);
        refusals_shown.set(Vec::new());
    };
    view! {
        <TaskDialog open=Signal::derive(move || job.with(Option::is_some)) close title=Signal::derive(title)>
            <Show
                when=move || refusals_shown.with(Vec::is_empty)
                fallback=move || view! { <Outcome refusals_shown close=Callback::new(close) /> }
            >
                {move || job.get().map(|asked| view! { <Question asked job groups done refusals_shown /> })}
            </Show>
        </TaskDialog>
    }
}

fn title(i18n: Texts, format: Format, job: &BulkJob) -> String {
    let count = job.targets.count();
    let n = format.number(count);
    match job.kind {
        BulkActionKind::Grant => t_string!(i18n, users.grant_title, count = count, n = n),
        BulkActionKind::Revoke => t_string!(i18n, users.revoke_title, count = count, n = n),
        BulkActionKind::AddToGroup => t_string!(i18n, bulk.add_title, count = count, n = n),
        BulkActionKind::RemoveFromGroup => t_string!(i18n, bulk.remove_title, count = count, n = n),
        BulkActionKind::SetRole => t_string!(i18n, bulk.role_title, count = count, n = n),
        BulkActionKind::Suspend => t_string!(i18n, bulk.suspend_title, count = count, n = n),
        BulkActionKind::Reactivate => t_string!(i18n, bulk.reactivate_title, count = count, n = n),
        BulkActionKind::Delete => t_string!(i18n, bulk.delete_title, count = count, n = n),
    }
}

fn confirm(i18n: Texts, kind: BulkActionKind) -> &'static str {
    match kind {
        BulkActionKind::Grant => t_string!(i18n, users.grant_confirm),
        BulkActionKind::Revoke => t_string!(i18n, users.revoke_confirm),
        BulkActionKind::AddToGroup => t_string!(i18n, bulk.add_confirm),
        BulkActionKind::RemoveFromGroup => t_string!(i18n, bulk.remove_confirm),
        BulkActionKind::SetRole => t_string!(i18n, bulk.role_confirm),
        BulkActionKind::Suspend => t_string!(i18n, users.suspend_confirm),
        BulkActionKind::Reactivate => t_string!(i18n, users.reactivate),
        BulkActionKind::Delete => t_string!(i18n, bulk.delete_confirm),
    }
}

/// The consequences of an action, where they are not obvious.
fn follows(i18n: Texts, kind: BulkActionKind) -> Option<&'static str> {
    match kind {
        BulkActionKind::Suspend => Some(t_string!(i18n, users.suspend_text)),
        BulkActionKind::Delete => Some(t_string!(i18n, bulk.delete_text)),
        _ => None,
    }
}

#[component]
fn Question(
    /// The action.
    asked: BulkJob,
    /// Cleared to close the dialog.
    job: RwSignal<Option<BulkJob>>,
    /// The groups to choose from.
    groups: GroupList,
    /// Called after users were changed.
    done: Callback<()>,
    /// Set to the users that were not changed.
    refusals_shown: RwSignal<Vec<Refusal>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (format, form, preview) = (Format::get(), Form::default(), RwSignal::new(None::<BulkResults>));
    let (api, toasts, kind) = (Api::get(), Toasts::get(), asked.kind);
    let choice = RwSignal::new(asked.choice.clone().unwrap_or_default());
    let end_now = RwSignal::new(false);
    let action = Memo::new(move |_| kind.action(&choice.get(), end_now.get()));
    let (selector, total) = (StoredValue::new(asked.targets.selector()), asked.targets.count());
    let progress = RwSignal::new(None::<usize>);
    let nothing = move || {
        preview.with(|preview| preview.as_ref().is_some_and(|preview| preview.results.iter().all(|r| !r.changed)))
    };
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let wanted = action.get_untracked();
        let missing = wanted.is_none().then_some(FieldError::Required);
        if nothing() || !form.begin([("choice", missing)]) {
            return;
        }
        let Some(wanted) = wanted else { return };
        spawn_local(async move {
            // Closing the dialog stops the action; completed requests remain in effect.
            let should_continue = move |done| progress.try_set(Some(done)).is_none();
            match carry_out(api, &wanted, &selector.get_value(), false, should_continue).await {
                Ok(results) => {
                    announce_result(i18n, format, toasts, api, done, &wanted, &results);
                    let _ = done.try_run(());
                    if progress.try_set(None).is_some() {
                        return;
                    }
                    groups.reload();
                    form.done();
                    let refused = refusals(&results);
                    if refused.is_empty() {
                        job.set(None);
                    }
                    refusals_shown.set(refused);
                }
                Err(Interrupted { completed, failure }) => {
                    if completed.results.iter().any(|result| result.changed) {
                        announce_result(i18n, format, toasts, api, done, &wanted, &completed);
                        let _ = done.try_run(());
                        groups.reload();
                    }
                    progress.try_set(None);
                    form.failed(failure);
                }
            }
        });
    };
    let targets = StoredValue::new(asked.targets);
    view! {
        <form class="form" novalidate on:submit=submit>
            <p class="muted">{move || targets.with_value(|targets| targets_text(i18n, format, targets))}</p>
            {move || follows(i18n, kind).map(|text| view! { <p>{text}</p> })}
            {kind.needs_choice().then(|| view! { <Choose kind targets groups choice form /> })}
            {(kind == BulkActionKind::Revoke).then(|| view! { <EndNow end_now /> })}
            <Preview action targets=selector preview />
            <Progress progress total />
            <ErrorMessage text=Signal::derive(move || failure_text(i18n, form.failure())) />
            <div class="acts">
                <button type="button" class="button" autofocus on:click=move |_| job.set(None)>
                    {t!(i18n, common.cancel)}
                </button>
                <button
                    type="submit"
                    class=if kind.is_destructive() { "button danger" } else { "button primary" }
                    aria-disabled=move || (form.busy() || nothing()).to_string()
                >
                    {move || confirm(i18n, kind)}
                </button>
            </div>
        </form>
    }
}

fn targets_text(i18n: Texts, format: Format, targets: &BulkTargets) -> String {
    match targets {
        BulkTargets::Users(users) => {
            let names: Vec<_> = users.iter().map(|user| user.name.clone()).collect();
            t_string!(i18n, users.for_users, names = format.names(&names, MAX_NAMED_USERS))
        }
        BulkTargets::Matching(_, total) => {
            t_string!(i18n, users.selected_matching, count = *total, n = format.number(*total))
        }
    }
}

/// The progress of an action that takes several requests.
#[component]
fn Progress(
    /// The number of users done.
    progress: RwSignal<Option<usize>>,
    /// The number of users.
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

/// Shows the result as a toast, with undo if the action has an inverse.
fn announce_result(
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
        if refusals(results).is_empty() {
            toasts.success(tu_string!(i18n, users.unchanged));
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
    let Some(back) = inverse(action) else { return toasts.success(text) };
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
                Ok((0, 0)) => toasts.success(tu_string!(i18n, bulk.undone)),
                Ok((0, count)) => {
                    let n = untrack(|| format.number(count));
                    toasts.error(tu_string!(i18n, bulk.undone_without, count = count, n = n));
                }
                Ok((count, _)) => {
                    let n = untrack(|| format.number(count));
                    toasts.error(tu_string!(i18n, bulk.partly_undone, count = count, n = n));
                }
                Err(failure) => toasts.error(untrack(|| labels::failure(i18n, &failure))),
            }
            // Another page may be open by now.
            let _ = done.try_run(());
        });
    });
}

/// Undoes an action; returns the number of users it failed for, and of named seats that were taken meanwhile.
async fn undo(api: Api, back: &BulkAction, changed: &[BulkResult]) -> Result<(usize, usize), Failure> {
    if let BulkAction::Reactivate = back {
        return reactivate_with_seats(api, changed).await;
    }
    let users = changed.iter().map(|result| result.user_id).collect();
    let results = carry_out(api, back, &TargetSelector::Users(users), false, |_| true).await?;
    Ok((refusals(&results).len(), 0))
}

/// The choice of the license, group or role.
#[component]
fn Choose(
    /// The kind of action.
    kind: BulkActionKind,
    /// The users it applies to.
    targets: StoredValue<BulkTargets>,
    /// The groups to choose from.
    groups: GroupList,
    /// The chosen id or role.
    choice: RwSignal<String>,
    /// The state of the form.
    form: Form,
) -> impl IntoView {
    let i18n = use_i18n();
    let live = Live::get();
    let label = move || match kind {
        BulkActionKind::Grant | BulkActionKind::Revoke => t_string!(i18n, users.license).to_owned(),
        BulkActionKind::SetRole => t_string!(i18n, users.role).to_owned(),
        _ => t_string!(i18n, bulk.group).to_owned(),
    };
    let options = Memo::new(move |_| {
        let mut all = vec![SelectOption::new("", t_string!(i18n, common.select))];
        targets.with_value(|targets| all.extend(choices(i18n, live, groups, kind, targets)));
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

/// The options that make sense: licenses and groups that some user lacks (to add) or has (to remove). For a filter,
/// all.
fn choices(
    i18n: Texts,
    live: Live,
    groups: GroupList,
    kind: BulkActionKind,
    targets: &BulkTargets,
) -> Vec<SelectOption> {
    let (users, any) = (targets.known_users(), matches!(targets, BulkTargets::Matching(..)));
    let licenses = |fits: &dyn Fn(&UserView, &seatkeeper_shared::ids::LicenseId) -> bool| {
        live.state.with(|state| {
            let fit = state.licenses.iter().filter(|one| any || users.iter().any(|user| fits(user, &one.id)));
            fit.map(|license| SelectOption::new(license.id.to_string(), labels::license(i18n, license))).collect()
        })
    };
    let in_groups = |fits: &dyn Fn(&UserView, &seatkeeper_shared::ids::GroupId) -> bool| {
        groups.all.with(|all| {
            let fit = all.iter().filter(|group| any || users.iter().any(|user| fits(user, &group.id)));
            fit.map(|group| SelectOption::new(group.id.to_string(), group.name.clone())).collect()
        })
    };
    match kind {
        BulkActionKind::Grant => licenses(&|user, id| !user.license_ids.contains(id)),
        BulkActionKind::Revoke => licenses(&|user, id| user.license_ids.contains(id)),
        BulkActionKind::AddToGroup => in_groups(&|user, id| !user.group_ids.contains(id)),
        BulkActionKind::RemoveFromGroup => in_groups(&|user, id| user.group_ids.contains(id)),
        BulkActionKind::SetRole => {
            Role::ALL.iter().map(|role| SelectOption::new(role.as_str(), labels::role(i18n, *role))).collect()
        }
        BulkActionKind::Suspend | BulkActionKind::Reactivate | BulkActionKind::Delete => Vec::new(),
    }
}

/// The choice whether live sessions are ended.
#[component]
fn EndNow(
    /// Whether live sessions are ended.
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
