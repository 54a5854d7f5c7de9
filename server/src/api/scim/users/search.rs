//! Lists of users. The database narrows the list down as far as it can; the filter is then evaluated on each resource.

use super::ScimResult;
use crate::{
    app::App,
    db::DbError,
    normalize::{like_pattern, lowercase_like_pattern},
    scim::{
        client::ScimClient,
        compute::compute,
        filter::{AttrPath, Filter, Literal, Op},
        list::{ListQuery, MAX_SCANNED_RESOURCES, check_scan_size},
        schema, user_mapping,
    },
    store::directory_users::{self, DirectoryUser, NamedGroup, UserOrder, UserPrefilter},
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{ids::UserId, people::UserStatus, validate::email_key};
use serde_json::Value;
use std::collections::HashMap;

/// Lists the users of this directory and those of no directory.
///
/// # Errors
/// Returns `tooMany` if too many users would have to be scanned.
pub async fn list(app: &App, client: &ScimClient, query: &ListQuery) -> ScimResult {
    let order = order(query.sort_by.as_ref());
    if let Some(keys) = query.filter.as_ref().and_then(keys_in) {
        let found = directory_users::lookup(&app.db, client.id, &keys.ids, &keys.names, &keys.external_ids).await?;
        return list_by_scan(app, client, query, found).await;
    }
    let mut narrow = UserPrefilter::default();
    let exact = query.filter.as_ref().is_none_or(|filter| narrow_down(filter, &mut narrow));
    match order {
        Some(order) if exact => list_in_database(app, client, query, (&narrow, order)).await,
        _ => {
            let limit = i64::try_from(MAX_SCANNED_RESOURCES + 1).unwrap_or(i64::MAX);
            let found = directory_users::list(&app.db, client.id, &narrow, (UserOrder::Id, false), (limit, 0)).await?;
            check_scan_size(found.len())?;
            list_by_scan(app, client, query, found).await
        }
    }
}

/// Lists users where the database can filter, sort and page.
async fn list_in_database(
    app: &App,
    client: &ScimClient,
    query: &ListQuery,
    (narrow, order): (&UserPrefilter, UserOrder),
) -> ScimResult {
    let total = directory_users::count(&app.db, client.id, narrow).await?;
    let number = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let page = (number(query.count), number(query.skip));
    let found = match query.count {
        0 => Vec::new(),
        _ => directory_users::list(&app.db, client.id, narrow, (order, query.descending), page).await?,
    };
    let groups = groups_of(app, client, &found, query.projection.includes("groups")).await?;
    let page = resources(client, &found, groups)?;
    Ok(query.list_response(usize::try_from(total).unwrap_or_default(), page))
}

/// Lists users by scanning each candidate in memory.
async fn list_by_scan(app: &App, client: &ScimClient, query: &ListQuery, found: Vec<DirectoryUser>) -> ScimResult {
    let filters_by_groups = query.mentions("groups");
    let groups = groups_of(app, client, &found, filters_by_groups).await?;
    let (client_copy, query_copy) = (client.clone(), query.clone());
    let (total, page) = compute(move || {
        let (total, page) = query_copy.select_page(resources(&client_copy, &found, groups)?)?;
        let page: Vec<_> = page.into_iter().map(|(index, resource)| (found[index].clone(), resource)).collect();
        Ok((total, page))
    })
    .await?;
    let (chosen, page): (Vec<_>, Vec<_>) = page.into_iter().unzip();
    if filters_by_groups || !query.projection.includes("groups") {
        return Ok(query.list_response(total, page));
    }
    let groups = groups_of(app, client, &chosen, true).await?;
    Ok(query.list_response(total, resources(client, &chosen, groups)?))
}

type Groups = HashMap<UserId, Vec<NamedGroup>>;

/// The groups of these users; empty unless `wanted`.
async fn groups_of(app: &App, client: &ScimClient, found: &[DirectoryUser], wanted: bool) -> Result<Groups, DbError> {
    let ids: Vec<_> = found.iter().map(|stored| stored.id).collect();
    if wanted { directory_users::groups_of(&app.db, client.id, &ids).await } else { Ok(Groups::new()) }
}

fn resources(client: &ScimClient, found: &[DirectoryUser], mut groups: Groups) -> Result<Vec<Value>, DbError> {
    found
        .iter()
        .map(|stored| user_mapping::resource(client, stored, &groups.remove(&stored.id).unwrap_or_default()))
        .collect()
}

/// The order in the database; `None` if it cannot sort by this attribute.
fn order(sort_by: Option<&AttrPath>) -> Option<UserOrder> {
    let Some(attr) = sort_by else { return Some(UserOrder::Id) };
    match core_name(attr)?.as_str() {
        "id" => Some(UserOrder::Id),
        "username" => Some(UserOrder::UserName),
        "meta.created" => Some(UserOrder::Created),
        "meta.lastmodified" => Some(UserOrder::Modified),
        _ => None,
    }
}

/// The lower-case name of an attribute of the core schema.
fn core_name(attr: &AttrPath) -> Option<String> {
    let core = attr.schema.as_deref().is_none_or(schema::is_core_schema);
    let sub = attr.sub.as_ref().map(|sub| format!(".{sub}")).unwrap_or_default();
    core.then(|| format!("{}{sub}", attr.name).to_ascii_lowercase())
}

/// Values that the database looks up in indexes.
#[derive(Debug, Default, PartialEq)]
struct UserKeys {
    ids: Vec<UserId>,
    names: Vec<String>,
    external_ids: Vec<String>,
}

/// The keys of all users that can match; `None` if the filter does not limit them by key.
fn keys_in(filter: &Filter) -> Option<UserKeys> {
    match filter {
        Filter::And(a, b) => keys_in(a).or_else(|| keys_in(b)),
        Filter::Or(a, b) => {
            let (mut all, more) = (keys_in(a)?, keys_in(b)?);
            all.ids.extend(more.ids);
            all.names.extend(more.names);
            all.external_ids.extend(more.external_ids);
            Some(all)
        }
        Filter::Compare(attr, Op::Eq, literal) => {
            let text = match literal {
                Literal::Text(text) => text.clone(),
                Literal::Number(number) => number.to_string(),
                Literal::Bool(_) | Literal::Null => return None,
            };
            match core_name(attr)?.as_str() {
                "id" => Some(UserKeys { ids: text.parse().into_iter().collect(), ..UserKeys::default() }),
                "username" => Some(UserKeys { names: vec![email_key(&text)], ..UserKeys::default() }),
                "externalid" => Some(UserKeys { external_ids: vec![text], ..UserKeys::default() }),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Adds conditions of the filter for the database; returns whether they express the whole filter.
fn narrow_down(filter: &Filter, narrow: &mut UserPrefilter) -> bool {
    match filter {
        Filter::And(a, b) => {
            let first = narrow_down(a, narrow);
            narrow_down(b, narrow) && first
        }
        Filter::Compare(attr, op, literal) => narrow_by_comparison(attr, *op, literal, narrow),
        Filter::ValuePath(attr, inner) if core_name(attr).as_deref() == Some("emails") => {
            narrow_by_email(inner, narrow);
            false
        }
        _ => false,
    }
}

fn narrow_by_comparison(attr: &AttrPath, op: Op, literal: &Literal, narrow: &mut UserPrefilter) -> bool {
    let Some(name) = core_name(attr) else { return false };
    match (name.as_str(), op, literal) {
        ("active", Op::Eq, Literal::Bool(_) | Literal::Text(_)) if narrow.status.is_none() => {
            let active = match literal {
                Literal::Bool(truth) => Some(*truth),
                Literal::Text(text) => text.to_ascii_lowercase().parse().ok(),
                _ => None,
            };
            narrow.status = active.map(|active| if active { UserStatus::Active } else { UserStatus::Suspended });
            return active.is_some();
        }
        ("username", Op::Eq | Op::Co | Op::Sw | Op::Ew, Literal::Text(text)) => {
            narrow.user_name = lowercase_like_pattern(text)
        }
        ("displayname", Op::Eq | Op::Co | Op::Sw | Op::Ew, Literal::Text(text)) => narrow.display = like_pattern(text),
        ("emails" | "emails.value", Op::Eq | Op::Co | Op::Sw | Op::Ew, Literal::Text(text)) => {
            narrow.emails = lowercase_like_pattern(text);
        }
        ("meta.lastmodified", _, Literal::Text(text)) => {
            // The database stores a finer time than is returned: allow a millisecond on both sides.
            let (at, little) = (text.parse::<DateTime<Utc>>().ok(), chrono::TimeDelta::milliseconds(1));
            match op {
                Op::Gt | Op::Ge => narrow.since = at.and_then(|at| at.checked_sub_signed(little)),
                Op::Lt | Op::Le => narrow.until = at.and_then(|at| at.checked_add_signed(little)),
                _ => {}
            }
        }
        _ => {}
    }
    false
}

fn narrow_by_email(inner: &Filter, narrow: &mut UserPrefilter) {
    match inner {
        Filter::And(a, b) => {
            narrow_by_email(a, narrow);
            narrow_by_email(b, narrow);
        }
        Filter::Compare(attr, Op::Eq | Op::Co | Op::Sw | Op::Ew, Literal::Text(text))
            if core_name(attr).as_deref() == Some("value") =>
        {
            narrow.emails = lowercase_like_pattern(text);
        }
        _ => {}
    }
}
