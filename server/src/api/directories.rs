//! Directories that provision through SCIM: their tokens, last requests and rules. For admins.

use crate::{
    app::App,
    auth::{Caller, RecentCaller, secret},
    events::Event,
    http::{
        extract::{Body, Named},
        problem::{Fail, Fields},
        tags::{IfMatch, Tagged, tagged},
    },
    scim::{self, rules},
    store,
};
use axum::{Json, extract::State, http::StatusCode};
use seatkeeper_shared::{
    ids::{DirectoryId, GroupId, LicenseId, RuleId},
    permissions::Action,
    problem::Code,
    validate::{self, FieldError},
    wire::directory::{
        DirectoryMade, DirectoryRequest, DirectoryView, NewDirectory, RuleFailures, RuleView, RulesPreview, SetRules,
    },
};
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};

/// The most rules of a directory.
const MOST_RULES: usize = 200;

/// All directories.
#[utoipa::path(get, path = "/directories", tag = "directories", responses((status = 200, body = Vec<DirectoryView>)))]
pub async fn directories(State(app): State<App>, caller: Caller) -> Result<Json<Vec<DirectoryView>>, Fail> {
    caller.must(Action::ManageAccount)?;
    scim::log::write(&app).await?;
    Ok(Json(store::directories::all(&app.db).await?))
}

/// Adds a directory. The secret of its token is shown this once.
#[utoipa::path(post, path = "/directories", tag = "directories", request_body = NewDirectory, responses((status = 201, body = DirectoryMade)))]
pub async fn add_directory(
    State(app): State<App>,
    caller: RecentCaller,
    Body(wanted): Body<NewDirectory>,
) -> Result<(StatusCode, Json<DirectoryMade>), Fail> {
    caller.must(Action::ManageAccount)?;
    let mut fields = Fields::default();
    let name = fields.check("name", validate::name(&wanted.name));
    let name = fields.all(name)?;
    let (now, secret) = (app.clock.now(), app.dice.secret());
    let id = DirectoryId(app.dice.id(now));
    let mut tx = app.db.begin().await?;
    store::directories::insert(&mut tx, id, &name, &secret::hash(&secret), now).await?;
    let event = Event::new("directory_added", caller.actor(), None, json!({})).about(id.0, name);
    app.commit(tx, &[event]).await?;
    Ok((StatusCode::CREATED, Json(DirectoryMade { directory: one(&app, id).await?, secret })))
}

async fn one(app: &App, id: DirectoryId) -> Result<DirectoryView, Fail> {
    store::directories::get(&app.db, id).await?.ok_or_else(|| Fail::code(Code::NotFound))
}

/// Gives a directory a new token, whose secret is shown this once. The old one is void at once.
#[utoipa::path(post, path = "/directories/{id}/rotate", tag = "directories", params(("id" = DirectoryId, Path)), responses((status = 200, body = DirectoryMade)))]
pub async fn rotate(
    State(app): State<App>,
    caller: RecentCaller,
    Named(id): Named<DirectoryId>,
) -> Result<Json<DirectoryMade>, Fail> {
    caller.must(Action::ManageAccount)?;
    let secret = app.dice.secret();
    let mut tx = app.db.begin().await?;
    let name = store::directories::rotate(&mut tx, id, &secret::hash(&secret), app.clock.now()).await?;
    let name = name.ok_or_else(|| Fail::code(Code::NotFound))?;
    app.commit(tx, &[Event::new("directory_token_made", caller.actor(), None, json!({})).about(id.0, name)]).await?;
    Ok(Json(DirectoryMade { directory: one(&app, id).await?, secret }))
}

