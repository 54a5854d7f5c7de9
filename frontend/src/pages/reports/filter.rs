//! What a report is about, read from and written to the URL query and converted to API queries.

use super::{
    ReportTab,
    period::{Period, ToLocal},
};
use chrono::{DateTime, Utc};
use leptos_router::params::ParamsMap;
use seatkeeper_shared::{
    endpoints::Endpoint,
    ids::{GroupId, LicenseId, ProductId, UserId},
    license::{SeatRule, SecondDevice},
    session::Platform,
    wire::reports::{PeakPeriod, RefusedAssumption, SeatTimeGrouping},
};
use std::ops::RangeInclusive;

/// The seats that a report is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Those of all licenses; reports that need one take the first.
    #[default]
    All,
    /// Those of a license.
    License(LicenseId),
    /// Those of all licenses of a product together.
    Product(ProductId),
}

/// What a heat map shows of each hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HeatValue {
    /// The most seats occupied at the same time.
    #[default]
    Peak,
    /// The mean number of occupied seats.
    Mean,
    /// The refused requests.
    Refusals,
    /// How long agents waited.
    Waits,
}

/// The window within which repeated requests count as one, in seconds, unless another is chosen.
pub const DEFAULT_WINDOW: i64 = 10;
/// After how many days without a session a named seat counts as unused, unless another number is chosen.
pub const DEFAULT_UNUSED_DAYS: i64 = 45;

/// How long people wait of whom it is not known, in seconds, unless another time is chosen.
const DEFAULT_PATIENCE: i64 = 900;
/// As many people as recorded, in percent.
const SAME_PEOPLE: i64 = 100;

/// What a report is about, and how it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportFilter {
    pub scope: Scope,
    pub period: Period,
    /// Only what members of this group did.
    pub group: Option<GroupId>,
    /// Only what this user did.
    pub user: Option<UserId>,
    /// Only sessions with this platform at the other end.
    pub platform: Option<Platform>,
    /// The moment of which the sessions are listed.
    pub at: Option<DateTime<Utc>>,
    /// The length of the periods whose peaks are listed, if it is chosen.
    pub peaks: Option<PeakPeriod>,
    pub heat: HeatValue,
    /// The window within which repeated requests count as one, in seconds.
    pub window: i64,
    /// What a row of the seat time stands for.
    pub by: SeatTimeGrouping,
    /// After how many days without a session a named seat counts as unused.
    pub days: i64,
    /// What refused people would have done.
    pub refused: RefusedAssumption,
    /// How long people wait of whom it is not known, in seconds.
    pub patience: i64,
    /// The number of people, in percent of those recorded.
    pub growth: i64,
    /// The rules of the license that are tried, in place of the recorded ones.
    pub seat_rule: Option<SeatRule>,
    pub second_device: Option<SecondDevice>,
    /// The most seats that one person may occupy.
    pub person_cap: Option<i64>,
}

impl Default for ReportFilter {
    fn default() -> Self {
        Self {
            scope: Scope::All,
            period: Period::default(),
            group: None,
            user: None,
            platform: None,
            at: None,
            peaks: None,
            heat: HeatValue::default(),
            window: DEFAULT_WINDOW,
            by: SeatTimeGrouping::User,
            days: DEFAULT_UNUSED_DAYS,
            refused: RefusedAssumption::Wait,
            patience: DEFAULT_PATIENCE,
            growth: SAME_PEOPLE,
            seat_rule: None,
            second_device: None,
            person_cap: None,
        }
    }
}

impl Scope {
    /// The parameter that selects it, if there is one.
    pub fn parameter(self) -> Option<(&'static str, String)> {
        match self {
            Self::All => None,
            Self::License(id) => Some(("license", id.to_string())),
            Self::Product(id) => Some(("product", id.to_string())),
        }
    }

    /// The value in a list of choices: `license:ID`.
    pub fn choice(self) -> String {
        self.parameter().map(|(name, id)| format!("{name}:{id}")).unwrap_or_default()
    }

    /// Reads the value of a choice; what is not known means all.
    pub fn from_choice(choice: &str) -> Self {
        match choice.split_once(':') {
            Some(("license", id)) => id.parse().map(Self::License).unwrap_or_default(),
            Some(("product", id)) => id.parse().map(Self::Product).unwrap_or_default(),
            _ => Self::All,
        }
    }
}

impl HeatValue {
    /// All, in the order in which they are offered.
    pub const ALL: [Self; 4] = [Self::Peak, Self::Mean, Self::Refusals, Self::Waits];

    /// The name in the address.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Peak => "peak",
            Self::Mean => "mean",
            Self::Refusals => "refusals",
            Self::Waits => "waits",
        }
    }

    /// Reads a name; unknown ones mean the peak.
    pub fn read(name: &str) -> Self {
        Self::ALL.into_iter().find(|value| value.as_str() == name).unwrap_or_default()
    }
}

