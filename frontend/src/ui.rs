//! The components that the pages share: small, semantic and accessible. Their styles are in the `.css` files beside
//! them.

pub mod check_list;
pub mod checkbox;
pub mod copy_button;
pub mod edit_conflict;
pub mod empty_state;
pub mod error_message;
pub mod export;
pub mod field;
pub mod focus;
pub mod focus_keeper;
pub mod form;
pub mod form_dialog;
pub mod icon;
pub mod keyed_list;
pub mod leave_guard;
pub mod list_foot;
pub mod list_status;
pub mod live_status;
pub mod menu;
pub mod page_form;
pub mod page_head;
pub mod person;
pub mod qr;
pub mod query;
pub mod search;
pub mod seat_squares;
pub mod seats;
pub mod segmented_control;
pub mod select;
pub mod show;
pub mod slider;
pub mod sortable_header;
pub mod toast;
pub mod virtual_list;
