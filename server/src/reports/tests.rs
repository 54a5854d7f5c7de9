//! Random histories: the report of a period does not depend on where it is cut into pieces, and agrees with a count of
//! each second.

use super::{
    SECOND,
    attempts::{AttemptFolder, AttemptOutcome, request},
    encoding,
    local_time::{start_of_day, time, weekday_and_hour},
    merge::{MergedUsage, UsageMerger},
    record::{RecordKind, RefusedRequest, UsageRecord},
    state::{Level, UsageState},
    summary::{ATTEMPT_WINDOW, Piece, PieceBuilder},
};
use chrono_tz::Tz;
use proptest::prelude::*;
use seatkeeper_shared::{
    ids::{LicenseId, Position, SessionId, TicketId, UserId},
    problem::Code,
    ticket::TicketEnd,
    wire::reports::{PeakPeriod, TimelineResolution},
};
use std::collections::BTreeMap;
use uuid::Uuid;

/// The clock is moved back at 01:00 UTC on the second day.
const ZONE: Tz = Tz::Europe__Berlin;
const LENGTH: i64 = 6 * 3_600;

/// 22:00 in Berlin.
fn begin() -> i64 {
    start_of_day(ZONE, "2026-10-25".parse().unwrap()).timestamp_micros() - 2 * 3_600 * SECOND
}

/// What happens next: after how many milliseconds, to which user, and what.
type Step = (i64, u128, u8);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let pause = prop_oneof![4 => 0_i64..4_000, 4 => 4_000_i64..30_000, 1 => 60_000_i64..2_000_000];
    proptest::collection::vec((pause, 0_u128..5, 0_u8..12), 1..160)
}

/// The records of a license whose users start and end sessions, wait and are refused.
fn records(steps: &[Step]) -> Vec<UsageRecord> {
    let license = LicenseId(Uuid::from_u128(1));
    let (mut seats, mut at) = (2, begin() - 600 * SECOND);
    let mut sessions: BTreeMap<u128, SessionId> = BTreeMap::new();
    let mut tickets: BTreeMap<u128, TicketId> = BTreeMap::new();
    let mut records = Vec::new();
    for ((pause, user, what), number) in steps.iter().zip(1_i64..) {
        // Whole seconds, so that each can be counted; several records may be at the same time.
        at += pause / 1_000 * SECOND;
        let id = Uuid::from_u128(1_000 + u128::try_from(number).unwrap());
        let kind = match (what, sessions.contains_key(user), tickets.contains_key(user)) {
            (0..=4, false, _) if i64::try_from(sessions.len()).unwrap() < seats => {
                sessions.insert(*user, SessionId(id));
                RecordKind::Created(SessionId(id))
            }
            (0..=4, false, false) if *what < 2 => {
                tickets.insert(*user, TicketId(id));
                RecordKind::Queued(TicketId(id))
            }
            (0..=7, false, _) => {
                let device = (*what > 5).then(|| "pc".to_owned());
                let code = if *what == 7 { Code::NotAssigned } else { Code::PoolFull };
                RecordKind::Refused(RefusedRequest { code, device, product: None })
            }
            (8 | 9, _, true) => {
                let end = if *what == 8 { TicketEnd::Seated } else { TicketEnd::Withdrawn };
                RecordKind::Unqueued(tickets.remove(user).unwrap(), end)
            }
            (_, true, _) => RecordKind::Ended(sessions.remove(user).unwrap()),
            (10, ..) => {
                seats = (seats + 1) % 4;
                RecordKind::Other
            }
            _ => continue,
        };
        records.push(UsageRecord {
            position: Position(number),
            // Now and then a clock is a little behind.
            at: time(at - if number % 7 == 0 { SECOND } else { 0 }),
            license: Some(license),
            user: Some(UserId(Uuid::from_u128(*user))),
            kind,
            occupied: Some(i64::try_from(sessions.len()).unwrap()),
            seats: Some(seats),
        });
    }
    records
}

/// The pieces between these times.
fn pieces(records: &[UsageRecord], cuts: &[i64]) -> (Vec<Piece>, UsageState) {
    let (mut state, mut next) = (UsageState::default(), records.iter().peekable());
    while let Some(record) = next.next_if(|record| state.time_of(record) < cuts[0]) {
        state.apply(record);
    }
    let mut pieces = Vec::new();
    for range in cuts.windows(2) {
        let mut builder = PieceBuilder::new(ZONE, state, range[0], range[1], true);
        while let Some(record) = next.next_if(|record| builder.state().time_of(record) < range[1]) {
            builder.apply(record);
        }
        let piece = builder.finish();
        state = piece.state.clone();
        pieces.push(piece);
    }
    (pieces, state)
}

/// The report from pieces as they are stored and read.
fn report(records: &[UsageRecord], cuts: &[i64]) -> MergedUsage {
    let (pieces, state) = pieces(records, cuts);
    let mut merger = UsageMerger::new(ZONE, PeakPeriod::Day, TimelineResolution::QuarterHour);
    for piece in pieces {
        let summary = piece.summary;
        let mut stored = encoding::decode(&encoding::encode(&summary), summary.from, summary.to).expect("readable");
        stored.quarters =
            encoding::decode_spans(&encoding::encode_spans(&summary.quarters), summary.from).expect("readable");
        assert_eq!(stored, summary);
        let state: UsageState = serde_json::from_str(&serde_json::to_string(&piece.state).unwrap()).unwrap();
        assert_eq!(state, piece.state);
        merger.add(&stored);
    }
    MergedUsage { spans: Vec::new(), peaks: Vec::new(), ..merger.finish(&state) }
}

