//! Who may sign in with a password, and the options of the sign-in page.

use super::providers::require_enabled_provider;
use crate::{
    app::App,
    auth::Caller,
    events::Event,
    http::{
        etag::{IfMatch, WithEtag, with_etag},
        extract::ValidJson,
        problem::{ApiError, FieldErrors},
        recent_verification::RecentlyVerifiedCaller,
    },
    store,
};
use axum::{Json, extract::State};
use seatkeeper_shared::{
    audit::{EventData, changes::SignInRulesState},
    ids::ProviderId,
    permissions::Action,
    validate::FieldError,
    wire::providers::{ChangeSignInRules, EmergencyAccess, SignInOptions, SignInRules},
};
use serde_json::{Value, json};

/// Returns the available ways to sign in: whether with a password, and by which providers.
#[utoipa::path(
    get, path = "/sign-in-options", tag = "account", security(()),
    responses((status = 200, body = SignInOptions)),
)]
pub async fn options(State(app): State<App>) -> Result<Json<SignInOptions>, ApiError> {
    let rules = store::providers::rules(&app.db).await?;
    let providers = store::providers::offered(&app.db).await?;
    Ok(Json(SignInOptions { passwords: !rules.providers_only, providers }))
}

/// Returns who may sign in with a password.
#[utoipa::path(get, path = "/sign-in-rules", tag = "sign-in", responses((status = 200, body = SignInRules)))]
pub async fn rules(State(app): State<App>, caller: Caller) -> Result<WithEtag<SignInRules>, ApiError> {
    caller.require(Action::ManageAccount)?;
    let rules = store::providers::rules(&app.db).await?;
    Ok(with_etag(&editable_fields(&rules), rules))
}

/// The editable fields for the ETag, without the emergency admin's name and whether they can sign in.
fn editable_fields(rules: &SignInRules) -> Value {
    json!([rules.providers_only, rules.emergency.as_ref().map(|emergency| emergency.id)])
}

/// Changes who may sign in with a password.
///
/// Disabling passwords requires an enabled provider and an emergency admin. Existing browser sessions continue. With
/// `If-Match`, the rules must not have changed since they were read.
#[utoipa::path(
    patch, path = "/sign-in-rules", tag = "sign-in",
    params(("If-Match" = Option<String>, Header)),
    request_body = ChangeSignInRules,
    responses((status = 200, body = SignInRules)),
)]
pub async fn change_rules(
    State(app): State<App>,
    caller: RecentlyVerifiedCaller,
    expected: IfMatch,
    ValidJson(change): ValidJson<ChangeSignInRules>,
) -> Result<WithEtag<SignInRules>, ApiError> {
    caller.require(Action::ManageAccount)?;
    let mut tx = app.db.begin().await?;
    store::account::lock(&mut tx).await?;
    let before = store::providers::rules_in(&mut tx).await?;
    expected.check(&editable_fields(&before))?;
    let mut after = before.clone();
    after.providers_only = change.providers_only.unwrap_or(before.providers_only);
    if let Some(id) = change.emergency_user_id {
        require_usable(store::providers::can_be_emergency(&mut tx, id).await?)?;
        after.emergency = Some(EmergencyAccess { id, name: String::new(), email: String::new(), works: true });
    }
    if after.providers_only && !before.providers_only {
        require_usable(after.emergency.as_ref().is_some_and(|emergency| emergency.works))?;
        // The nil id excludes no provider.
        require_enabled_provider(&mut tx, &after, ProviderId(uuid::Uuid::nil()), false).await?;
    }
    store::providers::set_rules(&mut tx, &after).await?;
    let after = store::providers::rules_in(&mut tx).await?;
    if before != after {
        let changes = SignInRulesState::from(before).changes(after.clone().into());
        app.commit(tx, &[Event::new(EventData::SignInRulesChanged { changes }, caller.actor(), None)]).await?;
    }
    Ok(with_etag(&editable_fields(&after), after))
}

fn require_usable(works: bool) -> Result<(), ApiError> {
    let mut fields = FieldErrors::default();
    if !works {
        fields.add("emergency_user_id", FieldError::Unknown);
    }
    fields.finish(Some(()))
}
