//! Finds users whose roles or licenses differ from the rules of directories, because the rules were not applied: a
//! server stopped after a group was changed, or two changes were made at once.

use crate::db::{Db, DbError, args, statements};
use seatkeeper_shared::ids::UserId;

statements! {
    // Roles given by a rule that does not give them any more.
    STALE_ROLE = "
        SELECT s.user_id
        FROM directory_users s
        JOIN users u ON u.id = s.user_id AND u.deleted_at IS NULL AND u.role = s.given_role
        WHERE s.given_role IS NOT NULL
          AND NOT EXISTS (
              SELECT 1
              FROM group_members m
              JOIN directory_rules r
                ON r.group_id = m.group_id AND r.directory_id = m.directory_id AND r.role = s.given_role
              WHERE m.user_id = s.user_id)
        ORDER BY s.user_id
        LIMIT 100";

    // Known failures are excluded.
    MISSING_ROLE = "
        SELECT m.user_id
        FROM directory_rules r
        JOIN group_members m ON m.group_id = r.group_id AND m.directory_id = r.directory_id
        JOIN directory_users s ON s.user_id = m.user_id AND s.given_role IS NULL
        JOIN users u ON u.id = m.user_id AND u.deleted_at IS NULL AND u.role = 'agent'
        WHERE r.role IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM directory_failures f WHERE f.user_id = m.user_id AND f.subject = 'role')
        ORDER BY m.user_id
        LIMIT 100";

    // The e-mail address may have been corrected.
    REFUSED_ROLE = "
        SELECT user_id
        FROM directory_failures
        WHERE subject = 'role' AND code = 'email_not_from_directory'
        ORDER BY user_id
        LIMIT 100";

    STALE_LICENSE = "
        SELECT a.user_id
        FROM assignments a
        WHERE a.rule_id IS NOT NULL
          AND NOT EXISTS (
              SELECT 1
              FROM directory_rules r
              JOIN group_members m ON m.group_id = r.group_id AND m.user_id = a.user_id
              JOIN directory_rule_licenses l ON l.rule_id = r.id AND l.license_id = a.license_id
              WHERE r.id = a.rule_id)
        ORDER BY a.user_id
        LIMIT 1000";

    MISSING_LICENSE = "
        SELECT m.user_id
        FROM directory_rules r
        JOIN directory_rule_licenses l ON l.rule_id = r.id
        JOIN group_members m ON m.group_id = r.group_id
        JOIN users u ON u.id = m.user_id AND u.deleted_at IS NULL AND u.status = 'active'
        WHERE NOT EXISTS (SELECT 1 FROM assignments a WHERE a.license_id = l.license_id AND a.user_id = m.user_id)
          AND NOT EXISTS (
              SELECT 1 FROM directory_failures f WHERE f.license_id = l.license_id AND f.user_id = m.user_id)
        ORDER BY m.user_id
        LIMIT 1000";

    // The user has the license now, or is not active any more.
    RESOLVED_FAILURE = "
        SELECT f.user_id
        FROM directory_failures f
        JOIN users u ON u.id = f.user_id
        WHERE f.license_id IS NOT NULL
          AND (u.status <> 'active' OR u.deleted_at IS NOT NULL
               OR EXISTS (SELECT 1 FROM assignments a WHERE a.license_id = f.license_id AND a.user_id = f.user_id))
        ORDER BY f.user_id
        LIMIT 1000";
}

/// Some of these users, possibly with repetitions.
pub async fn drifted_users(db: &Db) -> Result<Vec<UserId>, DbError> {
    let mut users = Vec::new();
    for query in [&STALE_ROLE, &MISSING_ROLE, &REFUSED_ROLE, &STALE_LICENSE, &MISSING_LICENSE, &RESOLVED_FAILURE] {
        for row in db.all(query, args![]).await? {
            users.push(row.get("user_id")?);
        }
    }
    Ok(users)
}
