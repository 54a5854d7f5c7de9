//! Charts: SVG with own marks, drawn in CSS pixels of the element that contains them, so that their texts are readable
//! at any width. The geometry is plain Rust without a browser; every chart has a table beside it.

pub mod bar_chart;
pub mod data_table;
pub mod heat_map;
pub mod parts_bar;
pub mod picture;
pub mod plot_width;
pub mod scale;
pub mod step_chart;
pub mod step_layout;
mod step_pointer;
pub mod steps;
pub mod time_range;
pub mod time_ticks;
pub mod zoom_buttons;
