//! Formats numbers, dates and durations in the user's language and the account's time zone.

use crate::{
    caller::Caller,
    clock::{Clock, millis},
    duration::{RoughDuration, RoundedDuration},
    i18n::*,
};
use chrono::{DateTime, TimeDelta, Utc};
use js_sys::{Array, Function, Object, Reflect};
use seatkeeper_shared::license::Price;
use std::{cell::RefCell, collections::HashMap};
use wasm_bindgen::{JsCast as _, JsValue};

/// The translations and the current language.
pub type Texts = leptos_i18n::I18nContext<Locale>;

/// Formats values for display. Its methods are tracked: their output changes with the language.
#[derive(Clone, Copy)]
pub struct Format {
    i18n: Texts,
    caller: Caller,
    clock: Clock,
}

impl Format {
    /// The formatter from the contexts.
    pub fn get() -> Self {
        Self { i18n: use_i18n(), caller: Caller::get(), clock: Clock::get() }
    }

    /// The translations, for callers that have no context.
    pub fn texts(self) -> Texts {
        self.i18n
    }

    /// "5.000"
    pub fn number(self, number: impl TryInto<i64>) -> String {
        number_text(self.i18n, number)
    }

    /// "49,90 €"
    #[expect(clippy::cast_precision_loss, reason = "prices of a seat are small")]
    pub fn money(self, price: &Price) -> String {
        let digits = price.decimals();
        let amount = price.minor as f64 / 10_f64.powi(i32::from(digits));
        let options = [("style", "currency"), ("currency", price.currency.as_str()), GROUPING];
        intl(self.i18n, "NumberFormat", &options, &JsValue::from_f64(amount))
            .unwrap_or_else(|| format!("{amount:.*} {}", usize::from(digits), price.currency))
    }

    /// "10:42"
    pub fn time(self, time: DateTime<Utc>) -> String {
        self.date_with(time, &[("hour", "2-digit"), ("minute", "2-digit")])
    }

    /// "10:42:07"
    pub fn time_of_day(self, time: DateTime<Utc>) -> String {
        self.date_with(time, &[("timeStyle", "medium")])
    }

    /// "25. November 2026"
    pub fn date(self, time: DateTime<Utc>) -> String {
        self.date_with(time, &[("dateStyle", "long")])
    }

    /// "25. Nov. 2026, 10:42"
    pub fn date_time(self, time: DateTime<Utc>) -> String {
        self.date_with(time, &[("dateStyle", "medium"), ("timeStyle", "short")])
    }

    /// "25. Nov. 2026, 10:42:07"
    pub fn date_time_seconds(self, time: DateTime<Utc>) -> String {
        self.date_with(time, &[("dateStyle", "medium"), ("timeStyle", "medium")])
    }

    /// "25. Nov. 2026, 10:42:07 MEZ", for tooltips.
    pub fn exact(self, time: DateTime<Utc>) -> String {
        self.date_with(time, &[("dateStyle", "medium"), ("timeStyle", "long")])
    }

    /// "24. Nov."
    pub fn day(self, time: DateTime<Utc>) -> String {
        self.date_with(time, &[("day", "numeric"), ("month", "short")])
    }

    /// "Nov. 2026"
    pub fn month(self, time: DateTime<Utc>) -> String {
        self.date_with(time, &[("month", "short"), ("year", "numeric")])
    }

    /// "Dienstag, 24. November 2026"
    pub fn full_date(self, time: DateTime<Utc>) -> String {
        self.date_with(time, &[("dateStyle", "full")])
    }

    /// "Di"; 0 is Monday.
    pub fn weekday(self, day: usize) -> String {
        // A Monday.
        let monday = DateTime::UNIX_EPOCH + TimeDelta::days(4);
        let when = monday + TimeDelta::days(i64::try_from(day).unwrap_or_default());
        let options = [("timeZone", "UTC"), ("weekday", "short")];
        let date = js_sys::Date::new(&JsValue::from_f64(millis(when)));
        intl(self.i18n, "DateTimeFormat", &options, date.as_ref()).unwrap_or_default()
    }

    /// "41 %", below ten per cent with a digit more: "4,1 %".
    pub fn percent(self, share: f64) -> String {
        let digits = if share > 0.0 && share < 0.0995 { "1" } else { "0" };
        let options = [("style", "percent"), ("maximumFractionDigits", digits)];
        let share = JsValue::from_f64(share);
        intl(self.i18n, "NumberFormat", &options, &share).unwrap_or_else(|| format!("{share:?}"))
    }

