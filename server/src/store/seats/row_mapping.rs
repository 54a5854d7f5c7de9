//! The rows of sessions and tickets: their columns, and how rows are read and written. No other file names the columns
//! of whole rows.

use crate::{
    db::{ColumnDef, Columns, DbError, Fields, Row, fields},
    pool::{ScheduledEnd, Session, Ticket, ViewContext},
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{LicenseId, SessionId, TicketId, UserId},
    problem::SessionEnd,
    session::SessionState,
    ticket::TicketEnd,
    wire::queue::TicketOver,
};

/// The columns of a session while it lives. A change keeps later times: a heartbeat may have been written and answered
/// after the session was read.
pub(in crate::store) const SESSION: Columns = Columns(&[
    ColumnDef::new("id", "uuid"),
    ColumnDef::new("license_id", "uuid"),
    ColumnDef::new("user_id", "uuid"),
    ColumnDef::new("device", "text").changes(),
    ColumnDef::new("state", "text").changes(),
    ColumnDef::new("mode", "text"),
    ColumnDef::new("platform", "text").changes(),
    ColumnDef::new("remote_device", "text"),
    ColumnDef::new("support_key", "text").changes(),
    ColumnDef::new("key_expires_at", "time").changes(),
    ColumnDef::new("idempotency_key", "text"),
    ColumnDef::new("created_at", "time"),
    ColumnDef::new("connected_at", "time").changes(),
    ColumnDef::new("last_seen_at", "time").changes_to(
        "CASE WHEN sessions.last_seen_at > given.last_seen_at THEN sessions.last_seen_at ELSE given.last_seen_at END",
    ),
    ColumnDef::new("lease_until", "time").changes_to(
        "CASE WHEN sessions.lease_until > given.lease_until AND given.borrowed_until IS NULL \
         THEN sessions.lease_until ELSE given.lease_until END",
    ),
    ColumnDef::new("active_at", "time")
        .changes_to("CASE WHEN sessions.active_at > given.active_at THEN sessions.active_at ELSE given.active_at END"),
    ColumnDef::new("warned_at", "time")
        .changes_to("CASE WHEN sessions.active_at > given.active_at THEN sessions.warned_at ELSE given.warned_at END"),
    ColumnDef::new("ending_at", "time").changes(),
    ColumnDef::new("ending_by", "uuid").changes(),
    ColumnDef::new("ending_by_name", "text").changes(),
    ColumnDef::new("ending_message", "text").changes(),
    ColumnDef::new("protected", "boolean").changes(),
    ColumnDef::new("borrowed_until", "time").changes(),
]);

/// The columns that the end of a session sets.
pub(in crate::store) const SESSION_END: Columns = Columns(&[
    ColumnDef::new("ended_at", "time").changes(),
    ColumnDef::new("end_reason", "text").changes(),
    ColumnDef::new("end_message", "text").changes(),
    ColumnDef::new("ended_by", "uuid").changes(),
    ColumnDef::new("ended_by_name", "text").changes(),
]);

/// The columns of a ticket while it is in the queue.
pub(in crate::store) const TICKET: Columns = Columns(&[
    ColumnDef::new("id", "uuid"),
    ColumnDef::new("license_id", "uuid"),
    ColumnDef::new("user_id", "uuid"),
    ColumnDef::new("device", "text"),
    ColumnDef::new("mode", "text"),
    ColumnDef::new("platform", "text"),
    ColumnDef::new("remote_device", "text"),
    ColumnDef::new("place", "int").changes(),
    ColumnDef::new("created_at", "time"),
    ColumnDef::new("last_seen_at", "time"),
    ColumnDef::new("lease_until", "time"),
    ColumnDef::new("offer_until", "time").changes(),
]);

/// The columns that the end of a ticket sets.
pub(in crate::store) const TICKET_END: Columns = Columns(&[
    ColumnDef::new("ended_at", "time").changes(),
    ColumnDef::new("end_reason", "text").changes(),
    ColumnDef::new("session_id", "uuid").changes(),
]);

/// What [`view_context`] reads, for statements with [`VIEW_JOINS`].
pub(in crate::store) const VIEW_COLUMNS: &str =
    "l.product_id, p.name AS product_name, l.model, u.name AS user_name, u.email AS user_email";

