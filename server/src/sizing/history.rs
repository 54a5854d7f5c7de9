//! The record of a license in a period, put together from the log and the tables.

use super::{beginning::Beginning, changes::Changes, facts::Facts};
use crate::{
    db::{Db, DbError},
    pool::{Pool, Session, Ticket, changes::PoolUser, replay::history::History},
    store::reports::{
        history::{self as store, LicenseLog, LoggedChange},
        pruned_until,
    },
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    audit::Kind,
    ids::{LicenseId, SessionId, TicketId, UserId},
    session::SessionState,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The record of a license, and how many seats were occupied.
#[derive(Clone, Debug)]
pub struct Record {
    pub history: History,
    /// When the log begins, if that is after the requested beginning.
    pub recorded_from: Option<DateTime<Utc>>,
    /// The occupied seats at the beginning, and after each event.
    pub levels: Vec<(DateTime<Utc>, i64)>,
}

/// Reads the record of a license. It begins when the license was added, or where the log begins, if that is later than
/// `from`. `None` if there is no such license. `on_read` is told how many positions of the log have been read, and of
/// how many.
///
/// # Errors
/// Returns an error if the database cannot be read.
pub async fn read(
    db: &Db,
    license: LicenseId,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    on_read: &(dyn Fn(i64, i64) + Sync),
) -> Result<Option<Record>, DbError> {
    // The present state first: what changes meanwhile is then in the log.
    let Some(present) = store::license(db, license).await? else { return Ok(None) };
    let recorded_from = pruned_until(db).await?.filter(|recorded| *recorded > from);
    let from = from.max(present.created_at).max(recorded_from.unwrap_or(from)).min(to);
    let sessions = store::sessions(db, license, from).await?;
    let tickets = store::tickets(db, license, (from, to)).await?;
    let cooling = store::cool_downs(db, license, from).await?;
    let log = store::log(db, license, (from, to), on_read).await?;
    // Positions and times increase together, apart from short steps back.
    let first = log.events.iter().position(|event| event.at >= from).unwrap_or(log.events.len());
    let (before, rest) = log.events.split_at(first);
    let beginning = Beginning::of(&present, rest, &log, from);
    let users = beginning.users(&present);
    let statuses = store::statuses(db, users.iter().copied()).await?;
    let members = store::members(db, beginning.groups.iter().copied()).await?;
    let events = rest.split(|event| event.at >= to).next().unwrap_or_default();
    let cool_until = cool_downs(&cooling, from);
    let user = |id: &UserId| PoolUser {
        id: *id,
        name: String::new(),
        email: String::new(),
        status: beginning.status(*id, &statuses),
        assigned: beginning.is_assigned(*id, &present),
        grant_ends_at: None,
        cool_until: cool_until.get(id).copied(),
        groups: beginning.groups_of(*id, &members),
    };
    let users: Vec<_> = users.iter().map(user).collect();
    let groups_of = users.iter().map(|user| (user.id, user.groups.clone())).collect();
    let (terms, began) = (beginning.terms(&present), Earlier { before, events: rest, later: &log.later, from });
    let (sessions, earlier_tickets) = (began.sessions(sessions), began.tickets(&tickets));
    let mut history = History { from, until: to, terms, users, sessions, tickets: earlier_tickets, events: Vec::new() };
    let mut changes = Changes::new(&beginning, &present, groups_of, &tickets);
    for event in in_order(events, &log, from, to) {
        changes.apply(event, &mut history.events);
    }
    let levels = levels(&history, events);
    Ok(Some(Record { history, recorded_from, levels }))
}

/// The events of the license and those of the account in the period, in the order of the log.
fn in_order<'a>(
    events: &'a [LoggedChange],
    log: &'a LicenseLog,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Vec<&'a LoggedChange> {
    let account = log.account.iter().filter(|event| event.at >= from && event.at < to);
    let mut all: Vec<_> = events.iter().chain(account).collect();
    all.sort_by_key(|event| event.position);
    all
}

fn cool_downs(events: &[(Option<UserId>, String)], from: DateTime<Utc>) -> BTreeMap<UserId, DateTime<Utc>> {
    let until = events.iter().filter_map(|(user, facts)| Some(((*user)?, Facts::parse(facts).until?)));
    until.filter(|(_, until)| *until > from).collect()
}

fn levels(history: &History, events: &[LoggedChange]) -> Vec<(DateTime<Utc>, i64)> {
    let occupied = Pool::new(history.terms.clone(), history.sessions.iter().cloned(), []).occupied();
    let later = events.iter().filter_map(|event| Some((event.at, event.occupied?)));
    std::iter::once((history.from, occupied)).chain(later).collect()
}

/// Finds what was live at the beginning.
struct Earlier<'a> {
    /// The events shortly before the beginning.
    before: &'a [LoggedChange],
    /// The events from the beginning on.
    events: &'a [LoggedChange],
    later: &'a [LoggedChange],
    from: DateTime<Utc>,
}

