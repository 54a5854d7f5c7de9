//! Keyset pagination over any sort order, with an opaque cursor.

use crate::db::Value;
use base64::Engine as _;
use chrono::{DateTime, Datelike as _, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The cursor of a page, which starts after the row with this sort value and id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cursor {
    pub key: SortValue,
    /// The row's id, which breaks ties between equal values.
    pub id: Uuid,
}

/// A value of a sort column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum SortValue {
    #[serde(rename = "T")]
    Text(String),
    #[serde(rename = "M")]
    Time(DateTime<Utc>),
}

impl Cursor {
    /// Encodes the cursor in base64url.
    pub fn encode(&self) -> String {
        // A string or time and an id can always be serialized.
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    /// Decodes a cursor; `None` if it was not made by [`Cursor::encode`].
    pub fn decode(cursor: &str) -> Option<Self> {
        let json = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let after: Self = serde_json::from_slice(&json).ok()?;
        // PostgreSQL rejects other years.
        let is_valid = !matches!(after.key, SortValue::Time(at) if !(1..=9_999).contains(&at.year()));
        is_valid.then_some(after)
    }
}

/// The two arguments that [`continue_optionally`] expects, for a column of text or of time.
pub(super) fn cursor_args(after: Option<&Cursor>, of_time: bool) -> [Value; 2] {
    match (after.map(|a| (&a.key, a.id)), of_time) {
        (Some((SortValue::Text(text), id)), false) => [text.into(), id.into()],
        (Some((SortValue::Time(at), id)), true) => [(*at).into(), id.into()],
        (_, true) => [Value::Time(None), Value::Id(None)],
        (_, false) => [Value::Text(None), Value::Id(None)],
    }
}

/// Whether a cursor belongs to a sort column of this kind.
pub fn fits(after: &Cursor, of_time: bool) -> bool {
    matches!(after.key, SortValue::Time(_)) == of_time
}

/// The total number of rows if the list fits on one page, so that it need not be counted.
pub(super) fn total_of_single_page(after: Option<&Cursor>, has_more: bool, shown: usize) -> Option<i64> {
    i64::try_from(shown).ok().filter(|_| after.is_none() && !has_more)
}

/// The `ORDER BY` clause of a list.
pub(super) fn order_by(expr: &str, id: &str, down: bool) -> String {
    let order = if down { "DESC" } else { "ASC" };
    format!("ORDER BY {expr} {order}, {id} {order}")
}

/// The clauses that continue after a row that is always given: both engines then seek its position in the index.
pub(super) fn continue_after(expr: &str, id: &str, down: bool, first: usize) -> String {
    let (than, second) = (if down { "<" } else { ">" }, first + 1);
    format!("AND ({expr}, {id}) {than} (${first}, ${second}) {}", order_by(expr, id, down))
}

/// The clauses that continue after a row, if one is given, as an optional clause. `expr` is the sort column, `first`
/// the number of the first of two parameters.
pub(super) fn continue_optionally(expr: &str, id: &str, down: bool, first: usize) -> String {
    let (than, second) = (if down { "<" } else { ">" }, first + 1);
    format!("AND ({expr}, {id}) {than} (${first}, ${second}) -- if ${first}\n{}", order_by(expr, id, down))
}
