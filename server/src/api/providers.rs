//! The providers of sign-ins, for admins: added, changed, tested, deleted; and unlinking a user from them.

use super::oidc;
use crate::{
    app::App,
    auth::{
        Caller, RecentCaller,
        oidc::{fetch, logout, probe},
    },
    db::Tx,
    events::{self, Event},
    http::{
        extract::{Body, Named},
        problem::{Fail, Fields},
        tags::{IfMatch, Tagged, tagged},
    },
    secrets::Place,
    store::{
        self, identities,
        providers::{Provider, Settings},
    },
};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use seatkeeper_shared::{
    ids::{ProviderId, UserId},
    permissions::Action,
    problem::Code,
    validate::{self, FieldError, MAX_MESSAGE},
    wire::providers::{
        ChangeProvider, EmailLink, NewProvider, ProviderTest, ProviderView, SignInProviders, SignInRules,
    },
};
use serde_json::{Value, json};

/// The scopes that are asked for if nothing is said.
const SCOPES: &str = "email profile";

/// All providers of sign-ins.
#[utoipa::path(get, path = "/sign-in-providers", tag = "sign-in", responses((status = 200, body = SignInProviders)))]
pub async fn providers(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Json<SignInProviders>, Fail> {
    caller.must(Action::ManageAccount)?;
    let items = store::providers::all(&app.db).await?;
    Ok(Json(SignInProviders { base_url: oidc::base(&app, &headers), items }))
}

/// A provider of sign-ins, with its tag.
#[utoipa::path(get, path = "/sign-in-providers/{id}", tag = "sign-in", params(("id" = ProviderId, Path)), responses((status = 200, body = ProviderView)))]
pub async fn provider(
    State(app): State<App>,
    caller: Caller,
    Named(id): Named<ProviderId>,
) -> Result<Tagged<ProviderView>, Fail> {
    caller.must(Action::ManageAccount)?;
    // The tag first: of what is shown afterwards, nothing may be older.
    let now = store::providers::get(&app.db, id).await?.ok_or_else(|| Fail::code(Code::NotFound))?;
    Ok(tagged(&changeable(&now), one(&app, id).await?))
}

/// What can be changed. Of the secret only whether there is one: nobody sees another.
fn changeable(provider: &Provider) -> Value {
    json!([provider.settings, provider.client_secret.is_some()])
}

async fn one(app: &App, id: ProviderId) -> Result<ProviderView, Fail> {
    let found = store::providers::all(&app.db).await?.into_iter().find(|provider| provider.id == id);
    found.ok_or_else(|| Fail::code(Code::NotFound))
}

/// Adds a provider of sign-ins. Its client secret is never shown again.
#[utoipa::path(post, path = "/sign-in-providers", tag = "sign-in", request_body = NewProvider, responses((status = 201, body = ProviderView)))]
pub async fn add_provider(
    State(app): State<App>,
    caller: RecentCaller,
    Body(wanted): Body<NewProvider>,
) -> Result<(StatusCode, Json<ProviderView>), Fail> {
    caller.must(Action::ManageAccount)?;
    let now = app.clock.now();
    let id = wanted.id.unwrap_or_else(|| ProviderId(app.dice.id(now)));
    let nothing = Provider { id, settings: usual(), client_secret: None };
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
    let provider = changed(&app, &nothing, change)?;
    let mut tx = app.db.begin().await?;
    store::providers::insert(&mut tx, &provider, now).await?;
    let event = Event::new("sign_in_provider_added", caller.actor(), None, json!(provider.settings));
    app.commit(tx, &[event.about(id.0, &provider.settings.name)]).await?;
    Ok((StatusCode::CREATED, Json(one(&app, id).await?)))
}

/// What is so if nothing is said.
fn usual() -> Settings {
    Settings {
        name: String::new(),
        issuer: String::new(),
        client_id: String::new(),
        scopes: SCOPES.to_owned(),
        link_by_email: EmailLink::Verified,
        create_users: false,
        group_claim: None,
        form_post: false,
        enabled: true,
    }
}

/// What a provider is after a change.
fn changed(app: &App, before: &Provider, change: ChangeProvider) -> Result<Provider, Fail> {
    let mut fields = Fields::default();
    let was = &before.settings;
    let mut text = |field, given: Option<String>, was: &str, check: fn(&str) -> Result<String, FieldError>| match given
    {
        Some(given) => fields.check(field, check(&given)),
        None => Some(was.to_owned()),
    };
    let name = text("name", change.name, &was.name, validate::name);
    let issuer = text("issuer", change.issuer, &was.issuer, fetch::issuer);
    let client_id = text("client_id", change.client_id, &was.client_id, validate::name);
    let scopes = text("scopes", change.scopes, &was.scopes, scopes);
    let claim = text("group_claim", change.group_claim, was.group_claim.as_deref().unwrap_or_default(), claim);
    let secret = fields.check("client_secret", change.client_secret.as_deref().map(secret).transpose());
    let all = name.zip(issuer).zip(client_id.zip(scopes)).zip(claim.zip(secret));
    let (((name, issuer), (client_id, scopes)), (claim, secret)) = fields.all(all)?;
    let client_secret = match secret {
        None => before.client_secret.clone(),
        Some(None) => None,
        Some(Some(new)) => Some(app.changed_secret(&Place::Client(before.id), before.client_secret.as_ref(), &new)?),
    };
    let settings = Settings {
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

/// Scopes with one space between them (RFC 6749 §3.3). `openid` is always asked for and not repeated.
fn scopes(text: &str) -> Result<String, FieldError> {
    let good = |c: char| c.is_ascii_graphic() && c != '"' && c != '\\';
    let words: Vec<_> = text.split_whitespace().filter(|word| *word != "openid").collect();
    let joined = words.join(" ");
    match joined.chars().count() {
        n if n > MAX_MESSAGE => Err(FieldError::TooLong { max: MAX_MESSAGE }),
        _ if words.iter().all(|word| word.chars().all(good)) => Ok(joined),
        _ => Err(FieldError::Unknown),
    }
}

fn claim(text: &str) -> Result<String, FieldError> {
    Ok(validate::word(text)?.unwrap_or_default())
}

fn secret(text: &str) -> Result<Option<String>, FieldError> {
    validate::message(Some(text))
}

/// Changes a provider of sign-ins. When it is no longer enabled, or another issuer or client, whoever came by it is signed out. With
/// `If-Match` only if nobody else has changed it meanwhile.
#[utoipa::path(patch, path = "/sign-in-providers/{id}", tag = "sign-in", params(("id" = ProviderId, Path), ("If-Match" = Option<String>, Header)), request_body = ChangeProvider, responses((status = 200, body = ProviderView)))]
pub async fn change_provider(
    State(app): State<App>,
    caller: RecentCaller,
    Named(id): Named<ProviderId>,
    expected: IfMatch,
    Body(change): Body<ChangeProvider>,
) -> Result<Tagged<ProviderView>, Fail> {
    caller.must(Action::ManageAccount)?;
    let mut tx = app.db.begin().await?;
    let (before, rules) = begin(&mut tx, id).await?;
    expected.must_hold(&changeable(&before))?;
    let after = changed(&app, &before, change)?;
    if before != after {
        let stays = after.settings.enabled || !before.settings.enabled;
        one_must_stay(&mut tx, &rules, id, stays).await?;
        store::providers::change(&mut tx, &after).await?;
        store::provider_findings::forget(&mut tx, id).await?;
        let mut facts = events::changes(&before.settings, &after.settings);
        if before.client_secret != after.client_secret {
            facts["new_secret"] = json!(after.client_secret.is_some());
        }
        let event = Event::new("sign_in_provider_changed", caller.actor(), None, facts);
        let mut all = vec![event.about(id.0, &before.settings.name)];
        let same = (&before.settings.issuer, &before.settings.client_id)
            == (&after.settings.issuer, &after.settings.client_id);
        if !stays || !same {
            all.extend(sign_out(&mut tx, &caller, id).await?);
        }
        app.commit(tx, &all).await?;
    } else {
        drop(tx);
    }
    Ok(tagged(&changeable(&after), one(&app, id).await?))
}

/// Locks the account, then the provider: two who take away the last two providers come one after the other.
async fn begin(tx: &mut Tx, id: ProviderId) -> Result<(Provider, SignInRules), Fail> {
    store::account::lock(tx).await?;
    let rules = store::providers::rules_in(tx).await?;
    let provider = store::providers::lock(tx, id).await?;
    Ok((provider.ok_or_else(|| Fail::code(Code::NotFound))?, rules))
}

/// Where passwords are off, one provider has to be enabled: this one, or another.
pub(super) async fn one_must_stay(tx: &mut Tx, rules: &SignInRules, id: ProviderId, stays: bool) -> Result<(), Fail> {
    if rules.providers_only && !stays && !store::providers::others_enabled(tx, id).await? {
        return Err(Fail::code(Code::LastProvider));
    }
    Ok(())
}

async fn sign_out(tx: &mut Tx, caller: &Caller, id: ProviderId) -> Result<Vec<Event>, Fail> {
    let users = identities::end_all(tx, id).await?;
    Ok(logout::ended(tx, &caller.actor(), &users).await?)
}

/// Deletes a provider of sign-ins, with the links to its users; whoever came by it is signed out.
#[utoipa::path(delete, path = "/sign-in-providers/{id}", tag = "sign-in", params(("id" = ProviderId, Path)), responses((status = 204)))]
pub async fn delete_provider(
    State(app): State<App>,
    caller: RecentCaller,
    Named(id): Named<ProviderId>,
) -> Result<StatusCode, Fail> {
    caller.must(Action::ManageAccount)?;
    let mut tx = app.db.begin().await?;
    let (provider, rules) = begin(&mut tx, id).await?;
    one_must_stay(&mut tx, &rules, id, !provider.settings.enabled).await?;
    let event = Event::new("sign_in_provider_deleted", caller.actor(), None, json!({}));
    let mut all = vec![event.about(id.0, &provider.settings.name)];
    all.extend(sign_out(&mut tx, &caller, id).await?);
    store::providers::delete(&mut tx, &provider).await?;
    app.commit(tx, &all).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Tests whether one can sign in by a provider, and says what is wrong. It changes nothing.
#[utoipa::path(post, path = "/sign-in-providers/{id}/test", tag = "sign-in", params(("id" = ProviderId, Path)), responses((status = 200, body = ProviderTest)))]
pub async fn test_provider(
    State(app): State<App>,
    caller: Caller,
    Named(id): Named<ProviderId>,
    headers: HeaderMap,
) -> Result<Json<ProviderTest>, Fail> {
    caller.must(Action::ManageAccount)?;
    let provider = store::providers::get(&app.db, id).await?.ok_or_else(|| Fail::code(Code::NotFound))?;
    let redirect = oidc::redirect(&app, &headers, id);
    let sign_ins = store::provider_findings::list(&app.db, id).await?;
    Ok(Json(ProviderTest { sign_ins, ..probe::probe(&app, &provider, &redirect).await }))
}

/// Removes what links a user with providers, as when his address there was given to somebody else. He is signed out where he came by them.
#[utoipa::path(delete, path = "/users/{id}/sign-in-links", tag = "users", params(("id" = UserId, Path)), responses((status = 204)))]
pub async fn unlink(
    State(app): State<App>,
    caller: RecentCaller,
    Named(id): Named<UserId>,
) -> Result<StatusCode, Fail> {
    caller.must(Action::ManageAccount)?;
    let user = super::users::one(&app, &caller, id).await?;
    let mut tx = app.db.begin().await?;
    drop(store::users::lock(&mut tx, id).await?);
    let issuers = identities::unlink(&mut tx, id).await?;
    if !issuers.is_empty() {
        identities::end_of(&mut tx, id).await?;
        let facts = json!({ "issuers": issuers });
        app.commit(tx, &[Event::new("identities_unlinked", caller.actor(), Some(id), facts).named(user.name)]).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}
