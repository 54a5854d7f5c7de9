//! Lists of groups. Members are read only for those that are shown, or if the filter speaks of them.

use super::{Seen, Told, resource};
use crate::{
    app::App,
    db::DbError,
    scim::{
        compute::compute,
        filter::{Filter, Literal, Op},
        list::{Asked, few_enough},
        request::Asker,
        schema,
    },
    store::directory_groups::{self, Member, Probes},
};
use seatkeeper_shared::ids::GroupId;
use serde_json::Value;
use std::collections::HashMap;

/// Groups, of this directory and of none.
///
/// # Errors
/// More than can be looked through.
pub async fn list(app: &App, by: &Asker, asked: &Asked) -> Told {
    let found = match asked.filter.as_ref().and_then(probes) {
        Some(probes) => directory_groups::probed(&app.db, by.id, &probes).await?,
        None => directory_groups::all(&app.db, by.id).await?,
    };
    few_enough(found.len())?;
    let speaks_of_members = asked.speaks_of("members");
    let members = members_of(app, by, &found, speaks_of_members).await?;
    let (asker, wanted) = (by.clone(), asked.clone());
    let (total, page) = compute(move || {
        let (total, page) = wanted.page_of(resources(&asker, &found, members))?;
        let page: Vec<_> = page.into_iter().map(|(place, resource)| (found[place].clone(), resource)).collect();
        Ok((total, page))
    })
    .await?;
    let (chosen, page): (Vec<_>, Vec<_>) = page.into_iter().unzip();
    if speaks_of_members || !asked.shown.shows("members") {
        return Ok(asked.answer(total, page));
    }
    let members = members_of(app, by, &chosen, true).await?;
    Ok(asked.answer(total, resources(by, &chosen, members)))
}

type Members = HashMap<GroupId, Vec<Member>>;

/// Who is in these groups, if that is wanted.
async fn members_of(app: &App, by: &Asker, found: &[Seen], wanted: bool) -> Result<Members, DbError> {
    let ids: Vec<_> = found.iter().map(|seen| seen.id).collect();
    if wanted { directory_groups::members_of(&app.db, by.id, &ids).await } else { Ok(Members::new()) }
}

fn resources(by: &Asker, found: &[Seen], mut members: Members) -> Vec<Value> {
    found.iter().map(|seen| resource(by, seen, &members.remove(&seen.id).unwrap_or_default())).collect()
}

/// What the filter names, if it names something.
fn probes(filter: &Filter) -> Option<Probes> {
    let named = |name: &str, sub: Option<&str>, literal: &Literal| {
        let Literal::Text(text) = literal else { return None };
        let name = sub.map_or_else(|| name.to_ascii_lowercase(), |sub| format!("{name}.{sub}").to_ascii_lowercase());
        match name.as_str() {
            "id" => Some(Probes { ids: text.parse().into_iter().collect(), ..Probes::default() }),
            "displayname" => Some(Probes { names: vec![text.clone()], ..Probes::default() }),
            "externalid" => Some(Probes { externals: vec![text.clone()], ..Probes::default() }),
            "members" | "members.value" => {
                Some(Probes { members: text.parse().into_iter().collect(), ..Probes::default() })
            }
            _ => None,
        }
    };
    match filter {
        Filter::And(a, b) => probes(a).or_else(|| probes(b)),
        Filter::Or(a, b) => {
            let (mut all, more) = (probes(a)?, probes(b)?);
            all.ids.extend(more.ids);
            all.names.extend(more.names);
            all.externals.extend(more.externals);
            all.members.extend(more.members);
            Some(all)
        }
        Filter::Compare(attr, Op::Eq, literal) if attr.schema.as_deref().is_none_or(schema::is_core) => {
            named(&attr.name, attr.sub.as_deref(), literal)
        }
        Filter::Some(attr, inner) if attr.name.eq_ignore_ascii_case("members") => match &**inner {
            Filter::Compare(part, Op::Eq, literal) => named("members", Some(&part.name), literal),
            _ => None,
        },
        _ => None,
    }
}
