//! Decides when which heartbeat is due. Pure logic: the time is an argument.

use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{ids::SessionId, wire::sessions::HeartbeatReply};
use std::collections::BTreeMap;

/// A heartbeat without an answer counts as lost after this time and is sent again.
const RESPONSE_TIMEOUT: TimeDelta = TimeDelta::seconds(10);
/// Delays after lost heartbeats, in seconds; the last one repeats.
const RETRY_DELAYS_SECONDS: [i64; 4] = [1, 2, 4, 8];

/// The heartbeats of all sessions that this browser keeps alive.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HeartbeatSchedule {
    heartbeats: BTreeMap<SessionId, ScheduledHeartbeat>,
    active_at: Option<DateTime<Utc>>,
}

/// A heartbeat to send now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueHeartbeat {
    pub session: SessionId,
    /// Whether the agent was active since the last report.
    pub active: bool,
}

/// Whether the lease of a session is being renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaseRenewal {
    /// The last heartbeat was answered, or the first is under way.
    Working,
    /// Heartbeats are being lost; with the end of the lease, if known.
    Failing { lease_until: Option<DateTime<Utc>> },
}

#[derive(Clone, Debug, PartialEq)]
struct ScheduledHeartbeat {
    due: DateTime<Utc>,
    sent_at: Option<DateTime<Utc>>,
    /// Activity up to this time has been reported to the server.
    reported_at: DateTime<Utc>,
    lost: usize,
    lease_until: Option<DateTime<Utc>>,
}

impl HeartbeatSchedule {
    /// Schedules heartbeats for exactly these sessions. A new one is due at once, because only the server knows its
    /// interval.
    pub fn set_sessions(&mut self, ids: &[SessionId], now: DateTime<Utc>) {
        self.heartbeats.retain(|id, _| ids.contains(id));
        for id in ids {
            self.heartbeats.entry(*id).or_insert(ScheduledHeartbeat {
                due: now,
                sent_at: None,
                reported_at: now,
                lost: 0,
                lease_until: None,
            });
        }
    }

    /// Records that the agent was active.
    pub fn record_activity(&mut self, now: DateTime<Utc>) {
        self.active_at = Some(now);
    }

    /// The heartbeats to send now. One that is answered by neither [`HeartbeatSchedule::renewed`] nor
    /// [`HeartbeatSchedule::lost`] is due again later.
    pub fn take_due(&mut self, now: DateTime<Utc>) -> Vec<DueHeartbeat> {
        let due = |heartbeat: &ScheduledHeartbeat| {
            heartbeat.due <= now && heartbeat.sent_at.is_none_or(|sent_at| sent_at + RESPONSE_TIMEOUT <= now)
        };
        let mut taken = Vec::new();
        for (id, heartbeat) in self.heartbeats.iter_mut().filter(|(_, heartbeat)| due(heartbeat)) {
            if heartbeat.sent_at.replace(now).is_some() {
                heartbeat.lost += 1;
            }
            let active = self.active_at.is_some_and(|active_at| active_at > heartbeat.reported_at);
            taken.push(DueHeartbeat { session: *id, active });
        }
        taken
    }

    /// The server accepted a heartbeat and set the time of the next.
    pub fn renewed(&mut self, id: SessionId, renewed: &HeartbeatReply, now: DateTime<Utc>) {
        if let Some(heartbeat) = self.heartbeats.get_mut(&id) {
            let reported_at = heartbeat.sent_at.unwrap_or(heartbeat.reported_at);
            let next = now + TimeDelta::seconds(renewed.next_in_seconds.max(1));
            *heartbeat = ScheduledHeartbeat {
                due: next,
                sent_at: None,
                reported_at,
                lost: 0,
                lease_until: Some(renewed.lease_until),
            };
        }
    }

    /// The server did not answer, or could not process the heartbeat.
    pub fn lost(&mut self, id: SessionId, now: DateTime<Utc>) {
        if let Some(heartbeat) = self.heartbeats.get_mut(&id) {
            let wait = RETRY_DELAYS_SECONDS[heartbeat.lost.min(RETRY_DELAYS_SECONDS.len() - 1)];
            heartbeat.due = now + TimeDelta::seconds(wait);
            heartbeat.sent_at = None;
            heartbeat.lost += 1;
        }
    }

    /// Makes every heartbeat due that is not under way, e.g. after the computer slept.
    pub fn make_due(&mut self, now: DateTime<Utc>) {
        self.heartbeats.values_mut().for_each(|heartbeat| heartbeat.due = heartbeat.due.min(now));
    }

