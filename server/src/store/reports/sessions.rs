//! The sessions of a period.

use crate::{
    db::{Db, DbError, Row, args, fields, statements},
    reports::{
        record::{RecordKind, UsageRecord},
        seat_time::SeatSession,
    },
    store::{ids, manager_scope::visible_work, set},
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{GroupId, LicenseId, Position, UserId},
    session::{Platform, SessionState},
    wire::reports::MomentSession,
};
use std::collections::{BTreeMap, BTreeSet};

statements! {
    OVERLAPPING = "
        SELECT s.id, s.license_id, l.product_id, s.user_id, s.device, s.platform, s.created_at, s.connected_at,
               s.active_at, s.ended_at
        FROM sessions s
        JOIN licenses l ON l.id = s.license_id
        WHERE s.created_at < $2
          AND (s.ended_at IS NULL OR s.ended_at > $1)
          AND s.license_id IN (SELECT id FROM ROWS($3: id uuid))
          AND s.user_id IN (SELECT id FROM ROWS($4: id uuid)) -- if $4
          AND s.platform = $5 -- if $5";

    CREATED = "
        SELECT s.id, s.license_id, s.user_id, s.created_at
        FROM user_sessions own
        JOIN sessions s ON s.id = own.session_id
        WHERE own.user_id IN (SELECT id FROM ROWS($1: id uuid))
          AND own.created_at >= $2 AND own.created_at < $3
          AND s.license_id IN (SELECT id FROM ROWS($4: id uuid))
        ORDER BY s.created_at, s.id";

    LIVE_AT = format!("
        SELECT s.id, s.license_id, s.user_id, u.name AS user_name, s.device, s.platform, s.created_at, s.connected_at,
               s.ended_at
        FROM sessions s
        JOIN users u ON u.id = s.user_id
        WHERE s.created_at <= $1
          AND (s.ended_at IS NULL OR s.ended_at > $1)
          AND s.license_id IN (SELECT id FROM ROWS($2: id uuid))
          AND {}
        ORDER BY s.created_at, s.id
        LIMIT $4", visible_work("s.user_id", 3));

    COUNT_LIVE_AT = "
        SELECT COUNT(*) AS live
        FROM sessions
        WHERE created_at <= $1
          AND (ended_at IS NULL OR ended_at > $1)
          AND license_id IN (SELECT id FROM ROWS($2: id uuid))";

    MEMBERS = "
        SELECT user_id AS id FROM group_members WHERE group_id = $1";

    NAMES = "
        SELECT id, name FROM users WHERE id IN (SELECT id FROM ROWS($1: id uuid))";

    GROUPS_OF = "
        SELECT m.user_id, m.group_id, g.name
        FROM group_members m
        JOIN groups g ON g.id = m.group_id";
}

/// The sessions of these licenses that were live at some time between two times; only those of these users and on this
/// platform, if given.
pub async fn overlapping(
    db: &Db,
    licenses: &[LicenseId],
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    users: Option<&BTreeSet<UserId>>,
    platform: Option<Platform>,
) -> Result<Vec<SeatSession>, DbError> {
    if users.is_some_and(BTreeSet::is_empty) {
        return Ok(Vec::new());
    }
    let users = set(users.into_iter().flatten().map(|user| fields! { "id": user }));
    let args = args![from, to, ids(licenses), users, platform];
    db.all(&OVERLAPPING, args).await?.iter().map(seat_session).collect()
}

fn seat_session(row: &Row) -> Result<SeatSession, DbError> {
    let micros = |at: DateTime<Utc>| at.timestamp_micros();
    Ok(SeatSession {
        id: row.get("id")?,
        license: row.get("license_id")?,
        product: row.get("product_id")?,
        user: row.get("user_id")?,
        device: row.get("device")?,
        platform: row.opt("platform")?,
        created_at: micros(row.get("created_at")?),
        connected_at: row.opt("connected_at")?.map(micros),
        active_at: row.opt("active_at")?.map(micros),
        ended_at: row.opt("ended_at")?.map(micros),
    })
}

/// The sessions of these licenses that these users created between two times, as records without positions.
pub async fn created(
    db: &Db,
    licenses: &[LicenseId],
    users: &BTreeSet<UserId>,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
) -> Result<Vec<UsageRecord>, DbError> {
    let rows = db.all(&CREATED, args![ids(users), from, to, ids(licenses)]).await?;
    let record = |row: &Row| -> Result<UsageRecord, DbError> {
        Ok(UsageRecord {
            position: Position(0),
            at: row.get("created_at")?,
            license: row.opt("license_id")?,
            user: row.opt("user_id")?,
            kind: RecordKind::Created(row.get("id")?),
            occupied: None,
            seats: None,
        })
    };
    rows.iter().map(record).collect()
}

/// The sessions that were live at a time and whose users the manager sees, the oldest first; without a manager, of all
/// users.
pub async fn live_at(
    db: &Db,
    licenses: &[LicenseId],
    at: DateTime<Utc>,
    manager: Option<UserId>,
    limit: i64,
) -> Result<Vec<MomentSession>, DbError> {
    let rows = db.all(&LIVE_AT, args![at, ids(licenses), manager, limit]).await?;
    rows.iter().map(|row| moment_session(row, at)).collect()
}

/// The number of sessions that were live at a time.
pub async fn count_live_at(db: &Db, licenses: &[LicenseId], at: DateTime<Utc>) -> Result<i64, DbError> {
    db.one(&COUNT_LIVE_AT, args![at, ids(licenses)]).await?.map_or(Ok(0), |row| row.get("live"))
}

fn moment_session(row: &Row, at: DateTime<Utc>) -> Result<MomentSession, DbError> {
    let connected_at: Option<DateTime<Utc>> = row.opt("connected_at")?;
    let is_connected = connected_at.is_some_and(|connected_at| connected_at <= at);
    Ok(MomentSession {
        id: row.get("id")?,
        license_id: row.get("license_id")?,
        user_id: row.get("user_id")?,
        user_name: row.get("user_name")?,
        device: row.get("device")?,
        state: if is_connected { SessionState::Connected } else { SessionState::Waiting },
        platform: row.opt("platform")?,
        created_at: row.get("created_at")?,
        ended_at: row.opt("ended_at")?,
    })
}

/// The members of a group.
pub async fn members(db: &Db, group: GroupId) -> Result<BTreeSet<UserId>, DbError> {
    db.all(&MEMBERS, args![group]).await?.iter().map(|row| row.get("id")).collect()
}

/// The names of users.
pub async fn names(db: &Db, users: impl IntoIterator<Item = UserId>) -> Result<BTreeMap<UserId, String>, DbError> {
    db.all(&NAMES, args![ids(users)]).await?.iter().map(|row| Ok((row.get("id")?, row.get("name")?))).collect()
}

/// The groups of each user, and the names of the groups.
pub type GroupsOfUsers = (BTreeMap<UserId, Vec<GroupId>>, BTreeMap<GroupId, String>);

/// The groups of all users.
pub async fn groups(db: &Db) -> Result<GroupsOfUsers, DbError> {
    let (mut of_users, mut names): GroupsOfUsers = Default::default();
    for row in db.all(&GROUPS_OF, args![]).await? {
        let group = row.get("group_id")?;
        of_users.entry(row.get("user_id")?).or_default().push(group);
        names.insert(group, row.get("name")?);
    }
    Ok((of_users, names))
}
