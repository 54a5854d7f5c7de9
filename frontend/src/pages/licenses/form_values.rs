//! Form values of a new license or product, and their conversion to requests.

use super::{days::parse_span, rule_values::RuleValues};
use crate::ui::form::FieldCheck;
use chrono::{DateTime, NaiveDateTime, Utc};
use seatkeeper_shared::{
    license::{Model, Rules},
    validate::{self, FieldError, in_range},
    wire::licenses::{NewLicense, NewProduct},
};

/// Range for the lifetime of a support key, in minutes.
const KEY_MINUTES_RANGE: (i64, i64) = (1, 1_440);

/// Form values of a new license, as entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LicenseValues {
    /// Id of the product.
    pub product: String,
    pub model: Model,
    /// Number of seats.
    pub seats: String,
    /// First day.
    pub starts: String,
    /// Last day, inclusive.
    pub ends: String,
    pub rules: RuleValues,
}

impl LicenseValues {
    /// Converts the values to a request; `to_local` converts to the account's local time.
    ///
    /// # Errors
    /// Returns the error of each field if any is not valid.
    pub fn request(&self, to_local: impl Fn(DateTime<Utc>) -> NaiveDateTime) -> Result<NewLicense, Vec<FieldCheck>> {
        let product = self.product.parse().map_err(|_| FieldError::Required);
        let seats = parse_seats(&self.seats);
        let (starts, ends) = parse_span(&self.starts, &self.ends, to_local);
        let rules = self.rules.changed(&RuleValues::from(Rules::default()), self.model);
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
                let mut errors = vec![
                    ("product_id", product.err()),
                    ("seats", seats.err()),
                    ("starts_at", starts.err()),
                    ("ends_at", ends.err()),
                ];
                errors.extend(rules.err().unwrap_or_default());
                Err(errors)
            }
        }
    }
}

/// Request for a new product. `minutes` is the lifetime of unused support keys.
///
/// # Errors
/// Returns the error of each field if any is not valid.
pub fn product_request(name: &str, minutes: &str) -> Result<NewProduct, Vec<FieldCheck>> {
    match (validate::name(name), parse_integer(minutes, KEY_MINUTES_RANGE)) {
        (Ok(name), Ok(minutes)) => Ok(NewProduct { name, key_seconds: Some(minutes * 60) }),
        (name, minutes) => Err(vec![("name", name.err()), ("key_seconds", minutes.err())]),
    }
}

/// Parses a number of seats.
///
/// # Errors
/// Returns an error if the text is empty, not an integer, or out of range.
pub fn parse_seats(text: &str) -> Result<i64, FieldError> {
    parse_integer(text, (0, validate::MAX_SEATS)).and_then(validate::seats)
}

/// Parses an integer within a range. "1.000" is rejected, because its meaning depends on the locale.
///
/// # Errors
/// Returns an error if the text is empty, not an integer, or out of range.
pub fn parse_integer(text: &str, (min, max): (i64, i64)) -> Result<i64, FieldError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(FieldError::Required);
    }
    text.parse().map_err(|_| FieldError::OutOfRange { min, max }).and_then(|number| in_range(number, min, max))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample::license;
    use wasm_bindgen_test::wasm_bindgen_test;

    fn values() -> LicenseValues {
        LicenseValues {
            product: license(1, 1).product_id.to_string(),
            model: Model::Concurrent,
            seats: "10".to_owned(),
            starts: "2026-01-01".to_owned(),
            ends: "2026-12-31".to_owned(),
            rules: RuleValues::from(Rules::default()),
        }
    }

    fn utc(at: DateTime<Utc>) -> NaiveDateTime {
        at.naive_utc()
    }

    fn errors(values: &LicenseValues) -> Vec<FieldCheck> {
        values.request(utc).unwrap_err().into_iter().filter(|(_, error)| error.is_some()).collect()
    }

    #[wasm_bindgen_test]
    fn the_last_day_is_inclusive() {
        let request = values().request(utc).unwrap();
        assert_eq!(request.starts_at.unwrap().to_string(), "2026-01-01 00:00:00 UTC");
        assert_eq!(request.ends_at.unwrap().to_string(), "2027-01-01 00:00:00 UTC");
        let one_day = LicenseValues { ends: "2026-01-01".to_owned(), ..values() };
        assert!(one_day.request(utc).is_ok(), "a license for one day");
    }

    #[wasm_bindgen_test]
    fn errors_are_reported_per_field() {
        let before = LicenseValues { ends: "2025-12-31".to_owned(), ..values() };
        assert_eq!(errors(&before), [("ends_at", Some(FieldError::EndBeforeStart))]);
        let empty = LicenseValues { product: String::new(), seats: String::new(), ..values() };
        assert_eq!(errors(&empty), [("product_id", Some(FieldError::Required)), ("seats", Some(FieldError::Required))]);
        let short = LicenseValues { rules: values().rules.with("lease_seconds", "9"), ..values() };
        assert_eq!(errors(&short), [("lease_seconds", Some(FieldError::OutOfRange { min: 10, max: 86_400 }))]);
    }

    #[wasm_bindgen_test]
    fn a_number_of_seats_is_an_unambiguous_integer() {
        assert_eq!(parse_seats(" 12 "), Ok(12));
        assert_eq!(parse_seats("0"), Ok(0));
        for bad in ["1.000", "1,5", "-1", "ten", "1000001", "99999999999999999999"] {
            assert_eq!(parse_seats(bad), Err(FieldError::OutOfRange { min: 0, max: validate::MAX_SEATS }), "{bad}");
        }
    }

    #[wasm_bindgen_test]
    fn minutes_become_seconds() {
        assert_eq!(
            product_request(" Chat ", "10").unwrap(),
            NewProduct { name: "Chat".to_owned(), key_seconds: Some(600) }
        );
        assert_eq!(product_request("", "0").unwrap_err().len(), 2);
    }
}
