//! Writes the changes of a seat batch: one statement for each kind of change, however many there are.

mod by_kind;

use super::{
    super::{ids, set},
    batch_writes::BatchWrites,
    row_mapping::{SESSION, SESSION_END, TICKET, TICKET_END},
};
use crate::db::{DbError, Tx, args, statements};
use by_kind::ChangesByKind;

/// Includes the columns of the end, because a session may end in the batch that created it.
fn insert_sessions() -> String {
    let [columns, end] = [SESSION, SESSION_END];
    format!(
        "
        INSERT INTO sessions ({names}, {end_names})
        SELECT {names}, {end_names}
        FROM ROWS($1: {}, {})",
        columns.rows(),
        end.rows(),
        names = columns.names(),
        end_names = end.names(),
    )
}

/// Filters by `state`, not by `ended_at`: PostgreSQL would use the index of live sessions, which is full of dead rows
/// between two vacuums.
fn end_sessions() -> String {
    format!(
        "
        UPDATE sessions
        SET state = 'ended', support_key = NULL, key_expires_at = NULL, {}
        FROM ROWS($1: id uuid, {})
        WHERE sessions.id = given.id
          AND sessions.state <> 'ended'",
        SESSION_END.assignments(),
        SESSION_END.rows(),
    )
}

/// Sets until when users get no seat of a license.
pub(in crate::store) const COOL: &str = "
    UPDATE assignments
    SET cool_until = given.until
    FROM ROWS($1: license_id uuid, user_id uuid, until time)
    WHERE assignments.license_id = given.license_id AND assignments.user_id = given.user_id";

