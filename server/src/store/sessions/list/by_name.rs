//! The list sorted by name: walks the users in the order of their names, and reads the sessions of some at a time.

use super::{Criteria, Reader, Window, is_live};
use crate::{
    db::{DbError, Sql, args, statements},
    store::pagination::{Cursor, SortValue},
};
use seatkeeper_shared::{ids::UserId, wire::sessions::SessionView};

/// How many users are looked at in each step. If they have too few sessions for the page, all sessions are sorted.
const USERS_PER_STEP: [usize; 3] = [4, 32, 256];

/// The users whose names are `$1` or later, or later than `$2`.
fn users_from(down: bool) -> String {
    let (than, order) = if down { ("<", "DESC") } else { (">", "ASC") };
    format!(
        "
        SELECT id, name_key
        FROM users
        WHERE TRUE
          AND name_key {than}= $1 -- if $1
          AND name_key {than} $2 -- if $2
        ORDER BY name_key {order}
        LIMIT $3"
    )
}

statements! {
    USERS = users_from(false);
    USERS_DOWN = users_from(true);
}

fn sql(down: bool) -> &'static Sql {
    if down { &USERS_DOWN } else { &USERS }
}

/// Some users, and after which name the next ones come. `None` if these are the last.
struct Step {
    users: Vec<UserId>,
    last: Option<String>,
}

/// The rows of a page.
pub(super) async fn rows(
    reader: &mut Reader<'_>,
    criteria: &Criteria<'_>,
    window: Window<'_>,
) -> Result<Vec<SessionView>, DbError> {
    let state = criteria.filter.state;
    if criteria.users.is_some() || is_live(state) {
        return super::rows(reader, criteria, state, window).await;
    }
    let (mut items, mut last) = (Vec::new(), None);
    for count in USERS_PER_STEP {
        let first = window.after.filter(|_| last.is_none());
        let Some(step) = step(reader, window.down, (first, last.as_deref()), count).await? else { continue };
        let of_users =
            Criteria { filter: criteria.filter, users: Some(step.users), are_searched: false, starts_live: false };
        if !of_users.is_of_nobody() {
            let rest = Window { after: first, limit: window.limit - items.len(), ..window };
            items.extend(super::rows(reader, &of_users, state, rest).await?);
        }
        if items.len() >= window.limit || step.last.is_none() {
            return Ok(items);
        }
        last = step.last;
    }
    super::rows(reader, criteria, state, window).await
}

/// The users from the cursor's name on, or after the last name. `None` if too many have the same name.
async fn step(
    reader: &mut Reader<'_>,
    down: bool,
    (first, last): (Option<&Cursor>, Option<&str>),
    count: usize,
) -> Result<Option<Step>, DbError> {
    let first = first.and_then(|after| match &after.key {
        SortValue::Text(name) => Some(name.as_str()),
        SortValue::Time(_) => None,
    });
    let limit = i64::try_from(count + 1).unwrap_or(i64::MAX);
    let rows = reader.all(sql(down), args![first, last, limit]).await?;
    let users = rows.iter().map(|row| Ok((row.get("name_key")?, row.get("id")?)));
    let mut users = users.collect::<Result<Vec<(String, UserId)>, DbError>>()?;
    if users.len() > count
        && let Some((cut, _)) = users.pop()
    {
        // Users of the same name are sorted by their sessions together.
        users.retain(|(name, _)| *name != cut);
        if users.is_empty() {
            return Ok(None);
        }
        let last = users.last().map(|(name, _)| name.clone());
        return Ok(Some(Step { users: users.into_iter().map(|(_, id)| id).collect(), last }));
    }
    Ok(Some(Step { users: users.into_iter().map(|(_, id)| id).collect(), last: None }))
}
