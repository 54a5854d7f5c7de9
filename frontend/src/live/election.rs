//! Which of the tabs of a user holds the stream for all of them. Pure logic: time and chance are arguments.
//!
//! The tabs talk over a broadcast channel. The Web Locks API would do the same, but exists only on HTTPS and localhost.

/// How long a tab waits for an answer before it leads.
pub const ANSWER_TIMEOUT_MS: u32 = 700;
/// A leader that has sent nothing for this long is gone, or its connection is.
pub const SILENCE_TIMEOUT_MS: f64 = 12_000.0;

/// A tab's claim to lead. Of several, the greatest counts: the latest.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Claim {
    /// When it was made (milliseconds since 1970 by the local clock, which all tabs share).
    pub at: f64,
    /// The random number of the tab.
    pub tab: u32,
}

/// What tabs tell each other about who leads.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Word {
    /// Does anybody lead?
    Ask,
    /// This tab leads.
    Lead(Claim),
    /// This tab led, and no longer does.
    Leave,
}

/// The part of this tab.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Part {
    /// It does not take part.
    Away,
    /// It asked, and waits for an answer.
    Asking,
    /// Another tab leads, and was last heard at this time.
    Following(f64),
    Leading(Claim),
}

/// What the tab has to do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Action {
    /// Say this to the other tabs.
    Say(Word),
    /// Call [`Election::on_timeout`] after [`ANSWER_TIMEOUT_MS`].
    Wait,
    /// Open the stream.
    Start,
    /// Close the stream.
    Stop,
}

/// The state of the election in one tab.
#[derive(Clone, Debug)]
pub struct Election {
    tab: u32,
    part: Part,
}

impl Election {
    /// A tab with a random number, which does not take part yet.
    pub const fn new(tab: u32) -> Self {
        Self { tab, part: Part::Away }
    }

    /// Whether this tab holds the stream.
    pub const fn is_leading(&self) -> bool {
        matches!(self.part, Part::Leading(_))
    }

    /// Whether it takes part.
    pub const fn takes_part(&self) -> bool {
        !matches!(self.part, Part::Away)
    }

    /// Whether another tab holds the stream for this one.
    pub const fn is_following(&self) -> bool {
        matches!(self.part, Part::Following(_))
    }

    /// Takes part, and asks who leads.
    pub fn join(&mut self) -> Vec<Action> {
        self.part = Part::Asking;
        vec![Action::Say(Word::Ask), Action::Wait]
    }

    /// Takes part no longer.
    pub fn leave(&mut self) -> Vec<Action> {
        match std::mem::replace(&mut self.part, Part::Away) {
            Part::Leading(_) => vec![Action::Stop, Action::Say(Word::Leave)],
            _ => Vec::new(),
        }
    }

    /// Leads if nobody has answered.
    pub fn on_timeout(&mut self, now: f64) -> Vec<Action> {
        if self.part == Part::Asking { self.claim(now) } else { Vec::new() }
    }

    /// Asks again if the leader has been silent for too long.
    pub fn check(&mut self, now: f64) -> Vec<Action> {
        match self.part {
            Part::Following(heard_at) if now - heard_at > SILENCE_TIMEOUT_MS => self.join(),
            _ => Vec::new(),
        }
    }

    /// Another tab has passed on a message of its stream, so it leads.
    pub fn on_stream_message(&mut self, now: f64) -> Vec<Action> {
        match self.part {
            Part::Away => Vec::new(),
            // It has not heard yet that this tab leads.
            Part::Leading(own) => vec![Action::Say(Word::Lead(own))],
            Part::Asking | Part::Following(_) => {
                self.part = Part::Following(now);
                Vec::new()
            }
        }
    }

    /// Another tab has said something.
    pub fn on_word(&mut self, word: Word, now: f64) -> Vec<Action> {
        match (self.part, word) {
            (Part::Away, _) | (Part::Asking | Part::Following(_), Word::Ask) | (Part::Leading(_), Word::Leave) => {
                Vec::new()
            }
            (Part::Leading(own), Word::Ask) => vec![Action::Say(Word::Lead(own))],
            (Part::Leading(own), Word::Lead(other)) if own > other => vec![Action::Say(Word::Lead(own))],
            (Part::Leading(_), Word::Lead(_)) => {
                self.part = Part::Following(now);
                vec![Action::Stop]
            }
            (Part::Asking | Part::Following(_), Word::Lead(_)) => {
                self.part = Part::Following(now);
                Vec::new()
            }
            // At once, without a timer, which browsers delay in hidden tabs.
            (Part::Asking | Part::Following(_), Word::Leave) => self.claim(now),
        }
    }

