//! Finds the local user for a provider's identity and signs them in: the linked user, else the user with the same
//! e-mail address if the provider vouches for it, else a new user. The provider's settings decide which of these are
//! allowed.

use super::{exchange::ProviderIdentity, group_claim::GroupClaim, refusal::SignInRefusal};
use crate::{
    auth::{oidc::Oidc, sign_in},
    db::{DbError, Tx},
    entitlements::{Authority, groups, memberships},
    events::Event,
    seats::Actor,
    store::{
        self,
        credentials::NewBrowserSession,
        oidc_identities::{self, Candidate},
        providers::Provider,
    },
};
use seatkeeper_shared::{
    audit::EventData,
    ids::{GroupId, UserId},
    people::{Source, UserStatus},
    permissions::Rights,
    validate,
    wire::providers::{EmailLinking, Finding, SignInFailure},
};

/// Concurrent first sign-ins of a user conflict with each other, and are retried.
const MAX_SIGN_IN_ATTEMPTS: usize = 5;

/// Why a sign-in failed.
#[derive(Debug)]
pub enum SignInError {
    /// It was refused. With the user, if known.
    Refused(SignInRefusal, Option<UserId>),
    /// It could not be saved.
    Db(DbError),
}

impl SignInError {
    fn refused(trouble: SignInFailure, user: Option<UserId>) -> Self {
        Self::Refused(trouble.into(), user)
    }
}

impl From<DbError> for SignInError {
    fn from(error: DbError) -> Self {
        Self::Db(error)
    }
}

/// Signs in the user with this identity, in one transaction. If a user signs in for the first time in two browsers at
/// once, one creates or links the user and the other finds them.
///
/// # Errors
/// See [`SignInError`].
pub async fn sign_in(
    oidc: &Oidc,
    provider: &Provider,
    identity: &ProviderIdentity,
    (started, actor): (&NewBrowserSession, Actor),
) -> Result<UserId, SignInError> {
    let mut attempts = 1;
    loop {
        match try_sign_in(oidc, provider, identity, (started, actor.clone())).await {
            Err(SignInError::Db(DbError::Taken(_) | DbError::Retry)) if attempts < MAX_SIGN_IN_ATTEMPTS => {
                attempts += 1
            }
            done => return done,
        }
    }
}

async fn try_sign_in(
    oidc: &Oidc,
    provider: &Provider,
    identity: &ProviderIdentity,
    (started, actor): (&NewBrowserSession, Actor),
) -> Result<UserId, SignInError> {
    let mut tx = oidc.db.begin().await?;
    let provider = &lock_provider(&mut tx, provider).await?;
    let (now, issuer) = (oidc.clock.now(), &provider.settings.issuer);
    let groups = match &identity.groups {
        GroupClaim::Names(names) => lock_groups(&mut tx, names, (issuer, &identity.subject)).await?,
        _ => Vec::new(),
    };
    let (user, mut events) = match oidc_identities::lock_linked_user(&mut tx, issuer, &identity.subject).await? {
        Some(user) => (user, Vec::new()),
        None => link_or_create(oidc, &mut tx, provider, identity, &actor).await?,
    };
    if user.status != UserStatus::Active {
        return Err(SignInError::refused(SignInFailure::Suspended, Some(user.id)));
    }
    events.extend(match &identity.groups {
        GroupClaim::Names(_) => sync_groups(&mut tx, issuer, user.id, &groups).await?,
        unknown => report_unknown_groups(oidc, &mut tx, provider, &user, unknown).await?.into_iter().collect(),
    });
    oidc_identities::set_last_used(&mut tx, issuer, &identity.subject, now).await?;
    let actor = actor.identified_as(user.id, &user.name);
    let data = EventData::SignedIn { by: None, provider: Some(provider.settings.name.clone()) };
    events.extend(sign_in::start(&mut tx, (user.id, actor), started, data, now).await?);
    oidc_identities::set_provider(&mut tx, started.id, provider.id, identity.session.as_deref()).await?;
    store::users::set_last_active(&mut tx, user.id, now).await?;
    oidc.commit(tx, &events).await?;
    Ok(user.id)
}

/// Locks the provider and reads its current settings. A later change of its settings also ends this session.
async fn lock_provider(tx: &mut Tx, provider: &Provider) -> Result<Provider, SignInError> {
    let same = |now: &Provider| {
        (&now.settings.issuer, &now.settings.client_id) == (&provider.settings.issuer, &provider.settings.client_id)
    };
    let now = store::providers::lock_shared(tx, provider.id).await?;
    let now = now.filter(|now| now.settings.enabled && same(now));
    now.ok_or(SignInError::refused(SignInFailure::NoProvider, None))
}