impl ReportFilter {
    /// Parses the URL query. Values that are not valid are ignored.
    pub fn read(query: &ParamsMap) -> Self {
        let text = |name| query.get_str(name).unwrap_or_default();
        let number = |name, default: i64, range: RangeInclusive<i64>| {
            text(name).parse().ok().filter(|number| range.contains(number)).unwrap_or(default)
        };
        let product = text("product").parse().map(Scope::Product).unwrap_or_default();
        let default = Self::default();
        Self {
            scope: text("license").parse().map_or(product, Scope::License),
            period: Period::read(text("period"), text("from"), text("to")),
            group: text("group").parse().ok(),
            user: text("user").parse().ok(),
            platform: text("platform").parse().ok(),
            at: text("at").parse().ok(),
            peaks: text("peaks").parse().ok(),
            heat: HeatValue::read(text("heat")),
            window: number("window", default.window, 0..=3_600),
            by: text("by").parse().unwrap_or(default.by),
            days: number("days", default.days, 1..=3_650),
            refused: text("refused").parse().unwrap_or(default.refused),
            patience: number("patience", default.patience, 0..=86_400),
            growth: number("growth", default.growth, 10..=1_000),
            seat_rule: text("seat_rule").parse().ok(),
            second_device: text("second_device").parse().ok(),
            person_cap: text("person_cap").parse().ok().filter(|cap| (1..=1_000).contains(cap)),
        }
    }

    /// The URL query, including the `?`; empty for the default filter.
    pub fn query(&self) -> String {
        let default = Self::default();
        let mut query = self.shared_parameters();
        let mut put = |name: &'static str, value: String, is_default: bool| {
            if !is_default {
                query.replace(name, value);
            }
        };
        put("at", self.at.map(rfc3339).unwrap_or_default(), self.at.is_none());
        put("peaks", self.peaks.map(|peaks| peaks.to_string()).unwrap_or_default(), self.peaks.is_none());
        put("heat", self.heat.as_str().to_owned(), self.heat == default.heat);
        put("window", self.window.to_string(), self.window == default.window);
        put("by", self.by.to_string(), self.by == default.by);
        put("days", self.days.to_string(), self.days == default.days);
        put("refused", self.refused.to_string(), self.refused == default.refused);
        put("patience", self.patience.to_string(), self.patience == default.patience);
        put("growth", self.growth.to_string(), self.growth == default.growth);
        for (name, value) in self.tried_rules() {
            let is_default = value.is_none();
            put(name, value.unwrap_or_default(), is_default);
        }
        query.to_query_string()
    }

    /// The URL query of another report about the same: without what only this one has.
    pub fn query_of_others(&self) -> String {
        self.shared_parameters().to_query_string()
    }

    /// The part of it that a report knows; the rest stays in the address for the others.
    #[must_use]
    pub fn of_tab(&self, tab: ReportTab) -> Self {
        let mut filter = self.clone();
        if !tab.filters_people() {
            (filter.group, filter.user) = (None, None);
        }
        if !tab.filters_platform() {
            filter.platform = None;
        }
        filter
    }

    /// Whether it is about some people or platforms only.
    pub fn is_narrowed(&self) -> bool {
        self.group.is_some() || self.user.is_some() || self.platform.is_some()
    }

    /// Adds scope, period and filters to a request.
    pub fn restrict<T>(
        &self,
        request: Endpoint<T>,
        scope: Scope,
        now: DateTime<Utc>,
        to_local: ToLocal,
    ) -> Endpoint<T> {
        let (from, to) = self.period.limits(now, to_local);
        let request = with_scope(request, scope).with("from", &rfc3339(from)).with("to", &rfc3339(to));
        self.narrow(request)
    }

    /// Adds the assumptions of a replay to a request.
    pub fn assume<T>(&self, request: Endpoint<T>) -> Endpoint<T> {
        let growth = format!("{}.{:02}", self.growth / 100, self.growth % 100);
        let request = request.with("refused", self.refused.as_str());
        let request = request.with("patience", &self.patience.to_string()).with("growth", &growth);
        let given = self.tried_rules().into_iter().filter_map(|(name, value)| Some((name, value?)));
        given.fold(request, |request, (name, value)| request.with(name, &value))
    }

    fn tried_rules(&self) -> [(&'static str, Option<String>); 3] {
        [
            ("seat_rule", self.seat_rule.map(|rule| rule.to_string())),
            ("second_device", self.second_device.map(|rule| rule.to_string())),
            ("person_cap", self.person_cap.map(|cap| cap.to_string())),
        ]
    }

    /// Adds the people and platforms to a request.
    fn narrow<T>(&self, request: Endpoint<T>) -> Endpoint<T> {
        self.narrowing().into_iter().fold(request, |request, (name, value)| request.with(name, &value))
    }

    fn narrowing(&self) -> Vec<(&'static str, String)> {
        let group = self.group.map(|id| ("group", id.to_string()));
        let user = self.user.map(|id| ("user", id.to_string()));
        let platform = self.platform.map(|platform| ("platform", platform.to_string()));
        [group, user, platform].into_iter().flatten().collect()
    }

    fn shared_parameters(&self) -> ParamsMap {
        let mut query = ParamsMap::new();
        if let Some((name, id)) = self.scope.parameter() {
            query.replace(name, id);
        }
        match &self.period {
            Period::Own { from, to } => {
                query.replace("from", from.clone());
                query.replace("to", to.clone());
            }
            named if *named == Period::default() => {}
            named => query.replace("period", named.name().to_owned()),
        }
        for (name, value) in self.narrowing() {
            query.replace(name, value);
        }
        query
    }
}

