//! The account, which is a single row.

use crate::db::{Db, DbError, Row, Tx, args, statements};
use chrono::{DateTime, Utc};
use seatkeeper_shared::wire::account::AccountView;

statements! {
    GET = "
        SELECT name, time_zone, locale, password_min, idle_minutes, session_minutes, second_factor
        FROM account";

    LOCK = "
        SELECT name, time_zone, locale, password_min, idle_minutes, session_minutes, second_factor
        FROM account
        FOR UPDATE";

    INSERT = "
        INSERT INTO account (id, name, time_zone, created_at)
        VALUES (1, $1, $2, $3)
        ON CONFLICT (id) DO NOTHING";

    CHANGE = "
        UPDATE account
        SET name = $1, time_zone = $2, locale = $3, password_min = $4, idle_minutes = $5, session_minutes = $6,
            second_factor = $7";
}

/// The account; `None` before it is set up.
pub async fn get(db: &Db) -> Result<Option<AccountView>, DbError> {
    db.one(&GET, args![]).await?.map(|row| view(&row)).transpose()
}

/// Locks the account until the end of the transaction.
pub async fn lock(tx: &mut Tx) -> Result<Option<AccountView>, DbError> {
    tx.one(&LOCK, args![]).await?.map(|row| view(&row)).transpose()
}

fn view(row: &Row) -> Result<AccountView, DbError> {
    Ok(AccountView {
        name: row.get("name")?,
        time_zone: row.get("time_zone")?,
        locale: row.get("locale")?,
        password_min: usize::try_from(row.get::<i64>("password_min")?).unwrap_or_default(),
        idle_minutes: row.get("idle_minutes")?,
        session_minutes: row.get("session_minutes")?,
        second_factor: row.get("second_factor")?,
    })
}

/// Creates the account. Returns false if it exists already, also if two setups run at once.
pub async fn insert(tx: &mut Tx, account: &AccountView, now: DateTime<Utc>) -> Result<bool, DbError> {
    Ok(tx.run(&INSERT, args![&account.name, &account.time_zone, now]).await? == 1)
}

/// Changes the account.
pub async fn change(tx: &mut Tx, to: &AccountView) -> Result<(), DbError> {
    let password_min = i64::try_from(to.password_min).unwrap_or(i64::MAX);
    let args =
        args![&to.name, &to.time_zone, to.locale, password_min, to.idle_minutes, to.session_minutes, to.second_factor];
    tx.run(&CHANGE, args).await.map(drop)
}
