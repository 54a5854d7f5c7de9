//! Groups: their members and managers, and the licenses that they assign.

use super::Endpoint;
use crate::{
    ids::{GroupId, LicenseId},
    wire::groups::{ChangeMembers, GroupDetail, GroupLicense, GroupView, Members, NewGroup, RenameGroup},
};

/// The groups that the caller may see, sorted by name.
pub fn list() -> Endpoint<Vec<GroupView>> {
    Endpoint::get("/groups")
}

/// One group with its managers.
pub fn one(group: GroupId) -> Endpoint<GroupDetail> {
    Endpoint::get(format!("/groups/{group}"))
}

/// Adds a group.
pub fn add(body: &NewGroup) -> Endpoint<GroupView> {
    Endpoint::post("/groups", body)
}

/// Renames a group; needs the ETag of the group.
pub fn rename(group: GroupId, body: &RenameGroup) -> Endpoint<GroupDetail> {
    Endpoint::patch(format!("/groups/{group}"), body)
}

/// Deletes a group and revokes the licenses that it assigned.
pub fn delete(group: GroupId) -> Endpoint<()> {
    Endpoint::delete(format!("/groups/{group}"))
}

/// Adds and removes members.
pub fn change_members(group: GroupId, body: &ChangeMembers) -> Endpoint<GroupView> {
    Endpoint::post(format!("/groups/{group}/members"), body)
}

/// Replaces the managers of a group; needs the ETag of the group.
pub fn set_managers(group: GroupId, body: &Members) -> Endpoint<GroupDetail> {
    Endpoint::put(format!("/groups/{group}/managers"), body)
}

/// The licenses that a group assigns to its members.
pub fn licenses(group: GroupId) -> Endpoint<Vec<GroupLicense>> {
    Endpoint::get(format!("/groups/{group}/licenses"))
}

/// Lets a group assign a license to its members; returns all licenses of the group.
pub fn add_license(group: GroupId, license: LicenseId) -> Endpoint<Vec<GroupLicense>> {
    Endpoint::put(format!("/groups/{group}/licenses/{license}"), &())
}

/// Stops a group from assigning a license; returns the remaining licenses of the group.
pub fn remove_license(group: GroupId, license: LicenseId) -> Endpoint<Vec<GroupLicense>> {
    Endpoint::delete(format!("/groups/{group}/licenses/{license}"))
}
