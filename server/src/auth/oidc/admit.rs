//! Decides who somebody is here who comes from a provider, and signs him in: who is linked, comes in; who is not, is linked with the user
//! of the same e-mail address if the provider vouches for it, or is created, if the provider's settings say so.

use super::{
    exchange::Came,
    group_claim::GroupClaim,
    refusal::{self, Refusal},
};
use crate::{
    app::App,
    auth::sign_in,
    db::{DbError, Tx},
    entitlements::{Authority, groups, memberships},
    events::Event,
    seats::Actor,
    store::{
        self,
        credentials::Started,
        identities::{self, Candidate},
        providers::Provider,
    },
};
use seatkeeper_shared::{
    ids::{GroupId, UserId},
    people::{Source, UserStatus},
    permissions::Rights,
    validate,
    wire::providers::{EmailLink, SignInTrouble},
};
use serde_json::json;

/// How often a sign-in is tried that gets into the way of another: one that creates him, and others that wait for each other.
const TRIES: usize = 5;

/// Nobody was signed in.
#[derive(Debug)]
pub enum Turned {
    /// They are turned away. Who it would have been, if that is known.
    Away(Refusal, Option<UserId>),
    /// It was not saved.
    Db(DbError),
}

impl Turned {
    fn away(trouble: SignInTrouble, user: Option<UserId>) -> Self {
        Self::Away(trouble.into(), user)
    }
}

impl From<DbError> for Turned {
    fn from(error: DbError) -> Self {
        Self::Db(error)
    }
}

/// Signs in whoever came, in one transaction. Two browsers in which somebody comes for the first time at once: one creates or links
/// him, the other finds him then.
///
/// # Errors
/// See [`Turned`].
pub async fn sign_in(
    app: &App,
    provider: &Provider,
    came: &Came,
    (started, stranger): (&Started, Actor),
) -> Result<UserId, Turned> {
    let mut tries = 1;
    loop {
        match once(app, provider, came, (started, stranger.clone())).await {
            Err(Turned::Db(DbError::Taken(_) | DbError::Retry)) if tries < TRIES => tries += 1,
            done => return done,
        }
    }
}

async fn once(
    app: &App,
    provider: &Provider,
    came: &Came,
    (started, stranger): (&Started, Actor),
) -> Result<UserId, Turned> {
    let mut tx = app.db.begin().await?;
    let provider = &still(&mut tx, provider).await?;
    let (now, issuer) = (app.clock.now(), &provider.settings.issuer);
    let groups = match &came.groups {
        GroupClaim::Names(names) => lock_groups(&mut tx, names, (issuer, &came.subject)).await?,
        _ => Vec::new(),
    };
    let (user, mut events) = match identities::comes_in(&mut tx, issuer, &came.subject).await? {
        Some(user) => (user, Vec::new()),
        None => first_time(app, &mut tx, provider, came, &stranger).await?,
    };
    if user.status != UserStatus::Active {
        return Err(Turned::away(SignInTrouble::Suspended, Some(user.id)));
    }
    events.extend(match &came.groups {
        GroupClaim::Names(_) => give_groups(&mut tx, issuer, user.id, &groups).await?,
        unknown => keep_groups(app, &mut tx, provider, &user, unknown).await?.into_iter().collect(),
    });
    identities::used(&mut tx, issuer, &came.subject, now).await?;
    let actor = stranger.known_as(user.id, &user.name);
    let facts = json!({ "provider": provider.settings.name });
    events.extend(sign_in::start(&mut tx, (user.id, actor), started, ("signed_in", facts), now).await?);
    identities::came_by(&mut tx, started.id, provider.id, came.session.as_deref()).await?;
    store::users::seen(&mut tx, user.id, now).await?;
    app.commit(tx, &events).await?;
    Ok(user.id)
}

/// The provider as it is now, and as it stays until the end of the transaction. What an admin changes after that ends this sign-in, too.
async fn still(tx: &mut Tx, asked: &Provider) -> Result<Provider, Turned> {
    let same = |now: &Provider| {
        (&now.settings.issuer, &now.settings.client_id) == (&asked.settings.issuer, &asked.settings.client_id)
    };
    let now = store::providers::keep(tx, asked.id).await?;
    let now = now.filter(|now| now.settings.enabled && same(now));
    now.ok_or(Turned::away(SignInTrouble::NoProvider, None))
}

