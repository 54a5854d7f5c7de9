//! Who is through the gate: the sessions of the last requests, so that the next one is answered without asking anybody.
//!
//! A seat is written down *before* the step that makes sure of it, an admission or a heartbeat, and counts only after it. So an
//! end that comes in between finds it and takes it away, and nobody gets through with a session that is over.

use crate::http::problem::Fail;
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::ids::{ProductId, SessionId, UserId};
use std::{
    collections::HashMap,
    sync::{
        Arc, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicI64, Ordering},
    },
};

/// However long the lease is, activity is told this often: idleness is counted by it.
const SELDOM: TimeDelta = TimeDelta::seconds(15);
/// So long after a request told that it is active, no other does, even if there is no answer yet.
const UNANSWERED: TimeDelta = TimeDelta::seconds(5);
/// With fewer than this it is not looked which are over.
const ROOM: usize = 1_024;

/// Somebody with a product at a device: what the gate gives one session.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// Who.
    pub user: UserId,
    /// Which product.
    pub product: ProductId,
    /// At which device.
    pub device: String,
}

/// The seats that are kept. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Seated(Arc<RwLock<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    seats: HashMap<Place, Seat>,
    places: HashMap<SessionId, Place>,
    turned_away: HashMap<Place, (Fail, DateTime<Utc>)>,
    room: usize,
}

#[derive(Debug)]
struct Seat {
    session: SessionId,
    /// Until when it lives, in milliseconds since 1970; 0 as long as that is not made sure of.
    until: AtomicI64,
    /// From when on the next request is a heartbeat.
    beat: AtomicI64,
    /// From when on the next one that shows activity is: one that shows none must not take its turn.
    activity: AtomicI64,
    /// How many milliseconds lie between two heartbeats.
    pause: AtomicI64,
}

/// What is known of a place.
#[derive(Debug)]
pub enum Known {
    /// He has this session. Whoever is told so is the one to send the heartbeat.
    Seat(SessionId, bool),
    /// He was turned away a moment ago.
    TurnedAway(Fail),
    /// Nothing.
    Nothing,
}

impl Seated {
    /// What is known of a place at this time, for a request that shows activity or does not.
    pub fn get(&self, place: &Place, active: bool, now: DateTime<Utc>) -> Known {
        let kept = self.read();
        if let Some(seat) = kept.seats.get(place).filter(|seat| seat.until.load(Ordering::Acquire) > millis(now)) {
            return Known::Seat(seat.session, seat.tells(active, now));
        }
        match kept.turned_away.get(place) {
            Some((fail, until)) if *until > now => Known::TurnedAway(fail.clone()),
            _ => Known::Nothing,
        }
    }

    /// Writes down a seat that is about to be made sure of.
    pub fn expect(&self, place: &Place, session: SessionId, now: DateTime<Utc>) {
        let mut kept = self.write();
        kept.make_room(now);
        kept.turned_away.remove(place);
        let seat = Seat::unsure(session);
        if let Some(before) = kept.seats.insert(place.clone(), seat) {
            kept.places.remove(&before.session);
        }
        kept.places.insert(session, place.clone());
    }

    /// The seat is sure until then, if nothing has ended it meanwhile; the next heartbeat is due after so long. If this one
    /// showed no activity, the next request that does is a heartbeat, too.
    pub fn confirm(&self, session: SessionId, active: bool, until: DateTime<Utc>, next: (DateTime<Utc>, TimeDelta)) {
        let kept = self.read();
        let seat = kept.places.get(&session).and_then(|place| kept.seats.get(place));
        if let Some(seat) = seat.filter(|seat| seat.session == session) {
            let (now, pause) = (next.0, next.1.min(SELDOM));
            seat.pause.store(pause.num_milliseconds(), Ordering::Release);
            seat.beat.store(millis(now + pause), Ordering::Release);
            if active {
                seat.activity.store(millis(now + pause), Ordering::Release);
            }
            seat.until.fetch_max(millis(until), Ordering::AcqRel);
        }
    }

    /// How long a page that is open may wait until it says so again.
    pub fn pause(&self, place: &Place) -> TimeDelta {
        let pause = self.read().seats.get(place).map(|seat| seat.pause.load(Ordering::Acquire));
        pause.map(TimeDelta::milliseconds).filter(|pause| *pause > TimeDelta::zero()).unwrap_or(SELDOM)
    }

    /// He is turned away with this until then, however often he asks.
    pub fn turn_away(&self, place: &Place, fail: Fail, until: DateTime<Utc>) {
        self.write().turned_away.insert(place.clone(), (fail, until));
    }

