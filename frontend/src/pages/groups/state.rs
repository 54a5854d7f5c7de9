//! The state that the parts of the page share: the groups, and the open one.

use crate::{
    caller::Caller,
    format::Texts,
    group_list::GroupList,
    i18n::use_i18n,
    live::Live,
    ui::{form_dialog::Dialogs, query::Query},
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use seatkeeper_shared::{
    endpoints,
    ids::GroupId,
    permissions::{Action, Visibility, visibility},
    wire::groups::{GroupDetail, GroupLicense},
};

/// The shared state of the page.
#[derive(Clone, Copy)]
pub struct GroupsPageState {
    /// Provides the licenses.
    pub live: Live,
    pub groups: GroupList,
    /// The open group: that of the URL, else the first.
    pub id: Memo<Option<GroupId>>,
    /// The open group.
    pub group: Query<GroupDetail>,
    /// The licenses that the open group assigns.
    pub licenses: Query<Vec<GroupLicense>>,
    /// Counts the changes of members, upon which their list reloads.
    pub member_changes: RwSignal<usize>,
    pub i18n: Texts,
    caller: Caller,
}

impl GroupsPageState {
    /// Creates the state and starts loading.
    pub fn new() -> Self {
        let (query, groups) = (use_query_map(), GroupList::load());
        let requested = Memo::new(move |_| query.with(|query| query.get_str("group").and_then(|id| id.parse().ok())));
        let first = Memo::new(move |_| groups.all.with(|all| all.first().map(|group| group.id)));
        let id = Memo::new(move |_| requested.get().or_else(|| first.get()));
        close_dialog_of_other_group(id);
        Self {
            live: Live::get(),
            groups,
            id,
            group: Query::new(move || id.get().map(endpoints::groups::one)),
            licenses: Query::new(move || id.get().map(endpoints::groups::licenses)),
            member_changes: RwSignal::new(0),
            i18n: use_i18n(),
            caller: Caller::get(),
        }
    }

    /// Reloads after a change of members.
    pub fn members_changed(self) {
        self.group.reload();
        self.licenses.reload();
        self.groups.reload();
        self.member_changes.try_update(|member_changes| *member_changes += 1);
    }

    /// The name of the open group; empty until it is loaded.
    pub fn name(self) -> String {
        self.group.with(|group| group.group.name.clone()).unwrap_or_default()
    }

    /// Whether the caller has the right to this action.
    pub fn may(self, action: Action) -> bool {
        self.caller.may(action)
    }

    /// Whether the caller sees only the groups that they manage.
    pub fn is_limited(self) -> bool {
        self.caller.me().is_some_and(|me| visibility(&me.rights) == Visibility::Groups)
    }
}

/// The group that the page shows, if any.
#[derive(PartialEq)]
struct OpenGroup(Option<GroupId>);

/// When another group is opened, the dialog of the one before closes, or does not open after its download.
fn close_dialog_of_other_group(id: Memo<Option<GroupId>>) {
    let dialogs = Dialogs::get();
    Effect::new(move |before: Option<OpenGroup>| {
        let now = OpenGroup(id.get());
        if before.is_some_and(|before| before.0.is_some() && before != now) {
            dialogs.close();
        }
        now
    });
}
