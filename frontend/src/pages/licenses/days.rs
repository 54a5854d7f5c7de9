//! Days as they are entered, turned into the moments at which they begin in the account's time zone.

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use js_sys::{Function, Object, Reflect};
use seatkeeper_shared::validate::FieldError;
use wasm_bindgen::JsCast as _;

/// The day that a date field holds; none if it is empty.
///
/// # Errors
/// Not a date.
pub fn day(text: &str) -> Result<Option<NaiveDate>, FieldError> {
    if text.is_empty() {
        return Ok(None);
    }
    NaiveDate::parse_from_str(text, "%Y-%m-%d").map(Some).map_err(|_| FieldError::Unknown)
}

/// When this day begins where the clocks show `local`.
pub fn begins(day: NaiveDate, local: impl Fn(DateTime<Utc>) -> NaiveDateTime) -> DateTime<Utc> {
    let midnight = day.and_time(NaiveTime::MIN);
    let guess = midnight.and_utc();
    let first = guess - (local(guess) - midnight);
    // Once more: the first guess may lie on the other side of a change of the clocks.
    first - (local(first) - midnight)
}

/// When this day is over there.
pub fn is_over(day: NaiveDate, local: impl Fn(DateTime<Utc>) -> NaiveDateTime) -> DateTime<Utc> {
    begins(day.checked_add_days(Days::new(1)).unwrap_or(day), local)
}

/// What the clocks of a time zone (IANA name) show at a moment; UTC if this browser does not know the zone.
pub fn clocks_of(zone: &str) -> impl Fn(DateTime<Utc>) -> NaiveDateTime + use<> {
    let options = Object::new();
    // Fails only for objects that are frozen.
    let _ = Reflect::set(&options, &"timeZone".into(), &zone.into());
    move |moment| shown(moment, &options).unwrap_or_else(|| moment.naive_utc())
}

fn shown(moment: DateTime<Utc>, options: &Object) -> Option<NaiveDateTime> {
    let date = js_sys::Date::new(&crate::clock::millis(moment).into());
    // Swedish writes dates as ISO 8601 does.
    let write: Function = Reflect::get(&date, &"toLocaleString".into()).ok()?.dyn_into().ok()?;
    // Called so that a zone that is not known is an error and no end of the app.
    let text = write.call2(&date, &"sv-SE".into(), options).ok()?.as_string()?;
    NaiveDateTime::parse_from_str(&text, "%Y-%m-%d %H:%M:%S").ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    fn in_zone(zone: &str, text: &str) -> (String, String) {
        let day = day(text).unwrap().unwrap();
        let local = clocks_of(zone);
        (begins(day, &local).to_string(), is_over(day, &local).to_string())
    }

    #[wasm_bindgen_test]
    fn a_day_begins_and_ends_at_midnight_of_its_zone() {
        let (from, to) = in_zone("Europe/Berlin", "2026-12-31");
        assert_eq!((from.as_str(), to.as_str()), ("2026-12-30 23:00:00 UTC", "2026-12-31 23:00:00 UTC"));
        let (from, _) = in_zone("America/Los_Angeles", "2026-07-01");
        assert_eq!(from, "2026-07-01 07:00:00 UTC");
    }

    #[wasm_bindgen_test]
    fn the_day_of_a_change_of_the_clocks_is_an_hour_shorter_or_longer() {
        let (from, to) = in_zone("Europe/Berlin", "2026-03-29");
        assert_eq!((from.as_str(), to.as_str()), ("2026-03-28 23:00:00 UTC", "2026-03-29 22:00:00 UTC"));
        let (from, to) = in_zone("Europe/Berlin", "2026-10-25");
        assert_eq!((from.as_str(), to.as_str()), ("2026-10-24 22:00:00 UTC", "2026-10-25 23:00:00 UTC"));
    }

    #[wasm_bindgen_test]
    fn an_empty_field_is_no_day_and_nonsense_is_a_mistake() {
        assert_eq!(day(""), Ok(None));
        assert_eq!(day("31.12.2026"), Err(FieldError::Unknown));
        let (from, _) = in_zone("Nowhere/Land", "2026-12-31");
        assert_eq!(from, "2026-12-31 00:00:00 UTC");
    }
}