    fn claim(&mut self, now: f64) -> Vec<Action> {
        let claim = Claim { at: now, tab: self.tab };
        self.part = Part::Leading(claim);
        vec![Action::Say(Word::Lead(claim)), Action::Start]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::VecDeque;
    use wasm_bindgen_test::wasm_bindgen_test;

    /// Some tabs, with what they have said and nobody has heard yet.
    struct Browser {
        tabs: Vec<Election>,
        unheard: VecDeque<(usize, Word)>,
        now: f64,
    }

    impl Browser {
        fn with_tabs(count: u32) -> Self {
            Self { tabs: (0..count).map(Election::new).collect(), unheard: VecDeque::new(), now: 0.0 }
        }

        /// Lets one tab act, without delivering what it says.
        fn act(&mut self, tab: usize, act: impl FnOnce(&mut Election, f64) -> Vec<Action>) {
            for action in act(&mut self.tabs[tab], self.now) {
                if let Action::Say(word) = action {
                    self.unheard.push_back((tab, word));
                }
            }
        }

        /// Delivers everything to all other tabs, until nobody says anything more.
        fn deliver(&mut self) {
            while let Some((from, word)) = self.unheard.pop_front() {
                for tab in (0..self.tabs.len()).filter(|tab| *tab != from) {
                    self.act(tab, |election, now| election.on_word(word, now));
                }
            }
        }

        fn join(&mut self, tab: usize) {
            self.act(tab, |election, _| election.join());
            self.deliver();
            self.act(tab, Election::on_timeout);
            self.deliver();
        }

        fn leaders(&self) -> Vec<usize> {
            (0..self.tabs.len()).filter(|tab| self.tabs[*tab].is_leading()).collect()
        }
    }

    #[wasm_bindgen_test]
    fn the_first_tab_leads_and_the_others_follow() {
        let mut browser = Browser::with_tabs(3);
        (0..3).for_each(|tab| browser.join(tab));
        assert_eq!(browser.leaders(), [0]);
    }

    #[wasm_bindgen_test]
    fn of_tabs_that_start_at_once_one_leads() {
        let mut browser = Browser::with_tabs(3);
        (0..3).for_each(|tab| browser.act(tab, |election, _| election.join()));
        (0..3).for_each(|tab| browser.act(tab, Election::on_timeout));
        assert_eq!(browser.leaders(), [0, 1, 2]);
        browser.deliver();
        assert_eq!(browser.leaders(), [2]);
    }

    #[wasm_bindgen_test]
    fn another_tab_leads_when_the_leader_closes() {
        let mut browser = Browser::with_tabs(3);
        (0..3).for_each(|tab| browser.join(tab));
        browser.act(0, |election, _| election.leave());
        browser.deliver();
        assert_eq!(browser.leaders(), [2]);
        browser.join(0);
        assert_eq!(browser.leaders(), [2], "it returns as a follower");
    }

    #[wasm_bindgen_test]
    fn a_follower_replaces_a_leader_that_is_silent_and_the_old_leader_yields_when_it_wakes() {
        let mut browser = Browser::with_tabs(2);
        (0..2).for_each(|tab| browser.join(tab));
        browser.now = 11_000.0;
        browser.act(1, Election::check);
        browser.act(1, Election::on_timeout);
        assert_eq!(browser.leaders(), [0], "it was not silent for long enough");
        browser.now = 13_000.0;
        browser.act(1, Election::check);
        // The leader is frozen: it does not hear the question.
        browser.unheard.clear();
        browser.act(1, Election::on_timeout);
        assert_eq!(browser.leaders(), [0, 1]);
        browser.deliver();
        assert_eq!(browser.leaders(), [1]);
    }

    #[wasm_bindgen_test]
    fn a_follower_keeps_following_a_leader_that_answers() {
        let mut browser = Browser::with_tabs(2);
        (0..2).for_each(|tab| browser.join(tab));
        browser.now = 13_000.0;
        browser.act(1, Election::check);
        browser.deliver();
        browser.act(1, Election::on_timeout);
        assert_eq!(browser.leaders(), [0], "it lost the connection, but is there");
    }

    #[wasm_bindgen_test]
    fn a_message_of_a_second_stream_is_answered_with_the_greater_claim() {
        let mut browser = Browser::with_tabs(2);
        browser.join(0);
        let answer = browser.tabs[0].on_stream_message(1.0);
        assert_eq!(answer, [Action::Say(Word::Lead(Claim { at: 0.0, tab: 0 }))]);
    }
}
