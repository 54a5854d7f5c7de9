//! Query parameters of paginated lists: sort order, cursor and limit.

use crate::{
    http::problem::{ApiError, FieldErrors},
    store::pagination::{self, Cursor},
};
use seatkeeper_shared::validate::{FieldError, in_range};
use std::str::FromStr;

/// A sort order: the field, and whether descending.
pub type SortOrder<S> = (S, bool);

/// The requested page of a list.
#[derive(Debug)]
pub struct Paging<S> {
    pub order: SortOrder<S>,
    /// The cursor; `None` for the first page.
    pub after: Option<Cursor>,
    /// The maximum number of rows.
    pub limit: usize,
}

/// Parses `sort` (descending with a leading minus), `after` and `limit`. `of_time` tells whether a field is a time,
/// which the cursor must match.
///
/// # Errors
/// Returns `invalid` with the fields that are malformed.
pub fn parse_paging<S: FromStr + Copy>(
    sort: Option<&str>,
    after: Option<&str>,
    limit: Option<i64>,
    default_order: SortOrder<S>,
    of_time: fn(S) -> bool,
) -> Result<Paging<S>, ApiError> {
    let mut fields = FieldErrors::default();
    let order = match sort.filter(|s| !s.is_empty()) {
        None => Some(default_order),
        Some(text) => {
            let (name, descending) = text.strip_prefix('-').map_or((text, false), |name| (name, true));
            fields.check("sort", name.parse().map(|field| (field, descending)).map_err(|_| FieldError::Unknown))
        }
    };
    let limit = fields.check("limit", in_range(limit.unwrap_or(100), 1, 500));
    let after = match (after.filter(|a| !a.is_empty()), order) {
        (Some(cursor), Some((field, _))) => {
            let read = Cursor::decode(cursor).filter(|after| pagination::fits(after, of_time(field)));
            fields.check("after", read.map(Some).ok_or(FieldError::Unknown))
        }
        _ => Some(None),
    };
    let values = order.zip(limit).zip(after);
    let ((order, limit), after) = fields.finish(values)?;
    Ok(Paging { order, after, limit: usize::try_from(limit).unwrap_or(100) })
}

/// Treats a blank parameter as absent.
pub fn non_blank(text: Option<String>) -> Option<String> {
    text.filter(|t| !t.trim().is_empty())
}
