//! The period of a report: named ones such as "last 7 days", or own dates with optional times.

use super::filter::rfc3339;
use crate::{
    charts::{time_range::TimeRange, time_ticks::instant},
    pages::licenses::days::{day_end, day_start},
};
use chrono::{DateTime, Datelike as _, Days, NaiveDate, NaiveDateTime, SubsecRound as _, Utc};

/// A period, as it stands in the address of the page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Period {
    /// Since midnight.
    Today,
    /// The day before.
    Yesterday,
    /// Today and the days before: this many in all.
    Days(u64),
    /// Today and the six days before.
    #[default]
    Week,
    /// Since the first of January.
    Year,
    /// Own limits: days, local times or instants; see [`Limit`].
    Own {
        /// The beginning.
        from: String,
        /// The end; if it is a day, that day is included.
        to: String,
    },
}

/// The conversion to the local time of the account.
pub type ToLocal<'a> = &'a dyn Fn(DateTime<Utc>) -> NaiveDateTime;

/// A limit of a period, as it is written in an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Limit {
    /// `2026-11-24`
    Day(NaiveDate),
    /// `2026-11-24T09:30` or `2026-11-24T09:30:15`, in the account's time zone.
    Local(NaiveDateTime),
    /// `2026-11-24T08:30:15Z`: unambiguous also when the clock is set back.
    Instant(DateTime<Utc>),
}

impl Limit {
    fn parse(text: &str) -> Option<Self> {
        if let Some(text) = text.strip_suffix('Z') {
            return NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S").ok().map(|at| Self::Instant(at.and_utc()));
        }
        let local = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"];
        let local = local.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
        local.map(Self::Local).or_else(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(Self::Day))
    }

    fn start(self, to_local: ToLocal) -> DateTime<Utc> {
        match self {
            Self::Day(day) => day_start(day, to_local),
            Self::Local(at) => instant(at, to_local),
            Self::Instant(at) => at,
        }
    }

    fn end(self, to_local: ToLocal) -> DateTime<Utc> {
        match self {
            Self::Day(day) => day_end(day, to_local),
            other => other.start(to_local),
        }
    }
}

impl Period {
    /// The periods that have a name, in the order in which they are offered.
    pub const NAMED: [Self; 6] = [Self::Today, Self::Yesterday, Self::Week, Self::Days(30), Self::Days(90), Self::Year];

    /// The name in the address; own limits have none.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Today => "today",
            Self::Yesterday => "yesterday",
            Self::Week => "7d",
            Self::Days(30) => "30d",
            Self::Days(_) => "90d",
            Self::Year => "year",
            Self::Own { .. } => "own",
        }
    }

    /// Reads a period; own limits count if both are valid and in order.
    pub fn read(name: &str, from: &str, to: &str) -> Self {
        if let (Some(first), Some(last)) = (Limit::parse(from), Limit::parse(to)) {
            let as_utc: ToLocal = &|at| at.naive_utc();
            if first.start(as_utc) < last.end(as_utc) {
                return Self::Own { from: from.to_owned(), to: to.to_owned() };
            }
        }
        Self::NAMED.into_iter().find(|period| period.name() == name).unwrap_or_default()
    }

    /// The period with these limits, to the second.
    pub fn of_range(range: TimeRange) -> Self {
        let (from, to) = range.times();
        let text = |at: DateTime<Utc>| rfc3339(at.trunc_subsecs(0));
        Self::Own { from: text(from), to: text(to) }
    }

    /// The beginning and the end. Named periods end with the current day, so that they remain the same until midnight.
    pub fn limits(&self, now: DateTime<Utc>, to_local: ToLocal) -> (DateTime<Utc>, DateTime<Utc>) {
        let today = to_local(now).date();
        let ago = |days: u64| today.checked_sub_days(Days::new(days)).unwrap_or(today);
        let (first, last) = match self {
            Self::Today => (today, today),
            Self::Yesterday => (ago(1), ago(1)),
            Self::Week => (ago(6), today),
            Self::Days(days) => (ago(days.saturating_sub(1)), today),
            Self::Year => (today.with_ordinal(1).unwrap_or(today), today),
            Self::Own { from, to } => {
                let (from, to) = (Limit::parse(from), Limit::parse(to));
                let from = from.map_or(now, |limit| limit.start(to_local));
                return (from, to.map_or(now, |limit| limit.end(to_local)));
            }
        };
        (day_start(first, to_local), day_end(last, to_local))
    }
}

