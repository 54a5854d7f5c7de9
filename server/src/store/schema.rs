//! The applied migrations, and the counter of the readiness check.

use crate::db::{Db, DbError, args, statements};

statements! {
    SCHEMA_VERSION = "
        SELECT MAX(version) AS version FROM _sqlx_migrations";

    CHECKS = "
        SELECT checks FROM readiness";
}

/// The version of the newest applied migration.
pub async fn version(db: &Db) -> Result<i64, DbError> {
    let row = db.one(&SCHEMA_VERSION, args![]).await?;
    Ok(row.map(|row| row.opt("version")).transpose()?.flatten().unwrap_or_default())
}

/// How often the readiness check has written to the database.
pub async fn readiness_checks(db: &Db) -> Result<i64, DbError> {
    let row = db.one(&CHECKS, args![]).await?;
    Ok(row.map(|row| row.get("checks")).transpose()?.unwrap_or_default())
}
