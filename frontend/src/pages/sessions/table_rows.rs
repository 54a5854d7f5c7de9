//! The rows as the table shows them: in their order, or held in place while the user is at work on them.

use super::row_order::{RowOrder, SortKey};
use seatkeeper_shared::{ids::SessionId, session::SessionState, wire::sessions::SessionView};
use std::collections::{HashMap, HashSet};

/// What happened while the rows were held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PendingRows {
    /// Sessions that are not shown yet.
    pub new: usize,
    /// Sessions that are still shown, but have ended.
    pub ended: usize,
}

impl PendingRows {
    /// Whether nothing happened.
    pub const fn is_empty(self) -> bool {
        self.new == 0 && self.ended == 0
    }
}

/// The sessions that the table shows, in order, and those whose appearance or removal is pending.
#[derive(Clone, Debug, Default)]
pub struct TableRows {
    order: RowOrder,
    held: Option<HeldRows>,
    /// Sessions that have ended a moment ago and have their place still.
    over: HashSet<SessionId>,
    /// Sessions that the user ended. Their rows go even while the others are held.
    ended_by_user: HashSet<SessionId>,
}

/// The rows as they were when the user began to work on them.
#[derive(Clone, Debug, Default)]
struct HeldRows {
    ids: Vec<SessionId>,
    positions: HashMap<SessionId, usize>,
    new: HashSet<SessionId>,
    /// The last state of rows that have ended.
    ended: HashMap<SessionId, SessionView>,
}

impl HeldRows {
    fn of(ids: Vec<SessionId>) -> Self {
        let positions = ids.iter().enumerate().map(|(index, id)| (*id, index)).collect();
        Self { ids, positions, ..Self::default() }
    }

    fn remove(&mut self, id: SessionId) {
        if self.positions.contains_key(&id) {
            let (new, ended) = (std::mem::take(&mut self.new), std::mem::take(&mut self.ended));
            let ids = std::mem::take(&mut self.ids);
            *self = Self { new, ended, ..Self::of(ids.into_iter().filter(|one| *one != id).collect()) };
            self.ended.remove(&id);
        }
    }
}

impl TableRows {
    /// Replaces all rows, for another filter or a new snapshot. The sessions in `over` have ended a moment ago.
    pub fn replace(&mut self, order: RowOrder, over: impl Iterator<Item = SessionId>) {
        self.over = over.filter(|id| order.contains(*id)).collect();
        self.order = order;
        if let Some(held) = &mut self.held {
            *held = HeldRows::of(self.order.ids().collect());
        }
    }

    /// Adds a session or applies its new state; true if the rows shown have changed, or what is pending.
    pub fn update(&mut self, session: &SessionView, key: Option<SortKey>) -> bool {
        let id = session.id;
        let has_ended = session.state == SessionState::Ended;
        let is_newly_over = has_ended && self.order.contains(id) && self.over.insert(id);
        if let Some(held) = &mut self.held
            && has_ended
        {
            if held.positions.contains_key(&id) {
                held.ended.insert(id, session.clone());
            } else {
                // Never shown, and over before it could be.
                return self.remove(id);
            }
        }
        // A session that has ended stays where it is until it goes.
        let changed = match key {
            _ if has_ended => false,
            Some(key) => self.order.insert(key),
            None => self.order.remove(id),
        };
        match &mut self.held {
            None => changed || is_newly_over,
            Some(held) => {
                let is_new = self.order.contains(id) && !held.positions.contains_key(&id);
                has_ended || if is_new { held.new.insert(id) } else { held.new.remove(&id) }
            }
        }
    }

    /// Removes a session that is over; true if the rows shown have changed, or what is pending.
    pub fn remove(&mut self, id: SessionId) -> bool {
        let removed = self.order.remove(id);
        self.over.remove(&id);
        let ended_by_user = self.ended_by_user.remove(&id);
        match &mut self.held {
            None => removed,
            Some(held) if ended_by_user => {
                held.remove(id);
                true
            }
            Some(held) => held.new.remove(&id),
        }
    }

    /// Keeps the rows where they are.
    pub fn hold(&mut self) {
        if self.held.is_none() {
            self.held = Some(HeldRows::of(self.order.ids().collect()));
        }
    }

    /// Lets the rows move again; true if that changes the rows shown.
    pub fn release(&mut self) -> bool {
        self.held.take().is_some_and(|held| !self.order.ids().eq(held.ids))
    }

    /// Shows what is pending, and goes on holding the rows if they were held.
    pub fn show_pending(&mut self) {
        if self.held.is_some() {
            self.release();
            self.hold();
        }
    }

    /// Notes that the user ends these sessions: their rows need not be kept for the user.
    pub fn end_by_user(&mut self, ids: &[SessionId]) {
        self.ended_by_user.extend(ids.iter().copied().filter(|id| self.order.contains(*id)));
        if let Some(held) = &mut self.held {
            ids.iter().filter(|id| !self.order.contains(**id)).for_each(|id| held.remove(*id));
        }
    }

    /// The number of rows shown.
    pub fn len(&self) -> usize {
        self.held.as_ref().map_or_else(|| self.order.len(), |held| held.ids.len())
    }

