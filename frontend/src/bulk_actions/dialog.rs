//! The dialog of a bulk action: choice, preview and confirmation, then the users that were not changed.

use super::{
    announcement::Announcer,
    choice::{Choice, EndNow, LastDay, parse_last_day},
    job::{BulkActionKind, BulkJob, Interrupted, TargetSelector, carry_out},
    outcome::{Outcome, refusals},
    preview::Preview,
    texts::{confirm, consequences, recipients, title},
};
use crate::{
    api::{Api, Failure},
    format::Format,
    group_list::GroupList,
    i18n::*,
    lazy_dialog,
    pages::licenses::{days::local_time_in, last_day},
    ui::{
        form::Form,
        form_dialog::{Dialogs, FormDialog},
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{
    validate::FieldError,
    wire::users::{BulkAction, BulkResults},
};

/// Opens the dialogs of bulk actions, for one page.
#[derive(Clone, Copy)]
pub struct BulkActions {
    ask: Callback<BulkJob>,
}

impl BulkActions {
    /// For a page with these groups; `done` is called after users were changed.
    pub fn new(groups: GroupList, done: impl Fn() + Send + Sync + 'static) -> Self {
        let (job, done) = (StoredValue::new(None), Callback::new(move |()| done()));
        let open = Dialogs::get().opens(lazy_dialog!(bulk_action(
            job: StoredValue<Option<BulkJob>>,
            groups: GroupList,
            done: Callback<()>
        ) {
            job.try_get_value().flatten().map(|job| view! { <BulkActionDialog job groups done /> })
        }));
        let ask = Callback::new(move |wanted| {
            job.set_value(Some(wanted));
            open(());
        });
        Self { ask }
    }

    /// Opens the dialog of an action.
    pub fn ask(self, job: BulkJob) {
        self.ask.run(job);
    }
}

/// Closes the dialog, or shows in it which users were not changed.
fn show_outcome(dialogs: Dialogs, job: BulkJob, results: &BulkResults) {
    let refused = refusals(results);
    if refused.is_empty() {
        return dialogs.close();
    }
    dialogs.open(move || view! { <Outcome title=title(&job) refused=refused.clone() /> });
}

#[component]
fn BulkActionDialog(
    /// The action and its targets.
    job: BulkJob,
    /// The groups to choose from.
    groups: GroupList,
    /// Called after users were changed.
    done: Callback<()>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, api, dialogs) = (Form::default(), Api::get(), Dialogs::get());
    let (announcer, kind) = (Announcer::get(done), job.kind);
    let (choice, end_now) = (RwSignal::new(job.choice.clone().unwrap_or_default()), RwSignal::new(false));
    let day = RwSignal::new(former_last_day(&job));
    let ends_at = Memo::new(move |_| parse_last_day(&day.get()));
    let action = Memo::new(move |_| kind.action(&choice.get(), end_now.get(), ends_at.get().ok()?));
    let (progress, preview) = (RwSignal::new(None::<usize>), RwSignal::new(None::<BulkResults>));
    let (targets, total) = (StoredValue::new(job.targets.selector()), job.targets.count());
    let (title, for_whom, follows) = (title(&job), recipients(&job.targets), consequences(&job));
    let choose = {
        let targets = job.targets.clone();
        kind.needs_choice().then(|| view! { <Choice kind targets groups choice form /> })
    };
    let changes_nothing = move || {
        preview.with(|preview| preview.as_ref().is_some_and(|preview| preview.results.iter().all(|r| !r.changed)))
    };
    let submit = move |()| {
        if let Err(error) = ends_at.get_untracked() {
            return form.failed_at("ends_at", error);
        }
        let Some(wanted) = action.get_untracked() else { return form.failed_at("choice", FieldError::Required) };
        let job = job.clone();
        let work = carry_out_and_announce(api, announcer, wanted, targets.get_value(), progress);
        form.run([], work, move |results| {
            if form.is_open() {
                show_outcome(dialogs, job, &results);
            }
        });
    };
    let danger = kind.is_destructive();
    view! {
        <FormDialog title form submit confirm=confirm(kind) danger blocked=Signal::derive(changes_nothing)>
            {move || for_whom.get_some(i18n).map(|text| view! { <p class="muted">{text}</p> })}
            {move || follows.get_some(i18n).map(|text| view! { <p>{text}</p> })}
            {choose}
            {kind.has_grant_end().then(|| view! { <LastDay day form /> })}
            {(kind == BulkActionKind::Revoke).then(|| view! { <EndNow end_now /> })}
            <Preview action targets preview />
            <Progress progress total />
        </FormDialog>
    }
}

/// The last day of the assignment that the dialog changes, if it is one and ends by itself.
fn former_last_day(job: &BulkJob) -> String {
    let former_end = || {
        let [user] = job.targets.known_users() else { return None };
        user.grant_end(job.choice.as_ref()?.parse().ok()?)
    };
    let to_local = local_time_in(&untrack(|| Format::get().time_zone()));
    let is_known = job.kind == BulkActionKind::SetGrantEnd;
    former_end().filter(|_| is_known).map(|end| to_local(last_day(end)).date().to_string()).unwrap_or_default()
}

/// Carries an action out and says what it changed, also if only a later request fails. Closing the dialog, which
/// disposes of `progress`, stops it; completed requests remain in effect.
async fn carry_out_and_announce(
    api: Api,
    announcer: Announcer,
    action: BulkAction,
    targets: TargetSelector,
    progress: RwSignal<Option<usize>>,
) -> Result<BulkResults, Failure> {
    let should_continue = move |done| progress.try_set(Some(done)).is_none();
    match carry_out(api, &action, &targets, false, should_continue).await {
        Ok(results) => {
            announcer.announce(&action, &results);
            Ok(results)
        }
        Err(Interrupted { completed, failure }) => {
            if completed.results.iter().any(|result| result.changed) {
                announcer.announce(&action, &completed);
            }
            progress.try_set(None);
            Err(failure)
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
