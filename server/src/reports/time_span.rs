//! Occupied seats in an hour, a quarter of an hour, or a day.

use super::state::Level;

/// What happened in a span of time. Times and durations are in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    pub from: i64,
    pub to: i64,
    /// The most occupied seats, when that was first the case, and the seats purchased then.
    pub peak: i64,
    pub peak_at: i64,
    pub peak_seats: i64,
    /// The least occupied seats.
    pub least: i64,
    /// The most agents in the queue.
    pub waiting: i64,
    /// The seats purchased at the end.
    pub seats: i64,
    /// Occupied seats times microseconds.
    pub occupied_time: i64,
    /// How long all seats were occupied.
    pub full_time: i64,
    /// Waiting agents times microseconds.
    pub waited_time: i64,
    /// The refused requests.
    pub requests: i64,
    /// The attempts that were refused, except those that an earlier or later span may have a part of.
    pub attempts: i64,
}

impl Span {
    fn begin(from: i64, to: i64) -> Self {
        Self { from, to, peak: -1, ..Self::default() }
    }

    fn hold(&mut self, level: Level, from: i64, to: i64) {
        if level.occupied > self.peak {
            self.least = if self.peak < 0 { level.occupied } else { self.least };
            (self.peak, self.peak_at, self.peak_seats) = (level.occupied, from, level.seats);
        }
        self.least = self.least.min(level.occupied);
        self.waiting = self.waiting.max(level.waiting);
        self.seats = level.seats;
        self.occupied_time += level.occupied * (to - from);
        self.waited_time += level.waiting * (to - from);
        self.full_time += if level.is_full() { to - from } else { 0 };
    }

    /// Adds the span that follows.
    pub fn extend(&mut self, next: &Self) {
        if next.peak > self.peak {
            (self.peak, self.peak_at, self.peak_seats) = (next.peak, next.peak_at, next.peak_seats);
        }
        self.to = next.to;
        self.least = self.least.min(next.least);
        self.waiting = self.waiting.max(next.waiting);
        self.seats = next.seats;
        self.occupied_time += next.occupied_time;
        self.full_time += next.full_time;
        self.waited_time += next.waited_time;
        self.requests += next.requests;
        self.attempts += next.attempts;
    }

    /// All these spans as one; `None` if there are none.
    pub fn total(spans: &[Self]) -> Option<Self> {
        let (first, rest) = spans.split_first()?;
        Some(rest.iter().fold(*first, |mut total, span| {
            total.extend(span);
            total
        }))
    }
}

/// Consecutive spans that are filled in order of time.
#[derive(Clone, Debug)]
pub struct SpanTrack {
    spans: Vec<Span>,
    current: usize,
}

impl SpanTrack {
    /// Empty spans with these ends.
    pub fn new(from: i64, ends: &[i64]) -> Self {
        let begins = std::iter::once(from).chain(ends.iter().copied());
        Self { spans: begins.zip(ends).map(|(begin, end)| Span::begin(begin, *end)).collect(), current: 0 }
    }

    /// The level applied in this time.
    pub fn hold(&mut self, level: Level, mut from: i64, to: i64) {
        while from < to {
            let Some(span) = self.spans.get_mut(self.current) else { return };
            let end = span.to.min(to);
            if from < end {
                span.hold(level, from, end);
                from = end;
            }
            if span.to <= from {
                self.current += 1;
            }
        }
    }

    /// The span that contains this time.
    pub fn at(&mut self, at: i64) -> Option<&mut Span> {
        let index = self.spans.partition_point(|span| span.to <= at);
        self.spans.get_mut(index)
    }

    pub fn into_spans(self) -> Vec<Span> {
        self.spans
    }
}
