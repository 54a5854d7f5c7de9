//! Invitation and password reset links: created, sent or shown, and used once.
//!
//! Triggers (migration 0018) void a link in the transaction that changes the role, permissions, e-mail address, status
//! or credentials of its user. A link also stops working when its creator may no longer create it: a suspended admin
//! may have kept the link.

use super::{Caller, NewPassword, Scope, secret};
use crate::{
    actor::Actor,
    auth::password::{HashError, Passwords},
    clock::Random,
    db::{DbError, Tx},
    events::Event,
    journal::Journal,
    mail::{
        MailError, Mailer,
        templates::{self, IssuedLink},
    },
    store::{
        self,
        password_links::{LinkRecipient, PasswordLink},
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{
    audit::EventData,
    ids::UserId,
    people::{Role, UserStatus},
    permissions::{Action, Rights, may},
};
use std::{ops::Deref, sync::Arc};

const INVITATION_VALIDITY: TimeDelta = TimeDelta::days(7);
const RESET_LINK_VALIDITY: TimeDelta = TimeDelta::hours(2);

/// Whether a user with these rights may replace the credentials of a user with this role. It takes the right to manage
/// roles, because it allows to sign in as that user.
pub fn may_replace_access(by: &Rights, of: Role) -> bool {
    may(by, Action::ManageUsers) && (of == Role::Agent || may(by, Action::ManageRoles))
}

/// What creates, sends and uses up links. Clones share all.
#[derive(Clone)]
pub struct PasswordLinks {
    pub journal: Journal,
    pub random: Random,
    pub passwords: Passwords,
    /// Sends e-mails, if a mail server is configured.
    pub mailer: Option<Mailer>,
    /// The URL by which browsers reach the server.
    pub public_url: Option<Arc<str>>,
}

impl Deref for PasswordLinks {
    type Target = Journal;

    fn deref(&self) -> &Journal {
        &self.journal
    }
}

/// Why no link was created for a user.
#[derive(Debug, thiserror::Error)]
pub enum CreateLinkError {
    #[error("there is no such user")]
    UnknownUser,
    #[error("the caller may not replace the credentials of a user with this role")]
    NotAllowed,
    #[error("the user is suspended")]
    UserSuspended,
    /// The link could not be saved.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Creates an invitation for a user without a password, or a reset link for a user with one.
///
/// # Errors
/// Returns an error if the caller may not create a link for this user, or if it cannot be saved.
pub async fn create_for_user(
    links: &PasswordLinks,
    caller: &Caller,
    id: UserId,
) -> Result<(LinkRecipient, IssuedLink), CreateLinkError> {
    let mut tx = links.db.begin().await?;
    let to = store::password_links::lock(&mut tx, id).await?.ok_or(CreateLinkError::UnknownUser)?;
    // The role may have changed since the caller's rights were checked.
    if !may_replace_access(&caller.rights, to.role) {
        return Err(CreateLinkError::NotAllowed);
    }
    if to.status != UserStatus::Active {
        return Err(CreateLinkError::UserSuspended);
    }
    let data = |expires_at| match to.invites {
        true => EventData::InvitationMade { expires_at },
        false => EventData::PasswordLinkMade { expires_at },
    };
    let link = create(links, tx, (&to, Some(caller.id)), (data, caller.actor()), INVITATION_VALIDITY).await?;
    Ok((to, link))
}

/// Sends a reset link to the user with this e-mail address, if there is one who may sign in. The response must not wait
/// for it, because its duration would reveal which addresses exist.
///
/// # Errors
/// Returns an error if the link cannot be saved or sent.
pub async fn send_reset_link(links: &PasswordLinks, stranger: Actor, email: &str) -> Result<(), ResetLinkError> {
    let mut tx = links.db.begin().await?;
    let found = store::password_links::lock_by_email(&mut tx, email).await?;
    let Some(to) = found.filter(|to| to.status == UserStatus::Active) else { return Ok(()) };
    let data = |expires_at| EventData::PasswordForgotten { expires_at };
    let link = create(links, tx, (&to, None), (data, stranger), RESET_LINK_VALIDITY).await?;
    Ok(send(links, &to, &link).await?)
}

/// Why a reset link was not sent.
#[derive(Debug, thiserror::Error)]
pub enum ResetLinkError {
    /// The link could not be saved.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The e-mail could not be sent.
    #[error(transparent)]
    Mail(#[from] MailError),
}

async fn create(
    links: &PasswordLinks,
    mut tx: Tx,
    (to, by): (&LinkRecipient, Option<UserId>),
    (data, actor): (impl FnOnce(DateTime<Utc>) -> EventData, Actor),
    validity: TimeDelta,
) -> Result<IssuedLink, DbError> {
    let (now, secret) = (links.clock.now(), links.random.secret());
    let expires_at = now + validity;
    store::password_links::insert(&mut tx, (to, by), &secret::hash(&secret), now, expires_at).await?;
    links.commit(tx, &[Event::new(data(expires_at), actor, Some(to.id)).named(&to.name)]).await?;
    let root = links.public_url.as_deref().unwrap_or_default().trim_end_matches('/');
    // In the fragment, which browsers do not send to servers: no proxy logs it.
    Ok(IssuedLink { address: format!("{root}/join-account#{secret}"), expires_at })
}

/// Sends a link by e-mail.
///
/// # Errors
/// Returns an error if no mail server is configured, or if it rejects the message.
pub async fn send(links: &PasswordLinks, to: &LinkRecipient, link: &IssuedLink) -> Result<(), MailError> {
    let mailer = links.mailer.as_ref().ok_or(MailError::None)?;
    mailer.send(&to.name, &to.email, templates::password_link(to, link)).await
}

/// Why a link does not lead to a new password.
#[derive(Debug, thiserror::Error)]
pub enum UseLinkError {
    #[error("there is no such link")]
    Unknown,
    #[error("the link has been used")]
    Used,
    #[error("the user is suspended")]
    UserSuspended,
    /// The user has changed, or the creator may no longer create it.
    #[error("the link is void")]
    Void,
    #[error("the link has expired")]
    Expired,
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The password could not be saved, or the link not be read.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Finds the link with this secret and checks that it can be used.
///
/// # Errors
/// Returns an error if it cannot.
pub async fn find_valid(links: &PasswordLinks, secret: &str) -> Result<PasswordLink, UseLinkError> {
    let link = store::password_links::get(&links.db, &secret::hash(secret)).await?;
    let link = link.ok_or(UseLinkError::Unknown)?;
    if link.used_at.is_some() {
        return Err(UseLinkError::Used);
    }
    if link.status != UserStatus::Active {
        return Err(UseLinkError::UserSuspended);
    }
    if link.is_void || !creator_may_still_create(links, &link).await? {
        return Err(UseLinkError::Void);
    }
    if link.expires_at <= links.clock.now() {
        return Err(UseLinkError::Expired);
    }
    Ok(link)
}

/// Whether the user who created a link for another user could still create it.
async fn creator_may_still_create(links: &PasswordLinks, link: &PasswordLink) -> Result<bool, DbError> {
    let Some(maker) = link.made_by else { return Ok(true) };
    let Some(rights) = store::password_links::maker_rights(&links.db, maker).await? else { return Ok(false) };
    let seen = Scope::of_rights(maker, &rights).visible_users(&links.db, &[link.user]).await?;
    Ok(may_replace_access(&rights, link.role) && seen.contains(&link.user))
}

/// Sets the password and ends all browser sessions of the user. The link is used up. If it is used twice at once, one
/// request sets the password and the other learns that it was used.
///
/// # Errors
/// Returns the errors of [`find_valid`], or an error if the password cannot be saved.
pub async fn set_password(
    links: &PasswordLinks,
    actor: Actor,
    secret: &str,
    link: &PasswordLink,
    password: &NewPassword,
) -> Result<(), UseLinkError> {
    let hash = links.passwords.hash(password).await?;
    let mut tx = links.db.begin().await?;
    // Lock order: users before their links. This waits for concurrent changes of the user, which void the link.
    drop(store::users::lock_password(&mut tx, link.user).await?);
    if !store::password_links::use_up(&mut tx, &secret::hash(secret), links.clock.now()).await? {
        drop(tx);
        find_valid(links, secret).await?;
        return Err(UseLinkError::Used);
    }
    store::credentials::set_password(&mut tx, link.user, &hash).await?;
    store::browser_sessions::end_others(&mut tx, link.user, None).await?;
    let actor = actor.identified_as(link.user, &link.name);
    Ok(links.commit(tx, &[Event::new(EventData::PasswordSet {}, actor, Some(link.user))]).await?)
}