/// The level in each second.
fn levels(records: &[UsageRecord]) -> Vec<Level> {
    let (mut state, mut next) = (UsageState::default(), records.iter().peekable());
    (0..LENGTH)
        .map(|second| {
            while let Some(record) = next.next_if(|record| state.time_of(record) <= begin() + second * SECOND) {
                state.apply(record);
            }
            state.level()
        })
        .collect()
}

fn count(levels: &[Level], of: impl Fn(&Level) -> i64) -> i64 {
    levels.iter().map(of).sum()
}

/// The attempts that count, by a plain fold over all records of the period.
fn attempts(records: &[UsageRecord]) -> Vec<i64> {
    let (mut state, mut folder) = (UsageState::default(), AttemptFolder::new(ATTEMPT_WINDOW));
    for record in records {
        let at = state.time_of(record);
        state.apply(record);
        if !(begin()..begin() + LENGTH * SECOND).contains(&at) {
            continue;
        }
        match &record.kind {
            RecordKind::Created(_) => folder.seat(record.user.unwrap(), at),
            RecordKind::Refused(refused) => folder.refuse(request(record, refused, at, None).unwrap()),
            _ => {}
        }
    }
    let all = folder.finish(i64::MAX / 2);
    all.iter().filter(|attempt| attempt.outcome == AttemptOutcome::Refused).map(|attempt| attempt.first_at).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn a_report_does_not_depend_on_where_its_period_is_cut(
        steps in steps(),
        cuts in proptest::collection::btree_set(1_i64..LENGTH, 0..12),
    ) {
        let records = records(&steps);
        let (from, to) = (begin(), begin() + LENGTH * SECOND);
        let inner = cuts.iter().map(|second| from + second * SECOND);
        let cut: Vec<_> = std::iter::once(from).chain(inner).chain([to]).collect();
        prop_assert_eq!(report(&records, &cut), report(&records, &[from, to]));
    }
}

proptest! {
    // Each case looks at 21,600 seconds.
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn a_report_agrees_with_a_count_of_each_second(steps in steps()) {
        let records = records(&steps);
        let report = report(&records, &[begin(), begin() + LENGTH * SECOND]);
        let levels = levels(&records);
        let figures = &report.figures;
        prop_assert_eq!(figures.occupied_seat_seconds, count(&levels, |level| level.occupied));
        prop_assert_eq!(figures.available_seat_seconds, count(&levels, |level| level.seats));
        let full: Vec<_> = levels.iter().map(|level| level.seats > 0 && level.occupied >= level.seats).collect();
        let spells: Vec<_> = full.chunk_by(|one, other| one == other).filter(|chunk| chunk[0]).collect();
        prop_assert_eq!(figures.at_capacity.seconds, i64::try_from(spells.concat().len()).unwrap());
        prop_assert_eq!(figures.at_capacity.spells, i64::try_from(spells.len()).unwrap());
        let longest = spells.iter().map(|spell| spell.len()).max().unwrap_or_default();
        prop_assert_eq!(figures.at_capacity.longest_seconds, i64::try_from(longest).unwrap());
        let peak = levels.iter().map(|level| level.occupied).max().unwrap();
        let first = levels.iter().position(|level| level.occupied == peak).unwrap();
        let at = (peak > 0).then(|| (peak, time(begin() + i64::try_from(first).unwrap() * SECOND)));
        prop_assert_eq!(figures.peak.map(|peak| (peak.occupied, peak.at)), at);
        let changes = levels.windows(2).filter(|pair| pair[0] != pair[1]).count();
        prop_assert_eq!(report.exact_points, i64::try_from(changes + 1).unwrap());
        for seat in 1..=peak {
            let index = usize::try_from(seat - 1).unwrap();
            let seconds = count(&levels, |level| i64::from(level.occupied >= seat));
            prop_assert_eq!(report.efficiency.seconds_by_seat[index], seconds);
        }
        let attempts = attempts(&records);
        prop_assert_eq!(figures.refusals, i64::try_from(attempts.len()).unwrap());
        for hour in &report.weekly_hours {
            let is_in = |at: i64| weekday_and_hour(ZONE, at) == (hour.weekday, hour.hour);
            let mine: Vec<_> = levels.iter().zip(0..).filter(|(_, s)| is_in(begin() + s * SECOND)).collect();
            let mine: Vec<_> = mine.into_iter().map(|(level, _)| *level).collect();
            let refused = attempts.iter().filter(|at| is_in(**at)).count();
            prop_assert_eq!(hour.refusals, i64::try_from(refused).unwrap());
            prop_assert_eq!(hour.peak, mine.iter().map(|level| level.occupied).max().unwrap());
            prop_assert_eq!(hour.waited_seconds, count(&mine, |level| level.waiting));
            prop_assert_eq!(hour.full_seconds, count(&mine, |level| i64::from(level.is_full())));
            let mean = count(&mine, |level| level.occupied) as f64 / mine.len() as f64;
            prop_assert!((hour.mean_occupied - mean).abs() < 1e-9);
        }
    }
}
