//! What the pages about people share: one thing done to some of them, with a preview and a way back; and the groups.

pub mod dialog;
pub mod groups;
pub mod job;
mod outcome;
mod preview;
