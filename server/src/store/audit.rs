//! The audit log as people read it: filtered, the newest first.

use super::{scope::among_people_of, set};
use crate::{
    db::{Db, DbError, Row, args, fields, statements},
    text::{email_patterns, pattern, plain_pattern},
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    audit::{Door, Kind},
    ids::{LicenseId, Position, UserId},
    wire::audit::{AuditEvent, AuditLicense, AuditObject, AuditUser},
};

/// Events. One kind alone is read in order from an index, if it is not about seats: those are few. Names are looked for as they were written down at that time (regardless of
/// upper and lower case), and as they are now (also regardless of accents): the latter once, and not for each event. A manager who
/// is limited to groups sees what was done to the people in his, except that they came into another group or left it.
fn events() -> String {
    let his_people = among_people_of("e.user_id", 13);
    format!(
        "SELECT e.position, e.at, e.kind, e.door, e.address, e.actor_id, e.actor_name, e.user_id, u.name AS user_name,
                e.license_id, p.name AS product_name, l.model, e.session_id, e.object_id, e.object_name, e.occupied,
                e.seats, e.facts
         FROM events e
         LEFT JOIN users u ON u.id = e.user_id
         LEFT JOIN licenses l ON l.id = e.license_id
         LEFT JOIN products p ON p.id = l.product_id
         WHERE e.position < $1
           AND e.occupied IS NULL -- if $14
           AND e.kind = $2 -- if $2
           AND e.kind IN (SELECT kind FROM ROWS($3: kind text)) -- if $3
           AND e.actor_id = $4 -- if $4
           AND e.user_id = $5 -- if $5
           AND e.license_id = $6 -- if $6
           AND e.door = $7 -- if $7
           AND e.at >= $8 -- if $8
           AND e.at < $9 -- if $9
           AND (e.actor_id IN (SELECT id FROM users WHERE name_key LIKE $10 ESCAPE '!' OR email_key LIKE $10 ESCAPE '!' OR email_key LIKE $15 ESCAPE '!' OR email_key LIKE $16 ESCAPE '!') -- if $11
                OR e.user_id IN (SELECT id FROM users WHERE name_key LIKE $10 ESCAPE '!' OR email_key LIKE $10 ESCAPE '!' OR email_key LIKE $15 ESCAPE '!' OR email_key LIKE $16 ESCAPE '!') -- if $11
                OR e.object_id IN (SELECT id FROM groups WHERE name_key LIKE $10 ESCAPE '!') -- if $11
                OR e.license_id IN ( -- if $11
                    SELECT licenses.id FROM licenses -- if $11
                    JOIN products ON products.id = licenses.product_id -- if $11
                    WHERE LOWER(products.name) LIKE $11 ESCAPE '!') -- if $11
                OR LOWER(e.actor_name) LIKE $11 ESCAPE '!' -- if $11
                OR LOWER(e.object_name) LIKE $11 ESCAPE '!') -- if $11
           AND {his_people} -- if $13
           AND (e.kind NOT IN ('group_member_added', 'group_member_removed') -- if $13
                OR e.object_id IN (SELECT group_id FROM group_managers WHERE user_id = $13)) -- if $13
         ORDER BY e.position DESC
         LIMIT $12"
    )
}

statements! {
    EVENTS = events();
}

/// Which events are shown.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of these kinds; of all if there is none.
    pub kinds: Vec<Kind>,
    /// Done by this user.
    pub actor: Option<UserId>,
    /// Done to this user.
    pub user: Option<UserId>,
    /// Done to this license.
    pub license: Option<LicenseId>,
    /// Come in through this door.
    pub door: Option<Door>,
    /// Not before this time.
    pub from: Option<DateTime<Utc>>,
    /// Before this time.
    pub to: Option<DateTime<Utc>>,
    /// With this in the name or e-mail of who did it or to whom, or in the name of what it was done to.
    pub q: Option<String>,
    /// Done to people in the groups that this manager manages; to whomever if absent.
    pub manager: Option<UserId>,
    /// Whether what stands in contracts is left out.
    pub without_contracts: bool,
}

