//! Records of the event log, in the order of the log.

use crate::{
    db::{Db, DbError, LogText, Row, args, statements},
    reports::record::{RecordKind, RefusedRequest, UsageRecord},
};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{
    audit::Kind,
    ids::{LicenseId, Position, ProductId, TicketId, UserId},
    problem::Code,
    ticket::TicketEnd,
    wire::seat_check::RecentRefusal,
};
use serde::Deserialize;

statements! {
    OF_LICENSE = "
        SELECT position, at, kind, license_id, user_id, session_id, occupied, seats,
               CASE WHEN kind IN ('session_refused', 'ticket_taken', 'ticket_over', 'license_added')
                    THEN facts END AS facts
        FROM events
        WHERE license_id = $1 AND position > $2 AND position <= $3
        ORDER BY position
        LIMIT $4";

    // All but those that say how many seats are occupied: few, even if there are many sessions.
    WITHOUT_SESSIONS = "
        SELECT position, at, kind, license_id, user_id, session_id, occupied, seats, facts
        FROM events
        WHERE license_id = $1 AND position > $2 AND position <= $3
          AND kind IN ('session_refused', 'ticket_taken', 'ticket_over', 'license_added', 'seats_changed')
        ORDER BY position
        LIMIT $4";

    // Requests that were refused without any license.
    WITHOUT_LICENSE = "
        SELECT position, at, kind, license_id, user_id, session_id, occupied, seats, facts
        FROM events
        WHERE kind = 'session_refused' AND occupied IS NULL AND license_id IS NULL
          AND position > $1 AND position <= $2
        ORDER BY position
        LIMIT $3";

    REFUSED = "
        SELECT position, at, kind, license_id, user_id, session_id, occupied, seats, facts
        FROM events
        WHERE kind = 'session_refused' AND license_id = $1 AND position > $2 AND position <= $3
        ORDER BY position";

    LATEST_REFUSALS = "
        SELECT e.at, e.license_id, e.facts, p.name AS product_name
        FROM events e
        LEFT JOIN licenses l ON l.id = e.license_id
        LEFT JOIN products p ON p.id = l.product_id
        WHERE e.kind = 'session_refused' AND e.user_id = $1
        ORDER BY e.position DESC
        LIMIT $2";

    PRODUCT_NAME = "
        SELECT name FROM products WHERE id = $1";

    FIRST_SINCE = "
        SELECT MIN(position) AS position FROM events WHERE position > $2",
    // Positions and times increase together, apart from short steps back.
    on_postgres: "
        SELECT position FROM events WHERE at >= $1 ORDER BY at, position LIMIT 1";
}

/// Times in the log step back by less than this.
const MAX_STEP_BACK: TimeDelta = TimeDelta::minutes(10);

/// Which records to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordSource {
    /// All of a license.
    License(LicenseId),
    /// Those of a license that are not about sessions.
    LicenseWithoutSessions(LicenseId),
    /// The requests of a product that were refused without any license.
    ProductRefusals(ProductId),
}

/// At most `limit` records after a position and up to another, and the position from which to go on; `None` if there
/// are no more.
pub async fn read(
    db: &Db,
    source: RecordSource,
    after: Position,
    until: Position,
    limit: usize,
) -> Result<(Vec<UsageRecord>, Option<Position>), DbError> {
    let rows_limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = match source {
        RecordSource::License(license) => db.all(&OF_LICENSE, args![license, after, until, rows_limit]).await?,
        RecordSource::LicenseWithoutSessions(license) => {
            db.all(&WITHOUT_SESSIONS, args![license, after, until, rows_limit]).await?
        }
        RecordSource::ProductRefusals(_) => db.all(&WITHOUT_LICENSE, args![after, until, rows_limit]).await?,
    };
    let next = rows.last().filter(|_| rows.len() == limit).map(|row| row.get("position")).transpose()?;
    let mut records = rows.iter().map(record).collect::<Result<Vec<_>, _>>()?;
    if let RecordSource::ProductRefusals(product) = source {
        let is_of_product =
            |kind: &RecordKind| matches!(kind, RecordKind::Refused(refused) if refused.product == Some(product));
        records.retain(|record| is_of_product(&record.kind));
    }
    Ok((records, next))
}

/// The refused requests of a license, in the order of the log.
pub async fn refused(
    db: &Db,
    license: LicenseId,
    (after, until): (Position, Position),
) -> Result<Vec<UsageRecord>, DbError> {
    db.all(&REFUSED, args![license, after, until]).await?.iter().map(record).collect()
}