statements! {
    INSERT_SESSIONS = insert_sessions();

    END_SESSIONS = end_sessions();

    // The sessions and events that most batches write, in one round trip to PostgreSQL. There is a statement for each
    // case, because PostgreSQL prepares for every table that a statement might write.
    ENDED_AND_EVENTS = "
        SELECT $1, $2, $3",
    on_postgres: format!(
        "WITH ended AS ({}), {}",
        end_sessions().replace("$1", "$3"),
        super::super::events::APPEND_TO_HEAD
    );

    CREATED_AND_EVENTS = "
        SELECT $1, $2, $3",
    on_postgres: format!(
        "WITH created AS ({}), {}",
        insert_sessions().replace("$1", "$3"),
        super::super::events::APPEND_TO_HEAD
    );

    SESSIONS_AND_EVENTS = "
        SELECT $1, $2, $3, $4",
    on_postgres: format!(
        "WITH ended AS ({}), created AS ({}), {}",
        end_sessions().replace("$1", "$3"),
        insert_sessions().replace("$1", "$4"),
        super::super::events::APPEND_TO_HEAD
    );

    CHANGE_SESSIONS = format!("
        UPDATE sessions
        SET {}
        FROM ROWS($1: {})
        WHERE sessions.id = given.id", SESSION.assignments(), SESSION.changed_rows());

    INSERT_TICKETS = format!("
        INSERT INTO tickets ({names}, {end_names})
        SELECT {names}, {end_names}
        FROM ROWS($1: {}, {})",
        TICKET.rows(), TICKET_END.rows(),
        names = TICKET.names(), end_names = TICKET_END.names());

    CHANGE_TICKETS = format!("
        UPDATE tickets
        SET {}
        FROM ROWS($1: {})
        WHERE tickets.id = given.id", TICKET.assignments(), TICKET.changed_rows());

    END_TICKETS = format!("
        UPDATE tickets
        SET {}
        FROM ROWS($1: id uuid, {})
        WHERE tickets.id = given.id
          AND tickets.end_reason IS NULL", TICKET_END.assignments(), TICKET_END.rows());

    COOL_DOWN = COOL;

    INSERT_ASSIGNMENTS = "
        INSERT INTO assignments (license_id, user_id, created_at, rule_id, ends_at)
        SELECT license_id, user_id, created_at, rule_id, ends_at
        FROM ROWS($1: license_id uuid, user_id uuid, created_at time, rule_id uuid, ends_at time)";

    CHANGE_GRANT_ENDS = "
        UPDATE assignments
        SET ends_at = given.ends_at
        FROM ROWS($1: license_id uuid, user_id uuid, ends_at time)
        WHERE assignments.license_id = given.license_id AND assignments.user_id = given.user_id";

    DELETE_ASSIGNMENTS = "
        DELETE FROM assignments
        WHERE (license_id, user_id) IN (
            SELECT license_id, user_id
            FROM ROWS($1: license_id uuid, user_id uuid))";

    RESIZE_LICENSES = "
        UPDATE licenses
        SET seats = given.seats
        FROM ROWS($1: id uuid, seats int)
        WHERE licenses.id = given.id";

    RULE_LICENSES = "
        UPDATE licenses
        SET seat_rule = given.seat_rule, second_device = given.second_device, lease_seconds = given.lease_seconds,
            overdraft = given.overdraft, offer_seconds = given.offer_seconds, idle_seconds = given.idle_seconds,
            idle_warning_seconds = given.idle_warning_seconds, idle_ends_connected = given.idle_ends_connected,
            cool_down_seconds = given.cool_down_seconds, borrow_seconds = given.borrow_seconds,
            borrow_seats = given.borrow_seats
        FROM ROWS($1: id uuid, seat_rule text, second_device text, lease_seconds int, overdraft int, offer_seconds int,
                  idle_seconds int, idle_warning_seconds int, idle_ends_connected boolean, cool_down_seconds int,
                  borrow_seconds int, borrow_seats int)
        WHERE licenses.id = given.id";

    LIMIT_GROUPS = "
        UPDATE licenses
        SET group_limits = given.group_limits
        FROM ROWS($1: id uuid, group_limits text)
        WHERE licenses.id = given.id";

    SUSPEND_USERS = "
        UPDATE users
        SET status = 'suspended'
        WHERE id IN (SELECT id FROM ROWS($1: id uuid))";

    DELETE_BROWSER_SESSIONS = "
        DELETE FROM browser_sessions
        WHERE user_id IN (SELECT id FROM ROWS($1: id uuid))";

    DELETE_TOKENS = "
        DELETE FROM api_tokens
        WHERE user_id IN (SELECT id FROM ROWS($1: id uuid))";
}

/// Writes all changes of a batch and its events, but not its heartbeats.
pub async fn write_batch(tx: &mut Tx, batch: &BatchWrites<'_>) -> Result<(), DbError> {
    let rows = ChangesByKind::of(batch);
    let pools_only = batch.newly_suspended.is_empty()
        && batch.deleted_users.is_empty()
        && batch.approved_requests.is_empty()
        && !batch.changes_more_than_pools;
    if tx.combines_writes() && rows.are_sessions_only() && pools_only {
        if batch.events.is_empty() {
            return Ok(());
        }
        let (events, number) = super::super::events::rows(batch.now, batch.events);
        let (ended, created) = (rows.sessions_to_end(), rows.new_sessions(batch));
        return match (ended.is_empty(), created.is_empty()) {
            (false, true) => tx.write(&ENDED_AND_EVENTS, args![events, number, set(ended)]).await,
            (true, false) => tx.write(&CREATED_AND_EVENTS, args![events, number, set(created)]).await,
            _ => tx.write(&SESSIONS_AND_EVENTS, args![events, number, set(ended), set(created)]).await,
        };
    }
    // Ends are written first, which frees values in unique indexes.
    for (sql, rows) in [
        (&END_SESSIONS, rows.sessions_to_end()),
        (&CHANGE_SESSIONS, rows.changed_sessions(batch)),
        (&INSERT_SESSIONS, rows.new_sessions(batch)),
        (&END_TICKETS, rows.tickets_to_end()),
        (&CHANGE_TICKETS, rows.changed_tickets(batch)),
        (&INSERT_TICKETS, rows.new_tickets(batch)),
        (&DELETE_ASSIGNMENTS, rows.assignments_to_delete(batch)),
        (&INSERT_ASSIGNMENTS, rows.new_assignments(batch)),
        (&CHANGE_GRANT_ENDS, rows.changed_grant_ends()),
        (&COOL_DOWN, rows.cool_downs()),
        (&RESIZE_LICENSES, rows.resized_licenses()),
        (&RULE_LICENSES, rows.changed_rules()),
        (&LIMIT_GROUPS, rows.changed_group_limits()),
    ] {
        if !rows.is_empty() {
            tx.write(sql, args![set(rows)]).await?;
        }
    }
    let granted: Vec<_> = rows.granted().chain(batch.approved_requests.iter().copied()).collect();
    if !granted.is_empty() {
        super::super::license_requests::close_granted(tx, granted, batch.now).await?;
    }
    if !batch.newly_suspended.is_empty() {
        // Old sign-ins and tokens must not work again when the users are reactivated.
        for sql in [&SUSPEND_USERS, &DELETE_BROWSER_SESSIONS, &DELETE_TOKENS] {
            tx.write(sql, args![ids(batch.newly_suspended)]).await?;
        }
    }
    for (license, end_changed) in batch.changed_contracts {
        if let Some(contract) = batch.contracts.get(license) {
            super::super::contracts::change(tx, *license, contract, *end_changed).await?;
        }
    }
    for group in batch.deleted_groups {
        super::super::groups::delete(tx, *group).await?;
    }
    super::super::user_deletion::delete(tx, batch.deleted_users, batch.now).await?;
    super::super::events::append(tx, batch.now, batch.events).await
}
