//! Users for whom what is differs from what rules of directories say, and nobody noticed: whoever changed a group went away before
//! the rules were applied, or two changed one thing at once.

use crate::db::{Db, DbError, args, statements};
use seatkeeper_shared::ids::UserId;

statements! {
    // Given by a rule that says so no longer.
    ROLE_KEPT = "
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

    // What could not be given is known.
    ROLE_MISSING = "
        SELECT m.user_id
        FROM directory_rules r
        JOIN group_members m ON m.group_id = r.group_id AND m.directory_id = r.directory_id
        JOIN directory_users s ON s.user_id = m.user_id AND s.given_role IS NULL
        JOIN users u ON u.id = m.user_id AND u.deleted_at IS NULL AND u.role = 'agent'
        WHERE r.role IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM directory_failures f WHERE f.user_id = m.user_id AND f.subject = 'role')
        ORDER BY m.user_id
        LIMIT 100";

    // The address may be right by now.
    ROLE_REFUSED = "
        SELECT user_id
        FROM directory_failures
        WHERE subject = 'role' AND code = 'email_not_from_directory'
        ORDER BY user_id
        LIMIT 100";

    LICENSE_KEPT = "
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

    LICENSE_MISSING = "
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

    // He has by now what he could not have, or is to have nothing.
    FAILURE_OVER = "
        SELECT f.user_id
        FROM directory_failures f
        JOIN users u ON u.id = f.user_id
        WHERE f.license_id IS NOT NULL
          AND (u.status <> 'active' OR u.deleted_at IS NOT NULL
               OR EXISTS (SELECT 1 FROM assignments a WHERE a.license_id = f.license_id AND a.user_id = f.user_id))
        ORDER BY f.user_id
        LIMIT 1000";
}

/// Some of them, each perhaps more than once.
pub async fn some(db: &Db) -> Result<Vec<UserId>, DbError> {
    let mut users = Vec::new();
    for look in [&ROLE_KEPT, &ROLE_MISSING, &ROLE_REFUSED, &LICENSE_KEPT, &LICENSE_MISSING, &FAILURE_OVER] {
        for row in db.all(look, args![]).await? {
            users.push(row.get("user_id")?);
        }
    }
    Ok(users)
}