    /// The number of sessions that the filter selects, shown or not yet, without those that have ended.
    pub fn found(&self) -> usize {
        self.order.len() - self.over.len()
    }

    /// The row shown at this index.
    pub fn get(&self, index: usize) -> Option<SessionId> {
        match &self.held {
            Some(held) => held.ids.get(index).copied(),
            None => self.order.get(index),
        }
    }

    /// The index at which a session is shown.
    pub fn position(&self, id: SessionId) -> Option<usize> {
        match &self.held {
            Some(held) => held.positions.get(&id).copied(),
            None => self.order.position(id),
        }
    }

    /// The sessions shown, in order.
    pub fn ids(&self) -> Vec<SessionId> {
        self.held.as_ref().map_or_else(|| self.order.ids().collect(), |held| held.ids.clone())
    }

    /// Whether the session is among those that the filter selects, shown or not.
    pub fn contains(&self, id: SessionId) -> bool {
        self.order.contains(id)
    }

    /// The last state of a session whose row is kept although it has ended.
    pub fn kept(&self, id: SessionId) -> Option<&SessionView> {
        self.held.as_ref().and_then(|held| held.ended.get(&id))
    }

    /// What happened while the rows were held.
    pub fn pending(&self) -> PendingRows {
        let count = |held: &HeldRows| PendingRows {
            new: held.new.len(),
            ended: held.ended.keys().filter(|id| !self.ended_by_user.contains(id)).count(),
        };
        self.held.as_ref().map(count).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::{super::row_order::SortValue, *};
    use crate::live::sample::session;
    use wasm_bindgen_test::wasm_bindgen_test;

    fn key(number: u32) -> SortKey {
        SortKey::new(SortValue::Number(i64::from(number)), &session(number))
    }

    fn rows(numbers: &[u32]) -> TableRows {
        let mut rows = TableRows::default();
        rows.replace(RowOrder::new(false, numbers.iter().map(|number| key(*number))), std::iter::empty());
        rows
    }

    fn shown(rows: &TableRows) -> Vec<u32> {
        (0..10)
            .filter_map(|number| Some((rows.position(session(number).id)?, number)))
            .map(|(_, number)| number)
            .collect()
    }

    fn ended(number: u32) -> SessionView {
        SessionView { state: SessionState::Ended, ..session(number) }
    }

    #[wasm_bindgen_test]
    fn rows_come_and_go_while_nobody_works_on_them() {
        let mut rows = rows(&[1, 3]);
        assert!(rows.update(&session(2), Some(key(2))));
        assert!(rows.update(&ended(3), Some(key(3))) && !rows.update(&ended(3), Some(key(3))));
        assert_eq!((shown(&rows), rows.found()), (vec![1, 2, 3], 2), "it stays for a moment");
        assert!(rows.remove(session(3).id));
        assert_eq!((shown(&rows), rows.pending()), (vec![1, 2], PendingRows::default()));
    }

    #[wasm_bindgen_test]
    fn held_rows_stay_and_what_happened_is_counted() {
        let mut rows = rows(&[1, 3]);
        rows.hold();
        assert!(rows.update(&session(2), Some(key(2))) && rows.update(&session(4), Some(key(4))));
        assert!(!rows.update(&session(2), Some(key(2))), "counted once");
        assert!(rows.update(&ended(3), Some(key(3))));
        rows.remove(session(3).id);
        assert_eq!((shown(&rows), rows.pending()), (vec![1, 3], PendingRows { new: 2, ended: 1 }));
        assert_eq!(rows.kept(session(3).id).map(|kept| kept.state), Some(SessionState::Ended));
        assert!(rows.update(&ended(4), Some(key(4))), "over before it was shown");
        assert_eq!(rows.pending().new, 1);
        rows.show_pending();
        assert_eq!((shown(&rows), rows.pending()), (vec![1, 2], PendingRows::default()));
        rows.update(&session(5), Some(key(5)));
        assert_eq!(rows.pending().new, 1, "they are still held");
        assert!(rows.release() && !rows.release());
        assert_eq!(shown(&rows), [1, 2, 5]);
    }

    #[wasm_bindgen_test]
    fn sessions_that_the_user_ended_go_even_while_rows_are_held() {
        let mut rows = rows(&[1, 2, 3]);
        rows.hold();
        rows.end_by_user(&[session(2).id]);
        rows.update(&ended(2), None);
        assert_eq!((shown(&rows), rows.pending()), (vec![1, 2, 3], PendingRows::default()));
        assert!(rows.remove(session(2).id));
        assert_eq!(shown(&rows), [1, 3]);
        rows.update(&ended(3), None);
        rows.remove(session(3).id);
        rows.end_by_user(&[session(3).id]);
        assert_eq!(shown(&rows), [1], "the feed may be faster than the answer");
    }

    #[wasm_bindgen_test]
    fn a_row_that_the_filter_hides_now_stays_while_held() {
        let mut rows = rows(&[1, 2]);
        rows.hold();
        rows.update(&session(1), None);
        assert_eq!((shown(&rows), rows.pending()), (vec![1, 2], PendingRows::default()));
        rows.release();
        assert_eq!(shown(&rows), [2]);
    }
}
