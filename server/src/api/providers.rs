//! OpenID Connect providers, for admins: list, adding, changing, testing, deleting; and unlinking users.

use super::oidc;
use crate::{
    app::App,
    auth::{
        Caller,
        oidc::{http_client, logout, probe},
    },
    db::Tx,
    events::Event,
    http::{
        etag::{IfMatch, WithEtag, with_etag},
        extract::{PathParam, ValidJson},
        problem::{ApiError, FieldErrors},
        recent_verification::RecentlyVerifiedCaller,
    },
    secrets::SecretLocation,
    store::{
        self, oidc_identities,
        providers::{Provider, ProviderSettings},
    },
};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use seatkeeper_shared::{
    audit::{EventData, changes::ProviderState},
    ids::{ProviderId, UserId},
    permissions::Action,
    problem::Code,
    validate::{self, FieldError, MAX_MESSAGE_CHARS},
    wire::providers::{
        ChangeProvider, EmailLinking, NewProvider, ProviderTest, ProviderView, SignInProviders, SignInRules,
    },
};
use serde_json::{Value, json};

const DEFAULT_SCOPES: &str = "email profile";

/// Lists all sign-in providers.
#[utoipa::path(get, path = "/sign-in-providers", tag = "sign-in", responses((status = 200, body = SignInProviders)))]
pub async fn providers(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Json<SignInProviders>, ApiError> {
    caller.require(Action::ManageAccount)?;
    let items = store::providers::all(&app.db).await?;
    Ok(Json(SignInProviders { base_url: oidc::base_url(&app, &headers), items }))
}

/// Returns a sign-in provider. The `ETag` covers its settings.
#[utoipa::path(
    get, path = "/sign-in-providers/{id}", tag = "sign-in",
    params(("id" = ProviderId, Path)),
    responses((status = 200, body = ProviderView)),
)]
pub async fn provider(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<ProviderId>,
) -> Result<WithEtag<ProviderView>, ApiError> {
    caller.require(Action::ManageAccount)?;
    // Read for the ETag first, so that the view is not older than the ETag.
    let now = store::providers::get(&app.db, id).await?.ok_or_else(|| ApiError::new(Code::NotFound))?;
    Ok(with_etag(&editable_fields(&now), provider_view(&app, id).await?))
}

/// The editable fields for the ETag. Of the secret only whether it exists, as in the view.
fn editable_fields(provider: &Provider) -> Value {
    json!([provider.settings, provider.client_secret.is_some()])
}

async fn provider_view(app: &App, id: ProviderId) -> Result<ProviderView, ApiError> {
    let found = store::providers::all(&app.db).await?.into_iter().find(|provider| provider.id == id);
    found.ok_or_else(|| ApiError::new(Code::NotFound))
}

/// Adds a sign-in provider. Its client secret is never returned.
#[utoipa::path(
    post, path = "/sign-in-providers", tag = "sign-in",
    request_body = NewProvider,
    responses((status = 201, body = ProviderView)),
)]
pub async fn add_provider(
    State(app): State<App>,
    caller: RecentlyVerifiedCaller,
    ValidJson(wanted): ValidJson<NewProvider>,
) -> Result<(StatusCode, Json<ProviderView>), ApiError> {
    caller.require(Action::ManageAccount)?;
    let now = app.clock.now();
    let id = wanted.id.unwrap_or_else(|| ProviderId(app.random.id(now)));
    let defaults = Provider { id, settings: default_settings(), client_secret: None };
    let change = ChangeProvider {
        name: Some(wanted.name),
        issuer: Some(wanted.issuer),
        client_id: Some(wanted.client_id),
        client_secret: wanted.client_secret,
        scopes: wanted.scopes,
        link_by_email: wanted.link_by_email,
        create_users: Some(wanted.create_users),
        group_claim: wanted.group_claim,
        form_post: Some(wanted.form_post),
        enabled: wanted.enabled,
    };
    let provider = apply_change(&app, &defaults, change)?;
    let mut tx = app.db.begin().await?;
    store::providers::insert(&mut tx, &provider, now).await?;
    let event = Event::new(provider_added(provider.settings.clone()), caller.actor(), None);
    app.commit(tx, &[event.about(id.0, &provider.settings.name)]).await?;
    Ok((StatusCode::CREATED, Json(provider_view(&app, id).await?)))
}

/// What the audit log records about a new provider.
fn provider_added(settings: ProviderSettings) -> EventData {
    let added = ProviderState::from(settings);
    EventData::SignInProviderAdded {
        name: added.name,
        issuer: added.issuer,
        client_id: added.client_id,
        scopes: added.scopes,
        link_by_email: added.link_by_email,
        create_users: added.create_users,
        group_claim: added.group_claim,
        form_post: added.form_post,
        enabled: added.enabled,
    }
}

