//! The account: one row.

use crate::db::{Db, DbError, Tx, args, statements};
use chrono::{DateTime, Utc};
use seatkeeper_shared::wire::account::AccountView;

statements! {
    GET = "
        SELECT name, time_zone FROM account";

    INSERT = "
        INSERT INTO account (id, name, time_zone, created_at)
        VALUES (1, $1, $2, $3)
        ON CONFLICT (id) DO NOTHING";

    PING = "
        SELECT 1 AS one";
}

/// The account, once it is set up.
pub async fn get(db: &Db) -> Result<Option<AccountView>, DbError> {
    let row = db.one(&GET, args![]).await?;
    row.map(|row| Ok(AccountView { name: row.get("name")?, time_zone: row.get("time_zone")? })).transpose()
}

/// Creates the account; false if it is there already. Of two setups at once, one finds it there.
pub async fn insert(tx: &mut Tx, account: &AccountView, now: DateTime<Utc>) -> Result<bool, DbError> {
    Ok(tx.run(&INSERT, args![&account.name, &account.time_zone, now]).await? == 1)
}

/// Whether the database answers.
pub async fn ping(db: &Db) -> Result<(), DbError> {
    db.one(&PING, args![]).await.map(drop)
}
