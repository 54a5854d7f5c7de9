//! Saved views of pages.

use super::manager_scope::visible_work;
use crate::{
    db::{Db, DbError, Row, Tx, args, statements},
    normalize::fold,
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{SavedViewId, UserId},
    wire::views::{SavedView, ViewPage},
};

statements! {
    SEEN = format!("
        SELECT v.id, v.owner_id, v.page, v.name, v.query, v.shared, v.created_at, v.changed_at,
               CASE WHEN {} THEN u.name END AS owner_name
        FROM saved_views v
        JOIN users u ON u.id = v.owner_id
        WHERE (v.owner_id = $1 OR v.shared)
          AND v.page = $3 -- if $3
          AND v.id = $4 -- if $4
        ORDER BY v.name_key, v.id", visible_work("v.owner_id", 2));

    LOCK = "
        SELECT id, owner_id, page, name, query, shared, created_at, changed_at, NULL AS owner_name
        FROM saved_views
        WHERE id = $1
        FOR UPDATE";

    COUNT = "
        SELECT COUNT(*) AS views FROM saved_views WHERE owner_id = $1";

    INSERT = "
        INSERT INTO saved_views (id, owner_id, page, name, name_key, query, shared, created_at, changed_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)";

    CHANGE = "
        UPDATE saved_views SET name = $2, name_key = $3, query = $4, shared = $5, changed_at = $6 WHERE id = $1";

    DELETE = "
        DELETE FROM saved_views WHERE id = $1";
}

/// A user's own views and the shared ones, of one page or all, by name. The names of owners are those whom the manager
/// sees.
pub async fn seen_by(
    db: &Db,
    user: UserId,
    manager: Option<UserId>,
    page: Option<ViewPage>,
) -> Result<Vec<SavedView>, DbError> {
    let rows = db.all(&SEEN, args![user, manager, page.map(ViewPage::as_str), None::<SavedViewId>]).await?;
    rows.iter().map(|row| view(row, user)).collect()
}

/// One of these views.
pub async fn get(
    db: &Db,
    user: UserId,
    manager: Option<UserId>,
    id: SavedViewId,
) -> Result<Option<SavedView>, DbError> {
    let row = db.one(&SEEN, args![user, manager, None::<&str>, Some(id)]).await?;
    row.map(|row| view(&row, user)).transpose()
}

/// A view as this user sees it, without the owner's name, locked until the end of the transaction.
pub async fn lock(tx: &mut Tx, user: UserId, id: SavedViewId) -> Result<Option<SavedView>, DbError> {
    tx.one(&LOCK, args![id]).await?.map(|row| view(&row, user)).transpose()
}

fn view(row: &Row, user: UserId) -> Result<SavedView, DbError> {
    Ok(SavedView {
        id: row.get("id")?,
        page: row.get("page")?,
        name: row.get("name")?,
        query: row.get("query")?,
        shared: row.get("shared")?,
        own: row.get::<UserId>("owner_id")? == user,
        owner_name: row.opt("owner_name")?,
        created_at: row.get("created_at")?,
        changed_at: row.get("changed_at")?,
    })
}

/// How many views a user has.
pub async fn count(tx: &mut Tx, owner: UserId) -> Result<i64, DbError> {
    tx.one(&COUNT, args![owner]).await?.map_or(Ok(0), |row| row.get("views"))
}

/// Adds a view.
///
/// # Errors
/// Returns [`DbError::Taken`] `saved_views_name_key` if the owner has a view of this name on the page.
pub async fn insert(tx: &mut Tx, owner: UserId, view: &SavedView) -> Result<(), DbError> {
    let SavedView { id, page, name, query, shared, created_at, .. } = view;
    tx.run(&INSERT, args![*id, owner, page.as_str(), name, fold(name), query, *shared, *created_at]).await.map(drop)
}

/// Writes the fields of a view that can change.
///
/// # Errors
/// Returns [`DbError::Taken`] `saved_views_name_key` if the owner has a view of this name on the page.
pub async fn change(tx: &mut Tx, view: &SavedView, now: DateTime<Utc>) -> Result<(), DbError> {
    let SavedView { id, name, query, shared, .. } = view;
    tx.run(&CHANGE, args![*id, name, fold(name), query, *shared, now]).await.map(drop)
}

/// Deletes a view.
pub async fn delete(tx: &mut Tx, id: SavedViewId) -> Result<(), DbError> {
    tx.run(&DELETE, args![id]).await.map(drop)
}
