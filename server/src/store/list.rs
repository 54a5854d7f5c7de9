//! Lists: keyset paging over any sort order, with a cursor that outsiders need not understand.

use crate::db::Value;
use base64::Engine as _;
use chrono::{DateTime, Datelike as _, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Where a page starts: after the row with this sort value and id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct After {
    /// The value of the sort column.
    pub key: Key,
    /// The row's id, which decides between equal values.
    pub id: Uuid,
}

/// A value of a sort column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Key {
    /// Text
    T(String),
    /// A moment
    M(DateTime<Utc>),
}

impl After {
    /// The cursor for the address bar.
    pub fn encode(&self) -> String {
        // A text and an id can always be written as JSON.
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    /// Reads a cursor; nothing if it was not made by [`After::encode`].
    pub fn decode(cursor: &str) -> Option<Self> {
        let json = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let after: Self = serde_json::from_slice(&json).ok()?;
        // Years beyond these are no moments to PostgreSQL, and break the order of text in SQLite.
        let known = !matches!(after.key, Key::M(at) if !(1..=9_999).contains(&at.year()));
        known.then_some(after)
    }
}

/// The two arguments that [`from`] expects, for a column of text or of time.
pub(super) fn start(after: Option<&After>, of_time: bool) -> [Value; 2] {
    match (after.map(|a| (&a.key, a.id)), of_time) {
        (Some((Key::T(text), id)), false) => [text.into(), id.into()],
        (Some((Key::M(at), id)), true) => [(*at).into(), id.into()],
        (_, true) => [Value::Time(None), Value::Id(None)],
        (_, false) => [Value::Text(None), Value::Id(None)],
    }
}

/// Whether a cursor belongs to a sort column of this kind.
pub fn fits(after: &After, of_time: bool) -> bool {
    matches!(after.key, Key::M(_)) == of_time
}

/// How many rows a list has that begins and ends on one page: then they need not be counted.
pub(super) fn all_on_one_page(after: Option<&After>, more: bool, shown: usize) -> Option<i64> {
    i64::try_from(shown).ok().filter(|_| after.is_none() && !more)
}

/// The order of a list.
pub(super) fn order(expr: &str, id: &str, down: bool) -> String {
    let order = if down { "DESC" } else { "ASC" };
    format!("ORDER BY {expr} {order}, {id} {order}")
}

/// The clauses that continue after a row that is given for sure: both engines then begin in the index where it stands.
pub(super) fn seek(expr: &str, id: &str, down: bool, first: usize) -> String {
    let (than, second) = (if down { "<" } else { ">" }, first + 1);
    format!("AND ({expr}, {id}) {than} (${first}, ${second}) {}", order(expr, id, down))
}

/// The clauses that continue after a row, if one is given, for statements that choose their lines: `expr` is the sort column,
/// `first` the number of the first of two parameters.
pub(super) fn from(expr: &str, id: &str, down: bool, first: usize) -> String {
    let (than, second) = (if down { "<" } else { ">" }, first + 1);
    format!("AND ({expr}, {id}) {than} (${first}, ${second}) -- if ${first}\n{}", order(expr, id, down))
}
