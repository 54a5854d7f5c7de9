//! Since when licenses are full, and their peak of the last 24 hours, kept up to date from the event log. No SQL.

use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{
    ids::LicenseId,
    license::Model,
    wire::licenses::{LicenseView, Peak},
};
use std::collections::{HashMap, VecDeque};

const WINDOW: TimeDelta = TimeDelta::hours(24);

/// What was lately so, for each license.
#[derive(Debug, Default)]
pub struct Trends(HashMap<LicenseId, Trend>);

#[derive(Debug, Default)]
struct Trend {
    full_since: Option<DateTime<Utc>>,
    /// How many seats were occupied and when that was last so: falling numbers at rising times, so the first is the peak.
    peaks: VecDeque<Peak>,
}

impl Trends {
    /// Takes note that so many seats were occupied, as the log says. Call it in the order of the log.
    pub fn note(&mut self, license: LicenseId, occupied: i64, seats: i64, at: DateTime<Utc>) {
        let trend = self.0.entry(license).or_default();
        let full = seats > 0 && occupied >= seats;
        trend.full_since = if full { trend.full_since.or(Some(at)) } else { None };
        trend.peak(occupied, at);
    }

    /// Takes note of a peak that was read from the log at the start, in the order of its time.
    pub fn note_peak(&mut self, license: LicenseId, occupied: i64, at: DateTime<Utc>) {
        self.0.entry(license).or_default().peak(occupied, at);
    }

    /// Takes note that a license has been full since then, as read from the log at the start.
    pub fn note_full(&mut self, license: LicenseId, since: DateTime<Utc>) {
        self.0.entry(license).or_default().full_since = Some(since);
    }

    /// Writes what is known into the views of licenses.
    pub fn complete(&self, views: &mut [LicenseView], now: DateTime<Utc>) {
        for view in views {
            let Some(trend) = self.0.get(&view.id) else { continue };
            // A named seat is its owner's whether or not he is at work: only a pool can be full.
            let full = view.model == Model::Concurrent && view.usage.occupied >= view.seats;
            view.usage.full_since = trend.full_since.filter(|_| full);
            view.usage.peak = trend.peaks.iter().find(|peak| peak.at > now - WINDOW && peak.occupied > 0).copied();
        }
    }
}

impl Trend {
    fn peak(&mut self, occupied: i64, at: DateTime<Utc>) {
        while self.peaks.back().is_some_and(|last| last.occupied <= occupied) {
            self.peaks.pop_back();
        }
        self.peaks.push_back(Peak { occupied, at });
        while self.peaks.front().is_some_and(|first| first.at <= at - WINDOW) {
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
        let (mut trends, license) = (Trends::default(), view(10, 3));
        for (hour, occupied) in [(0, 9), (1, 4), (10, 7), (11, 3)] {
            trends.note(license.id, occupied, 10, at(hour));
        }
        let peak = |now| {
            let mut views = [license.clone()];
            trends.complete(&mut views, now);
            views[0].usage.peak.map(|p| (p.occupied, p.at))
        };
        assert_eq!(peak(at(12)), Some((9, at(0))));
        assert_eq!(peak(at(25)), Some((7, at(10))), "what is older than a day is forgotten");
        assert_eq!(peak(at(60)), None);
    }

    #[test]
    fn full_lasts_from_the_first_moment_until_a_seat_is_free() {
        let (mut trends, license) = (Trends::default(), view(2, 2));
        let since = |trends: &Trends, view: &LicenseView| {
            let mut views = [view.clone()];
            trends.complete(&mut views, at(5));
            views[0].usage.full_since
        };
        for (hour, occupied) in [(0, 1), (1, 2), (2, 2)] {
            trends.note(license.id, occupied, 2, at(hour));
        }
        assert_eq!(since(&trends, &license), Some(at(1)));
        trends.note(license.id, 1, 2, at(3));
        assert_eq!(since(&trends, &license), None);
    }
}
