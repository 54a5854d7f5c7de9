//! What all lists share: how a page, a sort order and a limit stand in the address.

use crate::{
    http::problem::{Fail, Fields},
    store::list::{self, After},
};
use seatkeeper_shared::validate::{FieldError, within};
use std::str::FromStr;

/// A sort order: the field, and whether it falls.
pub type Order<S> = (S, bool);

/// How a list is to be read.
#[derive(Debug)]
pub struct Paging<S> {
    /// By what it is sorted.
    pub order: Order<S>,
    /// Where the page starts.
    pub after: Option<After>,
    /// How many rows at most.
    pub limit: usize,
}

/// Reads `sort` (with a minus: falling), `after` and `limit`.
///
/// # Errors
/// `invalid`, with the fields that are not understood.
pub fn paging<S: FromStr + Copy>(
    sort: Option<&str>,
    after: Option<&str>,
    limit: Option<i64>,
    usual: Order<S>,
    of_time: fn(S) -> bool,
) -> Result<Paging<S>, Fail> {
    let mut fields = Fields::default();
    let order = match sort.filter(|s| !s.is_empty()) {
        None => Some(usual),
        Some(text) => {
            let (name, down) = text.strip_prefix('-').map_or((text, false), |name| (name, true));
            fields.check("sort", name.parse().map(|field| (field, down)).map_err(|_| FieldError::Unknown))
        }
    };
    let limit = fields.check("limit", within(limit.unwrap_or(100), 1, 500));
    let after = match (after.filter(|a| !a.is_empty()), order) {
        (Some(cursor), Some((field, _))) => {
            let read = After::decode(cursor).filter(|after| list::fits(after, of_time(field)));
            fields.check("after", read.map(Some).ok_or(FieldError::Unknown))
        }
        _ => Some(None),
    };
    let values = order.zip(limit).zip(after);
    let ((order, limit), after) = fields.all(values)?;
    Ok(Paging { order, after, limit: usize::try_from(limit).unwrap_or(100) })
}

/// An empty search is none.
pub fn given(text: Option<String>) -> Option<String> {
    text.filter(|t| !t.trim().is_empty())
}
