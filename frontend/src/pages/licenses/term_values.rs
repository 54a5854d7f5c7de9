//! Form values of the dates and contract of a license, and their conversion to a change.

use super::{days::parse_span, validity::last_day};
use crate::ui::form::FieldCheck;
use chrono::{DateTime, NaiveDateTime, Utc};
use seatkeeper_shared::{
    license::Price,
    patch::Patch,
    validate::{FieldError, MAX_PRICE_MINOR, notes, optional_text},
    wire::licenses::{ChangeLicense, LicenseView},
};

/// Form values of dates and contract, as entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TermValues {
    /// First day.
    pub starts: String,
    /// Last day, inclusive.
    pub ends: String,
    /// Order number.
    pub order: String,
    /// Price per seat.
    pub price: String,
    /// Currency code of the price.
    pub currency: String,
    pub notes: String,
    /// Whether the license grants no new seats.
    pub archived: bool,
}

impl TermValues {
    /// The current values. `to_local` converts to the account's local time; `decimal_separator` is used for the price.
    pub fn of(
        license: &LicenseView,
        to_local: impl Fn(DateTime<Utc>) -> NaiveDateTime,
        decimal_separator: char,
    ) -> Self {
        let contract = &license.contract;
        let written = |at: Option<DateTime<Utc>>| at.map(|at| to_local(at).date().to_string()).unwrap_or_default();
        let price = contract.price_per_seat.as_ref();
        Self {
            starts: written(license.starts_at),
            ends: written(license.ends_at.map(last_day)),
            order: contract.order_number.clone().unwrap_or_default(),
            price: price.map(|price| price.format(decimal_separator)).unwrap_or_default(),
            currency: price.map_or_else(|| "EUR".to_owned(), |price| price.currency.clone()),
            notes: contract.notes.clone().unwrap_or_default(),
            archived: license.archived_at.is_some(),
        }
    }

    /// The changed values.
    ///
    /// # Errors
    /// Returns the error of each field if any is not valid.
    pub fn changed(
        &self,
        before: &Self,
        to_local: impl Fn(DateTime<Utc>) -> NaiveDateTime,
    ) -> Result<ChangeLicense, Vec<FieldCheck>> {
        let (starts, ends) = parse_span(&self.starts, &self.ends, to_local);
        let (order, text, price) = (optional_text(&self.order), notes(&self.notes), self.price());
        let mut errors: Vec<FieldCheck> = vec![("starts_at", starts.clone().err()), ("ends_at", ends.clone().err())];
        errors.extend([("order_number", order.err()), ("notes", text.err())]);
        errors.extend(price.clone().err().unwrap_or_default());
        if errors.iter().any(|(_, error)| error.is_some()) {
            return Err(errors);
        }
        let price_changed = (&self.price, &self.currency) != (&before.price, &before.currency);
        Ok(ChangeLicense {
            starts_at: Patch::when(self.starts != before.starts, starts.ok().flatten()),
            ends_at: Patch::when(self.ends != before.ends, ends.ok().flatten()),
            archived: (self.archived != before.archived).then_some(self.archived),
            notes: (self.notes != before.notes).then(|| self.notes.clone()),
            order_number: (self.order != before.order).then(|| self.order.clone()),
            price_per_seat: Patch::when(price_changed, price.ok().flatten()),
            ..ChangeLicense::default()
        })
    }

    fn price(&self) -> Result<Option<Price>, Vec<FieldCheck>> {
        if self.price.trim().is_empty() {
            return Ok(None);
        }
        let amount = FieldError::OutOfRange { min: 0, max: MAX_PRICE_MINOR / 100 };
        let price = Price::parse(&self.price, &self.currency).ok_or_else(|| vec![("price_per_seat", Some(amount))])?;
        let errors: Vec<FieldCheck> =
            price.invalid_fields().into_iter().map(|(field, error)| (field, Some(error))).collect();
        if errors.is_empty() { Ok(Some(price)) } else { Err(errors) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample::{at, license};
    use wasm_bindgen_test::wasm_bindgen_test;

    const DAY: i64 = 86_400;

    fn utc(at: DateTime<Utc>) -> NaiveDateTime {
        at.naive_utc()
    }

    fn values() -> TermValues {
        let mut license = license(1, 10);
        license.ends_at = Some(at(365 * DAY));
        license.contract.price_per_seat = Some(Price { minor: 4_990, currency: "CHF".to_owned() });
        TermValues::of(&license, utc, ',')
    }

    #[wasm_bindgen_test]
    fn unchanged_fields_are_not_sent() {
        assert_eq!((values().ends.as_str(), values().price.as_str()), ("1970-12-31", "49,90"));
        assert_eq!(values().changed(&values(), utc), Ok(ChangeLicense::default()));
    }

    #[wasm_bindgen_test]
    fn emptied_fields_are_removed() {
        let now = TermValues { ends: String::new(), price: String::new(), ..values() };
        let change = now.changed(&values(), utc).unwrap();
        assert_eq!((change.ends_at, change.price_per_seat), (Patch::Clear, Patch::Clear));
    }

    #[wasm_bindgen_test]
    fn errors_are_reported_per_field() {
        let errors = |now: TermValues| {
            let errors = now.changed(&values(), utc).unwrap_err();
            errors.into_iter().filter(|(_, error)| error.is_some()).map(|(field, _)| field).collect::<Vec<_>>()
        };
        assert_eq!(errors(TermValues { starts: "1971-01-01".to_owned(), ..values() }), ["ends_at"]);
        assert_eq!(errors(TermValues { price: "1.000,00".to_owned(), ..values() }), ["price_per_seat"]);
        assert_eq!(errors(TermValues { currency: "Franken".to_owned(), ..values() }), ["currency"]);
        assert_eq!(errors(TermValues { order: "x".repeat(121), ..values() }), ["order_number"]);
    }
}