/// At most `limit` events before a place, or the newest; and where to go on.
pub async fn page(
    db: &Db,
    filter: &Filter,
    before: Option<Position>,
    limit: usize,
) -> Result<(Vec<AuditEvent>, Option<Position>), DbError> {
    let (one, several) = match &filter.kinds[..] {
        [one] => (Some(one.as_str()), &[][..]),
        several => (None, several),
    };
    let plain = !filter.kinds.is_empty() && !filter.kinds.iter().any(|kind| kind.is_about_seats());
    let [email, other_form] = filter.q.as_deref().map(email_patterns).unwrap_or_default();
    let args = args![
        before.unwrap_or(Position(i64::MAX)),
        one,
        set(several.iter().map(|kind| fields! { "kind": kind.as_str() })),
        filter.actor,
        filter.user,
        filter.license,
        filter.door.map(Door::as_str),
        filter.from,
        filter.to,
        filter.q.as_deref().and_then(pattern),
        filter.q.as_deref().and_then(plain_pattern),
        i64::try_from(limit + 1).unwrap_or(i64::MAX),
        filter.manager,
        plain.then_some(true),
        email,
        other_form,
    ];
    let mut items = db.all(&EVENTS, args).await?.iter().map(event).collect::<Result<Vec<_>, _>>()?;
    let more = items.len() > limit;
    items.truncate(limit);
    if filter.manager.is_some() {
        // Which groups somebody manages is not for those who do not see all groups.
        leave_out(&mut items, &["manages"]);
    }
    if filter.without_contracts {
        leave_out(&mut items, &["notes", "order_number", "price_per_seat"]);
    }
    let next = items.last().filter(|_| more).map(|last| last.position);
    Ok((items, next))
}

/// Leaves these fields out of the facts.
fn leave_out(events: &mut [AuditEvent], fields: &[&str]) {
    for facts in events.iter_mut().filter_map(|event| event.facts.as_object_mut()) {
        for field in fields {
            facts.remove(*field);
            facts.get_mut("changes").and_then(|changes| changes.as_object_mut()).map(|changes| changes.remove(*field));
        }
    }
}

fn event(row: &Row) -> Result<AuditEvent, DbError> {
    let unreadable = |column: &str, problem: String| DbError::Unreadable { column: column.to_owned(), problem };
    let door: String = row.get("door")?;
    let facts: String = row.get("facts")?;
    Ok(AuditEvent {
        position: row.get("position")?,
        at: row.get("at")?,
        kind: row.get("kind")?,
        door: door.parse().map_err(|problem| unreadable("door", format!("{problem}")))?,
        address: row.opt("address")?,
        actor: user(row, "actor_id", "actor_name")?,
        directory: if row.opt::<UserId>("actor_id")?.is_none() { row.opt("actor_name")? } else { None },
        user: user(row, "user_id", "user_name")?,
        license: license(row)?,
        session: row.opt("session_id")?,
        object: object(row)?,
        occupied: row.opt("occupied")?,
        seats: row.opt("seats")?,
        facts: serde_json::from_str(&facts).map_err(|problem| unreadable("facts", problem.to_string()))?,
    })
}

fn user(row: &Row, id: &str, name: &str) -> Result<Option<AuditUser>, DbError> {
    let name = row.opt(name)?;
    Ok(row.opt(id)?.map(|id| AuditUser { id, name }))
}

fn license(row: &Row) -> Result<Option<AuditLicense>, DbError> {
    let (product_name, model) = (row.opt("product_name")?, row.opt("model")?);
    Ok(row.opt("license_id")?.map(|id| AuditLicense { id, product_name, model }))
}

fn object(row: &Row) -> Result<Option<AuditObject>, DbError> {
    let id = row.opt("object_id")?;
    Ok(row.opt("object_name")?.map(|name| AuditObject { id, name }))
}