    /// Whether the lease of this session is being renewed.
    pub fn renewal(&self, id: SessionId) -> LeaseRenewal {
        match self.heartbeats.get(&id).filter(|heartbeat| heartbeat.lost > 0) {
            Some(heartbeat) => LeaseRenewal::Failing { lease_until: heartbeat.lease_until },
            None => LeaseRenewal::Working,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample::{at, session};
    use wasm_bindgen_test::wasm_bindgen_test;

    fn schedule() -> (HeartbeatSchedule, SessionId) {
        let (mut schedule, id) = (HeartbeatSchedule::default(), session(1).id);
        schedule.set_sessions(&[id], at(0));
        (schedule, id)
    }

    fn due(schedule: &mut HeartbeatSchedule, seconds: i64) -> Vec<SessionId> {
        schedule.take_due(at(seconds)).into_iter().map(|due| due.session).collect()
    }

    fn renewed() -> HeartbeatReply {
        HeartbeatReply { lease_until: at(120), next_in_seconds: 30, idle_ends_at: None, ending: None }
    }

    #[wasm_bindgen_test]
    fn the_first_heartbeat_is_due_at_once_and_the_next_when_the_server_says() {
        let (mut schedule, id) = schedule();
        assert_eq!(due(&mut schedule, 0), [id]);
        assert!(due(&mut schedule, 1).is_empty(), "it is under way");
        schedule.renewed(id, &renewed(), at(1));
        assert!(due(&mut schedule, 30).is_empty());
        assert_eq!(due(&mut schedule, 31), [id]);
    }

    #[wasm_bindgen_test]
    fn lost_heartbeats_are_retried_with_growing_delays() {
        let (mut schedule, id) = schedule();
        assert_eq!(due(&mut schedule, 0), [id]);
        schedule.renewed(id, &renewed(), at(0));
        assert_eq!(schedule.renewal(id), LeaseRenewal::Working);
        let mut now = 30;
        for wait in [1, 2, 4, 8, 8] {
            assert_eq!(due(&mut schedule, now), [id]);
            schedule.lost(id, at(now));
            assert!(due(&mut schedule, now + wait - 1).is_empty());
            now += wait;
        }
        let failing = LeaseRenewal::Failing { lease_until: Some(at(120)) };
        assert_eq!(schedule.renewal(id), failing, "the seat is kept until then");
        schedule.renewed(id, &renewed(), at(now));
        assert_eq!(schedule.renewal(id), LeaseRenewal::Working);
    }

    #[wasm_bindgen_test]
    fn a_heartbeat_without_an_answer_is_sent_again() {
        let (mut schedule, id) = schedule();
        assert_eq!(due(&mut schedule, 0), [id]);
        assert_eq!(due(&mut schedule, 10), [id]);
        assert_eq!(schedule.renewal(id), LeaseRenewal::Failing { lease_until: None });
    }

    #[wasm_bindgen_test]
    fn after_a_sleep_every_heartbeat_is_due_once() {
        let (mut schedule, id) = schedule();
        due(&mut schedule, 0);
        schedule.make_due(at(1));
        assert!(due(&mut schedule, 1).is_empty(), "it is under way already");
        schedule.renewed(id, &renewed(), at(1));
        schedule.make_due(at(2));
        assert_eq!(due(&mut schedule, 2), [id]);
    }

    #[wasm_bindgen_test]
    fn activity_is_reported_until_the_server_confirms_it() {
        let (mut schedule, id) = schedule();
        assert_eq!(schedule.take_due(at(0)), [DueHeartbeat { session: id, active: false }]);
        schedule.renewed(id, &renewed(), at(0));
        schedule.record_activity(at(20));
        assert_eq!(schedule.take_due(at(30)), [DueHeartbeat { session: id, active: true }]);
        schedule.lost(id, at(30));
        assert_eq!(schedule.take_due(at(31)), [DueHeartbeat { session: id, active: true }], "again, since it was lost");
        schedule.renewed(id, &renewed(), at(31));
        assert_eq!(schedule.take_due(at(61)), [DueHeartbeat { session: id, active: false }], "nothing since");
    }

    #[wasm_bindgen_test]
    fn a_session_no_longer_kept_alive_gets_no_heartbeats() {
        let (mut schedule, id) = schedule();
        schedule.set_sessions(&[session(2).id], at(0));
        assert_eq!(due(&mut schedule, 0), [session(2).id]);
        schedule.lost(id, at(0));
        assert_eq!(schedule.renewal(id), LeaseRenewal::Working);
    }
}
