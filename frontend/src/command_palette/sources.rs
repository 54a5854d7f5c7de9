//! Where the entries come from: the pages and actions that the caller may use, and what the server finds.

use super::{
    entry::{Entry, EntryGroup, Target, action_address, matches},
    step::Step,
};
use crate::{
    caller::Caller,
    copy_view::{COPY_LINK, COPY_REQUEST},
    format::Texts,
    i18n::*,
    labels,
    live::Live,
    shell::nav::NavPage,
    ui::{address_action::SEATS_ACTION, icon::Glyph, links::Named, query::Query},
};
use leptos::prelude::*;
use seatkeeper_shared::{
    endpoints,
    permissions::Action,
    wire::{Page, groups::GroupView, licenses::LicenseView, sessions::SessionView, users::UserView, views::ViewPage},
};

/// How many found people, sessions, licenses or groups are shown.
const MAX_FOUND: usize = 8;

/// A page or an action: its name, what it shows beside it, the right that it needs, and what it opens.
struct Command {
    group: EntryGroup,
    glyph: Glyph,
    label: fn(Texts) -> &'static str,
    needs: Option<Action>,
    target: fn() -> Target,
}

const fn page(
    glyph: Glyph,
    label: fn(Texts) -> &'static str,
    needs: Option<Action>,
    target: fn() -> Target,
) -> Command {
    Command { group: EntryGroup::Pages, glyph, label, needs, target }
}

const fn action(glyph: Glyph, label: fn(Texts) -> &'static str, needs: Action, target: fn() -> Target) -> Command {
    Command { group: EntryGroup::Actions, glyph, label, needs: Some(needs), target }
}

fn address(path: &str) -> Target {
    Target::Address(path.to_owned())
}

fn act(path: &str, name: &str) -> Target {
    Target::Address(action_address(path, name, None))
}

/// Pages beside those of the navigation.
const PAGES: [Command; 8] = [
    page(
        Glyph::Chart,
        |i18n| t_string!(i18n, reports.tab_refusals),
        Some(Action::ViewReports),
        || address("/reports/refusals"),
    ),
    page(
        Glyph::Chart,
        |i18n| t_string!(i18n, reports.tab_sizing),
        Some(Action::ViewReports),
        || address("/reports/sizing"),
    ),
    page(
        Glyph::Chart,
        |i18n| t_string!(i18n, reports.tab_people),
        Some(Action::ViewReports),
        || address("/reports/people"),
    ),
    page(
        Glyph::Chart,
        |i18n| t_string!(i18n, reports.tab_costs),
        Some(Action::ViewReports),
        || address("/reports/costs"),
    ),
    page(Glyph::Users, |i18n| t_string!(i18n, import.open), Some(Action::ManageUsers), || address("/users/import")),
    page(Glyph::Person, |i18n| t_string!(i18n, nav.profile), None, || address("/profile")),
    page(Glyph::Settings, |i18n| t_string!(i18n, nav.settings), Some(Action::ManageAccount), || address("/settings")),
    page(
        Glyph::Key,
        |i18n| t_string!(i18n, nav.directory),
        Some(Action::ManageAccount),
        || address("/settings/directory"),
    ),
];

const ACTIONS: [Command; 7] = [
    action(
        Glyph::Leave,
        |i18n| t_string!(i18n, palette.end_session),
        Action::EndSessions,
        || Target::Step(Step::EndSession),
    ),
    action(Glyph::Key, |i18n| t_string!(i18n, palette.grant), Action::Assign, || Target::Step(Step::Grant)),
    action(
        Glyph::Box,
        |i18n| t_string!(i18n, palette.change_seats),
        Action::ChangeSeats,
        || Target::Step(Step::ChangeSeats),
    ),
    action(Glyph::Plus, |i18n| t_string!(i18n, users.add), Action::ManageUsers, || act("/users", "add")),
    action(Glyph::Plus, |i18n| t_string!(i18n, groups.add), Action::ManageGroups, || act("/groups", "add")),
    action(
        Glyph::Plus,
        |i18n| t_string!(i18n, licenses.add_product),
        Action::ManageProducts,
        || act("/licenses", "add-product"),
    ),
    action(
        Glyph::Plus,
        |i18n| t_string!(i18n, licenses.add_license),
        Action::ChangeSeats,
        || act("/licenses", "add-license"),
    ),
];

/// What the server finds.
#[derive(Clone, Copy)]
pub struct Sources {
    people: Query<Page<UserView>>,
    sessions: Query<Page<SessionView>>,
    groups: Query<Vec<GroupView>>,
    licenses: Memo<Vec<LicenseView>>,
}

impl Sources {
    /// Asks the server for what is typed, as far as the caller may see it.
    pub fn new(q: RwSignal<String>, step: RwSignal<Step>) -> Self {
        let caller = Caller::get();
        let typed = move || q.with(|q| q.trim().to_owned());
        let people = Query::search(move || {
            let wanted = match step.get() {
                Step::Anything => !typed().is_empty(),
                Step::Grant => true,
                Step::EndSession | Step::ChangeSeats => false,
            };
            (wanted && caller.may(Action::ViewUsers)).then(|| endpoints::users::find(&typed(), MAX_FOUND))
        });
        let sessions = Query::search(move || {
            let limit = MAX_FOUND.to_string();
            (step.get() == Step::EndSession)
                .then(|| endpoints::sessions::list().with("state", "live").with("limit", &limit).with("q", &typed()))
        });
        let groups = Query::new(move || caller.may(Action::ViewUsers).then(endpoints::groups::list));
        Self { people, sessions, groups, licenses: Live::get().licenses() }
    }

