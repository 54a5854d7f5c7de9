//! Imports of users: their progress and the outcome of each row.
//!
//! The file of an import is the body of its request, so the two requests that send one have no body here.

use super::Endpoint;
use crate::{
    ids::ImportId,
    wire::{
        Page,
        imports::{ImportPreview, ImportRow, ImportView},
    },
};

/// How the server finds headings, columns and encoding in the file that is sent as the body.
pub fn preview() -> Endpoint<ImportPreview> {
    Endpoint::post_file("/import/preview")
}

/// Starts an import of the file that is sent as the body, or a dry run, which changes nothing.
pub fn start(dry_run: bool) -> Endpoint<ImportView> {
    Endpoint::post_file("/import").with("dry_run", &dry_run.to_string())
}

/// An import and its progress.
pub fn one(import: ImportId) -> Endpoint<ImportView> {
    Endpoint::get(format!("/imports/{import}"))
}

/// The outcomes of the rows so far, those with problems first, page by page.
pub fn rows(import: ImportId) -> Endpoint<Page<ImportRow>> {
    Endpoint::get(format!("/imports/{import}/rows")).with("limit", "100")
}

/// The outcomes of all rows as a file.
pub fn export(import: ImportId) -> Endpoint<String> {
    Endpoint::get(format!("/imports/{import}/export"))
}

/// Cancels an import. Rows that are imported stay imported.
pub fn cancel(import: ImportId) -> Endpoint<()> {
    Endpoint::delete(format!("/imports/{import}"))
}
