use super::*;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

fn hours_of_day(zone: &str, date: &str) -> (f64, Vec<f64>, Vec<u8>) {
    let zone: Tz = zone.parse().expect("a zone");
    let from = start_of_day(zone, date.parse().expect("a date"));
    let to = next_midnight(zone, from);
    let (from, to) = (from.timestamp_micros(), to.timestamp_micros());
    let ends = hour_ends(zone, from, to);
    let begins: Vec<_> = std::iter::once(from).chain(ends.iter().copied()).take(ends.len()).collect();
    let length = |micros: i64| micros as f64 / HOUR as f64;
    (
        length(to - from),
        begins.iter().zip(&ends).map(|(begin, end)| length(end - begin)).collect(),
        begins.iter().map(|begin| weekday_and_hour(zone, *begin).1).collect(),
    )
}

#[test]
fn days_on_which_clocks_are_moved_have_their_real_length() {
    for (zone, date, length) in [
        ("Europe/Berlin", "2026-03-29", 23.0),
        ("Europe/Berlin", "2026-10-25", 25.0),
        ("Europe/Berlin", "2026-10-26", 24.0),
        ("America/New_York", "2026-03-08", 23.0),
        ("America/New_York", "2026-11-01", 25.0),
        ("Australia/Lord_Howe", "2026-10-04", 23.5),
        ("Australia/Lord_Howe", "2026-04-05", 24.5),
    ] {
        let (day, hours, _) = hours_of_day(zone, date);
        assert_eq!((day, hours.iter().sum::<f64>()), (length, length), "{zone} {date}");
    }
}

#[test]
fn an_hour_ends_when_the_clock_is_moved() {
    let (_, hours, shown) = hours_of_day("Europe/Berlin", "2026-03-29");
    assert_eq!((hours.len(), &shown[..4]), (23, &[0, 1, 3, 4][..]), "there is no hour 2");
    let (_, hours, shown) = hours_of_day("Europe/Berlin", "2026-10-25");
    assert_eq!((hours.len(), &shown[..5]), (25, &[0, 1, 2, 2, 3][..]), "hour 2 comes twice");
    let (_, hours, shown) = hours_of_day("America/New_York", "2026-11-01");
    assert_eq!((hours.len(), &shown[..4]), (25, &[0, 1, 1, 2][..]));
    let (_, hours, shown) = hours_of_day("Australia/Lord_Howe", "2026-04-05");
    assert_eq!(
        (&hours[..4], &shown[..4]),
        (&[1.0, 1.0, 0.5, 1.0][..], &[0, 1, 1, 2][..]),
        "half of hour 1 comes twice"
    );
    let (_, hours, shown) = hours_of_day("Australia/Lord_Howe", "2026-10-04");
    assert_eq!((&hours[..4], &shown[..4]), (&[1.0, 1.0, 0.5, 1.0][..], &[0, 1, 2, 3][..]), "hour 2 lasts half an hour");
}

#[test]
fn a_day_begins_after_the_gap_if_there_is_no_midnight() {
    let zone = Tz::America__Sao_Paulo;
    assert_eq!(start_of_day(zone, "2018-11-04".parse().unwrap()), at("2018-11-04T03:00:00Z"));
    assert_eq!(next_midnight(zone, at("2018-11-04T02:59:59Z")), at("2018-11-04T03:00:00Z"));
    // Samoa had no 30 December 2011.
    let zone = Tz::Pacific__Apia;
    let last = at("2011-12-30T09:59:59Z");
    assert_eq!(next_midnight(zone, last), at("2011-12-30T10:00:00Z"));
    assert_eq!(next_midnight(zone, at("2011-12-30T10:00:00Z")), at("2011-12-31T10:00:00Z"));
}

#[test]
fn weeks_begin_on_monday_and_months_on_the_first() {
    let zone = Tz::Europe__Berlin;
    let of = |kind| {
        let (from, to) = period(zone, kind, at("2026-03-29T12:00:00Z").timestamp_micros());
        (time(from), time(to))
    };
    assert_eq!(of(PeakPeriod::Day), (at("2026-03-28T23:00:00Z"), at("2026-03-29T22:00:00Z")));
    assert_eq!(of(PeakPeriod::Week), (at("2026-03-22T23:00:00Z"), at("2026-03-29T22:00:00Z")));
    assert_eq!(of(PeakPeriod::Month), (at("2026-02-28T23:00:00Z"), at("2026-03-31T22:00:00Z")));
}
