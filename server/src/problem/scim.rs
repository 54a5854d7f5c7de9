//! The same errors for directories: as SCIM error responses.

use super::ApiError;
use crate::{
    db::DbError,
    entitlements::groups::GroupNotDeleted,
    scim::error::{ScimError, ScimType},
    seats::SeatsError,
};
use seatkeeper_shared::problem::Code;

impl From<DbError> for ScimError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Taken(index) if index.contains("email") => Self::conflict("Another user has this e-mail address."),
            DbError::Taken(index) if index.contains("user_name") => Self::conflict("Another user has this userName."),
            DbError::Taken(index) if index.contains("directory_users_external") => {
                Self::conflict("Another user has this externalId.")
            }
            DbError::Taken(index) if index.contains("groups_external") => {
                Self::conflict("Another group has this externalId.")
            }
            DbError::Taken(index) if index.contains("groups_name") => {
                Self::conflict("Another group has this displayName.")
            }
            DbError::Taken(_) => Self::conflict("Such a resource exists already."),
            error => ApiError::from(error).into(),
        }
    }
}

impl From<SeatsError> for ScimError {
    fn from(error: SeatsError) -> Self {
        match error {
            SeatsError::Taken(index) => DbError::Taken(index.to_owned()).into(),
            error => ApiError::from(error).into(),
        }
    }
}

impl From<GroupNotDeleted> for ScimError {
    fn from(error: GroupNotDeleted) -> Self {
        ApiError::from(error).into()
    }
}

impl From<ApiError> for ScimError {
    fn from(error: ApiError) -> Self {
        match error.code() {
            Code::LastAdmin => {
                let error = Self::new(400, "This is the last admin of the account.");
                Self { scim_type: Some(ScimType::Mutability), ..error }
            }
            Code::NotFound => Self::not_found("resource"),
            Code::RequestTimeout => Self::new(408, "The request body did not arrive in time."),
            Code::TooLarge => Self::new(413, "The body is too large."),
            Code::Unavailable => Self::new(503, "The change was not saved; try again."),
            code => Self::new(code.status(), format!("The request failed: {code}.")),
        }
    }
}
