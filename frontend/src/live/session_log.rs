//! The sessions that changed lately, so that the reader of a long list need not look at every session again.

use seatkeeper_shared::ids::SessionId;
use std::collections::VecDeque;

/// The most changes kept; a reader who missed more starts over.
const MAX_CHANGES: usize = 4_096;

/// The ids of changed sessions in the order of the changes, which are numbered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SessionLog {
    revision: u64,
    changed: VecDeque<SessionId>,
}

impl SessionLog {
    /// The number of the last change.
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// The sessions that changed after this revision, perhaps some of them twice; `None` if all may have changed.
    pub fn since(&self, revision: u64) -> Option<impl Iterator<Item = SessionId>> {
        let missed = usize::try_from(self.revision.checked_sub(revision)?).ok()?;
        let first = self.changed.len().checked_sub(missed)?;
        Some(self.changed.range(first..).copied())
    }

    /// Records that a session appeared, changed or disappeared.
    pub fn record(&mut self, id: SessionId) {
        self.revision += 1;
        if self.changed.len() == MAX_CHANGES {
            self.changed.pop_front();
        }
        self.changed.push_back(id);
    }

    /// Records that all sessions may have changed.
    pub fn record_all(&mut self) {
        self.revision += 1;
        self.changed.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample::session;
    use wasm_bindgen_test::wasm_bindgen_test;

    fn since(log: &SessionLog, revision: u64) -> Option<Vec<SessionId>> {
        log.since(revision).map(Iterator::collect)
    }

    #[wasm_bindgen_test]
    fn a_reader_gets_what_changed_since() {
        let mut log = SessionLog::default();
        log.record(session(1).id);
        let seen = log.revision();
        assert_eq!(since(&log, seen), Some(vec![]));
        log.record(session(2).id);
        log.record(session(3).id);
        assert_eq!(since(&log, seen), Some(vec![session(2).id, session(3).id]));
    }

    #[wasm_bindgen_test]
    fn a_reader_who_missed_too_much_starts_over() {
        let mut log = SessionLog::default();
        log.record(session(1).id);
        let seen = log.revision();
        log.record_all();
        log.record(session(2).id);
        assert_eq!(since(&log, seen), None, "all may have changed");
        let seen = log.revision();
        (0..MAX_CHANGES).for_each(|_| log.record(session(3).id));
        assert_eq!(since(&log, seen).map(|all| all.len()), Some(MAX_CHANGES));
        log.record(session(4).id);
        assert_eq!(since(&log, seen), None);
    }
}
