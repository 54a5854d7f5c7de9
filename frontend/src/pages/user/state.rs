//! The state that the sections of the page share: the loaded user, and where their licenses come from.

use crate::{
    bulk_actions::{
        dialog::BulkActions,
        job::{BulkActionKind, BulkJob},
    },
    caller::Caller,
    group_list::GroupList,
    live::Live,
    ui::query::Query,
};
use seatkeeper_shared::{
    endpoints,
    ids::{LicenseId, UserId},
    people::Role,
    permissions::Action,
    wire::{groups::GroupAssignment, seat_check::SeatCheck, users::UserView},
};

/// The shared state of the page.
#[derive(Clone, Copy)]
pub struct UserPageState {
    pub live: Live,
    pub groups: GroupList,
    /// The user's id, from the URL.
    pub id: UserId,
    pub user: Query<UserView>,
    /// Whether the user would get a seat now.
    pub seat_check: Query<SeatCheck>,
    /// The licenses that the user has through groups. If this fails, only the origin of the licenses is missing.
    through: Query<Vec<GroupAssignment>>,
    bulk: BulkActions,
    caller: Caller,
}

impl UserPageState {
    /// Creates the state and starts loading.
    pub fn new(id: UserId) -> Self {
        let (user, groups) = (Query::once(endpoints::users::one(id)), GroupList::load());
        let through = Query::once(endpoints::users::group_licenses(id));
        let seat_check = Query::once(endpoints::users::seat_check(id));
        let bulk = BulkActions::new(groups, move || {
            user.reload();
            seat_check.reload();
            through.reload();
        });
        Self { live: Live::get(), groups, id, user, seat_check, through, bulk, caller: Caller::get() }
    }

    /// The names of the groups through which the user has a license; empty if it was assigned directly.
    pub fn groups_of(self, license: LicenseId) -> Vec<String> {
        let of = |one: &GroupAssignment| (one.license_id == license).then(|| one.group_name.clone());
        self.through.with(|all| all.iter().filter_map(of).collect()).unwrap_or_default()
    }

    /// The result of a function of the user; tracked.
    pub fn with<T>(self, of: impl FnOnce(&UserView) -> T) -> Option<T> {
        self.user.with(of)
    }

    /// The name of the user; empty until it is loaded.
    pub fn name(self) -> String {
        self.with(|user| user.name.clone()).unwrap_or_default()
    }

    /// Opens the dialog for an action on this user.
    pub fn ask(self, kind: BulkActionKind) {
        if let Some(user) = self.user.with_untracked(Clone::clone) {
            self.bulk.ask(BulkJob::new(kind, vec![user]));
        }
    }

    /// Opens the dialog for an action on this user with a given license or group.
    pub fn ask_with(self, kind: BulkActionKind, choice: impl ToString) {
        if let Some(user) = self.user.with_untracked(Clone::clone) {
            self.bulk.ask(BulkJob::with_choice(kind, vec![user], choice));
        }
    }

    /// Whether the caller has the right to this action.
    pub fn may(self, action: Action) -> bool {
        self.caller.may(action)
    }

    /// Whether the caller may change this user: users other than agents can only be changed by admins.
    pub fn may_change(self) -> bool {
        let agent = self.with(|user| user.role == Role::Agent).unwrap_or(false);
        self.may(if agent { Action::ManageUsers } else { Action::ManageRoles })
    }
}
