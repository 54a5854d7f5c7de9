//! The stored form of summaries: numbers in a fixed order, separated by commas, because a report of a year reads
//! hundreds of them. What is rare (attempts around midnight) follows as JSON.
//!
//! A change of the form needs a new [`VERSION`]: days in another version are built again from the log.

use super::{
    attempts::AttemptEdges,
    full_spells::{FullSpells, Spell},
    state::Level,
    summary::{LENGTH_LIMITS, Summary},
    time_span::Span,
    waits::WaitHistogram,
};
use seatkeeper_shared::ticket::TicketEnd;
use std::{collections::BTreeMap, fmt::Write as _};

/// The version of the form.
pub const VERSION: i64 = 1;
/// Between the numbers and the JSON.
const SEPARATOR: char = '|';
/// Stands for no time.
const NONE: i64 = -1;
/// Stands for a span in which nothing changed, in the place of the peak.
const QUIET: i64 = -1;

/// How many users had a session in a day, by the beginning of the day in which they had one before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DayUsers {
    /// Those who never had one.
    pub first_time: i64,
    /// The beginning of the earlier day in microseconds, and how many users.
    pub returning: BTreeMap<i64, i64>,
}

impl DayUsers {
    /// The users who had no session on an earlier day since this time.
    pub fn new_since(&self, from: i64) -> i64 {
        self.first_time + self.returning.range(..from).map(|(_, users)| users).sum::<i64>()
    }

    pub fn encode(&self) -> String {
        let mut numbers = NumberWriter::default();
        numbers.push(self.first_time);
        numbers.push_map(&self.returning);
        numbers.0
    }

    /// `None` if the text is not what [`encode`](Self::encode) writes.
    pub fn decode(text: &str) -> Option<Self> {
        let mut numbers = NumberReader::new(text);
        Some(Self { first_time: numbers.next()?, returning: numbers.map()? })
    }
}

/// Writes a summary without its quarters, relative to the beginning of its time.
pub fn encode(summary: &Summary) -> String {
    let mut numbers = NumberWriter::default();
    numbers.push_level(summary.first);
    numbers.push_level(summary.last);
    numbers.push_all([summary.changes, summary.refused_while_full, summary.sessions]);
    for map in [&summary.occupied, &summary.seats, &summary.needed_seats] {
        numbers.push_map(map);
    }
    let relative = |at: Option<i64>| at.map_or(NONE, |at| at - summary.from);
    let FullSpells { leading_until, trailing_from, inner, inner_longest } = summary.full;
    numbers.push_all([relative(leading_until), relative(trailing_from), inner]);
    let longest = inner_longest.map_or((0, NONE), |spell| (spell.length, spell.from - summary.from));
    numbers.push_all([longest.0, longest.1]);
    numbers.push_all(summary.lengths);
    numbers.push_length(summary.waits.len());
    for (end, waits) in &summary.waits {
        numbers.push_all([number_of(*end), waits.longest]);
        numbers.push_map(&waits.counts);
    }
    numbers.push_spans(&summary.hours);
    if summary.edges != AttemptEdges::default() {
        numbers.0.push(SEPARATOR);
        // Cannot fail: these types serialize to JSON.
        numbers.0.push_str(&serde_json::to_string(&summary.edges).unwrap_or_default());
    }
    numbers.0
}

/// Reads a summary of this time, without quarters; `None` if the text is not what [`encode`] writes.
pub fn decode(text: &str, from: i64, to: i64) -> Option<Summary> {
    let (text, edges) = text.split_once(SEPARATOR).unwrap_or((text, ""));
    let edges = if edges.is_empty() { AttemptEdges::default() } else { serde_json::from_str(edges).ok()? };
    let mut numbers = NumberReader::new(text);
    let (first, last) = (numbers.level()?, numbers.level()?);
    let [changes, refused_while_full, sessions] = [numbers.next()?, numbers.next()?, numbers.next()?];
    let [occupied, seats, needed_seats] = [numbers.map()?, numbers.map()?, numbers.map()?];
    let absolute = |at: i64| (at != NONE).then_some(at + from);
    let (leading_until, trailing_from) = (absolute(numbers.next()?), absolute(numbers.next()?));
    let (inner, length, longest_from) = (numbers.next()?, numbers.next()?, absolute(numbers.next()?));
    let inner_longest = longest_from.map(|from| Spell { length, from });
    let mut lengths = [0; LENGTH_LIMITS.len() + 1];
    for count in &mut lengths {
        *count = numbers.next()?;
    }
    let mut waits = BTreeMap::new();
    for _ in 0..numbers.next()? {
        let end = end_of(numbers.next()?)?;
        let longest = numbers.next()?;
        waits.insert(end, WaitHistogram { longest, counts: numbers.map()? });
    }
    let full = FullSpells { leading_until, trailing_from, inner, inner_longest };
    let (hours, quarters) = (numbers.spans(from)?, Vec::new());
    numbers.is_at_end().then_some(Summary {
        from,
        to,
        first,
        last,
        changes,
        occupied,
        seats,
        full,
        refused_while_full,
        sessions,
        needed_seats,
        lengths,
        waits,
        edges,
        hours,
        quarters,
    })
}

