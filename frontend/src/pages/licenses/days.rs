//! Converts days from date fields to the instants at which they start and end in the account's time zone.

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use js_sys::{Function, Object, Reflect};
use seatkeeper_shared::validate::FieldError;
use wasm_bindgen::JsCast as _;

/// The instant of a date field; `None` if it is empty.
pub type ParsedInstant = Result<Option<DateTime<Utc>>, FieldError>;

/// Parses the value of a date field; `None` if it is empty.
///
/// # Errors
/// Returns an error if the text is not a date.
pub fn parse_day(text: &str) -> Result<Option<NaiveDate>, FieldError> {
    if text.is_empty() {
        return Ok(None);
    }
    NaiveDate::parse_from_str(text, "%Y-%m-%d").map(Some).map_err(|_| FieldError::Unknown)
}

/// The start of a day, given the conversion to local time.
pub fn day_start(day: NaiveDate, to_local: impl Fn(DateTime<Utc>) -> NaiveDateTime) -> DateTime<Utc> {
    let midnight = day.and_time(NaiveTime::MIN);
    let guess = midnight.and_utc();
    let first = guess - (to_local(guess) - midnight);
    // Corrected twice: the first result may be on the other side of a daylight saving change.
    first - (to_local(first) - midnight)
}

/// The end of a day (exclusive), given the conversion to local time.
pub fn day_end(day: NaiveDate, to_local: impl Fn(DateTime<Utc>) -> NaiveDateTime) -> DateTime<Utc> {
    day_start(day.checked_add_days(Days::new(1)).unwrap_or(day), to_local)
}

/// The start of the first and the end of the last day of a span, either of which may be open.
pub fn parse_span(
    first: &str,
    last: &str,
    to_local: impl Fn(DateTime<Utc>) -> NaiveDateTime,
) -> (ParsedInstant, ParsedInstant) {
    let start = parse_day(first).map(|day| day.map(|day| day_start(day, &to_local)));
    let end = parse_day(last).map(|day| day.map(|day| day_end(day, &to_local))).and_then(|end| match (&start, end) {
        (Ok(Some(start)), Some(end)) if end <= *start => Err(FieldError::EndBeforeStart),
        _ => Ok(end),
    });
    (start, end)
}

/// Conversion to the local time of a time zone (IANA name); UTC if the browser does not know the zone.
pub fn local_time_in(zone: &str) -> impl Fn(DateTime<Utc>) -> NaiveDateTime + use<> {
    let options = Object::new();
    // Fails only for frozen objects.
    let _ = Reflect::set(&options, &"timeZone".into(), &zone.into());
    move |at| format_local(at, &options).unwrap_or_else(|| at.naive_utc())
}

fn format_local(at: DateTime<Utc>, options: &Object) -> Option<NaiveDateTime> {
    let date = js_sys::Date::new(&crate::clock::millis(at).into());
    // The Swedish date format is ISO 8601.
    let to_locale_string: Function = Reflect::get(&date, &"toLocaleString".into()).ok()?.dyn_into().ok()?;
    // Called through `Reflect`, so that an unknown zone is an error instead of a panic.
    let text = to_locale_string.call2(&date, &"sv-SE".into(), options).ok()?.as_string()?;
    NaiveDateTime::parse_from_str(&text, "%Y-%m-%d %H:%M:%S").ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    fn in_zone(zone: &str, text: &str) -> (String, String) {
        let day = parse_day(text).unwrap().unwrap();
        let to_local = local_time_in(zone);
        (day_start(day, &to_local).to_string(), day_end(day, &to_local).to_string())
    }

    #[wasm_bindgen_test]
    fn a_day_starts_and_ends_at_midnight_of_its_zone() {
        let (from, to) = in_zone("Europe/Berlin", "2026-12-31");
        assert_eq!((from.as_str(), to.as_str()), ("2026-12-30 23:00:00 UTC", "2026-12-31 23:00:00 UTC"));
        let (from, _) = in_zone("America/Los_Angeles", "2026-07-01");
        assert_eq!(from, "2026-07-01 07:00:00 UTC");
    }

    #[wasm_bindgen_test]
    fn a_day_with_a_daylight_saving_change_is_an_hour_shorter_or_longer() {
        let (from, to) = in_zone("Europe/Berlin", "2026-03-29");
        assert_eq!((from.as_str(), to.as_str()), ("2026-03-28 23:00:00 UTC", "2026-03-29 22:00:00 UTC"));
        let (from, to) = in_zone("Europe/Berlin", "2026-10-25");
        assert_eq!((from.as_str(), to.as_str()), ("2026-10-24 22:00:00 UTC", "2026-10-25 23:00:00 UTC"));
    }

    #[wasm_bindgen_test]
    fn an_empty_field_is_no_day_and_an_invalid_one_is_an_error() {
        assert_eq!(parse_day(""), Ok(None));
        assert_eq!(parse_day("31.12.2026"), Err(FieldError::Unknown));
        let (from, _) = in_zone("Nowhere/Land", "2026-12-31");
        assert_eq!(from, "2026-12-31 00:00:00 UTC");
    }
}
