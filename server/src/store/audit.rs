//! The audit log for display: filtered, newest first.

use super::{
    manager_scope::{group_managed_by, user_in_groups_of},
    set,
};
use crate::{
    db::{Db, DbError, LogText, Row, Value, args, fields, statements},
    normalize::{email_like_patterns, like_pattern, lowercase_like_pattern},
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    audit::{Area, Field, Kind, Origin, Readers},
    ids::{GroupId, LicenseId, Position, UserId},
    wire::audit::{AuditEvent, AuditLicense, AuditObject, AuditUser},
};

/// The statement that reads events. A single kind that is not about seats is read in order from an index. A search
/// matches the names stored with an event (case-insensitive) and the current names (also ignoring diacritics); the
/// latter are looked up once, not for each event. A manager limited to groups sees the events of users in these groups,
/// except that they joined or left another group.
fn events() -> String {
    let visible_users = user_in_groups_of("e.user_id", 13);
    let visible_groups = group_managed_by("e.object_id", 13);
    format!(
        "SELECT e.position, e.at, e.kind, e.door, e.address, e.actor_id, e.actor_name, e.user_id, u.name AS user_name,
                u.deleted_at AS user_deleted_at, a.deleted_at AS actor_deleted_at, e.license_id,
                p.name AS product_name, l.model, e.session_id, e.object_id, e.object_name, e.occupied,
                e.seats, e.facts
         FROM events e
         LEFT JOIN users u ON u.id = e.user_id
         LEFT JOIN users a ON a.id = e.actor_id
         LEFT JOIN licenses l ON l.id = e.license_id
         LEFT JOIN products p ON p.id = l.product_id
         WHERE e.position < $1
           AND e.position > $17 -- if $17
           AND e.occupied IS NULL -- if $14
           AND e.kind = $2 -- if $2
           AND e.kind IN (SELECT kind FROM ROWS($3: kind text)) -- if $3
           AND e.actor_id = $4 -- if $4
           AND e.user_id = $5 -- if $5
           AND e.license_id = $6 -- if $6
           AND e.object_id = $18 -- if $18
           AND e.door = $7 -- if $7
           AND e.at >= $8 -- if $8
           AND e.at < $9 -- if $9
           AND (e.actor_id IN (SELECT id FROM users WHERE name_key LIKE $10 ESCAPE '!' \
                OR email_key LIKE $10 ESCAPE '!' OR email_key LIKE $15 ESCAPE '!' \
                OR email_key LIKE $16 ESCAPE '!') -- if $11
                OR e.user_id IN (SELECT id FROM users WHERE name_key LIKE $10 ESCAPE '!' \
                OR email_key LIKE $10 ESCAPE '!' OR email_key LIKE $15 ESCAPE '!' \
                OR email_key LIKE $16 ESCAPE '!') -- if $11
                OR e.object_id IN (SELECT id FROM groups WHERE name_key LIKE $10 ESCAPE '!') -- if $11
                OR e.license_id IN ( -- if $11
                    SELECT licenses.id FROM licenses -- if $11
                    JOIN products ON products.id = licenses.product_id -- if $11
                    WHERE LOWER(products.name) LIKE $11 ESCAPE '!') -- if $11
                OR LOWER(e.actor_name) LIKE $11 ESCAPE '!' -- if $11
                OR LOWER(e.object_name) LIKE $11 ESCAPE '!') -- if $11
           AND {visible_users} -- if $13
           AND (e.kind NOT IN ('group_member_added', 'group_member_removed') -- if $13
                OR {visible_groups}) -- if $13
         ORDER BY e.position DESC
         LIMIT $12"
    )
}

statements! {
    EVENTS = events();
}

/// Which events a page contains; absent fields do not filter.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// Any of these kinds; all if empty.
    pub kinds: Vec<Kind>,
    pub actor: Option<UserId>,
    /// The user it was done to.
    pub user: Option<UserId>,
    pub license: Option<LicenseId>,
    /// Only events about this group, which are few kinds.
    pub group: Option<GroupId>,
    pub origin: Option<Origin>,
    /// Inclusive.
    pub from: Option<DateTime<Utc>>,
    /// Exclusive.
    pub to: Option<DateTime<Utc>>,
    /// A search in the names and e-mail addresses of the actor and the user, and in the name of the object.
    pub q: Option<String>,
    /// Only events of users in the groups of this manager.
    pub manager: Option<UserId>,
    /// Whether contract data is omitted.
    pub without_contracts: bool,
}

