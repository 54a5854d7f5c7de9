//! The filter and order of the user list, converted from and to the URL and to the request.

use crate::{api::address, ui::sortable_header::SortOrder};
use chrono::{DateTime, TimeDelta, Utc};
use leptos_router::params::ParamsMap;
use seatkeeper_shared::{
    endpoints::{self, Endpoint},
    ids::{GroupId, LicenseId},
    people::{Role, Source, UserStatus},
    wire::{
        Page,
        users::{UserFilter, UserSort, UserView},
    },
};

/// The number of users per page.
const PAGE_SIZE: &str = "100";
const DEFAULT_ORDER: SortOrder<UserSort> = (UserSort::Name, false);

/// A category to filter by (Filterkategorie).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Category {
    /// An assigned license.
    Products,
    Role,
    Status,
    Group,
    /// The last sign-in.
    Active,
    /// How the user was created.
    Source,
}

impl Category {
    /// All categories, in the order in which they are offered.
    pub const ALL: [Self; 6] = [Self::Products, Self::Role, Self::Status, Self::Group, Self::Active, Self::Source];

    /// The name of its query parameter.
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
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|category| category.as_str() == name)
    }
}

/// A range of the last sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Active {
    /// Within the last `n` days.
    Within(i64),
    /// Not within the last `n` days.
    NotWithin(i64),
}

impl Active {
    /// The ranges offered.
    pub const ALL: [Self; 5] =
        [Self::Within(7), Self::Within(30), Self::NotWithin(30), Self::NotWithin(90), Self::NotWithin(365)];

    /// The value of the query parameter.
    pub fn to_text(self) -> String {
        match self {
            Self::Within(days) => format!("{days}d"),
            Self::NotWithin(days) => format!("-{days}d"),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.to_text() == text)
    }
}

/// The filter and order in the URL. All filters are combined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// The category chosen in the filter bar.
    pub category: Option<Category>,
    /// Only users with this license.
    pub license: Option<LicenseId>,
    /// Only users with this role.
    pub role: Option<Role>,
    /// Only users with this status.
    pub status: Option<UserStatus>,
    /// Only members of this group.
    pub group: Option<GroupId>,
    /// Only users with this last sign-in.
    pub active: Option<Active>,
    /// Only users created this way.
    pub source: Option<Source>,
    /// Only users with this text in name or e-mail address.
    pub q: String,
    /// The order of the list.
    pub order: SortOrder<UserSort>,
}

impl Default for Filter {
    fn default() -> Self {
        let (license, role, status, group) = (None, None, None, None);
        let (category, active, source) = (None, None, None);
        Self { category, license, role, status, group, active, source, q: String::new(), order: DEFAULT_ORDER }
    }
}

impl Filter {
    /// Parses the query string, in the user's usual order if it names none; ignores what it does not understand.
    pub fn parse(query: &ParamsMap, usual: SortOrder<UserSort>) -> Self {
        let text = |name| query.get_str(name).unwrap_or_default();
        let mut filter = Self {
            category: Category::parse(text("category")),
            q: text("q").to_owned(),
            order: parse_order(text("sort")).unwrap_or(usual),
            ..Self::default()
        };
        for category in Category::ALL {
            filter.set(category, text(category.as_str()));
        }
        filter
    }

    /// Sets the filter of a category from its query parameter, or removes it if the value is unknown.
    pub fn set(&mut self, category: Category, by: &str) {
        match category {
            Category::Products => self.license = by.parse().ok(),
            Category::Role => self.role = by.parse().ok(),
            Category::Status => self.status = by.parse().ok(),
            Category::Group => self.group = by.parse().ok(),
            Category::Active => self.active = Active::parse(by),
            Category::Source => self.source = by.parse().ok(),
        }
    }

    /// The query parameter of a category; empty if it is not filtered.
    pub fn value(&self, category: Category) -> String {
        match category {
            Category::Products => self.license.map(|id| id.to_string()),
            Category::Role => self.role.map(|role| role.to_string()),
            Category::Status => self.status.map(|status| status.to_string()),
            Category::Group => self.group.map(|id| id.to_string()),
            Category::Active => self.active.map(Active::to_text),
            Category::Source => self.source.map(|source| source.to_string()),
        }
        .unwrap_or_default()
    }

    /// Whether both filters match the same users, regardless of the order.
    pub fn shows_same(&self, other: &Self) -> bool {
        let Self { category, order, .. } = *self;
        *self == Self { category, order, ..other.clone() }
    }

    /// The categories with an active filter.
    pub fn active_categories(&self) -> Vec<Category> {
        Category::ALL.into_iter().filter(|category| !self.value(*category).is_empty()).collect()
    }

    /// The query string, without defaults. Users whose usual order is another one get the order named, so that the link
    /// shows others the same.
    pub fn query(&self, usual: SortOrder<UserSort>) -> String {
        let mut query = ParamsMap::new();
        put(&mut query, "category", self.category.map_or("", Category::as_str));
        for category in Category::ALL {
            put(&mut query, category.as_str(), &self.value(category));
        }
        put(&mut query, "q", &self.q);
        if (self.order, usual) != (DEFAULT_ORDER, DEFAULT_ORDER) {
            put(&mut query, "sort", &order_text(self.order));
        }
        query.to_query_string()
    }

