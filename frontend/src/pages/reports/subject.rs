//! What a report is about, in words: the seats and the period.

use super::{filter::Scope, state::ReportState};
use crate::i18n::*;
use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use leptos::prelude::*;

impl ReportState {
    /// What the report is about: "Remote Support v5 – Concurrent"; tracked.
    pub fn subject(self) -> String {
        let i18n = self.format.texts();
        let name = match self.scope.get() {
            Some(Scope::License(id)) => self.license_name(id),
            Some(Scope::Product(id)) => self.product_name(id),
            Some(Scope::All) => Some(t_string!(i18n, reports.all_licenses).to_owned()),
            None => None,
        };
        name.unwrap_or_default()
    }

    /// What the report is about and the period: "Remote Support v5 – Concurrent · 18. Nov. – 24. Nov. 2026"; tracked.
    pub fn title(self) -> String {
        let dot = t_string!(self.format.texts(), common.dot);
        [self.subject(), self.period_text()].join(dot)
    }

    /// The period: "Dienstag, 24. November 2026", or from when to when; tracked.
    pub fn period_text(self) -> String {
        let (format, to_local) = (self.format, self.to_local());
        let (from, to) = self.limits();
        let last = to - TimeDelta::seconds(1);
        let is_midnight = |at: DateTime<Utc>| to_local(at).time() == NaiveTime::MIN;
        match (is_midnight(from) && is_midnight(to), to_local(from).date() == to_local(last).date()) {
            (true, true) => format.full_date(from),
            (true, false) => format!("{} – {}", format.date(from), format.date(last)),
            (false, true) => {
                let span = (to - from).num_milliseconds();
                let (first, end) = (format.at_precision(from, span), format.at_precision(to, span));
                format!("{}, {first} – {end}", format.full_date(from))
            }
            (false, false) => format!("{} – {}", format.date_time(from), format.date_time(to)),
        }
    }
}
