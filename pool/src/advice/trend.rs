//! The trend of daily peaks: a straight line, how sure it is, and the line above all of them.

use super::student;
use serde::{Deserialize, Serialize};

/// The most seats that were occupied on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DailyPeak {
    /// The number of the day, from any beginning.
    pub day: i64,
    pub seats: i64,
}

/// The trend of daily peaks on a future day.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trend {
    pub seats_per_day: f64,
    /// The peak to be expected on that day, by the line that is closest to all peaks (least squares).
    pub expected: f64,
    /// The peak of that day lies between these two with the requested confidence.
    pub low: f64,
    pub high: f64,
    /// The value of the lowest line with the same slope that no peak exceeds.
    pub upper_line: f64,
}

/// The trend on a day. `confidence` is between 0 and 1, for example 0.9. `None` if there are fewer than three peaks or
/// all are of one day, or for another confidence.
///
/// The interval is the prediction interval of simple linear regression, for the peak of one day and not only for the
/// line. Half of it is `t · s · √(1 + 1/n + (x - m)² / Σ(xᵢ - m)²)` with the mean `m` of the days, the quantile `t` of
/// Student's distribution for n - 2 degrees of freedom and the standard error `s` of the residuals. It assumes that
/// these are independent: give it days of one kind, without week-ends if nobody works on them.
pub fn trend(peaks: &[DailyPeak], day: i64, confidence: f64) -> Option<Trend> {
    if peaks.len() < 3 || !(confidence > 0.0 && confidence < 1.0) {
        return None;
    }
    let count = peaks.len() as f64;
    // Days are counted from the first, so that large numbers lose no digits.
    let first = peaks.first()?.day;
    let points: Vec<_> = peaks.iter().map(|peak| ((peak.day - first) as f64, peak.seats as f64)).collect();
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (mean_day, mean_seats) = (mean(|point| point.0), mean(|point| point.1));
    let spread: f64 = points.iter().map(|(day, _)| (day - mean_day).powi(2)).sum();
    if spread == 0.0 {
        return None;
    }
    let common: f64 = points.iter().map(|(day, seats)| (day - mean_day) * (seats - mean_seats)).sum();
    let slope = common / spread;
    let above = |(day, seats): &(f64, f64)| seats - mean_seats - slope * (day - mean_day);
    let squares: f64 = points.iter().map(|point| above(point).powi(2)).sum();
    let ahead = (day - first) as f64 - mean_day;
    let expected = mean_seats + slope * ahead;
    let error = (squares / (count - 2.0)).sqrt() * (1.0 + 1.0 / count + ahead.powi(2) / spread).sqrt();
    let half = student::quantile(0.5 + confidence / 2.0, count - 2.0)? * error;
    let highest = points.iter().map(above).fold(f64::NEG_INFINITY, f64::max);
    Some(Trend {
        seats_per_day: slope,
        expected,
        low: expected - half,
        high: expected + half,
        upper_line: expected + highest,
    })
}
