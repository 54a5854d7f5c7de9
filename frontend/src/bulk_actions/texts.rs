//! The texts of the dialogs: what is asked, for whom, and what follows.

use super::job::{BulkActionKind, BulkJob, BulkTargets};
use crate::{
    format::Format,
    i18n::*,
    text::{Text, text},
};

/// The most users that are listed by name.
const MAX_NAMED_USERS: usize = 5;

/// What is asked, with the name of the user or the number of users.
pub fn title(job: &BulkJob) -> Text {
    let (kind, count, format) = (job.kind, job.targets.count(), Format::get());
    let known = match &job.targets {
        BulkTargets::Users(users) => users.first().map(|user| user.name.clone()),
        BulkTargets::Matching(..) => None,
    };
    Text::derive(move |locale| {
        let n = format.number(count);
        let name = known.clone().unwrap_or_else(|| td_string!(locale, users.total, count = count, n = n.clone()));
        match kind {
            BulkActionKind::Grant => td_string!(locale, users.grant_title, count = count, n = n, name = name),
            BulkActionKind::SetGrantEnd => td_string!(locale, users.end_title, count = count, n = n, name = name),
            BulkActionKind::Revoke => td_string!(locale, users.revoke_title, count = count, n = n, name = name),
            BulkActionKind::AddToGroup => td_string!(locale, bulk.add_title, count = count, n = n, name = name),
            BulkActionKind::RemoveFromGroup => td_string!(locale, bulk.remove_title, count = count, n = n, name = name),
            BulkActionKind::SetRole => td_string!(locale, bulk.role_title, count = count, n = n, name = name),
            BulkActionKind::Suspend => td_string!(locale, bulk.suspend_title, count = count, n = n, name = name),
            BulkActionKind::Reactivate => td_string!(locale, bulk.reactivate_title, count = count, n = n, name = name),
            BulkActionKind::Delete => td_string!(locale, bulk.delete_title, count = count, n = n, name = name),
        }
    })
}

/// The label of the button that carries out the action.
pub fn confirm(kind: BulkActionKind) -> Text {
    match kind {
        BulkActionKind::Grant => text!(users.grant_confirm),
        BulkActionKind::SetGrantEnd => text!(users.end_confirm),
        BulkActionKind::Revoke => text!(users.revoke_confirm),
        BulkActionKind::AddToGroup => text!(bulk.add_confirm),
        BulkActionKind::RemoveFromGroup => text!(bulk.remove_confirm),
        BulkActionKind::SetRole => text!(bulk.role_confirm),
        BulkActionKind::Suspend => text!(users.suspend_confirm),
        BulkActionKind::Reactivate => text!(users.reactivate),
        BulkActionKind::Delete => text!(bulk.delete_confirm),
    }
}

/// The consequences of an action, where they are not obvious; otherwise empty.
pub fn consequences(job: &BulkJob) -> Text {
    let count = job.targets.count();
    match job.kind {
        BulkActionKind::Suspend => text!(users.suspend_text),
        BulkActionKind::Delete => text!(bulk.delete_text, count = count),
        _ => Text::default(),
    }
}

/// For whom it is asked; empty if the title names the user.
pub fn recipients(targets: &BulkTargets) -> Text {
    let format = Format::get();
    match targets {
        BulkTargets::Users(users) if users.len() == 1 => Text::default(),
        BulkTargets::Users(users) => {
            let names: Vec<_> = users.iter().map(|user| user.name.clone()).collect();
            text!(users.for_users, names = format.names(&names, MAX_NAMED_USERS))
        }
        BulkTargets::Matching(_, total) => {
            let total = *total;
            text!(users.selected_matching, count = total, n = format.number(total))
        }
    }
}
