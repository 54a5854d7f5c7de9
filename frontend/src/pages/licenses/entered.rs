//! What is entered for a new license or product, and what becomes of it.

use super::{
    days::{begins, day, is_over},
    rules::EnteredRules,
};
use crate::ui::form::Checked;
use chrono::{DateTime, NaiveDateTime, Utc};
use seatkeeper_shared::{
    license::{Model, Rules},
    validate::{self, FieldError, within},
    wire::licenses::{NewLicense, NewProduct},
};

/// The longest and the shortest life of a support key that can be entered, in minutes.
const KEY_MINUTES: (i64, i64) = (1, 1_440);

/// A license as it is entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnteredLicense {
    /// The id of the product.
    pub product: String,
    /// Named or concurrent.
    pub model: Model,
    /// How many seats.
    pub seats: String,
    /// The first day.
    pub starts: String,
    /// The last day.
    pub ends: String,
    /// The rules.
    pub rules: EnteredRules,
}

impl EnteredLicense {
    /// The request for it; days begin where the clocks show `local`.
    ///
    /// # Errors
    /// What is wrong with each field.
    pub fn body(&self, local: impl Fn(DateTime<Utc>) -> NaiveDateTime) -> Result<NewLicense, Vec<Checked>> {
        let product = self.product.parse().map_err(|_| FieldError::Required);
        let seats = seats(&self.seats);
        let starts = day(&self.starts).map(|day| day.map(|day| begins(day, &local)));
        let ends =
            day(&self.ends).map(|day| day.map(|day| is_over(day, &local))).and_then(|end| match (&starts, end) {
                (Ok(Some(start)), Some(end)) if end <= *start => Err(FieldError::EndBeforeStart),
                _ => Ok(end),
            });
        let rules = self.rules.changed(&EnteredRules::from(Rules::default()), self.model);
        match (product, seats, starts, ends, rules) {
            (Ok(product_id), Ok(seats), Ok(starts_at), Ok(ends_at), Ok(rules)) => Ok(NewLicense {
                product_id,
                model: self.model,
                seats,
                starts_at,
                ends_at,
                rules,
                contract: Default::default(),
            }),
            (product, seats, starts, ends, rules) => {
                let mut wrong = vec![
                    ("product_id", product.err()),
                    ("seats", seats.err()),
                    ("starts_at", starts.err()),
                    ("ends_at", ends.err()),
                ];
                wrong.extend(rules.err().unwrap_or_default());
                Err(wrong)
            }
        }
    }
}

/// The request for a product with this name, whose unused keys live for so many minutes.
///
/// # Errors
/// What is wrong with each field.
pub fn product(name: &str, minutes: &str) -> Result<NewProduct, Vec<Checked>> {
    match (validate::name(name), whole(minutes, KEY_MINUTES)) {
        (Ok(name), Ok(minutes)) => Ok(NewProduct { name, key_seconds: Some(minutes * 60) }),
        (name, minutes) => Err(vec![("name", name.err()), ("key_seconds", minutes.err())]),
    }
}

/// A number of seats.
///
/// # Errors
/// Nothing entered, no whole number, or outside the range.
pub fn seats(text: &str) -> Result<i64, FieldError> {
    whole(text, (0, validate::MAX_SEATS)).and_then(validate::seats)
}

/// A whole number within a range. "1.000" is none: it is a thousand to some and one to others.
///
/// # Errors
/// Nothing entered, no whole number, or outside the range.
pub fn whole(text: &str, (min, max): (i64, i64)) -> Result<i64, FieldError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(FieldError::Required);
    }
    text.parse().map_err(|_| FieldError::OutOfRange { min, max }).and_then(|number| within(number, min, max))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample::license;
    use wasm_bindgen_test::wasm_bindgen_test;

    fn entered() -> EnteredLicense {
        EnteredLicense {
            product: license(1, 1).product_id.to_string(),
            model: Model::Concurrent,
            seats: "10".to_owned(),
            starts: "2026-01-01".to_owned(),
            ends: "2026-12-31".to_owned(),
            rules: EnteredRules::from(Rules::default()),
        }
    }

    fn utc(moment: DateTime<Utc>) -> NaiveDateTime {
        moment.naive_utc()
    }

    fn wrong(entered: &EnteredLicense) -> Vec<Checked> {
        entered.body(utc).unwrap_err().into_iter().filter(|(_, error)| error.is_some()).collect()
    }

    #[wasm_bindgen_test]
    fn the_last_day_counts_as_a_whole() {
        let body = entered().body(utc).unwrap();
        assert_eq!(body.starts_at.unwrap().to_string(), "2026-01-01 00:00:00 UTC");
        assert_eq!(body.ends_at.unwrap().to_string(), "2027-01-01 00:00:00 UTC");
        let one_day = EnteredLicense { ends: "2026-01-01".to_owned(), ..entered() };
        assert!(one_day.body(utc).is_ok(), "a license for one day");
    }

    #[wasm_bindgen_test]
    fn each_field_has_its_mistake() {
        let before = EnteredLicense { ends: "2025-12-31".to_owned(), ..entered() };
        assert_eq!(wrong(&before), [("ends_at", Some(FieldError::EndBeforeStart))]);
        let empty = EnteredLicense { product: String::new(), seats: String::new(), ..entered() };
        assert_eq!(wrong(&empty), [("product_id", Some(FieldError::Required)), ("seats", Some(FieldError::Required))]);
        let rules = EnteredRules { lease: "9".to_owned(), ..entered().rules };
        let short = EnteredLicense { rules, ..entered() };
        assert_eq!(wrong(&short), [("lease_seconds", Some(FieldError::OutOfRange { min: 10, max: 86_400 }))]);
    }

    #[wasm_bindgen_test]
    fn a_number_of_seats_is_whole_and_unmistakable() {
        assert_eq!(seats(" 12 "), Ok(12));
        assert_eq!(seats("0"), Ok(0));
        for bad in ["1.000", "1,5", "-1", "ten", "1000001", "99999999999999999999"] {
            assert_eq!(seats(bad), Err(FieldError::OutOfRange { min: 0, max: validate::MAX_SEATS }), "{bad}");
        }
    }

    #[wasm_bindgen_test]
    fn minutes_become_seconds() {
        assert_eq!(product(" Chat ", "10").unwrap(), NewProduct { name: "Chat".to_owned(), key_seconds: Some(600) });
        assert_eq!(product("", "0").unwrap_err().len(), 2);
    }
}