    /// The request for the first page; `now` is the end of ranges like "the last 30 days".
    pub fn request(&self, now: DateTime<Utc>) -> Endpoint<Page<UserView>> {
        self.restrict(endpoints::users::list(), now).with("limit", PAGE_SIZE)
    }

    /// Adds filter and order to a request.
    fn restrict<T>(&self, request: Endpoint<T>, now: DateTime<Utc>) -> Endpoint<T> {
        let mut all = Vec::new();
        for category in Category::ALL.into_iter().filter(|category| *category != Category::Active) {
            all.push((category.as_str(), self.value(category)));
        }
        let before = |days| to_text(now - TimeDelta::days(days));
        all.extend(self.active.map(|active| match active {
            Active::Within(days) => ("active_after", before(days)),
            Active::NotWithin(days) => ("active_before", before(days)),
        }));
        all.push(("q", self.q.trim().to_owned()));
        all.push(("sort", order_text(self.order)));
        all.retain(|(_, value)| !value.is_empty());
        all.into_iter().fold(request, |request, (name, value)| request.with(name, &value))
    }

    /// The filter for bulk requests.
    pub fn to_user_filter(&self, now: DateTime<Utc>) -> UserFilter {
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

    /// The URL of the CSV export of the matching users.
    pub fn export_url(&self, now: DateTime<Utc>) -> String {
        address(self.restrict(endpoints::users::export(), now))
    }
}

/// The order as it stands in queries.
pub fn order_text((by, descending): SortOrder<UserSort>) -> String {
    format!("{}{by}", if descending { "-" } else { "" })
}

/// The order that the user has kept, or the default.
pub fn usual_order(kept: Option<&str>) -> SortOrder<UserSort> {
    kept.and_then(parse_order).unwrap_or(DEFAULT_ORDER)
}

fn parse_order(text: &str) -> Option<SortOrder<UserSort>> {
    let (name, descending) = text.strip_prefix('-').map_or((text, false), |name| (name, true));
    name.parse().ok().map(|by| (by, descending))
}

/// The path of the list of users with a license.
pub fn holders(license: LicenseId) -> String {
    let filter = Filter { category: Some(Category::Products), license: Some(license), ..Filter::default() };
    format!("/users{}", filter.query(DEFAULT_ORDER))
}

/// Whether it is the search text in which two requests differ.
pub fn is_typing(before: &str, now: &str) -> bool {
    let search_text = |path: &str| path.split(['?', '&']).find_map(|part| part.strip_prefix("q=")).map(str::to_owned);
    search_text(before) != search_text(now)
}

/// A time as the API expects it.
fn to_text(at: DateTime<Utc>) -> String {
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

    fn path(filter: &Filter, now: DateTime<Utc>) -> String {
        filter.request(now).into_request().path
    }

    #[wasm_bindgen_test]
    fn only_another_search_text_is_typing() {
        let request = |change: fn(&mut Filter)| {
            let mut filter = Filter::default();
            change(&mut filter);
            path(&filter, DateTime::UNIX_EPOCH)
        };
        let all = request(|_| ());
        assert!(is_typing(&all, &request(|filter| filter.q = "jörg".to_owned())));
        assert!(!is_typing(&all, &request(|filter| filter.role = Some(Role::Admin))));
    }

    #[wasm_bindgen_test]
    fn a_category_filters_only_once_a_value_is_chosen() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(100);
        let mut filter = Filter { category: Some(Category::Role), ..Filter::default() };
        assert_eq!(filter.query(DEFAULT_ORDER), "?category=role");
        assert_eq!(filter.query((UserSort::LastActive, true)), "?category=role&sort=name");
        assert_eq!(path(&filter, now), "/users?sort=name&limit=100");
        filter.set(Category::Role, "manager");
        assert_eq!(path(&filter, now), "/users?role=manager&sort=name&limit=100");
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
        let filter = Filter::parse(&query, DEFAULT_ORDER);
        assert_eq!((filter.license, filter.category), (id.parse().ok(), Some(Category::Products)));
    }

    #[wasm_bindgen_test]
    fn a_different_order_shows_the_same_users() {
        let filter = Filter::default();
        let sorted = Filter { order: (UserSort::Name, true), category: Some(Category::Role), ..Filter::default() };
        assert!(filter.shows_same(&sorted));
        assert!(!filter.shows_same(&Filter { q: "a".to_owned(), ..Filter::default() }));
    }

    #[wasm_bindgen_test]
    fn chosen_categories_combine() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(100);
        let mut filter = Filter::default();
        let id = "00000000-0000-4000-8000-000000000001";
        for (category, by) in [(Category::Products, id), (Category::Active, "-90d"), (Category::Source, "mars")] {
            filter.set(category, by);
        }
        assert_eq!(filter.active_categories(), [Category::Products, Category::Active]);
        let expected = format!("/users?license={id}&active_before=1970-01-11T00%3A00%3A00Z&sort=name&limit=100");
        assert_eq!(path(&filter, now), expected);
        let export = format!("/api/v1/users/export?license={id}&active_before=1970-01-11T00%3A00%3A00Z&sort=name");
        assert_eq!(filter.export_url(now), export);
    }
}
