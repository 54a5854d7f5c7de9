//! Which migrations were applied, and whether something can be written.

use crate::db::{Db, DbError, args, statements};

statements! {
    NEWEST = "
        SELECT MAX(version) AS version FROM _sqlx_migrations";

    CHECKS = "
        SELECT checks FROM readiness";
}

/// The version of the newest migration that was applied to the tables.
pub async fn newest(db: &Db) -> Result<i64, DbError> {
    let row = db.one(&NEWEST, args![]).await?;
    Ok(row.map(|row| row.opt("version")).transpose()?.flatten().unwrap_or_default())
}

/// How often it was tried whether something can be written.
pub async fn checks(db: &Db) -> Result<i64, DbError> {
    let row = db.one(&CHECKS, args![]).await?;
    Ok(row.map(|row| row.get("checks")).transpose()?.unwrap_or_default())
}
