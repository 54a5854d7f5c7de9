//! Where a bulk action goes on that is done in parts, and what a preview of its parts has counted so far.

use super::preview::Ground;
use crate::http::problem::Fail;
use base64::Engine as _;
use seatkeeper_shared::validate::FieldError;
use serde::{Deserialize, Serialize};

/// What stands in `after` and `next`. Whoever writes one himself deceives himself: it counts in previews only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// Where the list goes on.
    pub after: Option<String>,
    free: Option<i64>,
    admins: Option<i64>,
}

impl Place {
    /// Reads it; the beginning if it is absent.
    ///
    /// # Errors
    /// `invalid`: it was not made by [`Place::written`].
    pub fn read(text: Option<&str>) -> Result<Self, Fail> {
        let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(Self::default()) };
        let json = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).ok();
        let place = json.and_then(|json| serde_json::from_slice(&json).ok());
        place.ok_or_else(|| Fail::field("after", FieldError::Unknown))
    }

    /// The place after these users, with what is left there.
    pub fn behind(after: String, ground: &Ground) -> Self {
        Self { after: Some(after), free: ground.seats_free, admins: Some(ground.admins) }
    }

    /// For the address.
    pub fn written(&self) -> String {
        // Text and numbers can always be written as JSON.
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    /// What those before would leave is what there is.
    pub fn stand_on(&self, ground: &mut Ground) {
        if ground.seats_free.is_some() {
            ground.seats_free = self.free.map(|free| free.max(0)).or(ground.seats_free);
        }
        ground.admins = self.admins.map_or(ground.admins, |admins| admins.max(0));
    }
}
