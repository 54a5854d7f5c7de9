//! Links by which people set their passwords: made, sent or shown, and used once.

use super::{NewPassword, secret};
use crate::{
    app::App,
    db::DbError,
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
use seatkeeper_shared::{people::UserStatus, problem::Code};
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

/// Makes a link for somebody whom an admin or manager invites, or whose password he resets.
///
/// # Errors
/// Not saved.
pub async fn offer(app: &App, actor: Actor, to: &Addressee) -> Result<Link, DbError> {
    let kind = if to.invites { "invitation_made" } else { "password_link_made" };
    make(app, actor, to, kind, INVITED).await
}

/// Makes and sends a link to whoever has this e-mail address, if there is such a user who may sign in. Nobody waits for it:
/// how long it takes tells who exists.
///
/// # Errors
/// Not saved, or not sent.
pub async fn forgotten(app: &App, stranger: Actor, email: &str) -> Result<(), ForgottenError> {
    let found = store::links::addressee_at(&app.db, email).await?;
    let Some(to) = found.filter(|to| to.status == UserStatus::Active) else { return Ok(()) };
    let link = make(app, stranger, &to, "password_forgotten", FORGOTTEN).await?;
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
    actor: Actor,
    to: &Addressee,
    kind: &'static str,
    good_for: TimeDelta,
) -> Result<Link, DbError> {
    let (now, secret) = (app.clock.now(), app.dice.secret());
    let expires_at = now + good_for;
    let mut tx = app.db.begin().await?;
    store::links::insert(&mut tx, to, &secret::hash(&secret), now, expires_at).await?;
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
/// `link_unknown`, `link_used`, `link_expired`, `user_suspended`.
pub async fn open(app: &App, secret: &str) -> Result<Stored, Fail> {
    let link = store::links::get(&app.db, &secret::hash(secret)).await?;
    let link = link.ok_or_else(|| Fail::code(Code::LinkUnknown))?;
    if link.used_at.is_some() {
        return Err(Fail::code(Code::LinkUsed));
    }
    if link.expires_at <= app.clock.now() {
        return Err(Fail::code(Code::LinkExpired));
    }
    if link.status != UserStatus::Active {
        return Err(Fail::code(Code::UserSuspended));
    }
    Ok(link)
}

/// Sets the password by a link, which is used up by it, and ends all browser sessions of the user. Two who use the same link at
/// once: one sets his password, the other is told that the link was used.
///
/// # Errors
/// `link_used`, or not saved.
pub async fn set_password(
    app: &App,
    actor: Actor,
    secret: &str,
    link: &Stored,
    password: &NewPassword,
) -> Result<(), Fail> {
    let hash = app.passwords.hash(password).await?;
    let mut tx = app.db.begin().await?;
    if !store::links::use_up(&mut tx, &secret::hash(secret), app.clock.now()).await? {
        return Err(Fail::code(Code::LinkUsed));
    }
    store::credentials::set_password(&mut tx, link.user, &hash).await?;
    store::sign_ins::end_others(&mut tx, link.user, None).await?;
    let actor = actor.known_as(link.user, &link.name);
    Ok(app.commit(tx, &[Event::new("password_set", actor, Some(link.user), json!({}))]).await?)
}