/// The date and the time of a limit as fields show them; the time is empty for a whole day.
pub fn field_values(text: &str, to_local: ToLocal) -> (String, String) {
    match Limit::parse(text) {
        None => (String::new(), String::new()),
        Some(Limit::Day(day)) => (day.to_string(), String::new()),
        Some(limit) => {
            let at = to_local(limit.start(to_local));
            (at.date().to_string(), format!("{:?}", at.time().trunc_subsecs(0)))
        }
    }
}

/// A limit from the values of its fields.
pub fn from_fields(date: &str, time: &str) -> String {
    if time.is_empty() || date.is_empty() { date.to_owned() } else { format!("{date}T{time}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::licenses::days::local_time_in;
    use wasm_bindgen_test::wasm_bindgen_test;

    fn limits(period: &Period) -> (String, String) {
        let now = "2026-11-24T14:00:00Z".parse().unwrap();
        let (from, to) = period.limits(now, &local_time_in("Europe/Berlin"));
        (rfc3339(from), rfc3339(to))
    }

    fn pair(from: &str, to: &str) -> (String, String) {
        (from.to_owned(), to.to_owned())
    }

    #[wasm_bindgen_test]
    fn named_periods_are_whole_days_of_the_account() {
        assert_eq!(limits(&Period::Today), pair("2026-11-23T23:00:00Z", "2026-11-24T23:00:00Z"));
        assert_eq!(limits(&Period::Yesterday), pair("2026-11-22T23:00:00Z", "2026-11-23T23:00:00Z"));
        assert_eq!(limits(&Period::Week), pair("2026-11-17T23:00:00Z", "2026-11-24T23:00:00Z"));
        assert_eq!(limits(&Period::Days(90)).0, "2026-08-26T22:00:00Z", "in summer time");
        assert_eq!(limits(&Period::Year).0, "2025-12-31T23:00:00Z");
    }

    #[wasm_bindgen_test]
    fn own_limits_are_days_local_times_or_instants() {
        let day = Period::read("", "2026-11-24", "2026-11-24");
        assert_eq!(limits(&day), pair("2026-11-23T23:00:00Z", "2026-11-24T23:00:00Z"));
        let times = Period::read("today", "2026-11-24T09:30", "2026-11-24T11:04:05");
        assert_eq!(limits(&times), pair("2026-11-24T08:30:00Z", "2026-11-24T10:04:05Z"));
        let instants = Period::read("", "2026-11-24T08:30:00Z", "2026-11-24T08:30:10Z");
        assert_eq!(limits(&instants), pair("2026-11-24T08:30:00Z", "2026-11-24T08:30:10Z"));
    }

    #[wasm_bindgen_test]
    fn limits_that_are_not_valid_are_ignored() {
        for (from, to) in [("2026-11-24", ""), ("yesterday", "today"), ("2026-11-24", "2026-11-20"), ("", "")] {
            assert_eq!(Period::read("30d", from, to), Period::Days(30), "{from} to {to}");
        }
        assert_eq!(Period::read("eternity", "", ""), Period::Week);
    }

    #[wasm_bindgen_test]
    fn a_range_of_a_chart_becomes_a_period_to_the_second() {
        let period = Period::of_range(TimeRange { from: 1_764_000_000_000, to: 1_764_000_010_000 });
        assert_eq!(limits(&period), pair("2025-11-24T16:00:00Z", "2025-11-24T16:00:10Z"));
    }

    #[wasm_bindgen_test]
    fn fields_show_the_local_date_and_time() {
        let to_local = local_time_in("Europe/Berlin");
        assert_eq!(field_values("2026-11-24", &to_local), pair("2026-11-24", ""));
        assert_eq!(field_values("2026-11-24T23:30:00Z", &to_local), pair("2026-11-25", "00:30:00"));
        assert_eq!(
            (from_fields("2026-11-24", ""), from_fields("2026-11-24", "09:30")),
            pair("2026-11-24", "2026-11-24T09:30")
        );
    }
}