/// Links or creates who is not linked yet.
async fn first_time(
    app: &App,
    tx: &mut Tx,
    provider: &Provider,
    came: &Came,
    stranger: &Actor,
) -> Result<(Candidate, Vec<Event>), Turned> {
    let away = |trouble| Err(Turned::away(trouble, None));
    let (settings, now) = (&provider.settings, app.clock.now());
    let Some(email) = came.email.as_deref().and_then(|email| validate::email(email).ok()) else {
        return away(SignInTrouble::NoEmail);
    };
    // Before it is looked who has it: who has an address that is not his learns nothing.
    if !came.email_verified && settings.link_by_email != EmailLink::Trusted {
        return away(SignInTrouble::EmailUnverified);
    }
    let (user, mut events) = match identities::by_email(tx, &email).await? {
        Some(user) => {
            let subjects = identities::subjects_of(tx, &settings.issuer, user.id).await?;
            // Another browser of his came first, while this one waited for the lock.
            if subjects.contains(&came.subject) {
                return Ok((user, Vec::new()));
            }
            // The address may have been given to somebody else since.
            if !subjects.is_empty() || settings.link_by_email == EmailLink::Never {
                return Err(Turned::away(SignInTrouble::NotLinked, Some(user.id)));
            }
            if user.status != UserStatus::Active {
                return Err(Turned::away(SignInTrouble::Suspended, Some(user.id)));
            }
            (user, Vec::new())
        }
        None if settings.create_users => create(app, tx, provider, came, email).await?,
        None => return away(SignInTrouble::Unknown),
    };
    identities::link(tx, &settings.issuer, &came.subject, user.id, now).await?;
    let actor = stranger.clone().known_as(user.id, &user.name);
    let facts = json!({ "provider": settings.name, "subject": came.subject });
    events.push(Event::new("identity_linked", actor, Some(user.id), facts));
    Ok((user, events))
}

async fn create(
    app: &App,
    tx: &mut Tx,
    provider: &Provider,
    came: &Came,
    email: String,
) -> Result<(Candidate, Vec<Event>), DbError> {
    let now = app.clock.now();
    let id = UserId(app.dice.id(now));
    let name = came.name.as_deref().and_then(|name| validate::name(name).ok());
    let name = name.unwrap_or_else(|| email.clone());
    let rights = Rights::agent();
    let (name_of, password_hash, source) = (name.as_str(), None, Source::Directory);
    let added = store::users::Added { id, name: name_of, email: &email, rights: &rights, password_hash, source };
    store::users::insert(tx, &added, now).await?;
    let facts = json!({ "name": name, "email": email, "role": rights.role, "provider": provider.settings.name });
    let event = Event::new("user_added", Actor::system(), Some(id), facts).named(&name);
    Ok((Candidate { id, name, email, status: UserStatus::Active }, vec![event]))
}

/// The groups of these names, and those that the user was given before, locked: groups come before users.
async fn lock_groups(
    tx: &mut Tx,
    names: &[String],
    (issuer, subject): (&str, &str),
) -> Result<Vec<(GroupId, String)>, DbError> {
    let wanted = identities::groups_called(tx, names).await?;
    let mut locked: Vec<_> = wanted.iter().map(|(id, _)| *id).collect();
    if let Some(user) = identities::linked(tx, issuer, subject).await? {
        locked.extend(identities::given_groups(tx, issuer, user.id).await?);
    }
    locked.sort_unstable();
    locked.dedup();
    for group in locked {
        drop(store::groups::lock(tx, group).await?);
    }
    Ok(wanted)
}

/// Puts a user into the groups that the provider names, and takes him out of those that he was in only because it did.
async fn give_groups(
    tx: &mut Tx,
    issuer: &str,
    user: UserId,
    wanted: &[(GroupId, String)],
) -> Result<Vec<Event>, DbError> {
    let before = identities::given_groups(tx, issuer, user).await?;
    let (mut events, mut given) = (Vec::new(), Vec::new());
    let provider = Authority::Provider;
    for (group, _) in wanted {
        let moved = memberships::change(tx, &provider, *group, (&[user], &[])).await.map_err(groups::only_db)?;
        if !moved.came.is_empty() || before.contains(group) {
            given.push(*group);
        }
        events.extend(moved.events());
    }
    let gone: Vec<_> = before.iter().filter(|group| wanted.iter().all(|(id, _)| id != *group)).copied().collect();
    for (group, _) in store::groups::names(tx, &gone).await? {
        let moved = memberships::change(tx, &provider, group, (&[], &[user])).await.map_err(groups::only_db)?;
        events.extend(moved.events());
    }
    if given != before {
        identities::give_groups(tx, issuer, user, &given).await?;
    }
    Ok(events)
}

/// Leaves memberships as they are, because it is not known which groups the provider means, and says so. Where the
/// claim is only missing, that is worth saying if there is a membership that depends on it.
async fn keep_groups(
    app: &App,
    tx: &mut Tx,
    provider: &Provider,
    user: &Candidate,
    said: &GroupClaim,
) -> Result<Option<Event>, DbError> {
    let settings = &provider.settings;
    let Some(finding) = settings.group_claim.as_deref().and_then(|claim| said.finding(claim)) else { return Ok(None) };
    if *said == GroupClaim::Missing && identities::given_groups(tx, &settings.issuer, user.id).await?.is_empty() {
        return Ok(None);
    }
    store::provider_findings::record(tx, provider.id, &finding, app.clock.now()).await?;
    let facts = refusal::facts(Some(&finding), json!({ "provider": settings.name }));
    Ok(Some(Event::new("provider_groups_kept", Actor::system(), Some(user.id), facts).named(&user.name)))
}
