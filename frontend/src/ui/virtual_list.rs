//! List virtualization: which rows of a long table are in the DOM. These are the visible rows with some around them,
//! and the focused row.

use std::ops::Range;

/// Tables of up to this many rows are rendered as a whole.
pub const MAX_UNVIRTUALIZED_ROWS: usize = 300;
/// Rows rendered above and below the visible ones.
const OVERSCAN_ROWS: usize = 12;

/// An element of the rendered table: a row, or the empty space of rows that are not rendered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListItem {
    /// The row with this index.
    Row(usize),
    /// The space of the rows in this range.
    Gap(Range<usize>),
}

/// The position of the table in the window, in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Viewport {
    /// From the top of the window down to the first row; negative if that is scrolled out.
    pub top: f64,
    /// The height of the window.
    pub height: f64,
    /// The height of a row.
    pub row: f64,
}

impl Default for Viewport {
    fn default() -> Self {
        Self { top: 0.0, height: 900.0, row: 57.0 }
    }
}

impl Viewport {
    /// The range of the `total` rows to render.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "numbers of rows, never negative")]
    pub fn rows(self, total: usize) -> Range<usize> {
        if total <= MAX_UNVIRTUALIZED_ROWS || self.row <= 0.0 {
            return 0..total;
        }
        let first = (-self.top / self.row).floor().max(0.0) as usize;
        let last = ((self.height - self.top) / self.row).ceil().max(0.0) as usize;
        let start = first.saturating_sub(OVERSCAN_ROWS).min(total);
        start..last.saturating_add(OVERSCAN_ROWS).clamp(start, total)
    }
}

/// The elements to render: the rows of the range, the `pinned` row wherever it is, and the gaps between.
pub fn list_items(total: usize, rows: Range<usize>, pinned: Option<usize>) -> Vec<ListItem> {
    let mut shown: Vec<usize> = rows.clone().collect();
    match pinned {
        Some(index) if index < rows.start => shown.insert(0, index),
        Some(index) if index >= rows.end && index < total => shown.push(index),
        _ => {}
    }
    let mut items = Vec::with_capacity(shown.len() + 3);
    let mut next = 0;
    for index in shown {
        if index > next {
            items.push(ListItem::Gap(next..index));
        }
        items.push(ListItem::Row(index));
        next = index + 1;
    }
    if next < total {
        items.push(ListItem::Gap(next..total));
    }
    items
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn a_short_table_is_rendered_as_a_whole() {
        assert_eq!(Viewport::default().rows(MAX_UNVIRTUALIZED_ROWS), 0..MAX_UNVIRTUALIZED_ROWS);
        assert_eq!(list_items(2, 0..2, Some(1)), [ListItem::Row(0), ListItem::Row(1)]);
    }

    #[wasm_bindgen_test]
    fn a_long_table_renders_the_visible_rows_and_some_around() {
        let viewport = Viewport { top: -5_000.0, height: 1_000.0, row: 50.0 };
        assert_eq!(viewport.rows(5_000), 88..132);
        let below = Viewport { top: 2_000.0, ..viewport };
        assert_eq!(below.rows(5_000), 0..12, "scrolled to far above the table");
        let past = Viewport { top: -1_000_000.0, ..viewport };
        assert_eq!(past.rows(400), 400..400, "the table has become short");
    }

    #[wasm_bindgen_test]
    fn the_focused_row_is_always_rendered() {
        let above = list_items(1_000, 100..101, Some(7));
        assert_eq!(
            above,
            [
                ListItem::Gap(0..7),
                ListItem::Row(7),
                ListItem::Gap(8..100),
                ListItem::Row(100),
                ListItem::Gap(101..1_000)
            ]
        );
        let below = list_items(1_000, 0..1, Some(999));
        assert_eq!(below, [ListItem::Row(0), ListItem::Gap(1..999), ListItem::Row(999)]);
        assert_eq!(list_items(10, 0..10, Some(50)).len(), 10, "a row that is gone");
    }
}