    /// The session is over.
    pub fn forget(&self, session: SessionId) {
        // Nearly all sessions that end have never been at the gate.
        if !self.read().places.contains_key(&session) {
            return;
        }
        let mut kept = self.write();
        if let Some(place) = kept.places.remove(&session)
            && kept.seats.get(&place).is_some_and(|seat| seat.session == session)
        {
            kept.seats.remove(&place);
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, Kept> {
        self.0.read().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn write(&self) -> RwLockWriteGuard<'_, Kept> {
        self.0.write().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Seat {
    fn unsure(session: SessionId) -> Self {
        let [until, beat, activity, pause] = [0; 4].map(AtomicI64::new);
        Self { session, until, beat, activity, pause }
    }

    /// Whether this request is the one that sends the heartbeat.
    fn tells(&self, active: bool, now: DateTime<Utc>) -> bool {
        let turn = if active { &self.activity } else { &self.beat };
        let due = turn.load(Ordering::Acquire);
        let next = millis(now + UNANSWERED);
        due <= millis(now) && turn.compare_exchange(due, next, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }
}

impl Kept {
    /// Drops what is over, each time that there is twice as much as was left the last time.
    fn make_room(&mut self, now: DateTime<Utc>) {
        if self.seats.len() + self.turned_away.len() < self.room.max(ROOM) {
            return;
        }
        self.turned_away.retain(|_, (_, until)| *until > now);
        self.seats.retain(|_, seat| seat.until.load(Ordering::Acquire) > millis(now));
        let seats = &self.seats;
        self.places.retain(|session, place| seats.get(place).is_some_and(|seat| seat.session == *session));
        self.room = (self.seats.len() + self.turned_away.len()) * 2;
    }
}

fn millis(at: DateTime<Utc>) -> i64 {
    at.timestamp_millis()
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn place() -> Place {
        let id = Uuid::from_u128(1);
        Place { user: UserId(id), product: ProductId(id), device: "Firefox · Windows".to_owned() }
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000 + seconds, 0).unwrap_or_default()
    }

    const ONE: SessionId = SessionId(Uuid::from_u128(2));
    const TWO: SessionId = SessionId(Uuid::from_u128(3));

    #[test]
    fn a_seat_counts_once_it_is_sure_and_until_its_lease_is_over() {
        let seated = Seated::default();
        seated.expect(&place(), ONE, at(0));
        assert!(matches!(seated.get(&place(), true, at(0)), Known::Nothing));
        seated.confirm(ONE, true, at(120), (at(0), TimeDelta::seconds(30)));
        assert!(matches!(seated.get(&place(), true, at(1)), Known::Seat(ONE, false)));
        assert!(matches!(seated.get(&place(), true, at(15)), Known::Seat(ONE, true)), "activity is told");
        assert!(matches!(seated.get(&place(), true, at(15)), Known::Seat(ONE, false)), "once");
        assert!(matches!(seated.get(&place(), true, at(120)), Known::Nothing));
    }

    #[test]
    fn an_open_page_does_not_take_the_turn_of_a_request_that_shows_activity() {
        let seated = Seated::default();
        seated.expect(&place(), ONE, at(0));
        seated.confirm(ONE, true, at(120), (at(0), TimeDelta::seconds(30)));
        assert!(matches!(seated.get(&place(), false, at(15)), Known::Seat(ONE, true)));
        seated.confirm(ONE, false, at(135), (at(15), TimeDelta::seconds(30)));
        assert!(matches!(seated.get(&place(), false, at(20)), Known::Seat(ONE, false)));
        assert!(matches!(seated.get(&place(), true, at(20)), Known::Seat(ONE, true)), "activity is told nevertheless");
        seated.confirm(ONE, true, at(140), (at(20), TimeDelta::seconds(30)));
        assert!(matches!(seated.get(&place(), true, at(34)), Known::Seat(ONE, false)));
        assert_eq!(seated.pause(&place()), TimeDelta::seconds(15));
    }

    #[test]
    fn an_end_between_being_written_down_and_being_sure_counts() {
        let seated = Seated::default();
        seated.expect(&place(), ONE, at(0));
        seated.forget(ONE);
        seated.confirm(ONE, true, at(120), (at(0), TimeDelta::seconds(30)));
        assert!(matches!(seated.get(&place(), true, at(1)), Known::Nothing));
    }

    #[test]
    fn the_end_of_an_older_session_takes_nothing_from_the_newer_one() {
        let seated = Seated::default();
        seated.expect(&place(), ONE, at(0));
        seated.expect(&place(), TWO, at(0));
        seated.confirm(TWO, true, at(120), (at(0), TimeDelta::seconds(30)));
        seated.forget(ONE);
        assert!(matches!(seated.get(&place(), true, at(1)), Known::Seat(TWO, _)));
    }

    #[test]
    fn whoever_is_turned_away_is_so_for_a_while() {
        let seated = Seated::default();
        seated.turn_away(&place(), Fail::code(seatkeeper_shared::problem::Code::PoolFull), at(2));
        assert!(matches!(seated.get(&place(), true, at(1)), Known::TurnedAway(_)));
        assert!(matches!(seated.get(&place(), true, at(2)), Known::Nothing));
    }
}