    /// "1.234,5", below ten with a digit more: "1,25"
    pub fn decimal(self, number: f64) -> String {
        let digits = if number.abs() < 10.0 { "2" } else { "1" };
        let options = [("maximumFractionDigits", digits), GROUPING];
        let number = JsValue::from_f64(number);
        intl(self.i18n, "NumberFormat", &options, &number).unwrap_or_else(|| format!("{number:?}"))
    }

    /// Like [`Format::duration`], but with hours beyond a day: "52:10 h".
    pub fn hours(self, seconds: i64) -> String {
        if seconds < 86_400 {
            return self.duration(TimeDelta::seconds(seconds));
        }
        let (h, m) = (self.number(seconds / 3_600), seconds % 3_600 / 60);
        match m {
            0 => t_string!(self.i18n, time.full_hours, h = h),
            m => t_string!(self.i18n, time.hours, h = h, m = format!("{m:02}")),
        }
    }

    /// A time in a chart or report about a span of this many milliseconds: as precise as the span needs.
    pub fn at_precision(self, time: DateTime<Utc>, span_ms: i64) -> String {
        const HOUR: i64 = 3_600_000;
        match span_ms {
            ..=21_600_000 => self.time_of_day(time),
            21_600_001..=90_000_000 => self.time(time),
            span if span <= 24 * 100 * HOUR => self
                .date_with(time, &[("day", "numeric"), ("month", "short"), ("hour", "2-digit"), ("minute", "2-digit")]),
            _ => self.date_time(time),
        }
    }

    /// The account's time zone (IANA name); UTC if it is not known.
    pub fn time_zone(self) -> String {
        self.caller.time_zone().unwrap_or_else(|| "UTC".to_owned())
    }

    /// "2:14 h", "7 min", "30 s", "3 Tage"
    pub fn duration(self, length: TimeDelta) -> String {
        self.write_duration(length, false)
    }

    /// The duration since then; tracked, so it grows.
    pub fn since(self, then: DateTime<Utc>) -> String {
        self.duration(self.clock.since(then))
    }

    /// "40 s", "3 Tagen": the duration since then, after "seit"; tracked, so it grows.
    pub fn span(self, then: DateTime<Utc>) -> String {
        self.write_duration(self.clock.since(then), true)
    }

    /// "vor 7 min"; tracked, so it grows.
    pub fn ago(self, then: DateTime<Utc>) -> String {
        let length = self.clock.since(then);
        if length < TimeDelta::seconds(2) {
            return t_string!(self.i18n, time.just_now).to_owned();
        }
        t_string!(self.i18n, time.ago, span = self.write_duration(length, true))
    }

    /// "gerade eben" within a minute, then "vor 7 min": for what is repeated all the time; tracked, so it grows.
    pub fn ago_in_minutes(self, then: DateTime<Utc>) -> String {
        if self.clock.coarse_since(then) < TimeDelta::minutes(1) {
            return t_string!(self.i18n, time.just_now).to_owned();
        }
        self.ago(then)
    }

    /// "in etwa 12 Minuten"; tracked, so it shrinks.
    pub fn estimate(self, then: DateTime<Utc>) -> String {
        let i18n = self.i18n;
        match RoughDuration::of(self.clock.until(then)) {
            RoughDuration::Soon => t_string!(i18n, time.about_now).to_owned(),
            RoughDuration::Minutes(count) => t_string!(i18n, time.about_minutes, count = count),
            RoughDuration::Hours(count) => t_string!(i18n, time.about_hours, count = count),
            RoughDuration::Days(count) => t_string!(i18n, time.about_days, count = count),
        }
    }

    fn write_duration(self, length: TimeDelta, dative: bool) -> String {
        let i18n = self.i18n;
        match RoundedDuration::of(length) {
            RoundedDuration::Seconds(n) => t_string!(i18n, time.seconds, n = n),
            RoundedDuration::Minutes(n) => t_string!(i18n, time.minutes, n = n),
            RoundedDuration::Hours(h, 0) => t_string!(i18n, time.full_hours, h = h),
            RoundedDuration::Hours(h, m) => t_string!(i18n, time.hours, h = h, m = format!("{m:02}")),
            RoundedDuration::Days(count) if dative => t_string!(i18n, time.days_dative, count = count),
            RoundedDuration::Days(count) => t_string!(i18n, time.days, count = count),
        }
    }

