//! The toast that says what a bulk action changed, and undoes it.

use super::{
    job::{TargetSelector, carry_out, inverse, reactivate_with_seats, with_former_ends},
    outcome::refusals,
};
use crate::{
    api::{Api, Failure},
    format::{Format, Texts},
    i18n::*,
    labels,
    ui::toast::Toasts,
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::wire::users::{BulkAction, BulkResult, BulkResults};

/// Announces the results of bulk actions; outlives the dialog and the page.
#[derive(Clone, Copy)]
pub struct Announcer {
    i18n: Texts,
    format: Format,
    toasts: Toasts,
    api: Api,
    /// Called after users were changed.
    done: Callback<()>,
}

impl Announcer {
    /// From the context; `done` is called after users were changed.
    pub fn get(done: Callback<()>) -> Self {
        Self { i18n: use_i18n(), format: Format::get(), toasts: Toasts::get(), api: Api::get(), done }
    }

    /// Says what was changed, and offers to undo it if the action has an inverse.
    pub fn announce(self, action: &BulkAction, results: &BulkResults) {
        let i18n = self.i18n;
        // The page may have been closed.
        let _ = self.done.try_run(());
        let changed: Vec<_> = results.results.iter().filter(|result| result.changed).cloned().collect();
        if changed.is_empty() {
            if refusals(results).is_empty() {
                self.toasts.success(tu_string!(i18n, users.unchanged));
            }
            return;
        }
        let mut text = self.text(action, changed.len());
        let Some(back) = inverse(action) else { return self.toasts.success(text) };
        if matches!(action, BulkAction::Suspend) {
            text = format!("{text} {}", tu_string!(i18n, bulk.undo_suspend, count = changed.len()));
        } else if changed.iter().any(|result| result.ends_sessions > 0) {
            text = format!("{text} {}", tu_string!(i18n, bulk.undo_ended));
        }
        self.toasts.with_undo(text, move || {
            let (changed, back) = (changed.clone(), back.clone());
            spawn_local(async move {
                self.announce_undo(undo(self.api, &back, &changed).await);
                let _ = self.done.try_run(());
            });
        });
    }

    fn text(self, action: &BulkAction, count: usize) -> String {
        let (i18n, n) = (self.i18n, untrack(|| self.format.number(count)));
        match action {
            BulkAction::Grant { .. } => tu_string!(i18n, users.granted, count = count, n = n),
            BulkAction::SetGrantEnd { .. } => tu_string!(i18n, users.end_set, count = count, n = n),
            BulkAction::Revoke { .. } => tu_string!(i18n, users.revoked, count = count, n = n),
            BulkAction::AddToGroup { .. } => tu_string!(i18n, bulk.added, count = count, n = n),
            BulkAction::RemoveFromGroup { .. } => tu_string!(i18n, bulk.removed, count = count, n = n),
            BulkAction::SetRole { .. } => tu_string!(i18n, bulk.role_set, count = count, n = n),
            BulkAction::Suspend => tu_string!(i18n, bulk.suspended, count = count, n = n),
            BulkAction::Reactivate => tu_string!(i18n, bulk.reactivated, count = count, n = n),
            BulkAction::Delete => tu_string!(i18n, bulk.deleted, count = count, n = n),
        }
    }

    fn announce_undo(self, result: Result<(usize, usize), Failure>) {
        let i18n = self.i18n;
        let n = |count: usize| untrack(|| self.format.number(count));
        match result {
            Ok((0, 0)) => self.toasts.success(tu_string!(i18n, bulk.undone)),
            Ok((0, count)) => {
                self.toasts.error(tu_string!(i18n, bulk.undone_without, count = count, n = n(count)));
            }
            Ok((count, _)) => self.toasts.error(tu_string!(i18n, bulk.partly_undone, count = count, n = n(count))),
            Err(failure) => self.toasts.error(untrack(|| labels::failure(i18n, &failure))),
        }
    }
}

/// Undoes an action; returns the number of users it failed for, and of named seats that were taken meanwhile.
async fn undo(api: Api, back: &BulkAction, changed: &[BulkResult]) -> Result<(usize, usize), Failure> {
    if let BulkAction::Reactivate = back {
        return reactivate_with_seats(api, changed).await;
    }
    let mut failed = 0;
    for (action, users) in with_former_ends(back, changed) {
        let results = carry_out(api, &action, &TargetSelector::Users(users), false, |_| true).await?;
        failed += refusals(&results).len();
    }
    Ok((failed, 0))
}