/// The license, the product and the agent of the sessions or tickets `seat`.
pub(in crate::store) const VIEW_JOINS: &str = "
    JOIN licenses l ON l.id = seat.license_id
    JOIN products p ON p.id = l.product_id
    JOIN users u ON u.id = seat.user_id";

/// Reads a session.
pub(in crate::store) fn session(row: &Row) -> Result<Session, DbError> {
    let created_at = row.get("created_at")?;
    Ok(Session {
        id: row.get("id")?,
        user: row.get("user_id")?,
        device: row.get("device")?,
        state: row.get("state")?,
        mode: row.get("mode")?,
        platform: row.opt("platform")?,
        remote_device: row.opt("remote_device")?,
        support_key: row.opt("support_key")?,
        key_expires_at: row.opt("key_expires_at")?,
        idempotency_key: row.opt("idempotency_key")?,
        created_at,
        connected_at: row.opt("connected_at")?,
        last_seen_at: row.get("last_seen_at")?,
        lease_until: row.get("lease_until")?,
        // Absent in the sessions of early versions.
        active_at: row.opt("active_at")?.unwrap_or(created_at),
        warned_at: row.opt("warned_at")?,
        ending: scheduled_end(row)?,
        protected: row.get("protected")?,
        borrowed_until: row.opt("borrowed_until")?,
    })
}

/// Reads the scheduled end of a session.
pub(in crate::store) fn scheduled_end(row: &Row) -> Result<Option<ScheduledEnd>, DbError> {
    let Some(at) = row.opt("ending_at")? else { return Ok(None) };
    let (by, by_name, message) = (row.opt("ending_by")?, row.opt("ending_by_name")?, row.opt("ending_message")?);
    Ok(Some(ScheduledEnd { at, by, by_name, message }))
}

/// Reads how a session ended. `None` if it lives.
pub(in crate::store) fn session_end(row: &Row) -> Result<Option<SessionEnd>, DbError> {
    let Some(at) = row.opt("ended_at")? else { return Ok(None) };
    let (reason, by, message) = (row.get("end_reason")?, row.opt("ended_by_name")?, row.opt("end_message")?);
    Ok(Some(SessionEnd { reason, at, by, message }))
}

/// The row of a session. Names every field, so that none is forgotten.
pub(super) fn session_fields(license: LicenseId, session: &Session) -> Fields {
    let Session {
        id,
        user,
        device,
        state,
        mode,
        platform,
        remote_device,
        support_key,
        key_expires_at,
        idempotency_key,
        created_at,
        connected_at,
        last_seen_at,
        lease_until,
        active_at,
        warned_at,
        ending,
        protected,
        borrowed_until,
    } = session;
    let ending = ending.as_ref();
    fields! {
        "id": id, "license_id": license, "user_id": user, "device": device, "state": *state, "mode": *mode,
        "platform": *platform, "remote_device": remote_device.as_deref(), "support_key": support_key.as_deref(),
        "key_expires_at": *key_expires_at, "idempotency_key": idempotency_key.as_deref(), "created_at": *created_at,
        "connected_at": *connected_at, "last_seen_at": *last_seen_at, "lease_until": *lease_until,
        "active_at": *active_at, "warned_at": *warned_at, "ending_at": ending.map(|e| e.at),
        "ending_by": ending.and_then(|e| e.by), "ending_by_name": ending.and_then(|e| e.by_name.as_deref()),
        "ending_message": ending.and_then(|e| e.message.as_deref()), "protected": *protected,
        "borrowed_until": *borrowed_until,
    }
}

/// What the end of a session sets. `by` is the user who ended it. A session that has ended has no support key.
pub(super) fn session_end_fields(id: SessionId, end: &SessionEnd, by: Option<UserId>) -> Fields {
    fields! {
        "id": id, "state": SessionState::Ended, "support_key": None::<String>, "key_expires_at": None::<DateTime<Utc>>,
        "ended_at": end.at, "end_reason": end.reason, "end_message": end.message.as_deref(), "ended_by": by,
        "ended_by_name": end.by.as_deref(),
    }
}

