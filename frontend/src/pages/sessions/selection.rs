//! Which rows are ticked.

use seatkeeper_shared::ids::SessionId;
use std::collections::BTreeSet;

/// The ticked rows, and the one from which a range begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    picked: BTreeSet<SessionId>,
    from: Option<SessionId>,
}

impl Selection {
    /// Those that are ticked and among these rows: what is filtered out or over is not ended by accident.
    pub fn among(&self, rows: &[SessionId]) -> BTreeSet<SessionId> {
        rows.iter().filter(|id| self.picked.contains(id)).copied().collect()
    }

    /// Ticks or unticks one.
    pub fn toggle(&mut self, id: SessionId) {
        if !self.picked.remove(&id) {
            self.picked.insert(id);
        }
        self.from = Some(id);
    }

    /// Ticks all from the one that was touched last up to this one.
    pub fn reach(&mut self, rows: &[SessionId], id: SessionId) {
        let place = |wanted: SessionId| rows.iter().position(|row| *row == wanted);
        match (self.from.and_then(place), place(id)) {
            (Some(a), Some(b)) => self.picked.extend(&rows[a.min(b)..=a.max(b)]),
            _ => self.toggle(id),
        }
        self.from = Some(id);
    }

    /// Ticks all of these rows; unticks them if all are ticked.
    pub fn toggle_all(&mut self, rows: &[SessionId]) {
        if self.among(rows).len() == rows.len() {
            self.clear();
        } else {
            self.picked.extend(rows);
        }
    }

    /// Unticks everything.
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
    fn shift_ticks_a_range_in_either_direction() {
        let (rows, mut selection) = (rows(), Selection::default());
        selection.toggle(rows[3]);
        selection.reach(&rows, rows[1]);
        assert_eq!(selection.among(&rows).into_iter().collect::<Vec<_>>(), rows[1..=3]);
    }

    #[wasm_bindgen_test]
    fn rows_that_are_gone_are_no_longer_ticked() {
        let (rows, mut selection) = (rows(), Selection::default());
        selection.toggle_all(&rows);
        assert_eq!(selection.among(&rows[..2]).len(), 2);
        selection.toggle_all(&rows);
        assert!(selection.among(&rows).is_empty(), "a second click unticks");
    }
}