/// Writes spans, such as the quarters of a summary.
pub fn encode_spans(spans: &[Span]) -> String {
    let mut numbers = NumberWriter::default();
    numbers.push_spans(spans);
    numbers.0
}

/// Reads spans, the first of which begins at this time.
pub fn decode_spans(text: &str, from: i64) -> Option<Vec<Span>> {
    let mut numbers = NumberReader::new(text);
    let spans = numbers.spans(from)?;
    numbers.is_at_end().then_some(spans)
}

/// The number of a reason, which must never change.
const fn number_of(end: TicketEnd) -> i64 {
    match end {
        TicketEnd::Seated => 0,
        TicketEnd::Declined => 1,
        TicketEnd::Missed => 2,
        TicketEnd::Withdrawn => 3,
        TicketEnd::Lapsed => 4,
        TicketEnd::Dropped => 5,
        TicketEnd::UserDeactivated => 6,
        TicketEnd::AssignmentRevoked => 7,
        TicketEnd::LicenseEnded => 8,
    }
}

fn end_of(number: i64) -> Option<TicketEnd> {
    TicketEnd::ALL.iter().copied().find(|end| number_of(*end) == number)
}

#[derive(Debug, Default)]
struct NumberWriter(String);

impl NumberWriter {
    fn push(&mut self, number: i64) {
        if !self.0.is_empty() {
            self.0.push(',');
        }
        // Writing to a string cannot fail.
        let _ = write!(self.0, "{number}");
    }

    fn push_all(&mut self, numbers: impl IntoIterator<Item = i64>) {
        numbers.into_iter().for_each(|number| self.push(number));
    }

    fn push_length(&mut self, length: usize) {
        self.push(i64::try_from(length).unwrap_or(i64::MAX));
    }

    fn push_map(&mut self, map: &BTreeMap<i64, i64>) {
        self.push_length(map.len());
        map.iter().for_each(|(key, value)| self.push_all([*key, *value]));
    }

    fn push_level(&mut self, level: Level) {
        self.push_all([level.occupied, level.waiting, level.seats]);
    }

    fn push_spans(&mut self, spans: &[Span]) {
        self.push_length(spans.len());
        for span in spans {
            if *span == quiet(span.from, span.to, span.peak, span.seats) {
                self.push_all([span.to - span.from, QUIET, span.peak, span.seats]);
                continue;
            }
            self.push_all([span.to - span.from, span.peak, span.peak_at - span.from, span.peak_seats, span.least]);
            self.push_all([span.waiting, span.seats, span.occupied_time, span.full_time, span.waited_time]);
            self.push_all([span.requests, span.attempts]);
        }
    }
}

/// A span in which nothing changed, nobody waited, and a seat was free.
fn quiet(from: i64, to: i64, occupied: i64, seats: i64) -> Span {
    Span {
        from,
        to,
        peak: occupied,
        peak_at: from,
        peak_seats: seats,
        least: occupied,
        seats,
        occupied_time: occupied * (to - from),
        ..Span::default()
    }
}

struct NumberReader<'a>(std::str::Split<'a, char>);

impl<'a> NumberReader<'a> {
    fn new(text: &'a str) -> Self {
        Self(text.split(','))
    }

    fn next(&mut self) -> Option<i64> {
        self.0.next()?.parse().ok()
    }

    fn is_at_end(&mut self) -> bool {
        self.0.next().is_none()
    }

    fn map(&mut self) -> Option<BTreeMap<i64, i64>> {
        (0..self.next()?).map(|_| Some((self.next()?, self.next()?))).collect()
    }

    fn level(&mut self) -> Option<Level> {
        Some(Level { occupied: self.next()?, waiting: self.next()?, seats: self.next()? })
    }

    fn spans(&mut self, from: i64) -> Option<Vec<Span>> {
        let mut from = from;
        (0..self.next()?)
            .map(|_| {
                let span = self.span(from)?;
                from = span.to;
                Some(span)
            })
            .collect()
    }

    fn span(&mut self, from: i64) -> Option<Span> {
        let (to, peak) = (from + self.next()?, self.next()?);
        if peak == QUIET {
            return Some(quiet(from, to, self.next()?, self.next()?));
        }
        Some(Span {
            from,
            to,
            peak,
            peak_at: from + self.next()?,
            peak_seats: self.next()?,
            least: self.next()?,
            waiting: self.next()?,
            seats: self.next()?,
            occupied_time: self.next()?,
            full_time: self.next()?,
            waited_time: self.next()?,
            requests: self.next()?,
            attempts: self.next()?,
        })
    }
}
