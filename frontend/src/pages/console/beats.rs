//! When which heartbeat is due. No browser in it: the time is given, so it can be tested.

use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{ids::SessionId, wire::sessions::Renewed};
use std::collections::BTreeMap;

/// So long an answer is waited for; after that the heartbeat counts as lost and is sent again.
const ANSWER: TimeDelta = TimeDelta::seconds(10);
/// Waits after heartbeats that were lost, in seconds; the last one repeats.
const WAITS: [i64; 4] = [1, 2, 4, 8];

/// The heartbeats of all sessions that this browser keeps.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Beats(BTreeMap<SessionId, Beat>);

#[derive(Clone, Debug, PartialEq)]
struct Beat {
    due: DateTime<Utc>,
    asked: Option<DateTime<Utc>>,
    lost: usize,
    until: Option<DateTime<Utc>>,
}

impl Beats {
    /// Beats for these sessions and for no others. A new one is due at once: only the server knows its rhythm.
    pub fn keep(&mut self, ids: &[SessionId], now: DateTime<Utc>) {
        self.0.retain(|id, _| ids.contains(id));
        for id in ids {
            self.0.entry(*id).or_insert(Beat { due: now, asked: None, lost: 0, until: None });
        }
    }

    /// Which are to be sent now; each is answered by [`Beats::renewed`] or [`Beats::lost`], or comes again.
    pub fn take_due(&mut self, now: DateTime<Utc>) -> Vec<SessionId> {
        let due = |beat: &Beat| beat.due <= now && beat.asked.is_none_or(|asked| asked + ANSWER <= now);
        let mut taken = Vec::new();
        for (id, beat) in self.0.iter_mut().filter(|(_, beat)| due(beat)) {
            if beat.asked.replace(now).is_some() {
                beat.lost += 1;
            }
            taken.push(*id);
        }
        taken
    }

    /// The server heard it and says when it wants to hear the next.
    pub fn renewed(&mut self, id: SessionId, renewed: &Renewed, now: DateTime<Utc>) {
        if let Some(beat) = self.0.get_mut(&id) {
            let next = now + TimeDelta::seconds(renewed.next_in_seconds.max(1));
            *beat = Beat { due: next, asked: None, lost: 0, until: Some(renewed.lease_until) };
        }
    }

    /// The server did not answer, or could not.
    pub fn lost(&mut self, id: SessionId, now: DateTime<Utc>) {
        if let Some(beat) = self.0.get_mut(&id) {
            let wait = WAITS[beat.lost.min(WAITS.len() - 1)];
            beat.due = now + TimeDelta::seconds(wait);
            beat.asked = None;
            beat.lost += 1;
        }
    }

    /// Time may have stood still here: whatever is not under way is due now.
    pub fn hurry(&mut self, now: DateTime<Utc>) {
        self.0.values_mut().for_each(|beat| beat.due = beat.due.min(now));
    }

    /// Whether the heartbeats of this session get lost, and until when its seat is kept, if that is known.
    pub fn trouble(&self, id: SessionId) -> Option<Option<DateTime<Utc>>> {
        self.0.get(&id).filter(|beat| beat.lost > 0).map(|beat| beat.until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample::{at, session};
    use wasm_bindgen_test::wasm_bindgen_test;

    fn beats() -> (Beats, SessionId) {
        let (mut beats, id) = (Beats::default(), session(1).id);
        beats.keep(&[id], at(0));
        (beats, id)
    }

    fn renewed() -> Renewed {
        Renewed { lease_until: at(120), next_in_seconds: 30, idle_ends_at: None, ending: None }
    }

    #[wasm_bindgen_test]
    fn the_first_beat_is_due_at_once_and_the_next_when_the_server_says() {
        let (mut beats, id) = beats();
        assert_eq!(beats.take_due(at(0)), [id]);
        assert!(beats.take_due(at(1)).is_empty(), "it is under way");
        beats.renewed(id, &renewed(), at(1));
        assert!(beats.take_due(at(30)).is_empty());
        assert_eq!(beats.take_due(at(31)), [id]);
    }

    #[wasm_bindgen_test]
    fn lost_beats_come_again_ever_more_slowly_and_are_seen() {
        let (mut beats, id) = beats();
        assert_eq!(beats.take_due(at(0)), [id]);
        beats.renewed(id, &renewed(), at(0));
        assert_eq!(beats.trouble(id), None);
        let mut now = 30;
        for wait in [1, 2, 4, 8, 8] {
            assert_eq!(beats.take_due(at(now)), [id]);
            beats.lost(id, at(now));
            assert!(beats.take_due(at(now + wait - 1)).is_empty());
            now += wait;
        }
        assert_eq!(beats.trouble(id), Some(Some(at(120))), "the seat is kept until then");
        beats.renewed(id, &renewed(), at(now));
        assert_eq!(beats.trouble(id), None);
    }

    #[wasm_bindgen_test]
    fn a_beat_without_an_answer_is_not_waited_for_for_ever() {
        let (mut beats, id) = beats();
        assert_eq!(beats.take_due(at(0)), [id]);
        assert_eq!(beats.take_due(at(10)), [id]);
        assert!(beats.trouble(id).is_some());
    }

    #[wasm_bindgen_test]
    fn after_a_sleep_everything_is_due_but_nothing_twice() {
        let (mut beats, id) = beats();
        beats.take_due(at(0));
        beats.hurry(at(1));
        assert!(beats.take_due(at(1)).is_empty(), "it is under way already");
        beats.renewed(id, &renewed(), at(1));
        beats.hurry(at(2));
        assert_eq!(beats.take_due(at(2)), [id]);
    }

    #[wasm_bindgen_test]
    fn what_is_no_longer_kept_beats_no_more() {
        let (mut beats, id) = beats();
        beats.keep(&[session(2).id], at(0));
        assert_eq!(beats.take_due(at(0)), [session(2).id]);
        beats.lost(id, at(0));
        assert_eq!(beats.trouble(id), None);
    }
}
