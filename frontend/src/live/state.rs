//! What the live feed has told so far: licenses, live sessions, those that have just ended, and who waits. No browser in it.

use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{LicenseId, Position, SessionId, TicketId, UserId},
    license::Model,
    session::SessionState,
    wire::{
        licenses::LicenseView,
        live::{Change, Contact, Contacts, Snapshot},
        queue::{QueueView, TicketView},
        sessions::SessionView,
    },
};
use std::collections::{BTreeMap, HashMap};

/// Everything the viewer sees, as of [`LiveState::position`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LiveState {
    /// All changes up to here are in it.
    pub position: Position,
    /// The licenses: by product, named ones first.
    pub licenses: Vec<LicenseView>,
    /// The live sessions.
    pub sessions: BTreeMap<SessionId, SessionView>,
    /// Sessions that ended a moment ago and are still shown as such.
    pub parting: BTreeMap<SessionId, SessionView>,
    /// The lines in which somebody waits, each with its head first.
    pub queues: BTreeMap<LicenseId, Vec<TicketView>>,
}

impl LiveState {
    /// Starts anew from a snapshot.
    pub fn begin(&mut self, snapshot: Snapshot) {
        self.position = snapshot.position;
        self.licenses = snapshot.licenses;
        self.licenses.sort_by(order);
        self.sessions = snapshot.sessions.into_iter().map(|session| (session.id, session)).collect();
        self.parting.clear();
        self.queues.clear();
        snapshot.queues.into_iter().for_each(|queue| self.put_queue(queue));
    }

    /// Takes what changed; taking it twice does no harm. Answers the sessions that ended by it.
    pub fn apply(&mut self, change: Change) -> Vec<SessionView> {
        self.position = self.position.max(change.position);
        for license in change.licenses {
            self.put_license(license);
        }
        change.queues.into_iter().for_each(|queue| self.put_queue(queue));
        change.sessions.into_iter().filter_map(|session| self.put_session(session)).collect()
    }

    /// Forgets sessions that ended a moment ago.
    pub fn forget(&mut self, parted: &[SessionId]) {
        for id in parted {
            self.parting.remove(id);
        }
    }

    /// The license, if the viewer sees it.
    pub fn license(&self, id: LicenseId) -> Option<&LicenseView> {
        self.licenses.iter().find(|license| license.id == id)
    }

    /// How many live sessions there are in all; of very many the feed holds only the newest.
    pub fn total(&self) -> usize {
        let counted: i64 = self.licenses.iter().map(|license| license.usage.sessions).sum();
        usize::try_from(counted).unwrap_or_default().max(self.sessions.len())
    }

    /// How many sessions of shared licenses are live.
    pub fn shared(&self) -> usize {
        self.sessions.values().filter(|session| session.model == Model::Concurrent).count()
    }

    /// The live sessions of this user, the newest first.
    pub fn of(&self, user: UserId) -> Vec<SessionView> {
        let mut own: Vec<_> = self.sessions.values().filter(|session| session.user_id == user).cloned().collect();
        own.sort_by_key(|session| std::cmp::Reverse(session.created_at));
        own
    }

    /// The line at this license, the head first.
    pub fn line(&self, license: LicenseId) -> &[TicketView] {
        self.queues.get(&license).map(Vec::as_slice).unwrap_or_default()
    }

    /// The tickets of this user, the oldest first.
    pub fn tickets_of(&self, user: UserId) -> Vec<TicketView> {
        let all = self.queues.values().flatten();
        let mut own: Vec<_> = all.filter(|ticket| ticket.user_id == user).cloned().collect();
        own.sort_by_key(|ticket| (ticket.created_at, ticket.id));
        own
    }

    /// Takes a ticket as the server has just answered it; the feed will tell its whole line a moment later.
    pub fn put_ticket(&mut self, ticket: TicketView) {
        self.drop_ticket(ticket.id);
        let line = self.queues.entry(ticket.license_id).or_default();
        line.push(ticket);
        line.sort_by_key(|ticket| ticket.position);
    }

