//! Links by which people set their passwords: made, sent or shown, and used once.
//!
//! A link ends with what it was made for: the database voids it in the transaction that changes role, permissions, e-mail address,
//! status or ways to sign in of its user, whichever statement does (the triggers of migration 0018). And it is good only for as long as
//! whoever made it may make it: who lost that right, or was suspended, may have kept the link.

use super::{Caller, NewPassword, Scope, secret};
use crate::{
    app::App,
    db::{DbError, Tx},
    events::Event,
    http::problem::Fail,
    mail::{MailError, letters},
    seats::Actor,
    store::{
        self,
        links::{Addressee, Stored},
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{
    ids::UserId,
    people::{Role, UserStatus},
    permissions::{Action, Rights, may},
    problem::Code,
};
use serde_json::json;

/// For how long an invitation is good.
const INVITED: TimeDelta = TimeDelta::days(7);
/// For how long a link is good for somebody who forgot his password: he is waiting for it.
const FORGOTTEN: TimeDelta = TimeDelta::hours(2);

/// A link that was made and not given to anybody yet.
pub struct Link {
    /// The link; from the server's root if the public address is not known.
    pub address: String,
    /// From when on it is no longer good.
    pub expires_at: DateTime<Utc>,
}

/// Whether somebody with these rights may take over how a user of this role gets in: whoever can become somebody has their rights.
pub fn may_replace_access(by: &Rights, of: Role) -> bool {
    may(by, Action::ManageUsers) && (of == Role::Agent || may(by, Action::ManageRoles))
}

/// Makes a link for somebody whom the caller invites, or whose password the caller resets; for whom it is.
///
/// # Errors
/// `not_found`, `forbidden`, `user_suspended`; not saved.
pub async fn offer(app: &App, caller: &Caller, id: UserId) -> Result<(Addressee, Link), Fail> {
    let mut tx = app.db.begin().await?;
    let to = store::links::lock(&mut tx, id).await?.ok_or_else(|| Fail::code(Code::NotFound))?;
    // The role may be another than when it was looked whether the caller may.
    if !may_replace_access(&caller.rights, to.role) {
        return Err(Fail::code(Code::Forbidden));
    }
    if to.status != UserStatus::Active {
        return Err(Fail::code(Code::UserSuspended));
    }
    let kind = if to.invites { "invitation_made" } else { "password_link_made" };
    let link = make(app, tx, (&to, Some(caller.id)), (kind, caller.actor()), INVITED).await?;
    Ok((to, link))
}

/// Makes and sends a link to whoever has this e-mail address, if there is such a user who may sign in. Nobody waits for it:
/// how long it takes tells who exists.
///
/// # Errors
/// Not saved, or not sent.
pub async fn forgotten(app: &App, stranger: Actor, email: &str) -> Result<(), ForgottenError> {
    let mut tx = app.db.begin().await?;
    let found = store::links::lock_by_email(&mut tx, email).await?;
    let Some(to) = found.filter(|to| to.status == UserStatus::Active) else { return Ok(()) };
    let link = make(app, tx, (&to, None), ("password_forgotten", stranger), FORGOTTEN).await?;
    Ok(send(app, &to, &link).await?)
}

/// Why somebody who forgot his password gets no letter.
#[derive(Debug, thiserror::Error)]
pub enum ForgottenError {
    /// Not saved.
    #[error(transparent)]
    Db(#[from] DbError),
    /// Not sent.
    #[error(transparent)]
    Mail(#[from] MailError),
}

async fn make(
    app: &App,
    mut tx: Tx,
    (to, by): (&Addressee, Option<UserId>),
    (kind, actor): (&'static str, Actor),
    good_for: TimeDelta,
) -> Result<Link, DbError> {
    let (now, secret) = (app.clock.now(), app.dice.secret());
    let expires_at = now + good_for;
    store::links::insert(&mut tx, (to, by), &secret::hash(&secret), now, expires_at).await?;
    let facts = json!({ "expires_at": expires_at });
    app.commit(tx, &[Event::new(kind, actor, Some(to.id), facts).named(&to.name)]).await?;
    let root = app.public_url.as_deref().unwrap_or_default().trim_end_matches('/');
    // After the `#`, because browsers send that to no server: it stands in no log of a proxy.
    Ok(Link { address: format!("{root}/join-account#{secret}"), expires_at })
}

/// Sends a link by e-mail.
///
/// # Errors
/// There is no mail server, or it does not take the letter.
pub async fn send(app: &App, to: &Addressee, link: &Link) -> Result<(), MailError> {
    let mailer = app.mailer.as_ref().ok_or(MailError::None)?;
    mailer.send(&to.name, &to.email, letters::password_link(to, link)).await
}

/// The link with this secret, if it is good.
///
/// # Errors
/// `link_unknown`, `link_used`, `link_expired`, `link_void`, `user_suspended`.
pub async fn open(app: &App, secret: &str) -> Result<Stored, Fail> {
    let link = store::links::get(&app.db, &secret::hash(secret)).await?;
    let link = link.ok_or_else(|| Fail::code(Code::LinkUnknown))?;
    if link.used_at.is_some() {
        return Err(Fail::code(Code::LinkUsed));
    }
    if link.status != UserStatus::Active {
        return Err(Fail::code(Code::UserSuspended));
    }
    if link.is_void || !its_maker_may(app, &link).await? {
        return Err(Fail::code(Code::LinkVoid));
    }
    if link.expires_at <= app.clock.now() {
        return Err(Fail::code(Code::LinkExpired));
    }
    Ok(link)
}

/// Whether whoever made a link for somebody else could make it now.
async fn its_maker_may(app: &App, link: &Stored) -> Result<bool, Fail> {
    let Some(maker) = link.made_by else { return Ok(true) };
    let Some(rights) = store::links::maker(&app.db, maker).await? else { return Ok(false) };
    let seen = Scope::of_rights(maker, &rights).people(&app.db, &[link.user]).await?;
    Ok(may_replace_access(&rights, link.role) && seen.contains(&link.user))
}

/// Sets the password by a link, which is used up by it, and ends all browser sessions of the user. Two who use the same link at
/// once: one sets his password, the other is told that the link was used.
///
/// # Errors
/// Those of [`open`], or not saved.
pub async fn set_password(
    app: &App,
    actor: Actor,
    secret: &str,
    link: &Stored,
    password: &NewPassword,
) -> Result<(), Fail> {
    let hash = app.passwords.hash(password).await?;
    let mut tx = app.db.begin().await?;
    // Users before their links: whoever changes the user voids the link, and is waited for here.
    drop(store::users::lock_secret(&mut tx, link.user).await?);
    if !store::links::use_up(&mut tx, &secret::hash(secret), app.clock.now()).await? {
        drop(tx);
        open(app, secret).await?;
        return Err(Fail::code(Code::LinkUsed));
    }
    store::credentials::set_password(&mut tx, link.user, &hash).await?;
    store::sign_ins::end_others(&mut tx, link.user, None).await?;
    let actor = actor.known_as(link.user, &link.name);
    Ok(app.commit(tx, &[Event::new("password_set", actor, Some(link.user), json!({}))]).await?)
}
