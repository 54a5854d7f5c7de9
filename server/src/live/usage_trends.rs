//! For each license, since when it is full and its peak of the last 24 hours, updated from the event log. No SQL.

use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{
    ids::LicenseId,
    license::Model,
    wire::licenses::{LicenseView, Peak},
};
use std::collections::{HashMap, VecDeque};

/// How far back peaks are kept.
const PEAK_WINDOW: TimeDelta = TimeDelta::hours(24);

/// The recent usage of each license.
#[derive(Debug, Default)]
pub struct UsageTrends(HashMap<LicenseId, Trend>);

#[derive(Debug, Default)]
struct Trend {
    full_since: Option<DateTime<Utc>>,
    /// A monotonic queue: each entry has fewer occupied seats and a later time than the one before, so the first is the
    /// peak.
    peaks: VecDeque<Peak>,
}

impl UsageTrends {
    /// Records the occupied seats of a license after an event. Call it in the order of the log.
    pub fn record_usage(&mut self, license: LicenseId, occupied: i64, seats: i64, at: DateTime<Utc>) {
        let trend = self.0.entry(license).or_default();
        let full = seats > 0 && occupied >= seats;
        trend.full_since = if full { trend.full_since.or(Some(at)) } else { None };
        trend.push_peak(occupied, at);
    }

    /// Records a peak read from the log at startup. Call it in chronological order.
    pub fn record_peak(&mut self, license: LicenseId, occupied: i64, at: DateTime<Utc>) {
        self.0.entry(license).or_default().push_peak(occupied, at);
    }

    /// Records since when a license has been full, as read from the log at startup.
    pub fn record_full_since(&mut self, license: LicenseId, since: DateTime<Utc>) {
        self.0.entry(license).or_default().full_since = Some(since);
    }

    /// Fills in the trends in the views of licenses.
    pub fn complete(&self, views: &mut [LicenseView], now: DateTime<Utc>) {
        for view in views {
            let Some(trend) = self.0.get(&view.id) else { continue };
            // A named seat belongs to its user whether they work or not: only a concurrent pool can be full.
            let full = view.model == Model::Concurrent && view.usage.occupied >= view.seats;
            view.usage.full_since = trend.full_since.filter(|_| full);
            view.usage.peak = trend.peaks.iter().find(|peak| peak.at > now - PEAK_WINDOW && peak.occupied > 0).copied();
        }
    }
}

impl Trend {
    fn push_peak(&mut self, occupied: i64, at: DateTime<Utc>) {
        while self.peaks.back().is_some_and(|last| last.occupied <= occupied) {
            self.peaks.pop_back();
        }
        self.peaks.push_back(Peak { occupied, at });
        while self.peaks.front().is_some_and(|first| first.at <= at - PEAK_WINDOW) {
            self.peaks.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use seatkeeper_shared::{ids::ProductId, license::Rules, wire::licenses::LicenseUse};

    fn at(hours: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::hours(hours)
    }

    fn view(seats: i64, occupied: i64) -> LicenseView {
        LicenseView {
            id: LicenseId(uuid::Uuid::nil()),
            product_id: ProductId(uuid::Uuid::nil()),
            product_slug: String::new(),
            product_name: String::new(),
            model: Model::Concurrent,
            seats,
            starts_at: None,
            ends_at: None,
            expiry_warning: None,
            archived_at: None,
            contract: Default::default(),
            rules: Rules::default(),
            group_limits: Vec::new(),
            usage: LicenseUse { occupied, ..LicenseUse::default() },
        }
    }

    #[test]
    fn the_peak_is_the_highest_of_the_last_24_hours() {
        let (mut trends, license) = (UsageTrends::default(), view(10, 3));
        for (hour, occupied) in [(0, 9), (1, 4), (10, 7), (11, 3)] {
            trends.record_usage(license.id, occupied, 10, at(hour));
        }
        let peak = |now| {
            let mut views = [license.clone()];
            trends.complete(&mut views, now);
            views[0].usage.peak.map(|p| (p.occupied, p.at))
        };
        assert_eq!(peak(at(12)), Some((9, at(0))));
        assert_eq!(peak(at(25)), Some((7, at(10))), "peaks older than a day are dropped");
        assert_eq!(peak(at(60)), None);
    }

    #[test]
    fn full_since_is_kept_until_a_seat_is_free() {
        let (mut trends, license) = (UsageTrends::default(), view(2, 2));
        let since = |trends: &UsageTrends, view: &LicenseView| {
            let mut views = [view.clone()];
            trends.complete(&mut views, at(5));
            views[0].usage.full_since
        };
        for (hour, occupied) in [(0, 1), (1, 2), (2, 2)] {
            trends.record_usage(license.id, occupied, 2, at(hour));
        }
        assert_eq!(since(&trends, &license), Some(at(1)));
        trends.record_usage(license.id, 1, 2, at(3));
        assert_eq!(since(&trends, &license), None);
    }
}