/// Adds the seats that a request is about.
pub fn with_scope<T>(request: Endpoint<T>, scope: Scope) -> Endpoint<T> {
    match scope.parameter() {
        Some((name, id)) => request.with(name, &id),
        None => request,
    }
}

/// A time in an address or a request.
pub fn rfc3339(at: DateTime<Utc>) -> String {
    // The debug format of a naive time is RFC 3339 without the `Z`.
    format!("{:?}Z", at.naive_utc())
}

#[cfg(test)]
mod tests {
    use super::*;
    use seatkeeper_shared::endpoints;
    use wasm_bindgen_test::wasm_bindgen_test;

    const ID: &str = "0190a5b2-7c3d-7000-8000-000000000001";

    fn read(pairs: &[(&'static str, &str)]) -> ReportFilter {
        let mut query = ParamsMap::new();
        for (name, value) in pairs {
            query.insert(*name, (*value).to_owned());
        }
        ReportFilter::read(&query)
    }

    #[wasm_bindgen_test]
    fn a_filter_is_the_same_after_a_visit_to_the_address_bar() {
        let pairs = [
            ("license", ID),
            ("period", "30d"),
            ("user", ID),
            ("platform", "mac"),
            ("window", "60"),
            ("by", "group"),
            ("heat", "waits"),
            ("peaks", "hour"),
            ("at", "2026-11-24T08:31:00Z"),
            ("refused", "go_away"),
            ("patience", "60"),
            ("growth", "120"),
            ("seat_rule", "device"),
            ("second_device", "refuse"),
            ("person_cap", "2"),
        ];
        let filter = read(&pairs);
        let query = filter.query();
        for (name, _) in pairs {
            assert!(query.contains(&format!("{name}=")), "{name}: {query}");
        }
        assert!(!query.contains("days="), "the default is not written: {query}");
        assert_eq!(ReportFilter::default().query(), "");
    }

    #[wasm_bindgen_test]
    fn another_report_is_about_the_same_seats_period_and_people() {
        let filter =
            read(&[("product", ID), ("from", "2026-11-24"), ("to", "2026-11-25"), ("by", "group"), ("at", "x")]);
        let query = filter.query_of_others();
        assert!(query.contains("product=") && query.contains("from=2026-11-24") && !query.contains("by="), "{query}");
    }

    #[wasm_bindgen_test]
    fn a_request_has_the_instants_of_the_period() {
        let filter = read(&[("license", ID), ("from", "2026-11-24"), ("to", "2026-11-24"), ("platform", "ios")]);
        let to_local: ToLocal = &|at| at.naive_utc();
        let request = filter.restrict(endpoints::reports::usage(), filter.scope, DateTime::UNIX_EPOCH, to_local);
        let path = request.into_request().path.replace("%3A", ":");
        assert!(path.starts_with(&format!("/reports/usage?license={ID}&from=2026-11-24T00:00:00Z")), "{path}");
        assert!(path.ends_with("to=2026-11-25T00:00:00Z&platform=ios"), "{path}");
    }

    #[wasm_bindgen_test]
    fn a_replay_has_its_assumptions() {
        let filter = read(&[("growth", "85"), ("refused", "as_recorded")]);
        let request = filter.assume(endpoints::reports::sizing()).into_request();
        assert_eq!(request.path, "/reports/sizing?refused=as_recorded&patience=900&growth=0.85");
    }

    #[wasm_bindgen_test]
    fn a_report_asks_only_for_what_it_knows() {
        let filter = read(&[("user", ID), ("platform", "ios")]);
        assert!(filter.of_tab(ReportTab::Usage).platform.is_some());
        assert_eq!(filter.of_tab(ReportTab::Refusals).platform, None);
        assert!(filter.of_tab(ReportTab::Refusals).is_narrowed() && !filter.of_tab(ReportTab::People).is_narrowed());
        assert!(filter.query_of_others().contains("platform=ios"), "the other reports keep it");
    }

    #[wasm_bindgen_test]
    fn values_that_are_not_valid_are_ignored() {
        let filter =
            read(&[("license", "all"), ("window", "-5"), ("days", "many"), ("by", "moon"), ("platform", "tv")]);
        assert_eq!(filter, ReportFilter::default());
        assert_eq!(Scope::from_choice("product:nothing"), Scope::All);
        assert_eq!(Scope::from_choice(&read(&[("license", ID)]).scope.choice()), read(&[("license", ID)]).scope);
    }
}