/// At most `limit` events before a position, or the newest, with the position of the next page.
pub async fn page(
    db: &Db,
    filter: &AuditFilter,
    before: Option<Position>,
    limit: usize,
) -> Result<(Vec<AuditEvent>, Option<Position>), DbError> {
    let Some(kinds) = wanted_kinds(filter) else { return Ok((Vec::new(), None)) };
    let (one, several) = match &kinds[..] {
        [one] => (Some(log_text(one)), &[][..]),
        several => (None, several),
    };
    let is_not_about_seats = !kinds.is_empty() && !kinds.iter().any(|kind| kind.is_about_seats());
    let [email, other_form] = filter.q.as_deref().map(email_like_patterns).unwrap_or_default();
    // Only the part of the log that can have events of these times is read.
    let range = db.log_range(filter.from, filter.to).await?;
    let before = before.unwrap_or(Position(i64::MAX)).min(Position(range.until.0.saturating_add(1)));
    let args = args![
        before,
        one.unwrap_or(Value::Text(None)),
        set(several.iter().map(|kind| fields! { "kind": log_text(kind) })),
        filter.actor,
        filter.user,
        filter.license,
        filter.origin.map(Origin::as_str),
        filter.from,
        filter.to,
        filter.q.as_deref().and_then(like_pattern),
        filter.q.as_deref().and_then(lowercase_like_pattern),
        i64::try_from(limit + 1).unwrap_or(i64::MAX),
        filter.manager,
        is_not_about_seats.then_some(true),
        email,
        other_form,
        Some(range.after).filter(|after| after.0 > 0),
        filter.group,
    ];
    let mut items = db.all(&EVENTS, args).await?.iter().map(event).collect::<Result<Vec<_>, _>>()?;
    let more = items.len() > limit;
    items.truncate(limit);
    omit_unreadable(&mut items, filter);
    let next = items.last().filter(|_| more).map(|last| last.position);
    Ok((items, next))
}

/// The kinds to read, all if empty; `None` if no event can match. Events about a group are found by their kinds, for
/// which there is an index.
fn wanted_kinds(filter: &AuditFilter) -> Option<Vec<Kind>> {
    if filter.group.is_none() {
        return Some(filter.kinds.clone());
    }
    let of_groups = |kind: &&Kind| kind.area() == Area::Groups && !kind.is_about_seats();
    let is_wanted = |kind: &&Kind| filter.kinds.is_empty() || filter.kinds.contains(kind);
    let kinds: Vec<_> = Kind::ALL.iter().filter(of_groups).filter(is_wanted).copied().collect();
    (!kinds.is_empty()).then_some(kinds)
}

fn log_text(kind: &Kind) -> Value {
    Value::LogText(kind.as_str().to_owned())
}

/// Removes the fields that the reader may not read.
fn omit_unreadable(events: &mut [AuditEvent], filter: &AuditFilter) {
    let is_omitted = |field: &&Field| match field.readers() {
        Readers::All => false,
        Readers::NotLimitedManagers => filter.manager.is_some(),
        Readers::OfContracts => filter.without_contracts,
    };
    let omitted: Vec<_> = Field::ALL.iter().filter(is_omitted).map(|field| field.as_str()).collect();
    for facts in events.iter_mut().filter_map(|event| event.facts.as_object_mut()) {
        omitted.iter().for_each(|name| drop(facts.remove(*name)));
        if let Some(changes) = facts.get_mut(Field::Changes.as_str()).and_then(|changes| changes.as_object_mut()) {
            omitted.iter().for_each(|name| drop(changes.remove(*name)));
        }
    }
}

fn event(row: &Row) -> Result<AuditEvent, DbError> {
    let unreadable = |column: &str, problem: String| DbError::Unreadable { column: column.to_owned(), problem };
    let door: String = row.get("door")?;
    let LogText(facts) = row.get("facts")?;
    Ok(AuditEvent {
        position: row.get("position")?,
        at: row.get("at")?,
        kind: row.get::<LogText>("kind")?.0,
        origin: door.parse().map_err(|problem| unreadable("door", format!("{problem}")))?,
        address: row.opt("address")?,
        actor: user(row, "actor_id", "actor_name", "actor_deleted_at")?,
        directory: if row.opt::<UserId>("actor_id")?.is_none() { row.opt("actor_name")? } else { None },
        user: user(row, "user_id", "user_name", "user_deleted_at")?,
        license: license(row)?,
        session: row.opt("session_id")?,
        object: object(row)?,
        occupied: row.opt("occupied")?,
        seats: row.opt("seats")?,
        facts: serde_json::from_str(&facts).map_err(|problem| unreadable("facts", problem.to_string()))?,
    })
}

fn user(row: &Row, id: &str, name: &str, deleted_at: &str) -> Result<Option<AuditUser>, DbError> {
    let (name, deleted) = (row.opt(name)?, row.opt::<DateTime<Utc>>(deleted_at)?.is_some());
    Ok(row.opt(id)?.map(|id| AuditUser { id, name, deleted }))
}

fn license(row: &Row) -> Result<Option<AuditLicense>, DbError> {
    let (product_name, model) = (row.opt("product_name")?, row.opt("model")?);
    Ok(row.opt("license_id")?.map(|id| AuditLicense { id, product_name, model }))
}

fn object(row: &Row) -> Result<Option<AuditObject>, DbError> {
    let id = row.opt("object_id")?;
    Ok(row.opt("object_name")?.map(|name| AuditObject { id, name }))
}
