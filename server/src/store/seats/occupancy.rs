//! Reads what decisions on licenses count: live sessions, queues, and users at a license.

use super::{
    super::{ids, set},
    row_mapping,
};
use crate::{
    db::{ColumnDef, Columns, DbError, Fields, Row, RowKind, Tx, args, fields, select_kinds, statements},
    pool::{Session, Ticket, changes::PoolUser},
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::ids::{GroupId, LicenseId, UserId};
use std::collections::{BTreeSet, HashMap};

/// The columns of a user at a license, selected from [`USERS_AT_LICENSES`].
const POOL_USER: Columns = Columns(&[
    ColumnDef::new("license_id", "uuid").selected_by("given.license_id"),
    ColumnDef::new("id", "uuid"),
    ColumnDef::new("name", "text"),
    ColumnDef::new("email", "text"),
    ColumnDef::new("status", "text"),
    ColumnDef::new("assigned", "boolean").selected_by("a.user_id IS NOT NULL"),
    ColumnDef::new("grant_ends_at", "time").selected_by("a.ends_at"),
    ColumnDef::new("cool_until", "time").selected_by("a.cool_until"),
]);

const USERS_AT_LICENSES: &str = "
    FROM ROWS($1: license_id uuid, user_id uuid)
    JOIN users u ON u.id = given.user_id
    LEFT JOIN assignments a ON a.license_id = given.license_id AND a.user_id = given.user_id";

const SESSIONS: RowKind = RowKind {
    what: "session",
    columns: row_mapping::SESSION,
    table: "s",
    from: "FROM sessions s WHERE s.ended_at IS NULL AND s.license_id AMONG($2)",
};

const TICKETS: RowKind = RowKind {
    what: "ticket",
    columns: row_mapping::TICKET,
    table: "t",
    from: "FROM tickets t WHERE t.ended_at IS NULL AND t.license_id AMONG($2)",
};

const USERS: RowKind = RowKind { what: "user", columns: POOL_USER, table: "u", from: USERS_AT_LICENSES };

/// One row, with the database server's time.
const CLOCK: RowKind = RowKind {
    what: "clock",
    columns: Columns(&[ColumnDef::new("now", "time").selected_by("CLOCK()")]),
    table: "",
    from: "",
};

statements! {
    // One statement, because four would take three more round trips to a database server under the locks.
    OCCUPANCY = select_kinds(&[SESSIONS, TICKETS, USERS, CLOCK]);

    POOL_USERS = format!("SELECT {} {USERS_AT_LICENSES}", POOL_USER.select("u"));

    ASSIGNMENT_COUNTS = "
        SELECT license_id, COUNT(*) AS assigned
        FROM assignments
        WHERE license_id IN (SELECT id FROM ROWS($1: id uuid))
        GROUP BY license_id";

    GROUPS = "
        SELECT user_id, group_id
        FROM group_members
        WHERE user_id AMONG($1)
          AND group_id AMONG($2)
        ORDER BY group_id";
}

/// The live sessions and the queue of a license.
#[derive(Debug, Default)]
pub struct Occupancy {
    pub sessions: Vec<Session>,
    /// In any order.
    pub tickets: Vec<Ticket>,
    /// The requested users, without groups.
    pub users: Vec<PoolUser>,
}

/// The database server's time, if it has one, and the occupancy of licenses, together with users at the license beside
/// each.
pub async fn occupancy(
    tx: &mut Tx,
    licenses: &[LicenseId],
    pairs: &BTreeSet<(LicenseId, UserId)>,
) -> Result<(Option<DateTime<Utc>>, HashMap<LicenseId, Occupancy>), DbError> {
    let rows = tx.all(&OCCUPANCY, args![set(pairs.iter().map(pair)), ids(licenses)]).await?;
    let (mut now, mut occupancies) = (None, HashMap::<LicenseId, Occupancy>::new());
    for row in &rows {
        let what: String = row.get("what")?;
        if what == CLOCK.what {
            now = row.opt("now")?;
            continue;
        }
        let occupancy = occupancies.entry(row.get("license_id")?).or_default();
        if what == SESSIONS.what {
            occupancy.sessions.push(row_mapping::session(row)?);
        } else if what == TICKETS.what {
            occupancy.tickets.push(row_mapping::ticket(row)?);
        } else {
            occupancy.users.push(pool_user(row, Vec::new())?);
        }
    }
    Ok((now, occupancies))
}

fn pair((license, user): &(LicenseId, UserId)) -> Fields {
    fields! { "license_id": license, "user_id": user }
}

fn pool_user(row: &Row, groups: Vec<GroupId>) -> Result<PoolUser, DbError> {
    Ok(PoolUser {
        id: row.get("id")?,
        name: row.get("name")?,
        email: row.get("email")?,
        status: row.get("status")?,
        assigned: row.get("assigned")?,
        grant_ends_at: row.opt("grant_ends_at")?,
        cool_until: row.opt("cool_until")?,
        groups,
    })
}

/// How many users licenses are assigned to. Licenses without assignments are left out.
pub async fn assignment_counts(
    tx: &mut Tx,
    licenses: impl IntoIterator<Item = &LicenseId>,
) -> Result<Vec<(LicenseId, i64)>, DbError> {
    let rows = tx.all(&ASSIGNMENT_COUNTS, args![ids(licenses)]).await?;
    rows.iter().map(|row| Ok((row.get("license_id")?, row.get("assigned")?))).collect()
}

/// Users at the license beside each, with those of their groups that are in `groups`.
pub async fn pool_users(
    tx: &mut Tx,
    pairs: &BTreeSet<(LicenseId, UserId)>,
    groups: &BTreeSet<GroupId>,
) -> Result<Vec<(LicenseId, PoolUser)>, DbError> {
    let of = groups_of(tx, pairs.iter().map(|(_, user)| user), groups).await?;
    let rows = tx.all(&POOL_USERS, args![set(pairs.iter().map(pair))]).await?;
    rows.iter()
        .map(|row| {
            let groups = of.get(&row.get("id")?).cloned().unwrap_or_default();
            Ok((row.get("license_id")?, pool_user(row, groups)?))
        })
        .collect()
}

async fn groups_of(
    tx: &mut Tx,
    users: impl Iterator<Item = &UserId>,
    groups: &BTreeSet<GroupId>,
) -> Result<HashMap<UserId, Vec<GroupId>>, DbError> {
    let mut of: HashMap<UserId, Vec<GroupId>> = HashMap::new();
    if !groups.is_empty() {
        for row in tx.all(&GROUPS, args![ids(users), ids(groups)]).await? {
            of.entry(row.get("user_id")?).or_default().push(row.get("group_id")?);
        }
    }
    Ok(of)
}
