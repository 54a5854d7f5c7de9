//! The sorted rows of the table, updated session by session instead of sorted anew with every change.

use chrono::{DateTime, Utc};
use seatkeeper_shared::{ids::SessionId, wire::sessions::SessionView};
use std::{cmp::Reverse, collections::HashMap, sync::Arc};

/// The value of a session in the column that the table is sorted by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SortValue {
    /// Compared as the user reads it: see `search_key`.
    Text(String),
    /// A rank or a time.
    Number(i64),
}

/// The place of a session in the table. Sessions of equal value are sorted by age, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SortKey {
    value: SortValue,
    created_at: Reverse<DateTime<Utc>>,
    id: SessionId,
}

impl SortKey {
    /// The key of a session with this value.
    pub fn new(value: SortValue, session: &SessionView) -> Self {
        Self { value, created_at: Reverse(session.created_at), id: session.id }
    }

    /// Whether it does not come after another one in the table.
    pub fn is_within(&self, until: &Self, descending: bool) -> bool {
        if descending { self >= until } else { self <= until }
    }
}

/// The sorted rows.
#[derive(Clone, Debug, Default)]
pub struct RowOrder {
    descending: bool,
    keys: HashMap<SessionId, Arc<SortKey>>,
    sorted: Vec<Arc<SortKey>>,
}

impl RowOrder {
    /// Sorts these rows.
    pub fn new(descending: bool, keys: impl Iterator<Item = SortKey>) -> Self {
        let mut sorted: Vec<_> = keys.map(Arc::new).collect();
        sorted.sort_unstable();
        if descending {
            sorted.reverse();
        }
        Self { descending, keys: sorted.iter().map(|key| (key.id, key.clone())).collect(), sorted }
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.sorted.len()
    }

    /// The row at this index.
    pub fn get(&self, index: usize) -> Option<SessionId> {
        self.sorted.get(index).map(|key| key.id)
    }

    /// The rows in their order.
    pub fn ids(&self) -> impl Iterator<Item = SessionId> {
        self.sorted.iter().map(|key| key.id)
    }

    /// Whether the session is one of the rows.
    pub fn contains(&self, id: SessionId) -> bool {
        self.keys.contains_key(&id)
    }

    /// The index of a session's row.
    pub fn position(&self, id: SessionId) -> Option<usize> {
        self.place(self.keys.get(&id)?).ok()
    }

    /// Adds a row, or moves it to where it belongs now; false if it was there already.
    pub fn insert(&mut self, key: SortKey) -> bool {
        if self.keys.get(&key.id).is_some_and(|known| **known == key) {
            return false;
        }
        self.remove(key.id);
        let key = Arc::new(key);
        if let Err(index) = self.place(&key) {
            self.sorted.insert(index, key.clone());
        }
        self.keys.insert(key.id, key);
        true
    }

    /// Removes a row; false if there was none.
    pub fn remove(&mut self, id: SessionId) -> bool {
        let Some(key) = self.keys.remove(&id) else { return false };
        if let Ok(index) = self.place(&key) {
            self.sorted.remove(index);
        }
        true
    }

    /// The index of a key, or where it would have to be inserted.
    fn place(&self, key: &SortKey) -> Result<usize, usize> {
        self.sorted.binary_search_by(|one| {
            let order = one.as_ref().cmp(key);
            if self.descending { order.reverse() } else { order }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample::session;
    use wasm_bindgen_test::wasm_bindgen_test;

    fn key(number: u32, value: i64) -> SortKey {
        SortKey::new(SortValue::Number(value), &session(number))
    }

    fn ids(numbers: &[u32]) -> Vec<SessionId> {
        numbers.iter().map(|number| session(*number).id).collect()
    }

    #[wasm_bindgen_test]
    fn a_key_is_within_those_up_to_its_own_place() {
        let (one, two) = (key(1, 10), key(2, 20));
        assert!(one.is_within(&two, false) && two.is_within(&two, false) && !two.is_within(&one, false));
        assert!(two.is_within(&one, true) && !one.is_within(&two, true));
    }

    #[wasm_bindgen_test]
    fn a_row_moves_to_where_it_belongs() {
        let mut order = RowOrder::new(false, [key(1, 10), key(2, 20), key(3, 30)].into_iter());
        assert!(!order.insert(key(2, 20)), "nothing changed");
        assert!(order.insert(key(2, 40)));
        assert_eq!(order.ids().collect::<Vec<_>>(), ids(&[1, 3, 2]));
        assert!(order.insert(key(4, 5)));
        assert!(order.remove(session(3).id) && !order.remove(session(3).id));
        assert_eq!(order.ids().collect::<Vec<_>>(), ids(&[4, 1, 2]));
        assert_eq!((order.position(session(2).id), order.position(session(3).id)), (Some(2), None));
        assert_eq!((order.get(0), order.len()), (Some(session(4).id), 3));
    }

    #[wasm_bindgen_test]
    fn changes_lead_to_the_same_order_as_sorting() {
        for descending in [false, true] {
            let mut order = RowOrder::new(descending, std::iter::empty());
            let keys: Vec<_> = (1..60).map(|number| key(number, i64::from(number * 37 % 11))).collect();
            keys.iter().for_each(|key| assert!(order.insert(key.clone())));
            let sorted = RowOrder::new(descending, keys.into_iter());
            assert_eq!(order.ids().collect::<Vec<_>>(), sorted.ids().collect::<Vec<_>>());
        }
    }
}