    /// Whether more may be found in a moment; tracked.
    pub fn is_loading(self) -> bool {
        self.people.status().is_loading() || self.sessions.status().is_loading()
    }

    /// The entries for what was typed, on the page at `path`; tracked.
    pub fn entries(self, i18n: Texts, caller: Caller, step: Step, q: &str, path: &str) -> Vec<Entry> {
        match step {
            Step::Anything => {
                let mut entries = commands(i18n, caller, q);
                entries.extend(copies_of_view(i18n, path).filter(|entry| matches(&entry.label, q)));
                if !q.trim().is_empty() {
                    entries.extend(self.people(|user| address(&Named::User(user.id).address())));
                    if caller.may(Action::ViewUsers) {
                        entries
                            .extend(self.licenses(i18n, q, |license| address(&Named::License(license.id).address())));
                        entries.extend(self.groups(q));
                    }
                }
                entries
            }
            Step::EndSession => self.sessions(),
            Step::Grant => self.people(|user| act(&format!("/users/{}", user.id), "grant")),
            Step::ChangeSeats => self.licenses(i18n, q, |license| {
                Target::Address(action_address("/licenses", SEATS_ACTION, Some(license.id.to_string())))
            }),
        }
    }

    fn people(self, target: impl Fn(&UserView) -> Target) -> Vec<Entry> {
        let entry = |user: &UserView| Entry {
            group: EntryGroup::People,
            glyph: Glyph::Person,
            label: user.name.clone(),
            detail: user.email.clone(),
            target: target(user),
        };
        self.people.with(|page| page.items.iter().map(entry).collect()).unwrap_or_default()
    }

    fn sessions(self) -> Vec<Entry> {
        let entry = |session: &SessionView| Entry {
            group: EntryGroup::Sessions,
            glyph: Glyph::Live,
            label: session.user_name.clone(),
            detail: format!("{} · {}", session.product_name, session.device),
            target: {
                let path = format!("/sessions?license={}", session.license_id);
                Target::Address(action_address(&path, "end", Some(session.id.to_string())))
            },
        };
        // Only its agent can return a borrowed seat.
        let can_be_ended = |session: &&SessionView| session.borrowed_until.is_none();
        self.sessions.with(|page| page.items.iter().filter(can_be_ended).map(entry).collect()).unwrap_or_default()
    }

    fn licenses(self, i18n: Texts, q: &str, target: impl Fn(&LicenseView) -> Target) -> Vec<Entry> {
        let entry = |license: &LicenseView| Entry {
            group: EntryGroup::Licenses,
            glyph: Glyph::Box,
            label: labels::license(i18n, license),
            detail: t_string!(i18n, palette.seats, count = license.seats, n = license.seats),
            target: target(license),
        };
        self.licenses.with(|all| {
            let current = all.iter().filter(|license| license.archived_at.is_none());
            current.map(entry).filter(|entry| matches(&entry.label, q)).take(MAX_FOUND).collect()
        })
    }

    fn groups(self, q: &str) -> Vec<Entry> {
        let entry = |group: &GroupView| Entry {
            group: EntryGroup::Groups,
            glyph: Glyph::Group,
            label: group.name.clone(),
            detail: String::new(),
            target: address(&Named::Group(group.id).address()),
        };
        let found = |all: &Vec<GroupView>| {
            all.iter().filter(|group| matches(&group.name, q)).take(MAX_FOUND).map(entry).collect()
        };
        self.groups.with(found).unwrap_or_default()
    }
}

/// What can be copied of the view that the page at this path shows.
fn copies_of_view(i18n: Texts, path: &str) -> impl Iterator<Item = Entry> {
    let has_views = ViewPage::ALL.iter().any(|page| page.path() == path);
    let entry = |label: &str, action| Entry {
        group: EntryGroup::Actions,
        glyph: Glyph::Copy,
        label: label.to_owned(),
        detail: String::new(),
        target: act(path, action),
    };
    let copies = has_views.then(|| {
        [entry(t_string!(i18n, copy_view.link), COPY_LINK), entry(t_string!(i18n, copy_view.request), COPY_REQUEST)]
    });
    copies.into_iter().flatten()
}

/// The pages and actions that the caller may use and whose names match.
fn commands(i18n: Texts, caller: Caller, q: &str) -> Vec<Entry> {
    let nav = NavPage::ALL.into_iter().filter(|page| caller.may(page.required_action())).map(|page| Entry {
        group: EntryGroup::Pages,
        glyph: page.glyph(),
        label: page.label(i18n).to_owned(),
        detail: String::new(),
        target: address(page.path()),
    });
    let others = PAGES.iter().chain(&ACTIONS).filter(|command| command.needs.is_none_or(|needs| caller.may(needs)));
    let others = others.map(|command| Entry {
        group: command.group,
        glyph: command.glyph,
        label: (command.label)(i18n).to_owned(),
        detail: String::new(),
        target: (command.target)(),
    });
    nav.chain(others).filter(|entry| matches(&entry.label, q)).collect()
}
