//! Dates and contract of a license as they are entered, and which of them that changes.

use super::{
    days::{begins, day, is_over},
    validity::last_day,
};
use crate::ui::form::Checked;
use chrono::{DateTime, NaiveDateTime, Utc};
use seatkeeper_shared::{
    license::Price,
    validate::{FieldError, MAX_PRICE, notes, word},
    wire::licenses::{ChangeLicense, Contract, LicenseView},
};

/// Dates and contract as they are entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnteredTerms {
    /// The first day.
    pub starts: String,
    /// The last day.
    pub ends: String,
    /// The order number.
    pub order: String,
    /// What a seat costs.
    pub price: String,
    /// In which currency.
    pub currency: String,
    /// Notes.
    pub notes: String,
    /// It gives no new seats.
    pub archived: bool,
}

impl EnteredTerms {
    /// The terms as they are; days begin where the clocks show `local`, amounts have this sign before the cents.
    pub fn of(
        license: &LicenseView,
        contract: &Contract,
        local: impl Fn(DateTime<Utc>) -> NaiveDateTime,
        point: char,
    ) -> Self {
        let written = |at: Option<DateTime<Utc>>| at.map(|at| local(at).date().to_string()).unwrap_or_default();
        let price = contract.price_per_seat.as_ref();
        Self {
            starts: written(license.starts_at),
            ends: written(license.ends_at.map(last_day)),
            order: contract.order_number.clone().unwrap_or_default(),
            price: price.map(|price| price.written(point)).unwrap_or_default(),
            currency: price.map_or_else(|| "EUR".to_owned(), |price| price.currency.clone()),
            notes: contract.notes.clone().unwrap_or_default(),
            archived: license.archived_at.is_some(),
        }
    }

    /// What is other than before.
    ///
    /// # Errors
    /// What is wrong with each field.
    pub fn changed(
        &self,
        before: &Self,
        local: impl Fn(DateTime<Utc>) -> NaiveDateTime,
    ) -> Result<ChangeLicense, Vec<Checked>> {
        let starts = day(&self.starts).map(|day| day.map(|day| begins(day, &local)));
        let ends =
            day(&self.ends).map(|day| day.map(|day| is_over(day, &local))).and_then(|end| match (&starts, end) {
                (Ok(Some(start)), Some(end)) if end <= *start => Err(FieldError::EndBeforeStart),
                _ => Ok(end),
            });
        let (order, text, price) = (word(&self.order), notes(&self.notes), self.price());
        let mut wrong: Vec<Checked> = vec![("starts_at", starts.clone().err()), ("ends_at", ends.clone().err())];
        wrong.extend([("order_number", order.err()), ("notes", text.err())]);
        wrong.extend(price.clone().err().unwrap_or_default());
        if wrong.iter().any(|(_, error)| error.is_some()) {
            return Err(wrong);
        }
        let priced = (&self.price, &self.currency) != (&before.price, &before.currency);
        Ok(ChangeLicense {
            starts_at: starts.ok().filter(|_| self.starts != before.starts),
            ends_at: ends.ok().filter(|_| self.ends != before.ends),
            archived: (self.archived != before.archived).then_some(self.archived),
            notes: (self.notes != before.notes).then(|| self.notes.clone()),
            order_number: (self.order != before.order).then(|| self.order.clone()),
            price_per_seat: price.ok().filter(|_| priced),
            ..ChangeLicense::default()
        })
    }

    fn price(&self) -> Result<Option<Price>, Vec<Checked>> {
        if self.price.trim().is_empty() {
            return Ok(None);
        }
        let amount = FieldError::OutOfRange { min: 0, max: MAX_PRICE / 100 };
        let price = Price::read(&self.price, &self.currency).ok_or_else(|| vec![("price_per_seat", Some(amount))])?;
        let wrong: Vec<Checked> = price.wrong().into_iter().map(|(field, error)| (field, Some(error))).collect();
        if wrong.is_empty() { Ok(Some(price)) } else { Err(wrong) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample::{at, license};
    use wasm_bindgen_test::wasm_bindgen_test;

    const DAY: i64 = 86_400;

    fn utc(moment: DateTime<Utc>) -> NaiveDateTime {
        moment.naive_utc()
    }

    fn entered() -> EnteredTerms {
        let mut license = license(1, 10);
        license.ends_at = Some(at(365 * DAY));
        let price_per_seat = Some(Price { minor: 4_990, currency: "CHF".to_owned() });
        EnteredTerms::of(&license, &Contract { price_per_seat, ..Contract::default() }, utc, ',')
    }

    #[wasm_bindgen_test]
    fn what_is_not_touched_is_not_sent() {
        assert_eq!((entered().ends.as_str(), entered().price.as_str()), ("1970-12-31", "49,90"));
        assert_eq!(entered().changed(&entered(), utc), Ok(ChangeLicense::default()));
    }

    #[wasm_bindgen_test]
    fn what_is_emptied_is_taken_away() {
        let now = EnteredTerms { ends: String::new(), price: String::new(), ..entered() };
        let change = now.changed(&entered(), utc).unwrap();
        assert_eq!((change.ends_at, change.price_per_seat), (Some(None), Some(None)));
    }

    #[wasm_bindgen_test]
    fn each_field_has_its_mistake() {
        let wrong = |now: EnteredTerms| {
            let wrong = now.changed(&entered(), utc).unwrap_err();
            wrong.into_iter().filter(|(_, error)| error.is_some()).map(|(field, _)| field).collect::<Vec<_>>()
        };
        assert_eq!(wrong(EnteredTerms { starts: "1971-01-01".to_owned(), ..entered() }), ["ends_at"]);
        assert_eq!(wrong(EnteredTerms { price: "1.000,00".to_owned(), ..entered() }), ["price_per_seat"]);
        assert_eq!(wrong(EnteredTerms { currency: "Franken".to_owned(), ..entered() }), ["currency"]);
        assert_eq!(wrong(EnteredTerms { order: "x".repeat(121), ..entered() }), ["order_number"]);
    }
}