/// The requests of a product that were refused without any license, in the order of the log.
pub async fn refused_without_license(
    db: &Db,
    product: ProductId,
    (after, until): (Position, Position),
) -> Result<Vec<UsageRecord>, DbError> {
    Ok(read(db, RecordSource::ProductRefusals(product), after, until, usize::MAX).await?.0)
}

/// The latest refused requests of a user, the newest first.
pub async fn latest_refusals(db: &Db, user: UserId, limit: i64) -> Result<Vec<RecentRefusal>, DbError> {
    let mut refusals = Vec::new();
    for row in db.all(&LATEST_REFUSALS, args![user, limit]).await? {
        let LogText(facts) = row.get("facts")?;
        let facts: Facts = serde_json::from_str(&facts).unwrap_or_default();
        // A rule that only a newer server has cannot be named.
        let Some(code) = facts.code.as_deref().and_then(|code| code.parse().ok()) else { continue };
        let product_name = match (row.opt("product_name")?, facts.product) {
            (Some(name), _) => Some(name),
            (None, Some(product)) => {
                db.one(&PRODUCT_NAME, args![product]).await?.map(|row| row.get("name")).transpose()?
            }
            (None, None) => None,
        };
        let (at, license_id) = (row.get("at")?, row.opt("license_id")?);
        refusals.push(RecentRefusal { at, code, license_id, product_name, device: facts.device });
    }
    Ok(refusals)
}

/// Positions between which, exclusive and inclusive, all events between two times stand; with some others.
pub async fn positions(db: &Db, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<(Position, Position), DbError> {
    let from = from.checked_sub_signed(MAX_STEP_BACK).unwrap_or(from);
    let to = to.checked_add_signed(MAX_STEP_BACK).unwrap_or(to);
    let range = db.log_range(Some(from), Some(to)).await?;
    let first_since = async |at: DateTime<Utc>, after: Position| -> Result<i64, DbError> {
        let row = db.one(&FIRST_SINCE, args![at, after]).await?;
        Ok(row.map_or(Ok(None), |row| row.opt("position"))?.unwrap_or(i64::MAX))
    };
    let first = first_since(from, range.after).await?;
    let last = first_since(to, range.until).await?;
    Ok((Position(first - 1), Position(last)))
}

/// The facts that reports need.
#[derive(Debug, Default, Deserialize)]
struct Facts {
    code: Option<String>,
    device: Option<String>,
    product: Option<ProductId>,
    ticket: Option<TicketId>,
    reason: Option<String>,
    seats: Option<i64>,
}

fn record(row: &Row) -> Result<UsageRecord, DbError> {
    let LogText(kind) = row.get("kind")?;
    let kind = kind.parse::<Kind>().ok();
    let facts: Option<LogText> = row.opt("facts")?;
    // What a newer server has written is not known; it counts as something else.
    let facts: Facts = facts.and_then(|LogText(facts)| serde_json::from_str(&facts).ok()).unwrap_or_default();
    let added = kind == Some(Kind::LicenseAdded);
    Ok(UsageRecord {
        position: row.get("position")?,
        at: row.get("at")?,
        license: row.opt("license_id")?,
        user: row.opt("user_id")?,
        occupied: if added { Some(0) } else { row.opt("occupied")? },
        seats: if added { facts.seats } else { row.opt("seats")? },
        kind: record_kind(row, kind, facts)?,
    })
}

fn record_kind(row: &Row, kind: Option<Kind>, facts: Facts) -> Result<RecordKind, DbError> {
    let session = row.opt("session_id")?;
    let end = || facts.reason.as_deref().and_then(|reason| reason.parse::<TicketEnd>().ok());
    let known = match kind {
        Some(Kind::SessionCreated) => session.map(RecordKind::Created),
        Some(Kind::SessionEnded) => session.map(RecordKind::Ended),
        Some(Kind::TicketTaken) => facts.ticket.map(RecordKind::Queued),
        Some(Kind::TicketOver) => facts.ticket.zip(end()).map(|(ticket, end)| RecordKind::Unqueued(ticket, end)),
        Some(Kind::SessionRefused) => {
            let code = facts.code.as_deref().and_then(|code| code.parse::<Code>().ok());
            code.map(|code| RecordKind::Refused(RefusedRequest { code, device: facts.device, product: facts.product }))
        }
        _ => None,
    };
    Ok(known.unwrap_or(RecordKind::Other))
}
