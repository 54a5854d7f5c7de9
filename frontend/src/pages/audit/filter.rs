//! Filter of the audit log, read from and written to the URL query and converted to API queries.

use crate::pages::licenses::days::{day_end, day_start, local_time_in, parse_day};
use chrono::{DateTime, Utc};
use leptos_router::params::ParamsMap;
use seatkeeper_shared::{
    audit::{Area, Kind, Origin},
    ids::{LicenseId, Position, UserId},
};

/// Number of events per page.
const PAGE_SIZE: usize = 100;

/// Filter by the kind of event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KindFilter {
    /// All events.
    #[default]
    Everything,
    /// All kinds of an area.
    Of(Area),
    /// A single kind.
    One(Kind),
}

impl KindFilter {
    /// Its name in the query.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Everything => "",
            Self::Of(area) => area.as_str(),
            Self::One(kind) => kind.as_str(),
        }
    }

    /// Parses a name; unknown names match all events.
    pub fn read(name: &str) -> Self {
        let area = name.parse().map(Self::Of).ok();
        area.or_else(|| name.parse().map(Self::One).ok()).unwrap_or_default()
    }

    /// The kinds as a query parameter.
    fn kinds(self) -> String {
        match self {
            Self::Everything => String::new(),
            Self::Of(area) => {
                let kinds = Kind::ALL.iter().filter(|kind| kind.area() == area);
                kinds.map(|kind| kind.as_str()).collect::<Vec<_>>().join(",")
            }
            Self::One(kind) => kind.to_string(),
        }
    }
}

/// Filter of the audit log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub kind: KindFilter,
    /// Events caused by this user.
    pub actor: Option<UserId>,
    /// Events that affect this user.
    pub user: Option<UserId>,
    /// Events that affect this license.
    pub license: Option<LicenseId>,
    pub origin: Option<Origin>,
    /// First day, as the value of a date field.
    pub from: String,
    /// Last day, inclusive.
    pub to: String,
    /// Text searched for in names.
    pub q: String,
}

impl Filter {
    /// Parses the URL query. Values that are not valid are ignored.
    pub fn read(query: &ParamsMap) -> Self {
        let text = |name| query.get_str(name).unwrap_or_default();
        let date = |name| parse_day(text(name)).ok().flatten().map(|day| day.to_string()).unwrap_or_default();
        Self {
            kind: KindFilter::read(text("what")),
            actor: text("actor").parse().ok(),
            user: text("user").parse().ok(),
            license: text("license").parse().ok(),
            origin: text("origin").parse().ok(),
            from: date("from"),
            to: date("to"),
            q: text("q").to_owned(),
        }
    }

    /// The URL query, including the `?`; empty for the default filter.
    pub fn query(&self) -> String {
        let mut query = ParamsMap::new();
        put(&mut query, "what", self.kind.as_str());
        self.put_shared(&mut query);
        put(&mut query, "from", &self.from);
        put(&mut query, "to", &self.to);
        put(&mut query, "q", &self.q);
        query.to_query_string()
    }

    /// API path of the events after this position in the list. Days are interpreted in the time zone `zone`.
    pub fn path(&self, after: Option<Position>, zone: &str) -> String {
        let mut query = self.api_query(zone);
        put(&mut query, "after", &after.map(|after| after.to_string()).unwrap_or_default());
        put(&mut query, "limit", &PAGE_SIZE.to_string());
        format!("/audit{}", query.to_query_string())
    }

    /// URL of the export in this format.
    pub fn export(&self, format: &str, zone: &str) -> String {
        let mut query = self.api_query(zone);
        put(&mut query, "format", format);
        format!("/api/v1/audit/export{}", query.to_query_string())
    }

    fn api_query(&self, zone: &str) -> ParamsMap {
        let mut query = ParamsMap::new();
        put(&mut query, "kind", &self.kind.kinds());
        self.put_shared(&mut query);
        let to_local = local_time_in(zone);
        // The debug format of a naive time is RFC 3339 without the `Z`.
        let moment = |at: DateTime<Utc>| format!("{:?}Z", at.naive_utc());
        let from = parse_day(&self.from).ok().flatten().map(|day| moment(day_start(day, &to_local)));
        let to = parse_day(&self.to).ok().flatten().map(|day| moment(day_end(day, &to_local)));
        put(&mut query, "from", &from.unwrap_or_default());
        put(&mut query, "to", &to.unwrap_or_default());
        put(&mut query, "q", self.q.trim());
        query
    }

    fn put_shared(&self, query: &mut ParamsMap) {
        put(query, "actor", &self.actor.map(|id| id.to_string()).unwrap_or_default());
        put(query, "user", &self.user.map(|id| id.to_string()).unwrap_or_default());
        put(query, "license", &self.license.map(|id| id.to_string()).unwrap_or_default());
        put(query, "origin", self.origin.map(Origin::as_str).unwrap_or_default());
    }
}

fn put(query: &mut ParamsMap, name: &'static str, value: &str) {
    if !value.is_empty() {
        query.replace(name, value.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn an_area_is_requested_by_its_kinds() {
        let filter = Filter { kind: KindFilter::read("groups"), ..Filter::default() };
        assert_eq!(filter.query(), "?what=groups");
        let url = filter.path(Some(Position(7)), "UTC");
        assert!(url.contains("group_added") && url.contains("group_limits_changed"), "{url}");
        assert!(url.contains("after=7") && !url.contains("user_added"), "{url}");
    }

    #[wasm_bindgen_test]
    fn days_are_inclusive_in_the_time_zone_of_the_account() {
        let filter = Filter {
            from: "2026-03-02".to_owned(),
            to: "2026-03-02".to_owned(),
            origin: Some(Origin::Api),
            ..Filter::default()
        };
        let url = filter.export("csv", "Europe/Berlin");
        let decoded = url.replace("%3A", ":").replace("%3a", ":");
        assert!(decoded.contains("from=2026-03-01T23:00:00Z") && decoded.contains("to=2026-03-02T23:00:00Z"), "{url}");
        assert!(
            decoded.contains("origin=api") && decoded.contains("format=csv") && !decoded.contains("limit"),
            "{url}"
        );
    }

    #[wasm_bindgen_test]
    fn invalid_query_values_are_ignored() {
        let mut query = ParamsMap::new();
        for (name, value) in [("what", "dragons"), ("origin", "window"), ("from", "yesterday"), ("actor", "me")] {
            query.insert(name, value.to_owned());
        }
        assert_eq!(Filter::read(&query), Filter::default());
    }
}
