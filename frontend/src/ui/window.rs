//! Which rows of a long table are in the page: those in sight, some around them, and the one that has the focus.

use std::ops::Range;

/// Tables up to this length are in the page as a whole.
pub const WHOLE: usize = 300;
/// Rows above and below what is in sight.
const AROUND: usize = 12;

/// A piece of a table: a row, or the empty space of rows that are not in the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// The row with this index.
    Row(usize),
    /// The space of these rows.
    Gap(Range<usize>),
}

/// Where the table stands to the window, in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sight {
    /// From the top of the window down to the first row; negative when it is scrolled out.
    pub top: f64,
    /// The height of the window.
    pub height: f64,
    /// The height of a row.
    pub row: f64,
}

impl Default for Sight {
    fn default() -> Self {
        Self { top: 0.0, height: 900.0, row: 57.0 }
    }
}

impl Sight {
    /// The rows out of `total` that should be in the page.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "numbers of rows, never negative")]
    pub fn rows(self, total: usize) -> Range<usize> {
        if total <= WHOLE || self.row <= 0.0 {
            return 0..total;
        }
        let first = (-self.top / self.row).floor().max(0.0) as usize;
        let last = ((self.height - self.top) / self.row).ceil().max(0.0) as usize;
        let start = first.saturating_sub(AROUND).min(total);
        start..last.saturating_add(AROUND).clamp(start, total)
    }
}

/// The table in pieces: the rows in the page, among them the `pinned` one wherever it is, and the gaps between.
pub fn pieces(total: usize, rows: Range<usize>, pinned: Option<usize>) -> Vec<Piece> {
    let mut shown: Vec<usize> = rows.clone().collect();
    match pinned {
        Some(index) if index < rows.start => shown.insert(0, index),
        Some(index) if index >= rows.end && index < total => shown.push(index),
        _ => {}
    }
    let mut pieces = Vec::with_capacity(shown.len() + 3);
    let mut next = 0;
    for index in shown {
        if index > next {
            pieces.push(Piece::Gap(next..index));
        }
        pieces.push(Piece::Row(index));
        next = index + 1;
    }
    if next < total {
        pieces.push(Piece::Gap(next..total));
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn a_short_table_is_whole() {
        assert_eq!(Sight::default().rows(WHOLE), 0..WHOLE);
        assert_eq!(pieces(2, 0..2, Some(1)), [Piece::Row(0), Piece::Row(1)]);
    }

    #[wasm_bindgen_test]
    fn a_long_table_has_the_rows_in_sight_and_some_around() {
        let sight = Sight { top: -5_000.0, height: 1_000.0, row: 50.0 };
        assert_eq!(sight.rows(5_000), 88..132);
        let below = Sight { top: 2_000.0, ..sight };
        assert_eq!(below.rows(5_000), 0..12, "scrolled to far above the table");
        let past = Sight { top: -1_000_000.0, ..sight };
        assert_eq!(past.rows(400), 400..400, "the table has become short");
    }

    #[wasm_bindgen_test]
    fn the_focused_row_stays_wherever_it_is() {
        let above = pieces(1_000, 100..101, Some(7));
        assert_eq!(
            above,
            [Piece::Gap(0..7), Piece::Row(7), Piece::Gap(8..100), Piece::Row(100), Piece::Gap(101..1_000)]
        );
        let below = pieces(1_000, 0..1, Some(999));
        assert_eq!(below, [Piece::Row(0), Piece::Gap(1..999), Piece::Row(999)]);
        assert_eq!(pieces(10, 0..10, Some(50)).len(), 10, "a row that is gone");
    }
}
