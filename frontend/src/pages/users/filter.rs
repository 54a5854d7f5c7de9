//! Which users are listed and in what order: as it stands in the address bar, and as the server is asked.

use crate::ui::sort::Order;
use chrono::{DateTime, TimeDelta, Utc};
use leptos_router::params::ParamsMap;
use seatkeeper_shared::{
    ids::{GroupId, LicenseId},
    people::{Role, Source, UserStatus},
    wire::users::{UserFilter, UserSort},
};

/// How many users come at a time.
const LIMIT: usize = 100;
const USUAL: Order<UserSort> = (UserSort::Name, false);

/// By what the list can be narrowed (Filterkategorie).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Category {
    /// By an assigned license.
    Products,
    /// By role.
    Role,
    /// By status.
    Status,
    /// By group.
    Group,
    /// By the last sign-in.
    Active,
    /// By where they came from.
    Source,
}

impl Category {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 6] = [Self::Products, Self::Role, Self::Status, Self::Group, Self::Active, Self::Source];

    /// Its name in the address bar.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Products => "license",
            Self::Role => "role",
            Self::Status => "status",
            Self::Group => "group",
            Self::Active => "active",
            Self::Source => "source",
        }
    }

    /// The category with this name.
    pub fn read(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|category| category.as_str() == name)
    }
}

/// When somebody last signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Active {
    /// In the last so many days.
    Within(i64),
    /// Not in the last so many days.
    NotWithin(i64),
}

impl Active {
    /// What can be chosen.
    pub const ALL: [Self; 5] =
        [Self::Within(7), Self::Within(30), Self::NotWithin(30), Self::NotWithin(90), Self::NotWithin(365)];

    /// How it stands in the address bar.
    pub fn written(self) -> String {
        match self {
            Self::Within(days) => format!("{days}d"),
            Self::NotWithin(days) => format!("-{days}d"),
        }
    }

    fn read(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.written() == text)
    }
}

/// What the address bar asks for. All that is chosen counts together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// The category that is open.
    pub category: Option<Category>,
    /// To whom this license is assigned.
    pub license: Option<LicenseId>,
    /// Of this role.
    pub role: Option<Role>,
    /// Of this status.
    pub status: Option<UserStatus>,
    /// In this group.
    pub group: Option<GroupId>,
    /// By the last sign-in.
    pub active: Option<Active>,
    /// Who came from there.
    pub source: Option<Source>,
    /// With this in name or e-mail address.
    pub q: String,
    /// In which order.
    pub order: Order<UserSort>,
}

impl Default for Filter {
    fn default() -> Self {
        let (license, role, status, group) = (None, None, None, None);
        let (category, active, source) = (None, None, None);
        Self { category, license, role, status, group, active, source, q: String::new(), order: USUAL }
    }
}

impl Filter {
    /// Reads the address bar; what it does not understand it leaves out.
    pub fn read(query: &ParamsMap) -> Self {
        let text = |name| query.get_str(name).unwrap_or_default();
        let sort = text("sort");
        let (name, falling) = sort.strip_prefix('-').map_or((sort, false), |name| (name, true));
        let mut filter = Self {
            category: Category::read(text("category")),
            q: text("q").to_owned(),
            order: name.parse().map_or(USUAL, |by| (by, falling)),
            ..Self::default()
        };
        for category in Category::ALL {
            filter.narrow(category, text(category.as_str()));
        }
        filter
    }

    /// Narrows the list within a category to this, or not at all if it is nothing that is known.
    pub fn narrow(&mut self, category: Category, by: &str) {
        match category {
            Category::Products => self.license = by.parse().ok(),
            Category::Role => self.role = by.parse().ok(),
            Category::Status => self.status = by.parse().ok(),
            Category::Group => self.group = by.parse().ok(),
            Category::Active => self.active = Active::read(by),
            Category::Source => self.source = by.parse().ok(),
        }
    }

    /// To what the list is narrowed within a category, as it stands in the address bar.
    pub fn by(&self, category: Category) -> String {
        match category {
            Category::Products => self.license.map(|id| id.to_string()),
            Category::Role => self.role.map(|role| role.to_string()),
            Category::Status => self.status.map(|status| status.to_string()),
            Category::Group => self.group.map(|id| id.to_string()),
            Category::Active => self.active.map(Active::written),
            Category::Source => self.source.map(|source| source.to_string()),
        }
        .unwrap_or_default()
    }

    /// Whether these are the same users, in whatever order.
    pub fn shows_same(&self, other: &Self) -> bool {
        let Self { category, order, .. } = *self;
        *self == Self { category, order, ..other.clone() }
    }

    /// The categories by which the list is narrowed.
    pub fn narrowed(&self) -> Vec<Category> {
        Category::ALL.into_iter().filter(|category| !self.by(*category).is_empty()).collect()
    }

