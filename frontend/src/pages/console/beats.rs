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
pub struct Beats {
    beats: BTreeMap<SessionId, Beat>,
    active: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug, PartialEq)]
struct Beat {
    due: DateTime<Utc>,
    asked: Option<DateTime<Utc>>,
    /// Up to when the server knows whether the agent did something.
    told: DateTime<Utc>,
    lost: usize,
    until: Option<DateTime<Utc>>,
}

impl Beats {
    /// Beats for these sessions and for no others. A new one is due at once: only the server knows its rhythm.
    pub fn keep(&mut self, ids: &[SessionId], now: DateTime<Utc>) {
        self.beats.retain(|id, _| ids.contains(id));
        for id in ids {
            self.beats.entry(*id).or_insert(Beat { due: now, asked: None, told: now, lost: 0, until: None });
        }
    }

    /// The agent did something.
    pub fn active(&mut self, now: DateTime<Utc>) {
        self.active = Some(now);
    }

    /// Which are to be sent now, and whether the agent did something since the last; each is answered by [`Beats::renewed`] or [`Beats::lost`], or comes again.
    pub fn take_due(&mut self, now: DateTime<Utc>) -> Vec<(SessionId, bool)> {
        let due = |beat: &Beat| beat.due <= now && beat.asked.is_none_or(|asked| asked + ANSWER <= now);
        let mut taken = Vec::new();
        for (id, beat) in self.beats.iter_mut().filter(|(_, beat)| due(beat)) {
            if beat.asked.replace(now).is_some() {
                beat.lost += 1;
            }
            taken.push((*id, self.active.is_some_and(|active| active > beat.told)));
        }
        taken
    }

    /// The server heard it and says when it wants to hear the next.
    pub fn renewed(&mut self, id: SessionId, renewed: &Renewed, now: DateTime<Utc>) {
        if let Some(beat) = self.beats.get_mut(&id) {
            let told = beat.asked.unwrap_or(beat.told);
            let next = now + TimeDelta::seconds(renewed.next_in_seconds.max(1));
            *beat = Beat { due: next, asked: None, told, lost: 0, until: Some(renewed.lease_until) };
        }
    }

    /// The server did not answer, or could not.
    pub fn lost(&mut self, id: SessionId, now: DateTime<Utc>) {
        if let Some(beat) = self.beats.get_mut(&id) {
            let wait = WAITS[beat.lost.min(WAITS.len() - 1)];
            beat.due = now + TimeDelta::seconds(wait);
            beat.asked = None;
            beat.lost += 1;
        }
    }

    /// Time may have stood still here: whatever is not under way is due now.
    pub fn hurry(&mut self, now: DateTime<Utc>) {
        self.beats.values_mut().for_each(|beat| beat.due = beat.due.min(now));
    }

    /// Whether the heartbeats of this session get lost, and until when its seat is kept, if that is known.
    pub fn trouble(&self, id: SessionId) -> Option<Option<DateTime<Utc>>> {
        self.beats.get(&id).filter(|beat| beat.lost > 0).map(|beat| beat.until)
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

    fn due(beats: &mut Beats, seconds: i64) -> Vec<SessionId> {
        beats.take_due(at(seconds)).into_iter().map(|(id, _)| id).collect()
    }

    fn renewed() -> Renewed {
        Renewed { lease_until: at(120), next_in_seconds: 30, idle_ends_at: None, ending: None }
    }

    #[wasm_bindgen_test]
    fn the_first_beat_is_due_at_once_and_the_next_when_the_server_says() {
        let (mut beats, id) = beats();
        assert_eq!(due(&mut beats, 0), [id]);
        assert!(due(&mut beats, 1).is_empty(), "it is under way");
        beats.renewed(id, &renewed(), at(1));
        assert!(due(&mut beats, 30).is_empty());
        assert_eq!(due(&mut beats, 31), [id]);
    }

    #[wasm_bindgen_test]
    fn lost_beats_come_again_ever_more_slowly_and_are_seen() {
        let (mut beats, id) = beats();
        assert_eq!(due(&mut beats, 0), [id]);
        beats.renewed(id, &renewed(), at(0));
        assert_eq!(beats.trouble(id), None);
        let mut now = 30;
        for wait in [1, 2, 4, 8, 8] {
            assert_eq!(due(&mut beats, now), [id]);
            beats.lost(id, at(now));
            assert!(due(&mut beats, now + wait - 1).is_empty());
            now += wait;
        }
        assert_eq!(beats.trouble(id), Some(Some(at(120))), "the seat is kept until then");
        beats.renewed(id, &renewed(), at(now));
        assert_eq!(beats.trouble(id), None);
    }

    #[wasm_bindgen_test]
    fn a_beat_without_an_answer_is_not_waited_for_for_ever() {
        let (mut beats, id) = beats();
        assert_eq!(due(&mut beats, 0), [id]);
        assert_eq!(due(&mut beats, 10), [id]);
        assert!(beats.trouble(id).is_some());
    }

    #[wasm_bindgen_test]
    fn after_a_sleep_everything_is_due_but_nothing_twice() {
        let (mut beats, id) = beats();
        due(&mut beats, 0);
        beats.hurry(at(1));
        assert!(due(&mut beats, 1).is_empty(), "it is under way already");
        beats.renewed(id, &renewed(), at(1));
        beats.hurry(at(2));
        assert_eq!(due(&mut beats, 2), [id]);
    }

    #[wasm_bindgen_test]
    fn what_the_agent_did_is_told_until_the_server_heard_it() {
        let (mut beats, id) = beats();
        assert_eq!(beats.take_due(at(0)), [(id, false)]);
        beats.renewed(id, &renewed(), at(0));
        beats.active(at(20));
        assert_eq!(beats.take_due(at(30)), [(id, true)]);
        beats.lost(id, at(30));
        assert_eq!(beats.take_due(at(31)), [(id, true)], "again, since it was lost");
        beats.renewed(id, &renewed(), at(31));
        assert_eq!(beats.take_due(at(61)), [(id, false)], "nothing since");
    }

    #[wasm_bindgen_test]
    fn what_is_no_longer_kept_beats_no_more() {
        let (mut beats, id) = beats();
        beats.keep(&[session(2).id], at(0));
        assert_eq!(due(&mut beats, 0), [session(2).id]);
        beats.lost(id, at(0));
        assert_eq!(beats.trouble(id), None);
    }
}
