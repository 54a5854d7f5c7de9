//! Selection of table rows.

use seatkeeper_shared::ids::SessionId;
use std::collections::BTreeSet;

/// The selected rows, and the anchor of a range selection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    selected: BTreeSet<SessionId>,
    anchor: Option<SessionId>,
}

impl Selection {
    /// The selected sessions that satisfy a condition, so that filtered or ended ones are not acted upon.
    pub fn among(&self, condition: impl Fn(SessionId) -> bool) -> BTreeSet<SessionId> {
        self.selected.iter().copied().filter(|id| condition(*id)).collect()
    }

    pub fn toggle(&mut self, id: SessionId) {
        if !self.selected.remove(&id) {
            self.selected.insert(id);
        }
        self.anchor = Some(id);
    }

    /// Selects the range from the anchor to this row.
    pub fn extend_to(&mut self, rows: &[SessionId], id: SessionId) {
        let position_of = |wanted: SessionId| rows.iter().position(|row| *row == wanted);
        match (self.anchor.and_then(position_of), position_of(id)) {
            (Some(a), Some(b)) => self.selected.extend(&rows[a.min(b)..=a.max(b)]),
            _ => self.toggle(id),
        }
        self.anchor = Some(id);
    }

    /// Selects all rows, or clears the selection if all are selected.
    pub fn toggle_all(&mut self, rows: &[SessionId]) {
        if rows.iter().all(|id| self.selected.contains(id)) {
            self.clear();
        } else {
            self.selected.extend(rows);
        }
    }

    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample::session;
    use wasm_bindgen_test::wasm_bindgen_test;

    fn rows() -> Vec<SessionId> {
        (1..=5).map(|number| session(number).id).collect()
    }

    #[wasm_bindgen_test]
    fn shift_selects_a_range_in_either_direction() {
        let (rows, mut selection) = (rows(), Selection::default());
        selection.toggle(rows[3]);
        selection.extend_to(&rows, rows[1]);
        assert_eq!(selection.among(|_| true).into_iter().collect::<Vec<_>>(), rows[1..=3]);
    }

    #[wasm_bindgen_test]
    fn removed_rows_are_no_longer_selected() {
        let (rows, mut selection) = (rows(), Selection::default());
        selection.toggle_all(&rows);
        assert_eq!(selection.among(|id| rows[..2].contains(&id)).len(), 2);
        selection.toggle_all(&rows);
        assert!(selection.among(|_| true).is_empty(), "a second click clears the selection");
    }
}