    /// What stands in the address bar after the path; nothing for what is usual.
    pub fn query(&self) -> String {
        let mut query = ParamsMap::new();
        put(&mut query, "category", self.category.map_or("", Category::as_str));
        for category in Category::ALL {
            put(&mut query, category.as_str(), &self.by(category));
        }
        put(&mut query, "q", &self.q);
        if self.order != USUAL {
            put(&mut query, "sort", &self.sort());
        }
        query.to_query_string()
    }

    /// The address at which the server is asked for the page after this place; `now` is what "the last 30 days" end with.
    pub fn address(&self, after: Option<&str>, now: DateTime<Utc>) -> String {
        let mut query = ParamsMap::new();
        for category in Category::ALL.into_iter().filter(|category| *category != Category::Active) {
            put(&mut query, category.as_str(), &self.by(category));
        }
        let before = |days| written(now - TimeDelta::days(days));
        match self.active {
            Some(Active::Within(days)) => put(&mut query, "active_after", &before(days)),
            Some(Active::NotWithin(days)) => put(&mut query, "active_before", &before(days)),
            None => {}
        }
        put(&mut query, "q", self.q.trim());
        put(&mut query, "sort", &self.sort());
        put(&mut query, "after", after.unwrap_or_default());
        put(&mut query, "limit", &LIMIT.to_string());
        format!("/users{}", query.to_query_string())
    }

    /// The same users, as the server is told whom to change.
    pub fn asked(&self, now: DateTime<Utc>) -> UserFilter {
        let before = |days| Some(now - TimeDelta::days(days));
        let (active_after, active_before) = match self.active {
            Some(Active::Within(days)) => (before(days), None),
            Some(Active::NotWithin(days)) => (None, before(days)),
            None => (None, None),
        };
        let q = Some(self.q.trim().to_owned()).filter(|q| !q.is_empty());
        let (license, role, status, group) = (self.license, self.role, self.status, self.group);
        let source = self.source;
        UserFilter { license, product: None, role, status, group, source, active_after, active_before, q }
    }

    /// The address of the same users as a table.
    pub fn export(&self, now: DateTime<Utc>) -> String {
        self.address(None, now).replacen("/users", "/api/v1/users/export", 1)
    }

    fn sort(&self) -> String {
        format!("{}{}", if self.order.1 { "-" } else { "" }, self.order.0)
    }
}

/// The address of those to whom a license is assigned.
pub fn holders(license: LicenseId) -> String {
    let filter = Filter { category: Some(Category::Products), license: Some(license), ..Filter::default() };
    format!("/users{}", filter.query())
}

/// A moment as the server reads it.
fn written(at: DateTime<Utc>) -> String {
    serde_json::to_value(at).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

fn put(query: &mut ParamsMap, name: &'static str, value: &str) {
    if !name.is_empty() && !value.is_empty() {
        query.replace(name, value.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn a_category_narrows_only_once_something_is_chosen() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(100);
        let mut filter = Filter { category: Some(Category::Role), ..Filter::default() };
        assert_eq!(filter.query(), "?category=role");
        assert_eq!(filter.address(None, now), "/users?sort=name&limit=100");
        filter.narrow(Category::Role, "manager");
        assert_eq!(filter.address(Some("x"), now), "/users?role=manager&sort=name&after=x&limit=100");
    }

    #[wasm_bindgen_test]
    fn the_link_from_a_license_shows_its_holders() {
        let id = "00000000-0000-4000-8000-000000000001";
        let link = holders(id.parse().unwrap());
        assert_eq!(link, format!("/users?category=license&license={id}"));
        let mut query = ParamsMap::new();
        for pair in link.trim_start_matches("/users?").split('&') {
            let (name, value) = pair.split_once('=').unwrap();
            query.insert(name.to_owned(), value.to_owned());
        }
        let filter = Filter::read(&query);
        assert_eq!((filter.license, filter.category), (id.parse().ok(), Some(Category::Products)));
    }

    #[wasm_bindgen_test]
    fn another_order_shows_the_same_users() {
        let filter = Filter::default();
        let sorted = Filter { order: (UserSort::Name, true), category: Some(Category::Role), ..Filter::default() };
        assert!(filter.shows_same(&sorted));
        assert!(!filter.shows_same(&Filter { q: "a".to_owned(), ..Filter::default() }));
    }

    #[wasm_bindgen_test]
    fn all_that_is_chosen_counts_together() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(100);
        let mut filter = Filter::default();
        let id = "00000000-0000-4000-8000-000000000001";
        for (category, by) in [(Category::Products, id), (Category::Active, "-90d"), (Category::Source, "mars")] {
            filter.narrow(category, by);
        }
        assert_eq!(filter.narrowed(), [Category::Products, Category::Active]);
        let asked = format!("/users?license={id}&active_before=1970-01-11T00%3A00%3A00Z&sort=name&limit=100");
        assert_eq!(filter.address(None, now), asked);
    }
}
