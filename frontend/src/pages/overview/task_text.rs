//! What a task says, how urgent it is, and where it is dealt with.

use super::state::OverviewState;
use crate::{
    format::{Format, Texts},
    i18n::*,
    labels,
    pages::licenses::last_day,
};
use seatkeeper_shared::{ids::LicenseId, permissions::Action, wire::reports::Task};

/// How urgent a task is, which determines its mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// Somebody cannot work.
    Now,
    /// Somebody may soon not be able to work.
    Soon,
    /// Worth a look.
    Later,
}

impl Urgency {
    /// The urgency of a task.
    pub const fn of(task: &Task) -> Self {
        match task {
            Task::Waiting { .. } | Task::Refused { .. } | Task::OverCapacity { .. } => Self::Now,
            Task::GrantsEnding { .. } | Task::LicenseRequests { .. } => Self::Soon,
            Task::Full { .. } | Task::LostContact { .. } | Task::Expiring { .. } | Task::Provisioning { .. } => {
                Self::Soon
            }
            Task::BorrowedEnding { .. } | Task::UnusedSeats { .. } | Task::NotInvited { .. } => Self::Later,
        }
    }

    /// The CSS class of the mark.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Now => "mark now",
            Self::Soon => "mark soon",
            Self::Later => "mark later",
        }
    }

    /// The word for those who do not see the mark.
    pub fn label(self, i18n: Texts) -> &'static str {
        match self {
            Self::Now => t_string!(i18n, overview.urgent),
            Self::Soon => t_string!(i18n, overview.soon),
            Self::Later => t_string!(i18n, overview.later),
        }
    }
}

/// The words of a task; tracked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskText {
    /// What is the case.
    pub what: String,
    /// More about it, in small print.
    pub more: String,
    /// The label of the link.
    pub act: String,
    /// The path of the link.
    pub path: String,
}

/// The words of a task; tracked, since they contain ages.
pub fn task_text(page: OverviewState, i18n: Texts, format: Format, task: &Task) -> TaskText {
    let license = |id: LicenseId| page.license(id).map(|l| labels::license(i18n, &l)).unwrap_or_default();
    let sessions = |id: LicenseId| format!("/sessions?license={id}");
    let show_sessions = || t_string!(i18n, overview.show_sessions).to_owned();
    match task {
        Task::Waiting { license_id, waiting, since, user_name } => TaskText {
            what: t_string!(
                i18n,
                overview.waiting,
                count = *waiting,
                n = format.number(*waiting),
                license = license(*license_id)
            ),
            more: match user_name {
                Some(name) => {
                    t_string!(i18n, overview.waiting_longest, name = name.clone(), span = format.since(*since))
                }
                None => t_string!(i18n, overview.waiting_since, span = format.since(*since)),
            },
            act: show_sessions(),
            path: sessions(*license_id),
        },
        Task::Refused { license_id, users, since } => TaskText {
            what: t_string!(
                i18n,
                overview.refused,
                count = *users,
                n = format.number(*users),
                license = license(*license_id)
            ),
            more: t_string!(i18n, overview.refused_since, ago = format.ago(*since)),
            act: if page.may(Action::ViewReports) {
                t_string!(i18n, overview.show_refusals).to_owned()
            } else {
                show_sessions()
            },
            path: if page.may(Action::ViewReports) {
                format!("/reports/refusals?license={license_id}")
            } else {
                sessions(*license_id)
            },
        },
        Task::OverCapacity { license_id, over } => TaskText {
            what: t_string!(
                i18n,
                overview.over_capacity,
                count = *over,
                n = format.number(*over),
                license = license(*license_id)
            ),
            more: t_string!(i18n, overview.over_capacity_more).to_owned(),
            act: show_sessions(),
            path: sessions(*license_id),
        },
        Task::Full { license_id, since } => TaskText {
            what: t_string!(i18n, overview.full, license = license(*license_id)),
            more: t_string!(i18n, overview.full_since, span = format.span(*since)),
            act: show_sessions(),
            path: sessions(*license_id),
        },
        Task::Expiring { license_id, ends_at } => TaskText {
            what: t_string!(i18n, overview.expiring, license = license(*license_id), about = format.estimate(*ends_at)),
            more: format.date(*ends_at),
            act: t_string!(i18n, overview.renew).to_owned(),
            path: "/licenses".to_owned(),
        },
        Task::LicenseRequests { requests, since } => TaskText {
            what: t_string!(i18n, overview.license_requests, count = *requests, n = format.number(*requests)),
            more: t_string!(i18n, overview.license_requests_more, ago = format.ago(*since)),
            act: t_string!(i18n, overview.check).to_owned(),
            path: "/users".to_owned(),
        },
        Task::GrantsEnding { license_id, grants, next_end, user_id, user_name } => TaskText {
            what: t_string!(
                i18n,
                overview.grants_ending,
                count = *grants,
                n = format.number(*grants),
                name = user_name.clone(),
                license = license(*license_id),
                about = format.estimate(*next_end)
            ),
            more: t_string!(
                i18n,
                overview.grants_ending_more,
                count = *grants,
                name = user_name.clone(),
                date = format.date(last_day(*next_end))
            ),
            act: t_string!(i18n, overview.check).to_owned(),
            path: if *grants == 1 { format!("/users/{user_id}") } else { format!("/users?license={license_id}") },
        },
        Task::LostContact { sessions, next_end } => TaskText {
            what: t_string!(i18n, overview.lost_contact, count = *sessions, n = format.number(*sessions)),
            more: t_string!(i18n, overview.lost_contact_more, about = format.estimate(*next_end)),
            act: show_sessions(),
            path: "/sessions?license=all".to_owned(),
        },
        Task::BorrowedEnding { seats, next_end } => TaskText {
            what: t_string!(i18n, overview.borrowed, count = *seats, n = format.number(*seats)),
            more: t_string!(i18n, overview.borrowed_more, time = format.time(*next_end)),
            act: show_sessions(),
            path: "/sessions?license=all".to_owned(),
        },
        Task::UnusedSeats { license_id, seats, cost } => TaskText {
            what: t_string!(
                i18n,
                overview.unused,
                count = *seats,
                n = format.number(*seats),
                license = license(*license_id)
            ),
            more: cost
                .as_ref()
                .map(|cost| t_string!(i18n, overview.unused_cost, cost = format.money(cost)))
                .unwrap_or_default(),
            act: t_string!(i18n, overview.check).to_owned(),
            path: format!("/reports/costs?license={license_id}"),
        },
        Task::Provisioning { directory_name, users, .. } => TaskText {
            what: t_string!(
                i18n,
                overview.provisioning,
                count = *users,
                n = format.number(*users),
                directory = directory_name.clone()
            ),
            more: String::new(),
            act: t_string!(i18n, overview.details).to_owned(),
            path: "/settings/directory".to_owned(),
        },
        Task::NotInvited { users, user_id } => TaskText {
            what: t_string!(i18n, overview.not_invited, count = *users, n = format.number(*users)),
            more: String::new(),
            act: t_string!(i18n, overview.invite).to_owned(),
            path: if *users == 1 { format!("/users/{user_id}") } else { "/users".to_owned() },
        },
    }
}