/// Links an identity to an existing user with the same e-mail address, or to a new user.
async fn link_or_create(
    oidc: &Oidc,
    tx: &mut Tx,
    provider: &Provider,
    identity: &ProviderIdentity,
    actor: &Actor,
) -> Result<(Candidate, Vec<Event>), SignInError> {
    let refuse = |trouble| Err(SignInError::refused(trouble, None));
    let (settings, now) = (&provider.settings, oidc.clock.now());
    let Some(email) = identity.email.as_deref().and_then(|email| validate::email(email).ok()) else {
        return refuse(SignInFailure::NoEmail);
    };
    // Checked before the address is looked up, so that an unverified address does not reveal whether a user has it.
    if !identity.email_verified && settings.link_by_email != EmailLinking::Trusted {
        return refuse(SignInFailure::EmailUnverified);
    }
    let (user, mut events) = match oidc_identities::lock_by_email(tx, &email).await? {
        Some(user) => {
            let subjects = oidc_identities::subjects_of(tx, &settings.issuer, user.id).await?;
            // Another browser of the same user was faster, while this one waited for the lock.
            if subjects.contains(&identity.subject) {
                return Ok((user, Vec::new()));
            }
            // Another identity with the same address: the address may have been reassigned to another person.
            if !subjects.is_empty() || settings.link_by_email == EmailLinking::Never {
                return Err(SignInError::refused(SignInFailure::NotLinked, Some(user.id)));
            }
            if user.status != UserStatus::Active {
                return Err(SignInError::refused(SignInFailure::Suspended, Some(user.id)));
            }
            (user, Vec::new())
        }
        None if settings.create_users => create(oidc, tx, provider, identity, email).await?,
        None => return refuse(SignInFailure::Unknown),
    };
    oidc_identities::link(tx, &settings.issuer, &identity.subject, user.id, now).await?;
    let actor = actor.clone().identified_as(user.id, &user.name);
    let (provider, subject) = (settings.name.clone(), identity.subject.clone());
    events.push(Event::new(EventData::IdentityLinked { provider, subject }, actor, Some(user.id)));
    Ok((user, events))
}

async fn create(
    oidc: &Oidc,
    tx: &mut Tx,
    provider: &Provider,
    identity: &ProviderIdentity,
    email: String,
) -> Result<(Candidate, Vec<Event>), DbError> {
    let now = oidc.clock.now();
    let id = UserId(oidc.random.id(now));
    let name = identity.name.as_deref().and_then(|name| validate::name(name).ok());
    let name = name.unwrap_or_else(|| email.clone());
    let rights = Rights::agent();
    let (status, password_hash, source) = (UserStatus::Active, None, Source::Directory);
    let added =
        store::users::UserToAdd { id, name: &name, email: &email, rights: &rights, status, password_hash, source };
    store::users::insert(tx, &added, now).await?;
    let data = EventData::UserAdded {
        name: name.clone(),
        email: email.clone(),
        role: rights.role,
        permissions: None,
        status: None,
        import: None,
        provider: Some(provider.settings.name.clone()),
    };
    let event = Event::new(data, Actor::system(), Some(id)).named(&name);
    Ok((Candidate { id, name, email, status: UserStatus::Active }, vec![event]))
}

/// Finds the groups with these names. Locks them and the groups that the provider assigned before: groups are locked
/// before users.
async fn lock_groups(
    tx: &mut Tx,
    names: &[String],
    (issuer, subject): (&str, &str),
) -> Result<Vec<(GroupId, String)>, DbError> {
    let wanted = oidc_identities::groups_by_name(tx, names).await?;
    let mut locked: Vec<_> = wanted.iter().map(|(id, _)| *id).collect();
    if let Some(user) = oidc_identities::linked_user(tx, issuer, subject).await? {
        locked.extend(oidc_identities::given_groups(tx, issuer, user.id).await?);
    }
    locked.sort_unstable();
    locked.dedup();
    for group in locked {
        drop(store::groups::lock(tx, group).await?);
    }
    Ok(wanted)
}

/// Adds the user to the groups that the provider names, and removes them from groups that only the provider assigned
/// before.
async fn sync_groups(
    tx: &mut Tx,
    issuer: &str,
    user: UserId,
    wanted: &[(GroupId, String)],
) -> Result<Vec<Event>, DbError> {
    let before = oidc_identities::given_groups(tx, issuer, user).await?;
    let (mut events, mut assigned) = (Vec::new(), Vec::new());
    let provider = Authority::Provider;
    for (group, _) in wanted {
        let changed =
            memberships::change(tx, &provider, *group, (&[user], &[])).await.map_err(groups::into_db_error)?;
        if !changed.added.is_empty() || before.contains(group) {
            assigned.push(*group);
        }
        events.extend(changed.events());
    }
    let removed: Vec<_> = before.iter().filter(|group| wanted.iter().all(|(id, _)| id != *group)).copied().collect();
    for (group, _) in store::groups::names(tx, removed).await? {
        let changed = memberships::change(tx, &provider, group, (&[], &[user])).await.map_err(groups::into_db_error)?;
        events.extend(changed.events());
    }
    if assigned != before {
        oidc_identities::set_given_groups(tx, issuer, user, &assigned).await?;
    }
    Ok(events)
}

/// Reports that the group claim is unusable and memberships stay unchanged. A missing claim is reported only if the
/// user has memberships that depend on it.
async fn report_unknown_groups(
    oidc: &Oidc,
    tx: &mut Tx,
    provider: &Provider,
    user: &Candidate,
    claim: &GroupClaim,
) -> Result<Option<Event>, DbError> {
    let settings = &provider.settings;
    let Some(finding) = settings.group_claim.as_deref().and_then(|name| claim.finding(name)) else { return Ok(None) };
    if *claim == GroupClaim::Missing && oidc_identities::given_groups(tx, &settings.issuer, user.id).await?.is_empty() {
        return Ok(None);
    }
    store::provider_findings::record(tx, provider.id, &finding, oidc.clock.now()).await?;
    let (Finding { code: finding, claim, setting, detail }, provider) = (finding, settings.name.clone());
    let data = EventData::ProviderGroupsKept { provider, finding, claim, setting, detail };
    Ok(Some(Event::new(data, Actor::system(), Some(user.id)).named(&user.name)))
}
