//! Who may sign in with a password, and what the sign-in page offers beside that.

use super::providers::one_must_stay;
use crate::{
    app::App,
    auth::{Caller, RecentCaller},
    events::{self, Event},
    http::{
        extract::Body,
        problem::{Fail, Fields},
        tags::{IfMatch, Tagged, tagged},
    },
    store,
};
use axum::{Json, extract::State};
use seatkeeper_shared::{
    ids::ProviderId,
    permissions::Action,
    validate::FieldError,
    wire::providers::{ChangeSignInRules, Emergency, SignInOptions, SignInRules},
};
use serde_json::{Value, json};

/// How one can sign in here: whether with a password, and by which providers.
#[utoipa::path(get, path = "/sign-in-options", tag = "account", security(()), responses((status = 200, body = SignInOptions)))]
pub async fn options(State(app): State<App>) -> Result<Json<SignInOptions>, Fail> {
    let rules = store::providers::rules(&app.db).await?;
    let providers = store::providers::offered(&app.db).await?;
    Ok(Json(SignInOptions { passwords: !rules.providers_only, providers }))
}

/// Who may sign in with a password.
#[utoipa::path(get, path = "/sign-in-rules", tag = "sign-in", responses((status = 200, body = SignInRules)))]
pub async fn rules(State(app): State<App>, caller: Caller) -> Result<Tagged<SignInRules>, Fail> {
    caller.must(Action::ManageAccount)?;
    let rules = store::providers::rules(&app.db).await?;
    Ok(tagged(&changeable(&rules), rules))
}

/// What can be changed: not the name of who has the emergency access, nor whether it works.
fn changeable(rules: &SignInRules) -> Value {
    json!([rules.providers_only, rules.emergency.as_ref().map(|emergency| emergency.id)])
}

/// Changes who may sign in with a password. Passwords can only be off where one provider is enabled and one admin has the emergency
/// access. Who is signed in stays so. With `If-Match` only if nobody else has changed them meanwhile.
#[utoipa::path(patch, path = "/sign-in-rules", tag = "sign-in", params(("If-Match" = Option<String>, Header)), request_body = ChangeSignInRules, responses((status = 200, body = SignInRules)))]
pub async fn change_rules(
    State(app): State<App>,
    caller: RecentCaller,
    expected: IfMatch,
    Body(change): Body<ChangeSignInRules>,
) -> Result<Tagged<SignInRules>, Fail> {
    caller.must(Action::ManageAccount)?;
    let mut tx = app.db.begin().await?;
    store::account::lock(&mut tx).await?;
    let before = store::providers::rules_in(&mut tx).await?;
    expected.must_hold(&changeable(&before))?;
    let mut after = before.clone();
    after.providers_only = change.providers_only.unwrap_or(before.providers_only);
    if let Some(id) = change.emergency_user_id {
        must_work(store::providers::can_be_emergency(&mut tx, id).await?)?;
        after.emergency = Some(Emergency { id, name: String::new(), email: String::new(), works: true });
    }
    if after.providers_only && !before.providers_only {
        must_work(after.emergency.as_ref().is_some_and(|emergency| emergency.works))?;
        // No provider has this id.
        one_must_stay(&mut tx, &after, ProviderId(uuid::Uuid::nil()), false).await?;
    }
    store::providers::set_rules(&mut tx, &after).await?;
    let after = store::providers::rules_in(&mut tx).await?;
    if before != after {
        let facts = events::changes(&said(&before), &said(&after));
        app.commit(tx, &[Event::new("sign_in_rules_changed", caller.actor(), None, facts)]).await?;
    }
    Ok(tagged(&changeable(&after), after))
}

fn must_work(works: bool) -> Result<(), Fail> {
    let mut fields = Fields::default();
    if !works {
        fields.wrong("emergency_user_id", FieldError::Unknown);
    }
    fields.all(Some(()))
}

/// What the log says of the rules.
fn said(rules: &SignInRules) -> Value {
    let emergency = rules.emergency.as_ref().map(|emergency| &emergency.name);
    json!({ "providers_only": rules.providers_only, "emergency": emergency })
}