impl Earlier<'_> {
    /// Of sessions as they are now, those that were live, as they were.
    fn sessions(&self, rows: Vec<Session>) -> Vec<Session> {
        let of_kind = |events: &[LoggedChange], kind: Kind| -> BTreeSet<SessionId> {
            events.iter().filter(|event| event.kind == Some(kind)).filter_map(|event| event.session).collect()
        };
        let ended = of_kind(self.before, Kind::SessionEnded);
        let created = of_kind(self.events, Kind::SessionCreated);
        let (devices, borrowed) = (self.first_devices(), of_kind(self.events, Kind::SessionBorrowed));
        let was_live = |session: &Session| !ended.contains(&session.id) && !created.contains(&session.id);
        let as_it_was = |session: Session| {
            let is_connected = session.connected_at.is_some_and(|at| at < self.from);
            Session {
                device: devices.get(&session.id).unwrap_or(&session.device).clone(),
                state: if is_connected { SessionState::Connected } else { SessionState::Waiting },
                connected_at: session.connected_at.filter(|_| is_connected),
                borrowed_until: session.borrowed_until.filter(|_| !borrowed.contains(&session.id)),
                ..session
            }
        };
        rows.into_iter().filter(was_live).map(as_it_was).collect()
    }

    /// The devices of the sessions that continued on another one since.
    fn first_devices(&self) -> HashMap<SessionId, String> {
        let mut devices = HashMap::new();
        for event in self.events.iter().chain(self.later) {
            if let (Some(Kind::SessionContinued), Some(session)) = (event.kind, event.session)
                && let Some((old, _)) = Facts::of(event).changed("device")
            {
                devices.entry(session).or_insert(old);
            }
        }
        devices
    }

    /// Of tickets as they are now, those that were in the queue, as they were. If one was moved since, all are taken in
    /// the order in which they joined: the log has only the place after a move.
    fn tickets(&self, rows: &[Ticket]) -> Vec<Ticket> {
        let of_kind = |events: &[LoggedChange], kind: Kind| -> BTreeSet<TicketId> {
            let of_kind = events.iter().filter(|event| event.kind == Some(kind));
            of_kind.filter_map(|event| Facts::of(event).ticket).collect()
        };
        let over = of_kind(self.before, Kind::TicketOver);
        let taken = of_kind(self.events, Kind::TicketTaken);
        let was_waiting = |ticket: &&Ticket| {
            ticket.created_at < self.from && !over.contains(&ticket.id) && !taken.contains(&ticket.id)
        };
        let mut tickets: Vec<_> = rows.iter().filter(was_waiting).cloned().collect();
        if tickets.is_empty() {
            return tickets;
        }
        let moved = of_kind(self.events, Kind::TicketMoved);
        if tickets.iter().any(|ticket| moved.contains(&ticket.id)) {
            tickets.sort_by_key(|ticket| (ticket.created_at, ticket.id));
            tickets.iter_mut().zip(1..).for_each(|(ticket, place)| ticket.place = place);
        }
        for ticket in &mut tickets {
            self.set_offer(ticket);
        }
        tickets
    }

    /// Whether a seat was offered to a ticket: its next event tells.
    fn set_offer(&self, ticket: &mut Ticket) {
        let next = self.events.iter().find(|event| {
            let is_about_offer =
                matches!(event.kind, Some(Kind::TicketOffered | Kind::TicketOfferTakenBack | Kind::TicketOver));
            is_about_offer && Facts::of(event).ticket == Some(ticket.id)
        });
        match next.and_then(|event| event.kind) {
            Some(Kind::TicketOffered) => ticket.offer_until = None,
            Some(Kind::TicketOfferTakenBack) => ticket.offer_until = ticket.offer_until.or(Some(self.from)),
            _ => {}
        }
    }
}

impl Record {
    /// The users to whom the license was assigned at any time in the period.
    pub fn people(&self) -> usize {
        use crate::pool::replay::history::RecordedChange;
        let granted = self.history.events.iter().filter_map(|event| match event.change {
            RecordedChange::Granted(user) => Some(user),
            _ => None,
        });
        let assigned = self.history.users.iter().filter(|user| user.assigned).map(|user| user.id);
        assigned.chain(granted).collect::<BTreeSet<_>>().len()
    }
}
