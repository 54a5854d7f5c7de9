//! The times in which all seats were occupied, which may begin in one piece and end in another.

use seatkeeper_shared::wire::reports::AtCapacity;

/// A time without interruption: its length and its beginning, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spell {
    pub length: i64,
    pub from: i64,
}

impl Spell {
    fn longer(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        one.into_iter().chain(other).max_by_key(|spell| (spell.length, -spell.from))
    }
}

/// The times at capacity in a piece.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FullSpells {
    /// Full from the beginning of the piece until then.
    pub leading_until: Option<i64>,
    /// Full from then until the end of the piece.
    pub trailing_from: Option<i64>,
    /// The number of those that neither begin nor end with the piece.
    pub inner: i64,
    /// The first longest of these.
    pub inner_longest: Option<Spell>,
}

/// Finds the times at capacity in a piece.
#[derive(Clone, Copy, Debug)]
pub struct SpellFinder {
    from: i64,
    open_since: Option<i64>,
    found: FullSpells,
}

impl SpellFinder {
    pub fn new(from: i64) -> Self {
        Self { from, open_since: None, found: FullSpells::default() }
    }

    /// From then on, all seats were occupied or not.
    pub fn hold(&mut self, is_full: bool, at: i64) {
        match (self.open_since, is_full) {
            (None, true) => self.open_since = Some(at),
            (Some(since), false) => {
                self.open_since = None;
                if since == self.from {
                    self.found.leading_until = Some(at);
                } else {
                    self.found.inner += 1;
                    let spell = Spell { length: at - since, from: since };
                    self.found.inner_longest = Spell::longer(self.found.inner_longest, Some(spell));
                }
            }
            _ => {}
        }
    }

    pub fn finish(self, to: i64) -> FullSpells {
        let mut found = self.found;
        if let Some(since) = self.open_since {
            found.trailing_from = Some(since);
            if since == self.from {
                found.leading_until = Some(to);
            }
        }
        found
    }
}

/// Joins the times at capacity of consecutive pieces.
#[derive(Clone, Copy, Debug, Default)]
pub struct SpellJoiner {
    open_since: Option<i64>,
    count: i64,
    longest: Option<Spell>,
}

impl SpellJoiner {
    /// Adds the next piece. Without one before it, or after a gap, a time at capacity begins with it.
    pub fn add(&mut self, spells: &FullSpells, from: i64, to: i64) {
        match spells.leading_until {
            Some(until) => {
                self.open_since.get_or_insert(from);
                if until < to {
                    self.close(until);
                }
            }
            None => self.close(from),
        }
        self.count += spells.inner;
        self.longest = Spell::longer(self.longest, spells.inner_longest);
        if let Some(since) = spells.trailing_from {
            self.open_since.get_or_insert(since);
        }
    }

    /// Ends a time at capacity that is still open.
    pub fn close(&mut self, at: i64) {
        if let Some(from) = self.open_since.take() {
            self.count += 1;
            self.longest = Spell::longer(self.longest, Some(Spell { length: at - from, from }));
        }
    }

    /// The result, to which the refusals are still to be added.
    pub fn finish(mut self, to: i64, full_time: i64) -> AtCapacity {
        self.close(to);
        AtCapacity {
            seconds: full_time / super::SECOND,
            spells: self.count,
            longest_seconds: self.longest.map_or(0, |spell| spell.length / super::SECOND),
            longest_from: self.longest.map(|spell| super::local_time::time(spell.from)),
            refusals: 0,
        }
    }
}
