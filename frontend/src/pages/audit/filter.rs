//! Which events are listed: as it stands in the address bar, and as the server is asked.

use crate::pages::licenses::days::{begins, clocks_of, day, is_over};
use chrono::{DateTime, Utc};
use leptos_router::params::ParamsMap;
use seatkeeper_shared::{
    audit::{Area, Door, Kind},
    ids::{LicenseId, Position, UserId},
};

/// How many events come at a time.
const LIMIT: usize = 100;

/// What happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum What {
    /// Anything.
    #[default]
    Everything,
    /// Anything in this area.
    Of(Area),
    /// This.
    One(Kind),
}

impl What {
    /// Its name in the address bar.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Everything => "",
            Self::Of(area) => area.as_str(),
            Self::One(kind) => kind.as_str(),
        }
    }

    /// What has this name; anything if nothing has.
    pub fn read(name: &str) -> Self {
        let area = name.parse().map(Self::Of).ok();
        area.or_else(|| name.parse().map(Self::One).ok()).unwrap_or_default()
    }

    /// The kinds, as the server is asked for them.
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

/// What the address bar asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// What happened.
    pub what: What,
    /// Done by this user.
    pub actor: Option<UserId>,
    /// Done to this user.
    pub user: Option<UserId>,
    /// Done to this license.
    pub license: Option<LicenseId>,
    /// Through this door.
    pub door: Option<Door>,
    /// From this day on, as a date field holds it.
    pub from: String,
    /// To this day, which counts.
    pub to: String,
    /// With this in a name.
    pub q: String,
}

impl Filter {
    /// Reads the address bar; what it does not understand it leaves out.
    pub fn read(query: &ParamsMap) -> Self {
        let text = |name| query.get_str(name).unwrap_or_default();
        let date = |name| day(text(name)).ok().flatten().map(|day| day.to_string()).unwrap_or_default();
        Self {
            what: What::read(text("what")),
            actor: text("actor").parse().ok(),
            user: text("user").parse().ok(),
            license: text("license").parse().ok(),
            door: text("door").parse().ok(),
            from: date("from"),
            to: date("to"),
            q: text("q").to_owned(),
        }
    }

    /// What stands in the address bar after the path; nothing for what is usual.
    pub fn query(&self) -> String {
        let mut query = ParamsMap::new();
        put(&mut query, "what", self.what.as_str());
        self.put_common(&mut query);
        put(&mut query, "from", &self.from);
        put(&mut query, "to", &self.to);
        put(&mut query, "q", &self.q);
        query.to_query_string()
    }

    /// The address at which the server is asked for the events before this one. Days are those of a time zone.
    pub fn address(&self, after: Option<Position>, zone: &str) -> String {
        let mut query = self.asked(zone);
        put(&mut query, "after", &after.map(|after| after.to_string()).unwrap_or_default());
        put(&mut query, "limit", &LIMIT.to_string());
        format!("/audit{}", query.to_query_string())
    }

    /// The address of the file with all of them.
    pub fn export(&self, form: &str, zone: &str) -> String {
        let mut query = self.asked(zone);
        put(&mut query, "format", form);
        format!("/api/v1/audit/export{}", query.to_query_string())
    }

    fn asked(&self, zone: &str) -> ParamsMap {
        let mut query = ParamsMap::new();
        put(&mut query, "kind", &self.what.kinds());
        self.put_common(&mut query);
        let local = clocks_of(zone);
        // This is how times without a zone are written: as RFC 3339 does, but for the Z.
        let moment = |at: DateTime<Utc>| format!("{:?}Z", at.naive_utc());
        let from = day(&self.from).ok().flatten().map(|day| moment(begins(day, &local)));
        let to = day(&self.to).ok().flatten().map(|day| moment(is_over(day, &local)));
        put(&mut query, "from", &from.unwrap_or_default());
        put(&mut query, "to", &to.unwrap_or_default());
        put(&mut query, "q", self.q.trim());
        query
    }

    fn put_common(&self, query: &mut ParamsMap) {
        put(query, "actor", &self.actor.map(|id| id.to_string()).unwrap_or_default());
        put(query, "user", &self.user.map(|id| id.to_string()).unwrap_or_default());
        put(query, "license", &self.license.map(|id| id.to_string()).unwrap_or_default());
        put(query, "door", self.door.map(Door::as_str).unwrap_or_default());
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
    fn an_area_is_asked_for_by_its_kinds() {
        let filter = Filter { what: What::read("groups"), ..Filter::default() };
        assert_eq!(filter.query(), "?what=groups");
        let asked = filter.address(Some(Position(7)), "UTC");
        assert!(asked.contains("group_added") && asked.contains("group_limits_changed"), "{asked}");
        assert!(asked.contains("after=7") && !asked.contains("user_added"), "{asked}");
    }

    #[wasm_bindgen_test]
    fn a_day_is_that_of_the_accounts_time_zone_and_counts_whole() {
        let filter = Filter {
            from: "2026-03-02".to_owned(),
            to: "2026-03-02".to_owned(),
            door: Some(Door::Api),
            ..Filter::default()
        };
        let asked = filter.export("csv", "Europe/Berlin");
        let decoded = asked.replace("%3A", ":").replace("%3a", ":");
        assert!(
            decoded.contains("from=2026-03-01T23:00:00Z") && decoded.contains("to=2026-03-02T23:00:00Z"),
            "{asked}"
        );
        assert!(
            decoded.contains("door=api") && decoded.contains("format=csv") && !decoded.contains("limit"),
            "{asked}"
        );
    }

    #[wasm_bindgen_test]
    fn nonsense_in_the_address_bar_is_left_out() {
        let mut query = ParamsMap::new();
        for (name, value) in [("what", "dragons"), ("door", "window"), ("from", "yesterday"), ("actor", "me")] {
            query.insert(name, value.to_owned());
        }
        assert_eq!(Filter::read(&query), Filter::default());
    }
}
