//! How often passwords and codes may be tried for one account: at most 100 times in any hour, from all networks together and at
//! whichever server.
//!
//! Strangers must not be able to lock people out by using that up. So there are two allowances: one for strangers, and one for
//! browsers in which this user has signed in before, which prove it by the secret of a cookie. Passkeys and providers of sign-ins need
//! neither. Addresses that nobody has are counted in the same way, or else a refusal would tell which ones are known.

use super::{Caller, secret};
use crate::{
    app::App,
    db::{DbError, Tx},
    http::{
        cookies::Purpose,
        problem::{Fail, Fields},
    },
    store::sign_in_tries::{self, Rate},
};
use axum_extra::extract::CookieJar;
use seatkeeper_shared::{
    ids::UserId,
    problem::Code,
    validate::{self, FieldError, MAX_EMAIL},
    wire::second_factor::Proof,
};

/// 30 at once and one more every two minutes: 60 in any hour.
const STRANGERS: Rate = Rate { burst: 30, period_ms: 120_000 };
/// 20 at once and one more every three minutes: 40 in any hour.
const KNOWN: Rate = Rate { burst: 20, period_ms: 180_000 };

/// What is tried.
#[derive(Clone, Copy, Debug)]
pub enum Tried<'a> {
    /// The password of whoever has this e-mail address, in the form in which it is compared.
    Password(&'a str),
    /// A code of the second factor, or a recovery code.
    Code(UserId),
}

/// A try that was counted. Nothing checks a password or a code without one.
#[derive(Debug)]
#[must_use]
pub struct Try {
    key_hash: String,
    rate: Rate,
}

impl Try {
    /// Counts a try of somebody in a browser with these cookies.
    ///
    /// # Errors
    /// `too_many_requests`, or not saved.
    pub async fn in_browser(app: &App, tried: Tried<'_>, email_key: &str, jar: &CookieJar) -> Result<Self, Fail> {
        let is_known = match Purpose::Device.of(app, jar) {
            Some(device) => sign_in_tries::is_known(&app.db, &secret::hash(device), email_key).await?,
            None => false,
        };
        Self::count(app, tried, is_known).await
    }

    /// Counts a try of somebody who is signed in as this user.
    ///
    /// # Errors
    /// `too_many_requests`, or not saved.
    pub async fn signed_in(app: &App, tried: Tried<'_>) -> Result<Self, Fail> {
        Self::count(app, tried, true).await
    }

    /// The same of a caller who shows by a password, or by a code, who they are.
    ///
    /// # Errors
    /// `too_many_requests`, neither is given, or not saved.
    pub async fn by_proof(app: &App, caller: &Caller, given: &Proof) -> Result<Self, Fail> {
        match given {
            Proof { password: Some(_), .. } => {
                Self::signed_in(app, Tried::Password(&validate::email_key(&caller.email))).await
            }
            Proof { code: Some(_), .. } => Self::signed_in(app, Tried::Code(caller.id)).await,
            Proof { password: None, code: None } => {
                let mut fields = Fields::default();
                fields.wrong("password", FieldError::Required);
                fields.all(None)
            }
        }
    }

    async fn count(app: &App, tried: Tried<'_>, is_known: bool) -> Result<Self, Fail> {
        let (rate, who) = if is_known { (KNOWN, "known") } else { (STRANGERS, "stranger") };
        let key = match tried {
            // Nobody has a longer address.
            Tried::Password(email_key) => email_key.chars().take(MAX_EMAIL).collect(),
            Tried::Code(user) => user.to_string(),
        };
        let kind = if matches!(tried, Tried::Password(_)) { "password" } else { "code" };
        let key_hash = secret::hash(&format!("{who} {kind} {key}"));
        let mut tx = app.db.begin().await?;
        if !sign_in_tries::charge(&mut tx, &key_hash, rate, app.clock.now()).await? {
            return Err(Fail::code(Code::TooManyRequests));
        }
        tx.commit().await?;
        Ok(Self { key_hash, rate })
    }

    /// Gives it back, since it was right: only wrong ones count.
    ///
    /// # Errors
    /// Not saved.
    pub async fn was_right(self, tx: &mut Tx) -> Result<(), DbError> {
        sign_in_tries::refund(tx, &self.key_hash, self.rate).await
    }
}

/// The hash of the secret by which the browser with these cookies can be known, drawn if it has none; and the cookies with it.
pub fn device(app: &App, jar: CookieJar) -> (CookieJar, String) {
    let device = Purpose::Device.of(app, &jar).filter(|device| device.len() == SECRET_LENGTH).map(ToOwned::to_owned);
    let device = device.unwrap_or_else(|| app.dice.secret());
    let hash = secret::hash(&device);
    let mut cookie = Purpose::Device.cookie(app, device);
    cookie.set_max_age(time::Duration::days(LONGEST_DAYS));
    (jar.add(cookie), hash)
}

/// The length of a secret that we drew.
const SECRET_LENGTH: usize = 43;
/// As long as browsers keep a cookie.
const LONGEST_DAYS: i64 = 400;

/// Forgets what counts no more.
///
/// # Errors
/// Not saved.
pub async fn forget_over(app: &App) -> Result<(), DbError> {
    let mut tx = app.db.begin().await?;
    if sign_in_tries::forget_over(&mut tx, app.clock.now()).await? > 0 {
        tx.commit().await?;
    }
    Ok(())
}
