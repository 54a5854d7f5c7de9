//! Who may have a seat. [`pool`] decides, without SQL and without a clock; [`engine`] is the only way in.

pub mod batch;
pub mod command;
pub mod engine;
pub mod facts;
mod load;
pub mod pool;
pub mod sweep;

pub use command::{Actor, Door};
pub use engine::{Seats, SeatsError};