/// Takes a directory away. Its users and groups stay, with all that its rules gave.
#[utoipa::path(delete, path = "/directories/{id}", tag = "directories", params(("id" = DirectoryId, Path)), responses((status = 204)))]
pub async fn delete_directory(
    State(app): State<App>,
    caller: Caller,
    Named(id): Named<DirectoryId>,
) -> Result<StatusCode, Fail> {
    caller.must(Action::ManageAccount)?;
    let mut tx = app.db.begin().await?;
    let name = store::directories::lock(&mut tx, id).await?.ok_or_else(|| Fail::code(Code::NotFound))?;
    store::directories::delete(&mut tx, id).await?;
    app.commit(tx, &[Event::new("directory_deleted", caller.actor(), None, json!({})).about(id.0, name)]).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The last 200 requests of a directory, the newest first, without bodies and secrets.
#[utoipa::path(get, path = "/directories/{id}/requests", tag = "directories", params(("id" = DirectoryId, Path)), responses((status = 200, body = Vec<DirectoryRequest>)))]
pub async fn requests(
    State(app): State<App>,
    caller: Caller,
    Named(id): Named<DirectoryId>,
) -> Result<Json<Vec<DirectoryRequest>>, Fail> {
    caller.must(Action::ManageAccount)?;
    one(&app, id).await?;
    scim::log::write(&app).await?;
    Ok(Json(store::directories::requests(&app.db, id).await?))
}

/// The rules of a directory, the most important first. The `ETag` stands for them.
#[utoipa::path(get, path = "/directories/{id}/rules", tag = "directories", params(("id" = DirectoryId, Path)), responses((status = 200, body = Vec<RuleView>)))]
pub async fn rules(
    State(app): State<App>,
    caller: Caller,
    Named(id): Named<DirectoryId>,
) -> Result<Tagged<Vec<RuleView>>, Fail> {
    caller.must(Action::ManageAccount)?;
    one(&app, id).await?;
    let rules = of(&app, id).await?;
    Ok(tagged(&changeable(&rules), rules))
}

/// The rules without what others change: the names of groups.
fn changeable(rules: &[RuleView]) -> Value {
    let rule = |rule: &RuleView| json!([rule.id, rule.group_id, rule.license_ids, rule.role]);
    rules.iter().map(rule).collect()
}

async fn of(app: &App, id: DirectoryId) -> Result<Vec<RuleView>, Fail> {
    let all = store::directory_rules::all(&app.db).await?;
    Ok(all.into_iter().filter(|rule| rule.directory == id).map(|rule| rule.view).collect())
}

/// Says what the rules of a directory are from now on, and gives and takes what follows from that. What somebody gave stays. With
/// `If-Match` only if nobody else has changed them meanwhile.
#[utoipa::path(put, path = "/directories/{id}/rules", tag = "directories", params(("id" = DirectoryId, Path), ("If-Match" = Option<String>, Header)), request_body = SetRules, responses((status = 200, body = Vec<RuleView>)))]
pub async fn set_rules(
    State(app): State<App>,
    caller: Caller,
    Named(id): Named<DirectoryId>,
    expected: IfMatch,
    Body(wanted): Body<SetRules>,
) -> Result<Tagged<Vec<RuleView>>, Fail> {
    caller.must(Action::ManageAccount)?;
    let name = one(&app, id).await?.name;
    let (before, after) = (of(&app, id).await?, checked(&app, id, wanted).await?);
    expected.must_hold(&changeable(&before))?;
    if before != after {
        let groups: Vec<_> = after.iter().map(|rule| rule.group_id).collect();
        let concerned = store::directory_rules::concerned(&app.db, id, &groups).await?;
        let mut tx = app.db.begin().await?;
        store::directories::lock(&mut tx, id).await?.ok_or_else(|| Fail::code(Code::NotFound))?;
        let now = store::directory_rules::of(&mut tx, id).await?;
        if expected.is_given() && changeable(&now) != changeable(&before) {
            return Err(Fail::code(Code::ChangedMeanwhile));
        }
        store::directory_rules::set_rules(&mut tx, id, &after).await?;
        let facts = json!({ "changes": { "rules": [now, after] } });
        app.commit(tx, &[Event::new("directory_rules_changed", caller.actor(), None, facts).about(id.0, name)]).await?;
        rules::apply(&app, &caller.actor(), &concerned).await;
    }
    let rules = of(&app, id).await?;
    Ok(tagged(&changeable(&rules), rules))
}

/// Who would get and lose what if the rules of a directory were these.
#[utoipa::path(post, path = "/directories/{id}/rules/preview", tag = "directories", params(("id" = DirectoryId, Path)), request_body = SetRules, responses((status = 200, body = RulesPreview)))]
pub async fn preview(
    State(app): State<App>,
    caller: Caller,
    Named(id): Named<DirectoryId>,
    Body(wanted): Body<SetRules>,
) -> Result<Json<RulesPreview>, Fail> {
    caller.must(Action::ManageAccount)?;
    one(&app, id).await?;
    let wanted = checked(&app, id, wanted).await?;
    Ok(Json(rules::preview(&app, id, wanted).await?))
}

/// The rules as they would be, if there are such groups, licenses and rules.
async fn checked(app: &App, id: DirectoryId, wanted: SetRules) -> Result<Vec<RuleView>, Fail> {
    let mut fields = Fields::default();
    if wanted.rules.len() > MOST_RULES {
        fields.wrong("rules", FieldError::OutOfRange { min: 0, max: 200 });
    }
    let known: BTreeSet<RuleId> = of(app, id).await?.into_iter().map(|rule| rule.id).collect();
    let groups: HashMap<GroupId, String> =
        store::groups::all(&app.db, None).await?.into_iter().map(|group| (group.id, group.name)).collect();
    let now = app.clock.now();
    let licenses: BTreeSet<LicenseId> =
        store::licenses::all(&app.db, now).await?.into_iter().map(|license| license.id).collect();
    let (mut seen, mut rules) = (BTreeSet::new(), Vec::new());
    for rule in wanted.rules {
        if rule.id.is_some_and(|rule| !known.contains(&rule) || !seen.insert(rule)) {
            fields.wrong("id", FieldError::Unknown);
        }
        if !groups.contains_key(&rule.group_id) {
            fields.wrong("group_id", FieldError::Unknown);
        }
        if !rule.license_ids.iter().all(|license| licenses.contains(license)) {
            fields.wrong("license_ids", FieldError::Unknown);
        }
        let license_ids: BTreeSet<_> = rule.license_ids.into_iter().collect();
        rules.push(RuleView {
            id: rule.id.unwrap_or_else(|| RuleId(app.dice.id(now))),
            group_id: rule.group_id,
            group_name: groups.get(&rule.group_id).cloned().unwrap_or_default(),
            license_ids: license_ids.into_iter().collect(),
            role: rule.role,
        });
    }
    fields.all(Some(rules))
}

/// What the rules of a directory could not do.
#[utoipa::path(get, path = "/directories/{id}/failures", tag = "directories", params(("id" = DirectoryId, Path)), responses((status = 200, body = RuleFailures)))]
pub async fn failures(
    State(app): State<App>,
    caller: Caller,
    Named(id): Named<DirectoryId>,
) -> Result<Json<RuleFailures>, Fail> {
    caller.must(Action::ManageAccount)?;
    one(&app, id).await?;
    left(&app, id).await
}

async fn left(app: &App, id: DirectoryId) -> Result<Json<RuleFailures>, Fail> {
    let (failures, total) = store::directory_failures::list(&app.db, id).await?;
    Ok(Json(RuleFailures { failures, total }))
}

/// Looks anew at everybody whom the rules of a directory are about, tries again what could not be done, and says what still cannot be done.
#[utoipa::path(post, path = "/directories/{id}/retry", tag = "directories", params(("id" = DirectoryId, Path)), responses((status = 200, body = RuleFailures)))]
pub async fn retry(
    State(app): State<App>,
    caller: Caller,
    Named(id): Named<DirectoryId>,
) -> Result<Json<RuleFailures>, Fail> {
    caller.must(Action::ManageAccount)?;
    one(&app, id).await?;
    let users = store::directory_rules::concerned(&app.db, id, &[]).await?;
    rules::apply(&app, &caller.actor(), &users).await;
    left(&app, id).await
}