/// Reads a ticket.
pub(in crate::store) fn ticket(row: &Row) -> Result<Ticket, DbError> {
    Ok(Ticket {
        id: row.get("id")?,
        user: row.get("user_id")?,
        device: row.get("device")?,
        mode: row.get("mode")?,
        platform: row.opt("platform")?,
        remote_device: row.opt("remote_device")?,
        place: row.get("place")?,
        created_at: row.get("created_at")?,
        last_seen_at: row.get("last_seen_at")?,
        lease_until: row.get("lease_until")?,
        offer_until: row.opt("offer_until")?,
    })
}

/// Reads how a ticket ended. `None` if it is in the queue.
pub(in crate::store) fn ticket_end(row: &Row) -> Result<Option<TicketOver>, DbError> {
    let Some(at) = row.opt("ended_at")? else { return Ok(None) };
    Ok(Some(TicketOver { reason: row.get("end_reason")?, at, session_id: row.opt("session_id")? }))
}

/// The row of a ticket. Names every field, so that none is forgotten.
pub(super) fn ticket_fields(license: LicenseId, ticket: &Ticket) -> Fields {
    let Ticket {
        id,
        user,
        device,
        mode,
        platform,
        remote_device,
        place,
        created_at,
        last_seen_at,
        lease_until,
        offer_until,
    } = ticket;
    fields! {
        "id": id, "license_id": license, "user_id": user, "device": device, "mode": *mode, "platform": *platform,
        "remote_device": remote_device.as_deref(), "place": *place, "created_at": *created_at,
        "last_seen_at": *last_seen_at, "lease_until": *lease_until, "offer_until": *offer_until,
    }
}

/// What the end of a ticket sets, with the session that it became if it was seated.
pub(super) fn ticket_end_fields(
    id: TicketId,
    reason: TicketEnd,
    session: Option<SessionId>,
    at: DateTime<Utc>,
) -> Fields {
    fields! { "id": id, "ended_at": at, "end_reason": reason, "session_id": session }
}

/// Reads what a view says about the license and the agent.
pub(in crate::store) fn view_context(row: &Row) -> Result<ViewContext, DbError> {
    Ok(ViewContext {
        license: row.get("license_id")?,
        product: row.get("product_id")?,
        product_name: row.get("product_name")?,
        model: row.get("model")?,
        user_name: row.get("user_name")?,
        user_email: row.get("user_email")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::{SeatRequest, Terms};
    use chrono::TimeDelta;
    use seatkeeper_shared::{
        ids::ProductId,
        license::{Model, Rules},
        session::{EndReason, Mode},
    };
    use uuid::Uuid;

    fn names(fields: &Fields) -> String {
        fields.0.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    }

    /// A column that is not in the list would not be written, without any error.
    #[test]
    fn every_value_of_a_session_or_ticket_has_its_column() {
        let now = DateTime::UNIX_EPOCH;
        let (id, license, user) = (Uuid::from_u128(1), LicenseId(Uuid::from_u128(2)), UserId(Uuid::from_u128(3)));
        let request = || SeatRequest::new(SessionId(id), "NB-1".to_owned(), Mode::Attended, "123456789".to_owned());
        let session = Session::start(user, request(), &terms(license), now);
        let written = session_fields(license, &session);
        assert_eq!(names(&written), SESSION.names());
        let end = SessionEnd { reason: EndReason::Finished, at: now, by: None, message: None };
        let both = written.with(session_end_fields(session.id, &end, Some(user)));
        assert_eq!(names(&both), format!("{}, {}", SESSION.names(), SESSION_END.names()));

        let ticket = Ticket::take(TicketId(id), user, request(), 1, &terms(license), now);
        let written = ticket_fields(license, &ticket);
        assert_eq!(names(&written), TICKET.names());
        let both = written.with(ticket_end_fields(ticket.id, TicketEnd::Lapsed, None, now));
        assert_eq!(names(&both), format!("{}, {}", TICKET.names(), TICKET_END.names()));
    }

    fn terms(license: LicenseId) -> Terms {
        Terms {
            license,
            product: ProductId(Uuid::from_u128(4)),
            product_name: String::new(),
            key_lifetime: TimeDelta::minutes(10),
            model: Model::Named,
            seats: 1,
            starts_at: None,
            ends_at: None,
            archived: false,
            rules: Rules::default(),
            groups: Vec::new(),
        }
    }
}
