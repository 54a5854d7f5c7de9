//! Filter of the audit log, read from and written to the URL query and converted to API queries.

use crate::{
    api::address,
    pages::licenses::days::{day_end, day_start, local_time_in, parse_day},
};
use chrono::{DateTime, Utc};
use leptos_router::params::ParamsMap;
use seatkeeper_shared::{
    audit::{Area, Kind, Origin},
    endpoints::{self, Endpoint},
    ids::{GroupId, LicenseId, UserId},
    wire::audit::AuditPage,
};

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
    /// Events about this group.
    pub group: Option<GroupId>,
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
            group: text("group").parse().ok(),
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
        self.ids().iter().for_each(|(name, value)| put(&mut query, name, value));
        put(&mut query, "from", &self.from);
        put(&mut query, "to", &self.to);
        put(&mut query, "q", &self.q);
        query.to_query_string()
    }

    /// Requests the matching events. Days are interpreted in the time zone `zone`.
    pub fn request(&self, zone: &str) -> Endpoint<AuditPage> {
        self.restrict(endpoints::audit::list(), zone)
    }

    /// URL of the export in this format.
    pub fn export(&self, format: &str, zone: &str) -> String {
        address(self.restrict(endpoints::audit::export(), zone).with("format", format))
    }

    /// Adds the filter to a request.
    fn restrict<T>(&self, request: Endpoint<T>, zone: &str) -> Endpoint<T> {
        let to_local = local_time_in(zone);
        // The debug format of a naive time is RFC 3339 without the `Z`.
        let moment = |at: DateTime<Utc>| format!("{:?}Z", at.naive_utc());
        let from = parse_day(&self.from).ok().flatten().map(|day| moment(day_start(day, &to_local)));
        let to = parse_day(&self.to).ok().flatten().map(|day| moment(day_end(day, &to_local)));
        let given = [("kind", self.kind.kinds())].into_iter().chain(self.ids()).chain([
            ("from", from.unwrap_or_default()),
            ("to", to.unwrap_or_default()),
            ("q", self.q.trim().to_owned()),
        ]);
        let given = given.filter(|(_, value)| !value.is_empty());
        given.fold(request, |request, (name, value)| request.with(name, &value))
    }

    /// The parameters that are the same in the URL of the page and in requests; empty if not set.
    fn ids(&self) -> [(&'static str, String); 5] {
        [
            ("actor", self.actor.map(|id| id.to_string()).unwrap_or_default()),
            ("user", self.user.map(|id| id.to_string()).unwrap_or_default()),
            ("license", self.license.map(|id| id.to_string()).unwrap_or_default()),
            ("group", self.group.map(|id| id.to_string()).unwrap_or_default()),
            ("origin", self.origin.map(|origin| origin.to_string()).unwrap_or_default()),
        ]
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
        let url = filter.request("UTC").into_request().path;
        assert!(url.contains("group_added") && url.contains("group_limits_changed"), "{url}");
        assert!(!url.contains("user_added"), "{url}");
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
