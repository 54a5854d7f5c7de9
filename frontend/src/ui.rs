//! The parts that the pages share: small, semantic, accessible by construction. Each has its looks in the `.css` beside it.

pub mod choice;
pub mod dialog;
pub mod export;
pub mod face;
pub mod field;
pub mod form;
pub mod head;
pub mod icon;
pub mod live_line;
pub mod menu;
pub mod opened;
pub mod person;
pub mod qr;
pub mod search;
pub mod seats;
pub mod select;
pub mod sort;
pub mod squares;
pub mod toast;
pub mod window;
