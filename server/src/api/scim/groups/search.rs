//! Lists of groups. Members are loaded only for the groups on the page, or if the filter refers to members.

use super::{DirectoryGroup, ScimResult, resource};
use crate::{
    app::App,
    db::DbError,
    scim::{
        client::ScimClient,
        compute::compute,
        filter::{Filter, Literal, Op},
        list::{ListQuery, check_scan_size},
        schema,
    },
    store::directory_groups::{self, GroupLookup, NamedMember},
};
use seatkeeper_shared::ids::GroupId;
use serde_json::Value;
use std::collections::HashMap;

/// Lists the groups of this directory and those of no directory.
///
/// # Errors
/// Returns `tooMany` if too many groups would have to be scanned.
pub async fn list(app: &App, client: &ScimClient, query: &ListQuery) -> ScimResult {
    let found = match query.filter.as_ref().and_then(keys_in) {
        Some(keys) => directory_groups::lookup(&app.db, client.id, &keys).await?,
        None => directory_groups::all(&app.db, client.id).await?,
    };
    check_scan_size(found.len())?;
    let filters_by_members = query.mentions("members");
    let members = members_of(app, client, &found, filters_by_members).await?;
    let (client_copy, query_copy) = (client.clone(), query.clone());
    let (total, page) = compute(move || {
        let (total, page) = query_copy.select_page(resources(&client_copy, &found, members))?;
        let page: Vec<_> = page.into_iter().map(|(index, resource)| (found[index].clone(), resource)).collect();
        Ok((total, page))
    })
    .await?;
    let (chosen, page): (Vec<_>, Vec<_>) = page.into_iter().unzip();
    if filters_by_members || !query.projection.includes("members") {
        return Ok(query.list_response(total, page));
    }
    let members = members_of(app, client, &chosen, true).await?;
    Ok(query.list_response(total, resources(client, &chosen, members)))
}

type Members = HashMap<GroupId, Vec<NamedMember>>;

/// The members of these groups; empty unless `wanted`.
async fn members_of(
    app: &App,
    client: &ScimClient,
    found: &[DirectoryGroup],
    wanted: bool,
) -> Result<Members, DbError> {
    let ids: Vec<_> = found.iter().map(|stored| stored.id).collect();
    if wanted { directory_groups::members_of(&app.db, client.id, &ids).await } else { Ok(Members::new()) }
}

fn resources(client: &ScimClient, found: &[DirectoryGroup], mut members: Members) -> Vec<Value> {
    found.iter().map(|stored| resource(client, stored, &members.remove(&stored.id).unwrap_or_default())).collect()
}

/// The keys of all groups that can match; `None` if the filter does not limit them by key.
fn keys_in(filter: &Filter) -> Option<GroupLookup> {
    let keys_for = |name: &str, sub: Option<&str>, literal: &Literal| {
        let Literal::Text(text) = literal else { return None };
        let name = sub.map_or_else(|| name.to_ascii_lowercase(), |sub| format!("{name}.{sub}").to_ascii_lowercase());
        match name.as_str() {
            "id" => Some(GroupLookup { ids: text.parse().into_iter().collect(), ..GroupLookup::default() }),
            "displayname" => Some(GroupLookup { names: vec![text.clone()], ..GroupLookup::default() }),
            "externalid" => Some(GroupLookup { external_ids: vec![text.clone()], ..GroupLookup::default() }),
            "members" | "members.value" => {
                Some(GroupLookup { members: text.parse().into_iter().collect(), ..GroupLookup::default() })
            }
            _ => None,
        }
    };
    match filter {
        Filter::And(a, b) => keys_in(a).or_else(|| keys_in(b)),
        Filter::Or(a, b) => {
            let (mut all, more) = (keys_in(a)?, keys_in(b)?);
            all.ids.extend(more.ids);
            all.names.extend(more.names);
            all.external_ids.extend(more.external_ids);
            all.members.extend(more.members);
            Some(all)
        }
        Filter::Compare(attr, Op::Eq, literal) if attr.schema.as_deref().is_none_or(schema::is_core_schema) => {
            keys_for(&attr.name, attr.sub.as_deref(), literal)
        }
        Filter::ValuePath(attr, inner) if attr.name.eq_ignore_ascii_case("members") => match &**inner {
            Filter::Compare(part, Op::Eq, literal) => keys_for("members", Some(&part.name), literal),
            _ => None,
        },
        _ => None,
    }
}
