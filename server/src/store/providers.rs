//! Sign-in providers (OpenID Connect), and the rules of who may sign in with a password.

use crate::{
    db::{Db, DbError, Row, Tx, args, statements},
    normalize::fold,
    store::secrets::StoredSecret,
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    audit::changes::ProviderState,
    ids::{ProviderId, UserId},
    people::{Role, UserStatus},
    wire::providers::{EmailLinking, EmergencyAccess, ProviderOption, ProviderView, SignInRules},
};
use serde::Serialize;

const ONE: &str = "
        SELECT id, name, issuer, client_id, client_secret, scopes, link_by_email, create_users, group_claim,
               form_post, enabled
        FROM sign_in_providers
        WHERE id = $1";

statements! {
    ALL = "
        SELECT p.id, p.name, p.issuer, p.client_id, p.client_secret, p.scopes, p.link_by_email, p.create_users,
               p.group_claim, p.form_post, p.enabled,
               (SELECT COUNT(*) FROM identities i JOIN users u ON u.id = i.user_id
                WHERE i.issuer = p.issuer AND u.deleted_at IS NULL) AS users,
               (SELECT MAX(i.last_used_at) FROM identities i WHERE i.issuer = p.issuer) AS last_used_at
        FROM sign_in_providers p
        ORDER BY p.name_key";

    GET = ONE;

    LOCK = format!("{ONE}
        FOR UPDATE");

    LOCK_SHARED = format!("{ONE}
        FOR SHARE");

    OFFERED = "
        SELECT id, name FROM sign_in_providers WHERE enabled ORDER BY name_key";

    OTHERS_ENABLED = "
        SELECT COUNT(*) AS others FROM sign_in_providers WHERE enabled AND id <> $1";

    INSERT = "
        INSERT INTO sign_in_providers (id, name, name_key, issuer, client_id, client_secret, scopes, link_by_email,
                                       create_users, group_claim, form_post, enabled, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";

    CHANGE = "
        UPDATE sign_in_providers
        SET name = $2, name_key = $3, issuer = $4, client_id = $5, client_secret = $6, scopes = $7, link_by_email = $8,
            create_users = $9, group_claim = $10, form_post = $11, enabled = $12
        WHERE id = $1";

    DELETE = "
        DELETE FROM sign_in_providers WHERE id = $1";

    // Another provider may have the same issuer.
    DELETE_IDENTITIES = "
        DELETE FROM identities
        WHERE issuer = $1 AND NOT EXISTS (SELECT 1 FROM sign_in_providers p WHERE p.issuer = $1)";

    DELETE_GROUPS = "
        DELETE FROM identity_groups
        WHERE issuer = $1 AND NOT EXISTS (SELECT 1 FROM sign_in_providers p WHERE p.issuer = $1)";

    RULES = "
        SELECT a.providers_only, u.id, u.name, u.email, u.role, u.status,
               CASE WHEN u.password_hash IS NULL THEN FALSE ELSE TRUE END AS has_password
        FROM account a
        LEFT JOIN users u ON u.id = a.emergency_user_id AND u.deleted_at IS NULL
        WHERE a.id = 1";

    POSSIBLE_EMERGENCY = "
        SELECT id FROM users
        WHERE id = $1 AND role = 'admin' AND status = 'active' AND password_hash IS NOT NULL AND deleted_at IS NULL
        FOR UPDATE";

    SET_RULES = "
        UPDATE account SET providers_only = $1, emergency_user_id = $2 WHERE id = 1";

    ROLE = "
        SELECT role FROM users WHERE id = $1";
}

/// A provider with everything that signing in requires. [`ProviderView`] is the part that may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    pub id: ProviderId,
    pub settings: ProviderSettings,
    /// Encrypted.
    pub client_secret: Option<StoredSecret>,
}

/// The settings of a provider that are not secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProviderSettings {
    /// The label of its button.
    pub name: String,
    pub issuer: String,
    pub client_id: String,
    /// The scopes to request besides `openid`, separated by spaces.
    pub scopes: String,
    /// When an identity is linked with the user who has the same e-mail address.
    pub link_by_email: EmailLinking,
    /// Whether unknown identities create users.
    pub create_users: bool,
    /// The claim with the names of the user's groups.
    pub group_claim: Option<String>,
    /// Whether to request the response mode `form_post`.
    pub form_post: bool,
    pub enabled: bool,
}

impl From<ProviderSettings> for ProviderState {
    fn from(settings: ProviderSettings) -> Self {
        let ProviderSettings {
            name,
            issuer,
            client_id,
            scopes,
            link_by_email,
            create_users,
            group_claim,
            form_post,
            enabled,
        } = settings;
        Self { name, issuer, client_id, scopes, link_by_email, create_users, group_claim, form_post, enabled }
    }
}

/// All providers, without secrets.
pub async fn all(db: &Db) -> Result<Vec<ProviderView>, DbError> {
    db.all(&ALL, args![]).await?.iter().map(view).collect()
}

fn view(row: &Row) -> Result<ProviderView, DbError> {
    let Provider { id, settings, client_secret } = read(row)?;
    let ProviderSettings {
        name,
        issuer,
        client_id,
        scopes,
        link_by_email,
        create_users,
        group_claim,
        form_post,
        enabled,
    } = settings;
    Ok(ProviderView {
        id,
        name,
        issuer,
        client_id,
        has_secret: client_secret.is_some(),
        scopes,
        link_by_email,
        create_users,
        group_claim,
        form_post,
        enabled,
        users: row.get("users")?,
        last_used_at: row.opt("last_used_at")?,
    })
}

fn read(row: &Row) -> Result<Provider, DbError> {
    let link: String = row.get("link_by_email")?;
    let settings = ProviderSettings {
        name: row.get("name")?,
        issuer: row.get("issuer")?,
        client_id: row.get("client_id")?,
        scopes: row.get("scopes")?,
        link_by_email: link.parse().map_err(|problem: seatkeeper_shared::string_enum::UnknownValue| {
            DbError::Unreadable { column: "link_by_email".to_owned(), problem: problem.to_string() }
        })?,
        create_users: row.get("create_users")?,
        group_claim: row.opt("group_claim")?,
        form_post: row.get("form_post")?,
        enabled: row.get("enabled")?,
    };
    Ok(Provider {
        id: ProviderId(row.get("id")?),
        settings,
        client_secret: row.opt("client_secret")?.map(StoredSecret::from_column),
    })
}

pub async fn get(db: &Db, id: ProviderId) -> Result<Option<Provider>, DbError> {
    db.one(&GET, args![id.0]).await?.map(|row| read(&row)).transpose()
}

/// Locks a provider until the end of the transaction.
pub async fn lock(tx: &mut Tx, id: ProviderId) -> Result<Option<Provider>, DbError> {
    tx.one(&LOCK, args![id.0]).await?.map(|row| read(&row)).transpose()
}

/// Locks a provider for reading: until the end of the transaction it is neither changed nor deleted.
pub async fn lock_shared(tx: &mut Tx, id: ProviderId) -> Result<Option<Provider>, DbError> {
    tx.one(&LOCK_SHARED, args![id.0]).await?.map(|row| read(&row)).transpose()
}

/// The enabled providers, for the sign-in page.
pub async fn offered(db: &Db) -> Result<Vec<ProviderOption>, DbError> {
    let rows = db.all(&OFFERED, args![]).await?;
    rows.iter().map(|row| Ok(ProviderOption { id: ProviderId(row.get("id")?), name: row.get("name")? })).collect()
}

/// Whether another provider is enabled.
pub async fn others_enabled(tx: &mut Tx, id: ProviderId) -> Result<bool, DbError> {
    let row = tx.one(&OTHERS_ENABLED, args![id.0]).await?;
    Ok(row.map(|row| row.get::<i64>("others")).transpose()?.is_some_and(|others| others > 0))
}

/// Adds a provider.
///
/// # Errors
/// Returns [`DbError::Taken`] if the name is taken.
pub async fn insert(tx: &mut Tx, provider: &Provider, now: DateTime<Utc>) -> Result<(), DbError> {
    let mut args = arguments(provider);
    args.extend(args![now]);
    tx.run(&INSERT, args).await.map(drop)
}

/// Changes a provider.
///
/// # Errors
/// Returns [`DbError::Taken`] `sign_in_providers_name_key` if the name is taken.
pub async fn change(tx: &mut Tx, to: &Provider) -> Result<(), DbError> {
    tx.run(&CHANGE, arguments(to)).await.map(drop)
}

fn arguments(provider: &Provider) -> Vec<crate::db::Value> {
    let Provider { id, settings, client_secret } = provider;
    args![
        id.0,
        &settings.name,
        fold(&settings.name),
        &settings.issuer,
        &settings.client_id,
        client_secret.as_ref().map(|secret| secret.as_str().to_owned()),
        &settings.scopes,
        settings.link_by_email.as_str(),
        settings.create_users,
        settings.group_claim.clone(),
        settings.form_post,
        settings.enabled
    ]
}

/// Deletes a provider, and the identities of its issuer unless another provider has the same issuer.
pub async fn delete(tx: &mut Tx, provider: &Provider) -> Result<(), DbError> {
    tx.run(&DELETE, args![provider.id.0]).await?;
    for sql in [&DELETE_IDENTITIES, &DELETE_GROUPS] {
        tx.run(sql, args![&provider.settings.issuer]).await?;
    }
    Ok(())
}

/// The rules of who may sign in with a password.
pub async fn rules(db: &Db) -> Result<SignInRules, DbError> {
    rules_of(db.one(&RULES, args![]).await?)
}

/// Like [`rules`], within a transaction that has locked the account.
pub async fn rules_in(tx: &mut Tx) -> Result<SignInRules, DbError> {
    rules_of(tx.one(&RULES, args![]).await?)
}

fn rules_of(row: Option<Row>) -> Result<SignInRules, DbError> {
    let Some(row) = row else { return Ok(SignInRules { providers_only: false, emergency: None }) };
    let emergency = match row.opt("id")? {
        Some(id) => {
            let is_admin =
                row.get::<Role>("role")? == Role::Admin && row.get::<UserStatus>("status")? == UserStatus::Active;
            let works = is_admin && row.get("has_password")?;
            Some(EmergencyAccess { id, name: row.get("name")?, email: row.get("email")?, works })
        }
        None => None,
    };
    Ok(SignInRules { providers_only: row.get("providers_only")?, emergency })
}

/// Whether a user can be the emergency access. Locks the user until the end of the transaction.
pub async fn can_be_emergency(tx: &mut Tx, user: UserId) -> Result<bool, DbError> {
    Ok(tx.one(&POSSIBLE_EMERGENCY, args![user]).await?.is_some())
}

/// Replaces the rules of who may sign in with a password.
pub async fn set_rules(tx: &mut Tx, rules: &SignInRules) -> Result<(), DbError> {
    let emergency = rules.emergency.as_ref().map(|emergency| emergency.id);
    tx.run(&SET_RULES, args![rules.providers_only, emergency]).await.map(drop)
}

/// The role of a user.
pub async fn role(db: &Db, user: UserId) -> Result<Option<Role>, DbError> {
    db.one(&ROLE, args![user]).await?.map(|row| row.get("role")).transpose()
}
