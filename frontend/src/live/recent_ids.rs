//! The sessions that have ended lately.

use seatkeeper_shared::ids::SessionId;
use std::collections::{HashSet, VecDeque};

/// How many are remembered: far more than end while a request is answered.
const CAPACITY: usize = 4_096;

/// The last ids that were inserted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecentIds {
    order: VecDeque<SessionId>,
    ids: HashSet<SessionId>,
}

impl RecentIds {
    /// Remembers an id, and forgets the oldest if there are too many.
    pub fn insert(&mut self, id: SessionId) {
        if self.ids.insert(id) {
            self.order.push_back(id);
            if self.order.len() > CAPACITY {
                self.order.pop_front().inspect(|oldest| {
                    self.ids.remove(oldest);
                });
            }
        }
    }

    /// Whether an id is remembered.
    pub fn contains(&self, id: SessionId) -> bool {
        self.ids.contains(&id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample::session;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn the_oldest_is_forgotten_if_there_are_too_many() {
        let mut ids = RecentIds::default();
        let numbers = || 0..u32::try_from(CAPACITY).unwrap();
        numbers().for_each(|number| ids.insert(session(number).id));
        numbers().for_each(|number| ids.insert(session(number).id));
        assert!(ids.contains(session(0).id));
        ids.insert(session(u32::MAX).id);
        assert!(!ids.contains(session(0).id) && ids.contains(session(1).id) && ids.contains(session(u32::MAX).id));
    }
}
