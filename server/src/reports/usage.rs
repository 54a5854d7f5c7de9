//! The figures of a period from what its pieces add up to.

use super::{SECOND, local_time::time, summary::LENGTH_LIMITS, time_span::Span, waits::WaitHistogram};
use seatkeeper_shared::{
    ticket::TicketEnd,
    wire::{
        licenses::Peak,
        reports::{Efficiency, EnoughSeats, LengthBucket, PeriodPeak, UsageFigures, WaitSummary},
    },
};
use std::collections::BTreeMap;

/// The most peaks of a report.
const MAX_PEAKS: usize = 1_000;
/// The shares of the time, and of the requests, in percent.
const PERCENTAGES: [i64; 3] = [95, 99, 100];

/// Adds spans; the first is joined with the last one there is if both are in the same period.
pub fn extend_last(spans: &mut Vec<Span>, more: &[Span], is_same: impl Fn(&Span, &Span) -> bool) {
    for next in more {
        match spans.last_mut().filter(|last| is_same(last, next)) {
            Some(last) => last.extend(next),
            None => spans.push(*next),
        }
    }
}

/// Seats times seconds.
fn seat_seconds(time_by_seats: &BTreeMap<i64, i64>) -> i64 {
    let total: i128 = time_by_seats.iter().map(|(seats, time)| i128::from(*seats) * i128::from(*time)).sum();
    i64::try_from(total / i128::from(SECOND)).unwrap_or(i64::MAX)
}

/// The figures that follow from how long how many seats were occupied and purchased.
pub fn seat_figures(occupied: &BTreeMap<i64, i64>, seats: &BTreeMap<i64, i64>, whole: Option<&Span>) -> UsageFigures {
    let (occupied, available) = (seat_seconds(occupied), seat_seconds(seats));
    let peak = whole.filter(|whole| whole.peak > 0);
    let share = |part: i64, of: i64| (of > 0).then(|| part as f64 / of as f64);
    UsageFigures {
        occupied_seat_seconds: occupied,
        available_seat_seconds: available,
        time_weighted_use: share(occupied, available),
        peak: peak.map(|whole| Peak { occupied: whole.peak, at: time(whole.peak_at) }),
        share_at_peak: peak.and_then(|whole| share(whole.peak, whole.peak_seats)),
        ..UsageFigures::default()
    }
}

/// The smallest number that at least this share of the counts does not exceed; 0 without any.
fn enough(counts: &BTreeMap<i64, i64>, percent: i64) -> i64 {
    let total: i128 = counts.values().map(|count| i128::from(*count)).sum();
    let mut counted = 0;
    let found = counts.iter().find(|(_, count)| {
        counted += i128::from(**count);
        counted * 100 >= total * i128::from(percent)
    });
    found.map_or(0, |(number, _)| *number)
}

/// How many seats would have been enough.
pub fn efficiency(occupied: &BTreeMap<i64, i64>, needed_seats: &BTreeMap<i64, i64>) -> Efficiency {
    let most = occupied.iter().rev().find(|(_, time)| **time > 0).map_or(0, |(seats, _)| *seats);
    let mut seconds_by_seat = Vec::with_capacity(usize::try_from(most).unwrap_or_default());
    let mut at_least = 0;
    for seat in (1..=most).rev() {
        at_least += occupied.get(&seat).copied().unwrap_or_default();
        seconds_by_seat.push(at_least / SECOND);
    }
    seconds_by_seat.reverse();
    let all = |counts: &BTreeMap<i64, i64>| {
        let enough = |&percent| EnoughSeats { percent, seats: enough(counts, percent) };
        PERCENTAGES.iter().map(enough).collect()
    };
    Efficiency { seconds_by_seat, enough_for_time: all(occupied), enough_for_requests: all(needed_seats) }
}

/// The number of sessions of each length.
pub fn session_lengths(lengths: &[i64; LENGTH_LIMITS.len() + 1]) -> Vec<LengthBucket> {
    let limits = LENGTH_LIMITS.iter().copied().map(Some).chain([None]);
    limits.zip(lengths).map(|(below_seconds, sessions)| LengthBucket { below_seconds, sessions: *sessions }).collect()
}

/// How long agents waited, by how it ended, then those who still wait.
pub fn wait_summaries(ended: &BTreeMap<TicketEnd, WaitHistogram>, open: &WaitHistogram) -> Vec<WaitSummary> {
    let ended = ended.iter().map(|(end, waits)| waits.summary(Some(*end)));
    ended.chain([open.summary(None)]).filter(|summary| summary.tickets > 0).collect()
}

/// The peaks of these spans, each a period or the part of it that is in the report; the latest ones.
pub fn peaks(spans: &[Span]) -> Vec<PeriodPeak> {
    let occupied: Vec<_> = spans.iter().filter(|span| span.peak > 0).collect();
    let first = occupied.len().saturating_sub(MAX_PEAKS);
    let peak = |span: &Span| PeriodPeak {
        from: time(span.from),
        to: time(span.to),
        occupied: span.peak,
        at: time(span.peak_at),
        seats: span.peak_seats,
    };
    occupied.into_iter().skip(first).map(peak).collect()
}