fn default_settings() -> ProviderSettings {
    ProviderSettings {
        name: String::new(),
        issuer: String::new(),
        client_id: String::new(),
        scopes: DEFAULT_SCOPES.to_owned(),
        link_by_email: EmailLinking::Verified,
        create_users: false,
        group_claim: None,
        form_post: false,
        enabled: true,
    }
}

/// Validates a change and applies it to the settings.
fn apply_change(app: &App, before: &Provider, change: ChangeProvider) -> Result<Provider, ApiError> {
    let mut fields = FieldErrors::default();
    let was = &before.settings;
    let mut text = |field, given: Option<String>, was: &str, check: fn(&str) -> Result<String, FieldError>| match given
    {
        Some(given) => fields.check(field, check(&given)),
        None => Some(was.to_owned()),
    };
    let name = text("name", change.name, &was.name, validate::name);
    let issuer = text("issuer", change.issuer, &was.issuer, http_client::issuer);
    let client_id = text("client_id", change.client_id, &was.client_id, validate::name);
    let scopes = text("scopes", change.scopes, &was.scopes, validate_scopes);
    let claim = text("group_claim", change.group_claim, was.group_claim.as_deref().unwrap_or_default(), validate_claim);
    let secret = fields.check("client_secret", change.client_secret.as_deref().map(validate_secret).transpose());
    let all = name.zip(issuer).zip(client_id.zip(scopes)).zip(claim.zip(secret));
    let (((name, issuer), (client_id, scopes)), (claim, secret)) = fields.finish(all)?;
    let client_secret = match secret {
        None => before.client_secret.clone(),
        Some(None) => None,
        Some(Some(new)) => {
            Some(app.changed_secret(&SecretLocation::Client(before.id), before.client_secret.as_ref(), &new)?)
        }
    };
    let settings = ProviderSettings {
        name,
        issuer,
        client_id,
        scopes,
        link_by_email: change.link_by_email.unwrap_or(was.link_by_email),
        create_users: change.create_users.unwrap_or(was.create_users),
        group_claim: Some(claim).filter(|claim| !claim.is_empty()),
        form_post: change.form_post.unwrap_or(was.form_post),
        enabled: change.enabled.unwrap_or(was.enabled),
    };
    Ok(Provider { id: before.id, settings, client_secret })
}

/// Validates scopes and separates them by single spaces (RFC 6749 §3.3). Drops `openid`, which is always requested.
fn validate_scopes(text: &str) -> Result<String, FieldError> {
    let good = |c: char| c.is_ascii_graphic() && c != '"' && c != '\\';
    let words: Vec<_> = text.split_whitespace().filter(|word| *word != "openid").collect();
    let joined = words.join(" ");
    match joined.chars().count() {
        n if n > MAX_MESSAGE_CHARS => Err(FieldError::TooLong { max: MAX_MESSAGE_CHARS }),
        _ if words.iter().all(|word| word.chars().all(good)) => Ok(joined),
        _ => Err(FieldError::Unknown),
    }
}

fn validate_claim(text: &str) -> Result<String, FieldError> {
    Ok(validate::optional_text(text)?.unwrap_or_default())
}

fn validate_secret(text: &str) -> Result<Option<String>, FieldError> {
    validate::message(Some(text))
}

/// Changes a sign-in provider.
///
/// Disabling it, or changing its issuer or client id, ends the browser sessions that it started. With `If-Match`, it
/// must not have changed since it was read.
#[utoipa::path(
    patch, path = "/sign-in-providers/{id}", tag = "sign-in",
    params(("id" = ProviderId, Path), ("If-Match" = Option<String>, Header)),
    request_body = ChangeProvider,
    responses((status = 200, body = ProviderView)),
)]
pub async fn change_provider(
    State(app): State<App>,
    caller: RecentlyVerifiedCaller,
    PathParam(id): PathParam<ProviderId>,
    expected: IfMatch,
    ValidJson(change): ValidJson<ChangeProvider>,
) -> Result<WithEtag<ProviderView>, ApiError> {
    caller.require(Action::ManageAccount)?;
    let mut tx = app.db.begin().await?;
    let (before, rules) = lock_provider(&mut tx, id).await?;
    expected.check(&editable_fields(&before))?;
    let after = apply_change(&app, &before, change)?;
    if before != after {
        let stays_enabled = after.settings.enabled || !before.settings.enabled;
        require_enabled_provider(&mut tx, &rules, id, stays_enabled).await?;
        store::providers::change(&mut tx, &after).await?;
        store::provider_findings::clear(&mut tx, id).await?;
        let changes = Box::new(ProviderState::from(before.settings.clone()).changes(after.settings.clone().into()));
        let new_secret = (before.client_secret != after.client_secret).then_some(after.client_secret.is_some());
        let data = EventData::SignInProviderChanged { changes, new_secret };
        let event = Event::new(data, caller.actor(), None);
        let mut all = vec![event.about(id.0, &before.settings.name)];
        let same = (&before.settings.issuer, &before.settings.client_id)
            == (&after.settings.issuer, &after.settings.client_id);
        if !stays_enabled || !same {
            all.extend(end_provider_sessions(&mut tx, &caller, id).await?);
        }
        app.commit(tx, &all).await?;
    } else {
        drop(tx);
    }
    Ok(with_etag(&editable_fields(&after), provider_view(&app, id).await?))
}

