//! Lists of users. The database narrows down what it can; what the filter says is then asked of each resource, by one function
//! for all.

use super::Told;
use crate::{
    app::App,
    db::DbError,
    scim::{
        compute::compute,
        filter::{Attr, Filter, Literal, Op},
        list::{Asked, LOOKED_THROUGH, few_enough},
        person,
        request::Asker,
        schema,
    },
    store::directory_users::{self, GroupOf, Narrow, Order, Seen},
    text::{pattern, plain_pattern},
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{ids::UserId, people::UserStatus, validate::email_key};
use serde_json::Value;
use std::collections::HashMap;

/// Users, of this directory and of none.
///
/// # Errors
/// More than can be looked through.
pub async fn list(app: &App, by: &Asker, asked: &Asked) -> Told {
    let order = order(asked.sort_by.as_ref());
    if let Some(probes) = asked.filter.as_ref().and_then(probes) {
        let found = directory_users::probed(&app.db, by.id, &probes.ids, &probes.names, &probes.externals).await?;
        return looked_through(app, by, asked, found).await;
    }
    let mut narrow = Narrow::default();
    let exact = asked.filter.as_ref().is_none_or(|filter| narrow_down(filter, &mut narrow));
    match order {
        Some(order) if exact => counted(app, by, asked, (&narrow, order)).await,
        _ => {
            let most = i64::try_from(LOOKED_THROUGH + 1).unwrap_or(i64::MAX);
            let found = directory_users::list(&app.db, by.id, &narrow, (Order::Id, false), (most, 0)).await?;
            few_enough(found.len())?;
            looked_through(app, by, asked, found).await
        }
    }
}

/// Where the database can do all of it.
async fn counted(app: &App, by: &Asker, asked: &Asked, (narrow, order): (&Narrow, Order)) -> Told {
    let total = directory_users::count(&app.db, by.id, narrow).await?;
    let number = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let place = (number(asked.count), number(asked.skip));
    let found = match asked.count {
        0 => Vec::new(),
        _ => directory_users::list(&app.db, by.id, narrow, (order, asked.down), place).await?,
    };
    let groups = groups_of(app, by, &found, asked.shown.shows("groups")).await?;
    let page = resources(by, &found, groups)?;
    Ok(asked.answer(usize::try_from(total).unwrap_or_default(), page))
}

/// Where each has to be looked at.
async fn looked_through(app: &App, by: &Asker, asked: &Asked, found: Vec<Seen>) -> Told {
    let speaks_of_groups = asked.speaks_of("groups");
    let groups = groups_of(app, by, &found, speaks_of_groups).await?;
    let (asker, wanted) = (by.clone(), asked.clone());
    let (total, page) = compute(move || {
        let (total, page) = wanted.page_of(resources(&asker, &found, groups)?)?;
        let page: Vec<_> = page.into_iter().map(|(place, resource)| (found[place].clone(), resource)).collect();
        Ok((total, page))
    })
    .await?;
    let (chosen, page): (Vec<_>, Vec<_>) = page.into_iter().unzip();
    if speaks_of_groups || !asked.shown.shows("groups") {
        return Ok(asked.answer(total, page));
    }
    let groups = groups_of(app, by, &chosen, true).await?;
    Ok(asked.answer(total, resources(by, &chosen, groups)?))
}

type Groups = HashMap<UserId, Vec<GroupOf>>;

/// The groups of these users, if they are wanted.
async fn groups_of(app: &App, by: &Asker, found: &[Seen], wanted: bool) -> Result<Groups, DbError> {
    let ids: Vec<_> = found.iter().map(|seen| seen.id).collect();
    if wanted { directory_users::groups_of(&app.db, by.id, &ids).await } else { Ok(Groups::new()) }
}

fn resources(by: &Asker, found: &[Seen], mut groups: Groups) -> Result<Vec<Value>, DbError> {
    found.iter().map(|seen| person::resource(by, seen, &groups.remove(&seen.id).unwrap_or_default())).collect()
}

/// The order in which the database can sort.
fn order(by: Option<&Attr>) -> Option<Order> {
    let Some(by) = by else { return Some(Order::Id) };
    match name(by)?.as_str() {
        "id" => Some(Order::Id),
        "username" => Some(Order::UserName),
        "meta.created" => Some(Order::Created),
        "meta.lastmodified" => Some(Order::Modified),
        _ => None,
    }
}

/// The name of an attribute of the core schema, in small letters.
fn name(attr: &Attr) -> Option<String> {
    let core = attr.schema.as_deref().is_none_or(schema::is_core);
    let sub = attr.sub.as_ref().map(|sub| format!(".{sub}")).unwrap_or_default();
    core.then(|| format!("{}{sub}", attr.name).to_ascii_lowercase())
}

/// What the database looks up.
#[derive(Debug, Default, PartialEq)]
struct Probes {
    ids: Vec<UserId>,
    names: Vec<String>,
    externals: Vec<String>,
}

/// Who is meant at most, if the filter names them.
fn probes(filter: &Filter) -> Option<Probes> {
    match filter {
        Filter::And(a, b) => probes(a).or_else(|| probes(b)),
        Filter::Or(a, b) => {
            let (mut all, more) = (probes(a)?, probes(b)?);
            all.ids.extend(more.ids);
            all.names.extend(more.names);
            all.externals.extend(more.externals);
            Some(all)
        }
        Filter::Compare(attr, Op::Eq, literal) => {
            let text = match literal {
                Literal::Text(text) => text.clone(),
                Literal::Number(number) => number.to_string(),
                Literal::Bool(_) | Literal::Null => return None,
            };
            match name(attr)?.as_str() {
                "id" => Some(Probes { ids: text.parse().into_iter().collect(), ..Probes::default() }),
                "username" => Some(Probes { names: vec![email_key(&text)], ..Probes::default() }),
                "externalid" => Some(Probes { externals: vec![text], ..Probes::default() }),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Narrows a list down; whether that says all that the filter says.
fn narrow_down(filter: &Filter, narrow: &mut Narrow) -> bool {
    match filter {
        Filter::And(a, b) => {
            let first = narrow_down(a, narrow);
            narrow_down(b, narrow) && first
        }
        Filter::Compare(attr, op, literal) => compared(attr, *op, literal, narrow),
        Filter::Some(attr, inner) if name(attr).as_deref() == Some("emails") => {
            in_emails(inner, narrow);
            false
        }
        _ => false,
    }
}

fn compared(attr: &Attr, op: Op, literal: &Literal, narrow: &mut Narrow) -> bool {
    let Some(name) = name(attr) else { return false };
    match (name.as_str(), op, literal) {
        ("active", Op::Eq, Literal::Bool(_) | Literal::Text(_)) if narrow.status.is_none() => {
            let said = match literal {
                Literal::Bool(truth) => Some(*truth),
                Literal::Text(text) => text.to_ascii_lowercase().parse().ok(),
                _ => None,
            };
            narrow.status = said.map(|active| if active { UserStatus::Active } else { UserStatus::Suspended });
            return said.is_some();
        }
        ("username", Op::Eq | Op::Co | Op::Sw | Op::Ew, Literal::Text(text)) => narrow.user_name = plain_pattern(text),
        ("displayname", Op::Eq | Op::Co | Op::Sw | Op::Ew, Literal::Text(text)) => narrow.display = pattern(text),
        ("emails" | "emails.value", Op::Eq | Op::Co | Op::Sw | Op::Ew, Literal::Text(text)) => {
            narrow.emails = plain_pattern(text);
        }
        ("meta.lastmodified", _, Literal::Text(text)) => {
            // The database is finer than what is shown: a millisecond to both sides.
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

fn in_emails(inner: &Filter, narrow: &mut Narrow) {
    match inner {
        Filter::And(a, b) => {
            in_emails(a, narrow);
            in_emails(b, narrow);
        }
        Filter::Compare(attr, Op::Eq | Op::Co | Op::Sw | Op::Ew, Literal::Text(text))
            if name(attr).as_deref() == Some("value") =>
        {
            narrow.emails = plain_pattern(text);
        }
        _ => {}
    }
}
