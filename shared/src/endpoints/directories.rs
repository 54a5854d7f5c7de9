//! Directories that provision users and groups through SCIM, and their rules.

use super::Endpoint;
use crate::{
    ids::DirectoryId,
    wire::directory::{
        CreatedDirectory, DirectoryRequest, DirectoryView, NewDirectory, RuleFailures, RuleView, RulesPreview, SetRules,
    },
};

/// All directories without their tokens, sorted by name.
pub fn list() -> Endpoint<Vec<DirectoryView>> {
    Endpoint::get("/directories")
}

/// Adds a directory. Its token is only in this answer.
pub fn add(body: &NewDirectory) -> Endpoint<CreatedDirectory> {
    Endpoint::post("/directories", body)
}

/// Replaces the token of a directory: the one before stops working. The new one is only in this answer.
pub fn rotate(directory: DirectoryId) -> Endpoint<CreatedDirectory> {
    Endpoint::post(format!("/directories/{directory}/rotate"), &())
}

/// Deletes a directory; its users and groups stay.
pub fn delete(directory: DirectoryId) -> Endpoint<()> {
    Endpoint::delete(format!("/directories/{directory}"))
}

/// The latest requests of a directory, the newest first.
pub fn requests(directory: DirectoryId) -> Endpoint<Vec<DirectoryRequest>> {
    Endpoint::get(format!("/directories/{directory}/requests"))
}

/// The rules of a directory, in order of precedence.
pub fn rules(directory: DirectoryId) -> Endpoint<Vec<RuleView>> {
    Endpoint::get(format!("/directories/{directory}/rules"))
}

/// Replaces the rules of a directory and applies them; needs their ETag.
pub fn set_rules(directory: DirectoryId, body: &SetRules) -> Endpoint<Vec<RuleView>> {
    Endpoint::put(format!("/directories/{directory}/rules"), body)
}

/// What would change for whom with these rules; changes nothing.
pub fn preview_rules(directory: DirectoryId, body: &SetRules) -> Endpoint<RulesPreview> {
    Endpoint::post(format!("/directories/{directory}/rules/preview"), body).repeatable()
}

/// What the rules of a directory could not do.
pub fn failures(directory: DirectoryId) -> Endpoint<RuleFailures> {
    Endpoint::get(format!("/directories/{directory}/failures"))
}

/// Tries again what the rules of a directory could not do; the answer is what still fails.
pub fn retry(directory: DirectoryId) -> Endpoint<RuleFailures> {
    Endpoint::post(format!("/directories/{directory}/retry"), &()).repeatable()
}
