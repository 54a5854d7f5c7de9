//! Inviting, resetting a password, and what is behind the link that somebody gets by it.

use super::account::{settings, somebody_at};
use crate::{
    app::App,
    auth::{Caller, NewPassword, links},
    http::{
        client::Address,
        extract::{Body, Named},
        problem::{Fail, Fields},
    },
};
use axum::{Json, extract::State, http::StatusCode};
use seatkeeper_shared::{
    ids::UserId,
    problem::Code,
    validate,
    wire::links::{Forgot, LinkMade, LinkView, OpenLink, UseLink},
};

/// Makes a link by which a user sets his password: an invitation if he has none yet. It is good once and for seven days, and voids
/// the one before it; so does any change of role, permissions, e-mail address, status or ways to sign in. It goes to him by e-mail; only where no mail server is configured is it shown here.
#[utoipa::path(post, path = "/users/{id}/invite", tag = "users", params(("id" = UserId, Path)), responses((status = 201, body = LinkMade)))]
pub async fn invite(
    State(app): State<App>,
    caller: Caller,
    Named(id): Named<UserId>,
) -> Result<(StatusCode, Json<LinkMade>), Fail> {
    // Whoever has the link can become the user.
    super::users::whose_access(&app, &caller, id).await?;
    let (to, link) = links::offer(&app, &caller, id).await?;
    let mailed = app.mailer.is_some();
    if mailed {
        links::send(&app, &to, &link).await?;
    }
    let made =
        LinkMade { invites: to.invites, expires_at: link.expires_at, mailed, link: (!mailed).then_some(link.address) };
    Ok((StatusCode::CREATED, Json(made)))
}

/// Whether a link is good, and for whom.
#[utoipa::path(post, path = "/links/look", tag = "account", security(()), request_body = OpenLink, responses((status = 200, body = LinkView)))]
pub async fn look(State(app): State<App>, Body(given): Body<OpenLink>) -> Result<Json<LinkView>, Fail> {
    let link = links::open(&app, &given.secret).await?;
    let account = settings(&app).await?;
    Ok(Json(LinkView {
        invites: link.invites,
        name: link.name,
        email: link.email,
        account_name: account.name,
        password_min: account.password_min,
        expires_at: link.expires_at,
    }))
}

/// Sets the password by a link and ends all browser sessions of its user. Then sign in.
#[utoipa::path(post, path = "/links/use", tag = "account", security(()), request_body = UseLink, responses((status = 204)))]
pub async fn set_password(
    State(app): State<App>,
    Address(address): Address,
    Body(given): Body<UseLink>,
) -> Result<StatusCode, Fail> {
    let link = links::open(&app, &given.secret).await?;
    let account = settings(&app).await?;
    let known = [link.name.as_str(), &link.email, &account.name];
    let mut fields = Fields::default();
    let password = fields.check("password", NewPassword::checked(&given.password, account.password_min, &known));
    let password = fields.all(password)?;
    links::set_password(&app, somebody_at(address), &given.secret, &link, &password).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sends a link to whoever forgot his password. The answer is the same whether there is such a user or not.
#[utoipa::path(post, path = "/forgot-password", tag = "account", security(()), request_body = Forgot, responses((status = 202)))]
pub async fn forgot(
    State(app): State<App>,
    Address(address): Address,
    Body(given): Body<Forgot>,
) -> Result<StatusCode, Fail> {
    if app.mailer.is_none() {
        return Err(Fail::code(Code::NoMail));
    }
    let mut fields = Fields::default();
    let email = fields.check("email", validate::email(&given.email));
    let email = fields.all(email)?;
    let key = validate::email_key(&email);
    if !app.throttle.allow(address, &key) {
        return Err(Fail::code(Code::TooManyRequests));
    }
    if app.throttle.allow_letter(&key) {
        tokio::spawn(async move {
            if let Err(error) = links::forgotten(&app, somebody_at(address), &email).await {
                tracing::error!(%error, "a link for a forgotten password was not sent");
            }
        });
    }
    Ok(StatusCode::ACCEPTED)
}
