//! Who may have what, and why: whatever people have because of groups is given and taken through here.
//!
//! *No action of anybody gives or takes what that person could not give or take directly.* Each change of a group names the
//! [`Authority`] on which it is made. A person's rights are read in the transaction of the change, so neither a request that was
//! let in a moment ago nor an import that has run for an hour acts on rights that were taken away meanwhile. The store writes
//! memberships only with an [`Approved`] change, which nobody else can make.
//!
//! - A membership made by a person, an import or a provider of sign-ins never gives a role: the role of a directory's rule follows the
//!   memberships that this directory itself has told (`group_members.directory_id`).
//! - Changing who is in a group that gives licenses takes the right to assign licenses.
//! - Taking somebody out of a group by whose rule they have their role takes the right to change roles.
//! - Renaming such a group takes the same: directories and providers find groups by their names. Deleting it takes that, too, and what it
//!   takes to change what else would go with it: the seats that licenses keep for it, and whom managers see.

mod authority;
pub mod groups;
pub mod memberships;

pub use authority::{Approved, Authority, Denied, NotChanged};
