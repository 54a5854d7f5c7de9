//! Saved views of pages.

use super::Endpoint;
use crate::{
    ids::SavedViewId,
    wire::views::{ChangeView, NewView, SavedView},
};

/// The caller's own views of a `page`, and those that others share.
pub fn all() -> Endpoint<Vec<SavedView>> {
    Endpoint::get("/views")
}

/// Saves a view.
pub fn save(view: &NewView) -> Endpoint<SavedView> {
    Endpoint::post("/views", view)
}

/// Renames or shares a view, or gives it other filters.
pub fn change(view: SavedViewId, change: &ChangeView) -> Endpoint<SavedView> {
    Endpoint::patch(format!("/views/{view}"), change)
}

/// Deletes a view.
pub fn delete(view: SavedViewId) -> Endpoint<()> {
    Endpoint::delete(format!("/views/{view}"))
}
