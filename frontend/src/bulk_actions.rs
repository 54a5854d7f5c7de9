//! Bulk actions on users, with a preview and undo, as used by the pages for one and for many users.

mod announcement;
pub mod choice;
pub mod dialog;
pub mod job;
mod outcome;
mod preview;
mod texts;
