//! What was bought, apart from who has it: the seats, their rules, and what stands on paper about them.

use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    license::Rules,
    wire::licenses::{ChangeLicense, Contract, LicenseView},
};
use serde_json::{Value, json};

/// What can be changed about a license.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bought {
    /// How many seats.
    pub seats: i64,
    /// Their rules.
    pub rules: Rules,
    /// The rest.
    pub paper: Paper,
}

impl From<&LicenseView> for Bought {
    fn from(license: &LicenseView) -> Self {
        let LicenseView { starts_at, ends_at, archived_at, contract, .. } = license.clone();
        let paper = Paper { starts_at, ends_at, archived_at, contract };
        Self { seats: license.seats, rules: license.rules, paper }
    }
}

impl Bought {
    /// Whether it is what somebody has seen. To him a license is archived with its product, too, and since when is not his to
    /// change.
    pub fn is_as_seen(&self, seen: &Self, archived: bool) -> bool {
        let archived_at = seen.paper.archived_at.filter(|_| archived);
        archived == seen.paper.archived_at.is_some()
            && *seen == Self { paper: Paper { archived_at, ..self.paper.clone() }, ..self.clone() }
    }
}

/// What stands on paper about a license.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paper {
    /// From when it counts.
    pub starts_at: Option<DateTime<Utc>>,
    /// From when it no longer counts.
    pub ends_at: Option<DateTime<Utc>>,
    /// Since when it gives no new seats.
    pub archived_at: Option<DateTime<Utc>>,
    /// What stands in its contract.
    pub contract: Contract,
}

impl Paper {
    /// As it is after a change, whose texts are in the form in which they are kept.
    pub fn changed(&self, change: &ChangeLicense, now: DateTime<Utc>) -> Self {
        let text = |given: &Option<String>, before: &Option<String>| match given {
            None => before.clone(),
            Some(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        };
        let before = &self.contract;
        Self {
            starts_at: change.starts_at.unwrap_or(self.starts_at),
            ends_at: change.ends_at.unwrap_or(self.ends_at),
            archived_at: archived(self.archived_at, change.archived, now),
            contract: Contract {
                notes: text(&change.notes, &before.notes),
                order_number: text(&change.order_number, &before.order_number),
                price_per_seat: change.price_per_seat.clone().unwrap_or_else(|| before.price_per_seat.clone()),
            },
        }
    }

    /// Whether it ends after it starts.
    pub fn is_sound(&self) -> bool {
        self.starts_at.zip(self.ends_at).is_none_or(|(start, end)| start < end)
    }

    /// What the log says of it.
    pub fn facts(&self) -> Value {
        json!({
            "starts_at": self.starts_at, "ends_at": self.ends_at, "archived": self.archived_at.is_some(),
            "notes": self.contract.notes, "order_number": self.contract.order_number,
            "price_per_seat": self.contract.price_per_seat,
        })
    }
}

/// Since when something is archived, after it was said whether it shall be.
pub fn archived(before: Option<DateTime<Utc>>, wanted: Option<bool>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    match wanted {
        None => before,
        Some(true) => before.or(Some(now)),
        Some(false) => None,
    }
}
