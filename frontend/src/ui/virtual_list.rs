//! List virtualization: which rows of a long table are in the DOM. These are the visible rows with some around them,
//! and the focused row.

use leptos::{ev, html::Tbody, prelude::*};
use std::ops::Range;

/// Tables of up to this many rows are rendered as a whole.
pub const MAX_UNVIRTUALIZED_ROWS: usize = 300;
/// Rows rendered above and below the visible ones.
const OVERSCAN_ROWS: usize = 12;
/// The range of rendered rows begins and ends at multiples of this, so that it does not change with every row scrolled.
const ROWS_PER_STEP: usize = 4;

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
        let start = first.saturating_sub(OVERSCAN_ROWS) / ROWS_PER_STEP * ROWS_PER_STEP;
        let end = last.saturating_add(OVERSCAN_ROWS).next_multiple_of(ROWS_PER_STEP);
        start.min(total)..end.clamp(start.min(total), total)
    }
}

/// The rows of a table that are in the DOM while the window is scrolled and resized.
#[derive(Clone, Copy)]
pub struct VisibleRows {
    total: Memo<usize>,
    viewport: RwSignal<Viewport>,
    range: Memo<Range<usize>>,
}

impl VisibleRows {
    /// Follows the table with this body, which has `total` rows, each with a `data-id`, and all of the same height.
    pub fn follow(body: NodeRef<Tbody>, total: Memo<usize>) -> Self {
        let viewport = RwSignal::new(Viewport::default());
        let range = Memo::new(move |_| viewport.get().rows(total.get()));
        let rows = Self { total, viewport, range };
        let scheduled = StoredValue::new(false);
        let schedule = move || {
            if !scheduled.get_value() {
                scheduled.set_value(true);
                request_animation_frame(move || {
                    // The page may have been left by now.
                    if scheduled.try_update_value(|scheduled| *scheduled = false).is_some() {
                        rows.measure(body);
                    }
                });
            }
        };
        let scroll = window_event_listener(ev::scroll, move |_| schedule());
        let resize = window_event_listener(ev::resize, move |_| schedule());
        on_cleanup(move || {
            scroll.remove();
            resize.remove();
        });
        // Not with each change of the total: measuring makes the browser lay out the page.
        let is_partial = Memo::new(move |_| total.get() > MAX_UNVIRTUALIZED_ROWS);
        Effect::new(move |_| {
            is_partial.track();
            schedule();
        });
        rows
    }

    /// The range of the rendered rows; tracked.
    pub fn range(self) -> Range<usize> {
        self.range.get()
    }

    /// Whether some rows are not rendered; tracked.
    pub fn is_partial(self) -> bool {
        self.total.get() > MAX_UNVIRTUALIZED_ROWS
    }

    /// The height of this many rows, as a CSS length; tracked.
    #[expect(clippy::cast_precision_loss, reason = "a number of rows")]
    pub fn height(self, rows: usize) -> String {
        format!("{}px", rows as f64 * self.viewport.with(|viewport| viewport.row))
    }

    fn measure(self, body: NodeRef<Tbody>) {
        let Some(body) = body.get_untracked().filter(|_| self.total.get_untracked() > MAX_UNVIRTUALIZED_ROWS) else {
            return;
        };
        let before = self.viewport.get_untracked();
        let row = body.query_selector("tr[data-id]").ok().flatten().map(|row| row.get_bounding_client_rect().height());
        let height = window().inner_height().ok().and_then(|height| height.as_f64()).unwrap_or(before.height);
        let row = row.filter(|height| *height > 0.0).unwrap_or(before.row);
        let now = Viewport { top: body.get_bounding_client_rect().top(), height, row };
        if now != before {
            self.viewport.set(now);
        }
    }
}

/// The elements to render: the rows of the range, the `pinned` row wherever it is, and the gaps between.
pub fn list_items(total: usize, rows: Range<usize>, pinned: Option<usize>) -> Vec<ListItem> {
    let rows = rows.start.min(total)..rows.end.min(total);
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
        assert_eq!(Viewport { top: -5_149.0, ..viewport }.rows(5_000), 88..136, "in steps");
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