/// Locks the account, then the provider, so that concurrent requests cannot disable the last two providers.
async fn lock_provider(tx: &mut Tx, id: ProviderId) -> Result<(Provider, SignInRules), ApiError> {
    store::account::lock(tx).await?;
    let rules = store::providers::rules_in(tx).await?;
    let provider = store::providers::lock(tx, id).await?;
    Ok((provider.ok_or_else(|| ApiError::new(Code::NotFound))?, rules))
}

/// Checks that a provider stays enabled if only providers are allowed: this one, or another.
pub(super) async fn require_enabled_provider(
    tx: &mut Tx,
    rules: &SignInRules,
    id: ProviderId,
    stays_enabled: bool,
) -> Result<(), ApiError> {
    if rules.providers_only && !stays_enabled && !store::providers::others_enabled(tx, id).await? {
        return Err(ApiError::new(Code::LastProvider));
    }
    Ok(())
}

async fn end_provider_sessions(tx: &mut Tx, caller: &Caller, id: ProviderId) -> Result<Vec<Event>, ApiError> {
    let users = oidc_identities::end_all(tx, id).await?;
    Ok(logout::sign_out_events(tx, &caller.actor(), &users).await?)
}

/// Deletes a sign-in provider with its linked identities, and ends the browser sessions that it started.
#[utoipa::path(
    delete, path = "/sign-in-providers/{id}", tag = "sign-in",
    params(("id" = ProviderId, Path)),
    responses((status = 204)),
)]
pub async fn delete_provider(
    State(app): State<App>,
    caller: RecentlyVerifiedCaller,
    PathParam(id): PathParam<ProviderId>,
) -> Result<StatusCode, ApiError> {
    caller.require(Action::ManageAccount)?;
    let mut tx = app.db.begin().await?;
    let (provider, rules) = lock_provider(&mut tx, id).await?;
    require_enabled_provider(&mut tx, &rules, id, !provider.settings.enabled).await?;
    let event = Event::new(EventData::SignInProviderDeleted {}, caller.actor(), None);
    let mut all = vec![event.about(id.0, &provider.settings.name)];
    all.extend(end_provider_sessions(&mut tx, &caller, id).await?);
    store::providers::delete(&mut tx, &provider).await?;
    app.commit(tx, &all).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Tests a sign-in provider and reports problems. Changes nothing.
#[utoipa::path(
    post, path = "/sign-in-providers/{id}/test", tag = "sign-in",
    params(("id" = ProviderId, Path)),
    responses((status = 200, body = ProviderTest)),
)]
pub async fn test_provider(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<ProviderId>,
    headers: HeaderMap,
) -> Result<Json<ProviderTest>, ApiError> {
    caller.require(Action::ManageAccount)?;
    let provider = store::providers::get(&app.db, id).await?.ok_or_else(|| ApiError::new(Code::NotFound))?;
    let redirect = oidc::redirect_uri(&app, &headers, id);
    let sign_ins = store::provider_findings::list(&app.db, id).await?;
    Ok(Json(ProviderTest { sign_ins, ..probe::test_provider(&app.oidc, &provider, &redirect).await }))
}

/// Removes a user's linked identities, for example if their e-mail address was reassigned at the provider. Ends the
/// browser sessions that these identities started.
#[utoipa::path(
    delete, path = "/users/{id}/sign-in-links", tag = "users",
    params(("id" = UserId, Path)),
    responses((status = 204)),
)]
pub async fn unlink(
    State(app): State<App>,
    caller: RecentlyVerifiedCaller,
    PathParam(id): PathParam<UserId>,
) -> Result<StatusCode, ApiError> {
    caller.require(Action::ManageAccount)?;
    let user = super::users::visible_user(&app, &caller, id).await?;
    let mut tx = app.db.begin().await?;
    drop(store::users::lock(&mut tx, id).await?);
    let issuers = oidc_identities::unlink(&mut tx, id).await?;
    if !issuers.is_empty() {
        oidc_identities::end_of_user(&mut tx, id).await?;
        let data = EventData::IdentitiesUnlinked { issuers };
        app.commit(tx, &[Event::new(data, caller.actor(), Some(id)).named(user.name)]).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}
