//! Invitation and password reset links: creating, previewing and using them.

use super::account::{account_settings, anonymous_actor};
use crate::{
    app::App,
    auth::{Caller, NewPassword, password_links},
    http::{
        client_ip::ClientIp,
        extract::{PathParam, ValidJson},
        problem::{ApiError, FieldErrors},
    },
};
use axum::{Json, extract::State, http::StatusCode};
use seatkeeper_shared::{
    ids::UserId,
    problem::Code,
    validate,
    wire::password_links::{
        CreatedPasswordLink, ForgotPassword, PasswordLinkView, PreviewPasswordLink, RedeemPasswordLink,
    },
};

/// Creates a link with which a user sets their password: an invitation if they have none yet.
///
/// It can be used once within seven days. A newer link voids it; so does a change of role, permissions, e-mail address,
/// status or credentials. It is sent by e-mail, and returned here only if no mail server is configured.
#[utoipa::path(
    post, path = "/users/{id}/invite", tag = "users",
    params(("id" = UserId, Path)),
    responses((status = 201, body = CreatedPasswordLink)),
)]
pub async fn invite(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<UserId>,
) -> Result<(StatusCode, Json<CreatedPasswordLink>), ApiError> {
    // The link allows to sign in as the user.
    super::users::require_replaceable_access(&app, &caller, id).await?;
    let (to, link) = password_links::create_for_user(&app.password_links, &caller, id).await?;
    let is_mailed = app.password_links.mailer.is_some();
    if is_mailed {
        password_links::send(&app.password_links, &to, &link).await?;
    }
    let made = CreatedPasswordLink {
        invites: to.invites,
        expires_at: link.expires_at,
        mailed: is_mailed,
        link: (!is_mailed).then_some(link.address),
    };
    Ok((StatusCode::CREATED, Json(made)))
}

/// Returns the user of a link, if it can be used.
#[utoipa::path(
    post, path = "/links/preview", tag = "account", security(()),
    request_body = PreviewPasswordLink,
    responses((status = 200, body = PasswordLinkView)),
)]
pub async fn preview_link(
    State(app): State<App>,
    ValidJson(given): ValidJson<PreviewPasswordLink>,
) -> Result<Json<PasswordLinkView>, ApiError> {
    let link = password_links::find_valid(&app.password_links, &given.secret).await?;
    let account = account_settings(&app).await?;
    Ok(Json(PasswordLinkView {
        invites: link.invites,
        name: link.name,
        email: link.email,
        account_name: account.name,
        password_min: account.password_min,
        expires_at: link.expires_at,
    }))
}

/// Sets the password with a link and ends all browser sessions of the user. Does not sign in.
#[utoipa::path(
    post, path = "/links/use", tag = "account", security(()),
    request_body = RedeemPasswordLink,
    responses((status = 204)),
)]
pub async fn set_password(
    State(app): State<App>,
    ClientIp(address): ClientIp,
    ValidJson(given): ValidJson<RedeemPasswordLink>,
) -> Result<StatusCode, ApiError> {
    let link = password_links::find_valid(&app.password_links, &given.secret).await?;
    let account = account_settings(&app).await?;
    let known = [link.name.as_str(), &link.email, &account.name];
    let mut fields = FieldErrors::default();
    let password = fields.check("password", NewPassword::checked(&given.password, account.password_min, &known));
    let password = fields.finish(password)?;
    password_links::set_password(&app.password_links, anonymous_actor(address), &given.secret, &link, &password)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Requests a password reset link by e-mail. The response is the same whether the user exists or not.
#[utoipa::path(
    post, path = "/forgot-password", tag = "account", security(()),
    request_body = ForgotPassword,
    responses((status = 202)),
)]
pub async fn forgot(
    State(app): State<App>,
    ClientIp(address): ClientIp,
    ValidJson(given): ValidJson<ForgotPassword>,
) -> Result<StatusCode, ApiError> {
    if app.password_links.mailer.is_none() {
        return Err(ApiError::new(Code::NoMail));
    }
    let mut fields = FieldErrors::default();
    let email = fields.check("email", validate::email(&given.email));
    let email = fields.finish(email)?;
    let key = validate::email_key(&email);
    if !app.throttle.allow_password(address, &key) {
        return Err(ApiError::new(Code::TooManyRequests));
    }
    if app.throttle.allow_mail(&key) {
        let tasks = app.journal.tasks.clone();
        tasks.spawn_to_end(async move {
            if let Err(error) =
                password_links::send_reset_link(&app.password_links, anonymous_actor(address), &email).await
            {
                tracing::error!(%error, "password reset link not sent");
            }
        });
    }
    Ok(StatusCode::ACCEPTED)
}
