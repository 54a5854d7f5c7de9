//! Whose sessions the stream of the leading tab has to deliver: those of all users only while a tab shows them. Pure
//! logic: the time is an argument, in milliseconds since 1970 by the local clock.

use super::election::SILENCE_TIMEOUT_MS;
use seatkeeper_shared::wire::live::LiveContent;

/// What this tab needs of the stream, and what other tabs have said lately that they need.
#[derive(Clone, Copy, Debug, Default)]
pub struct ContentNeeds {
    here: bool,
    /// Until when the sessions of all users are delivered for other tabs, or for this one if it needed them until a
    /// moment ago: the user may go back to the page. A tab repeats its need, so that one that crashes is forgotten.
    until: f64,
}

impl ContentNeeds {
    /// Notes what this tab needs.
    pub fn set_here(&mut self, content: LiveContent, now: f64) {
        if std::mem::replace(&mut self.here, content == LiveContent::All) {
            self.note_elsewhere(now);
        }
    }

    /// Another tab needs the sessions of all users.
    pub const fn note_elsewhere(&mut self, now: f64) {
        self.until = now + SILENCE_TIMEOUT_MS;
    }

    /// Whether this tab needs the sessions of all users.
    pub const fn needs_all_here(&self) -> bool {
        self.here
    }

    /// What a stream for all tabs has to deliver.
    pub fn content(&self, now: f64) -> LiveContent {
        if self.here || now < self.until { LiveContent::All } else { LiveContent::Own }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn all_is_delivered_while_a_tab_needs_it_and_for_a_moment_after() {
        let mut needs = ContentNeeds::default();
        assert_eq!(needs.content(0.0), LiveContent::Own);
        needs.set_here(LiveContent::All, 1_000.0);
        assert_eq!(needs.content(90_000.0), LiveContent::All);
        needs.set_here(LiveContent::Own, 90_000.0);
        assert_eq!((needs.content(101_999.0), needs.content(102_000.0)), (LiveContent::All, LiveContent::Own));
        needs.note_elsewhere(200_000.0);
        needs.set_here(LiveContent::Own, 205_000.0);
        assert_eq!((needs.content(211_999.0), needs.content(212_000.0)), (LiveContent::All, LiveContent::Own));
    }
}