    /// "Anja, Mehmet und Sofia", "Anja, Mehmet und 7 weitere"
    pub fn names(self, names: &[String], max: usize) -> String {
        let (i18n, comma) = (self.i18n, t_string!(self.i18n, common.listed));
        match names {
            [] => String::new(),
            [one] => one.clone(),
            _ if names.len() > max => {
                let (shown, more) = (names[..max].join(comma), names.len() - max);
                t_string!(i18n, common.and_more, count = more, names = shown, n = self.number(more))
            }
            [first @ .., last] => t_string!(i18n, common.and_last, names = first.join(comma), last = last.clone()),
        }
    }

    fn date_with(self, time: DateTime<Utc>, options: &[(&'static str, &'static str)]) -> String {
        let zone = self.time_zone();
        let mut all = vec![("timeZone", zone.as_str())];
        all.extend(options.iter().copied());
        let when = js_sys::Date::new(&JsValue::from_f64(millis(time)));
        intl(self.i18n, "DateTimeFormat", &all, when.as_ref())
            // The browser does not know the time zone: fall back to its own.
            .or_else(|| intl(self.i18n, "DateTimeFormat", options, when.as_ref()))
            .unwrap_or_else(|| time.to_string())
    }
}

/// By default, some languages group from five digits on only: "1000" beside "10.000".
const GROUPING: (&str, &str) = ("useGrouping", "always");

/// "5.000", for callers that have only the language.
#[expect(clippy::cast_precision_loss, reason = "counts of people and seats are small")]
pub fn number_text(i18n: Texts, number: impl TryInto<i64>) -> String {
    let number = number.try_into().unwrap_or(i64::MAX);
    if (0..1_000).contains(&number) {
        return number.to_string();
    }
    intl(i18n, "NumberFormat", &[GROUPING], &JsValue::from_f64(number as f64)).unwrap_or_else(|| number.to_string())
}

/// Formats with the browser's `Intl`. Formatters are expensive to create and therefore cached.
fn intl(i18n: Texts, class: &'static str, options: &[(&str, &str)], value: &JsValue) -> Option<String> {
    let locale = i18n.get_locale().as_str();
    let key = format!("{class} {locale} {options:?}");
    let known = FORMATTERS.with_borrow(|all| all.get(&key).cloned());
    let formatter = match known {
        Some(formatter) => formatter,
        None => {
            let made = formatter(class, locale, options)?;
            FORMATTERS.with_borrow_mut(|all| all.insert(key, made.clone()));
            made
        }
    };
    formatter.call1(&JsValue::UNDEFINED, value).ok()?.as_string()
}

thread_local! {
    static FORMATTERS: RefCell<HashMap<String, Function>> = RefCell::default();
}

/// The bound `format` function of a new formatter. English means British English: 24 hours, the day before the month.
fn formatter(class: &str, locale: &str, options: &[(&str, &str)]) -> Option<Function> {
    let intl = Reflect::get(&js_sys::global(), &"Intl".into()).ok()?;
    let class: Function = Reflect::get(&intl, &class.into()).ok()?.dyn_into().ok()?;
    let given = Object::new();
    for (name, value) in options {
        Reflect::set(&given, &(*name).into(), &(*value).into()).ok()?;
    }
    let locale = if locale == "en" { "en-GB" } else { locale };
    let made = Reflect::construct(&class, &Array::of2(&locale.into(), &given)).ok()?;
    Reflect::get(&made, &"format".into()).ok()?.dyn_into().ok()
}

/// The browser's time zone (IANA name).
pub fn browser_time_zone() -> Option<String> {
    let intl = Reflect::get(&js_sys::global(), &"Intl".into()).ok()?;
    let class: Function = Reflect::get(&intl, &"DateTimeFormat".into()).ok()?.dyn_into().ok()?;
    let made = Reflect::construct(&class, &Array::new()).ok()?;
    let resolved: Function = Reflect::get(&made, &"resolvedOptions".into()).ok()?.dyn_into().ok()?;
    let options = resolved.call0(&made).ok()?;
    Reflect::get(&options, &"timeZone".into()).ok()?.as_string()
}

/// All time zones that the browser knows (IANA names), and UTC.
pub fn time_zones() -> Vec<String> {
    let known = || -> Option<Array> {
        let intl = Reflect::get(&js_sys::global(), &"Intl".into()).ok()?;
        let supported: Function = Reflect::get(&intl, &"supportedValuesOf".into()).ok()?.dyn_into().ok()?;
        supported.call1(&intl, &"timeZone".into()).ok()?.dyn_into().ok()
    };
    let mut zones: Vec<String> =
        known().map(|all| all.iter().filter_map(|zone| zone.as_string()).collect()).unwrap_or_default();
    if !zones.iter().any(|zone| zone == "UTC") {
        zones.push("UTC".to_owned());
    }
    zones
}