    /// Forgets a ticket that has left its line.
    pub fn drop_ticket(&mut self, id: TicketId) {
        self.queues.values_mut().for_each(|line| line.retain(|ticket| ticket.id != id));
        self.queues.retain(|_, line| !line.is_empty());
    }

    fn put_queue(&mut self, queue: QueueView) {
        if queue.tickets.is_empty() {
            self.queues.remove(&queue.license_id);
        } else {
            self.queues.insert(queue.license_id, queue.tickets);
        }
    }

    fn put_license(&mut self, license: LicenseView) {
        match self.licenses.iter_mut().find(|known| known.id == license.id) {
            Some(known) => *known = license,
            None => self.licenses.push(license),
        }
        self.licenses.sort_by(order);
    }

    /// Answers the session if it was live until now.
    /// Whether something newer is known of this session. The feed and the answers to requests come by two ways, and what
    /// was read first may arrive last; a session that was heard of later, or has ended, is newer.
    fn is_overtaken(&self, session: &SessionView) -> bool {
        let known = self.sessions.get(&session.id);
        let earlier = known.is_some_and(|known| session.last_seen_at < known.last_seen_at);
        session.state != SessionState::Ended && (earlier || self.parting.contains_key(&session.id))
    }

    fn put_session(&mut self, mut session: SessionView) -> Option<SessionView> {
        if self.is_overtaken(&session) {
            return None;
        }
        let before = self.sessions.remove(&session.id);
        if session.state == SessionState::Ended {
            before?;
            self.parting.insert(session.id, session.clone());
            return Some(session);
        }
        // The frame for all viewers is without the key; the one for its agent follows it.
        if session.state == SessionState::Waiting && session.support_key.is_none() {
            session.support_key = before.and_then(|known| known.support_key);
        }
        self.sessions.insert(session.id, session);
        None
    }
}

fn order(a: &LicenseView, b: &LicenseView) -> std::cmp::Ordering {
    let key = |license: &LicenseView| (license.product_name.to_lowercase(), license.model, license.id);
    key(a).cmp(&key(b))
}

/// When each session was last heard of, newer than what stands in the session itself.
#[derive(Clone, Debug, Default)]
pub struct Heard(HashMap<SessionId, Contact>);

impl Heard {
    /// Takes the heartbeats of one event.
    pub fn take(&mut self, contacts: Contacts) {
        self.0.extend(contacts.contacts.into_iter().map(|contact| (contact.id, contact)));
    }

    /// Keeps only what is about these sessions.
    pub fn keep(&mut self, sessions: &BTreeMap<SessionId, SessionView>) {
        self.0.retain(|id, _| sessions.contains_key(id));
    }

    /// The newest contact with this session.
    pub fn of(&self, session: &SessionView) -> Contact {
        let own = Contact { id: session.id, last_seen_at: session.last_seen_at, lease_until: session.lease_until };
        match self.0.get(&session.id) {
            Some(heard) if heard.last_seen_at > own.last_seen_at => heard.clone(),
            _ => own,
        }
    }
}

