//! The cursor of a bulk action that takes several requests, with a preview's running counts.

use super::preview::PreviewContext;
use crate::http::problem::ApiError;
use base64::Engine as _;
use seatkeeper_shared::validate::FieldError;
use serde::{Deserialize, Serialize};

/// The content of `after` and `next`. It is not authenticated: a forged one only falsifies the client's own preview.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct BulkCursor {
    /// The cursor of the user list.
    pub after: Option<String>,
    free: Option<i64>,
    admins: Option<i64>,
}

impl BulkCursor {
    /// Decodes a cursor; the beginning if it is absent.
    ///
    /// # Errors
    /// Returns `invalid` if it was not made by [`BulkCursor::encode`].
    pub fn decode(text: Option<&str>) -> Result<Self, ApiError> {
        let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(Self::default()) };
        let json = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).ok();
        let cursor = json.and_then(|json| serde_json::from_slice(&json).ok());
        cursor.ok_or_else(|| ApiError::field("after", FieldError::Unknown))
    }

    /// The cursor after these users, with the counts that they leave.
    pub fn after_users(after: String, context: &PreviewContext) -> Self {
        Self { after: Some(after), free: context.seats_free, admins: Some(context.admins) }
    }

    /// Encodes the cursor as base64url.
    pub fn encode(&self) -> String {
        // Cannot fail: text and numbers serialize to JSON.
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    /// Restores the counts that earlier users leave.
    pub fn restore_into(&self, context: &mut PreviewContext) {
        if context.seats_free.is_some() {
            context.seats_free = self.free.map(|free| free.max(0)).or(context.seats_free);
        }
        context.admins = self.admins.map_or(context.admins, |admins| admins.max(0));
    }
}