/// Whether contact is lost: less than half of the lease is left.
pub fn lost(contact: &Contact, now: DateTime<Utc>) -> bool {
    let lease = contact.lease_until - contact.last_seen_at;
    (contact.lease_until - now) * 2 < lease
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample::{at, license, session, ticket};
    use seatkeeper_shared::{
        problem::End,
        session::{EndReason, SessionState},
    };
    use wasm_bindgen_test::wasm_bindgen_test;

    fn change(sessions: Vec<SessionView>) -> Change {
        Change { position: Position(8), at: at(0), licenses: Vec::new(), sessions, queues: Vec::new() }
    }

    fn state(sessions: Vec<SessionView>) -> LiveState {
        let total = 3;
        let mut state = LiveState::default();
        state.begin(Snapshot {
            position: Position(7),
            at: at(0),
            licenses: vec![license(1, 10)],
            sessions,
            sessions_total: total,
            queues: Vec::new(),
        });
        state
    }

    fn ended(mut session: SessionView) -> SessionView {
        session.state = SessionState::Ended;
        session.ended = Some(End { reason: EndReason::EndedByAdmin, at: at(60), by: None, message: None });
        session
    }

    #[wasm_bindgen_test]
    fn a_session_that_ends_parts_once_however_often_it_is_told() {
        let mut state = state(vec![session(1), session(2)]);
        assert_eq!(state.apply(change(vec![ended(session(1))])).len(), 1);
        assert_eq!(state.apply(change(vec![ended(session(1))])).len(), 0, "told again");
        assert_eq!((state.sessions.len(), state.parting.len()), (1, 1));
        state.forget(&[session(1).id]);
        assert!(state.parting.is_empty());
        assert_eq!(state.position, Position(8));
    }

    #[wasm_bindgen_test]
    fn what_was_read_first_and_arrives_last_changes_nothing() {
        let then = session(1);
        let moved = |mut session: SessionView, device: &str| {
            session.device = device.to_owned();
            session
        };
        let now = SessionView { last_seen_at: then.last_seen_at + chrono::TimeDelta::microseconds(1), ..then.clone() };
        let mut state = state(vec![then.clone()]);
        state.apply(change(vec![moved(now.clone(), "Tablet")]));
        state.apply(change(vec![moved(then.clone(), "Notebook")]));
        assert_eq!(state.sessions[&then.id].device, "Tablet");
        state.apply(change(vec![moved(now.clone(), "Telefon")]));
        assert_eq!(state.sessions[&then.id].device, "Telefon", "heard of at the same time: the last word counts");
        assert_eq!(state.apply(change(vec![ended(then.clone())])).len(), 1, "an end is always news");
        state.apply(change(vec![now]));
        assert!(state.sessions.is_empty(), "an end is final");
    }

    #[wasm_bindgen_test]
    fn the_support_key_outlives_a_frame_that_is_without_it() {
        let mut mine = session(1);
        mine.support_key = Some("482910537".to_owned());
        let mut state = state(vec![mine]);
        state.apply(change(vec![session(1)]));
        assert_eq!(state.sessions[&session(1).id].support_key.as_deref(), Some("482910537"));
    }

    #[wasm_bindgen_test]
    fn a_line_is_told_whole_and_an_answer_comes_before_it() {
        let mut state = state(Vec::new());
        state.put_ticket(ticket(2));
        state.put_ticket(ticket(1));
        let license = ticket(1).license_id;
        assert_eq!(state.line(license).iter().map(|ticket| ticket.position).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(state.tickets_of(ticket(2).user_id), [ticket(2)]);
        let told = |tickets| QueueView { license_id: license, tickets };
        state.apply(Change { queues: vec![told(vec![ticket(3)])], ..change(Vec::new()) });
        assert_eq!(state.line(license), [ticket(3)]);
        state.apply(Change { queues: vec![told(Vec::new())], ..change(Vec::new()) });
        assert!(state.queues.is_empty());
    }

    #[wasm_bindgen_test]
    fn of_very_many_sessions_the_licenses_know_the_number() {
        let mut state = state(vec![session(1)]);
        state.licenses[0].usage.sessions = 6_000;
        assert_eq!(state.total(), 6_000);
    }

    #[wasm_bindgen_test]
    fn contact_is_lost_when_half_of_the_lease_is_gone() {
        let mut heard = Heard::default();
        let session = session(1);
        assert!(!lost(&heard.of(&session), at(59)));
        assert!(lost(&heard.of(&session), at(61)), "the lease is 120 seconds");
        let contact = Contact { id: session.id, last_seen_at: at(30), lease_until: at(150) };
        heard.take(Contacts { at: at(30), contacts: vec![contact] });
        assert!(!lost(&heard.of(&session), at(61)), "it was heard of since");
    }
}
