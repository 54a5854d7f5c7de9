//! Changing the account's settings.

use crate::{
    app::App,
    auth::Caller,
    events::Event,
    http::{
        extract::ValidJson,
        problem::{ApiError, FieldErrors},
    },
    store,
};
use axum::{Json, extract::State};
use seatkeeper_shared::{
    audit::{EventData, changes::AccountState},
    permissions::Action,
    problem::Code,
    validate::{self, FieldError, HIGHEST_PASSWORD_MIN, LOWEST_PASSWORD_MIN},
    wire::account::{AccountView, ChangeAccount},
};

/// Thirty days.
const MAX_SESSION_MINUTES: i64 = 30 * 24 * 60;

/// Changes the account's settings, effective immediately.
#[utoipa::path(
    patch, path = "/account", tag = "account",
    request_body = ChangeAccount,
    responses((status = 200, body = AccountView)),
)]
pub async fn change_account(
    State(app): State<App>,
    caller: Caller,
    ValidJson(change): ValidJson<ChangeAccount>,
) -> Result<Json<AccountView>, ApiError> {
    caller.require(Action::ManageAccount)?;
    let mut tx = app.db.begin().await?;
    let before = store::account::lock(&mut tx).await?.ok_or_else(|| ApiError::new(Code::NotFound))?;
    let after = apply_change(&before, &change)?;
    if before != after {
        store::account::change(&mut tx, &after).await?;
        let changes = Box::new(AccountState::from(before).changes(after.clone().into()));
        app.commit(tx, &[Event::new(EventData::AccountChanged { changes }, caller.actor(), None)]).await?;
    }
    Ok(Json(after))
}

fn apply_change(before: &AccountView, change: &ChangeAccount) -> Result<AccountView, ApiError> {
    let mut fields = FieldErrors::default();
    let name = match &change.name {
        Some(name) => fields.check("name", validate::name(name)),
        None => Some(before.name.clone()),
    };
    let time_zone = match &change.time_zone {
        Some(zone) => fields.check("time_zone", validate_time_zone(zone)),
        None => Some(before.time_zone.clone()),
    };
    let (shortest, longest) = (to_i64(LOWEST_PASSWORD_MIN), to_i64(HIGHEST_PASSWORD_MIN));
    let mut number = |field, given: Option<i64>, was, min, max| match given {
        Some(given) => fields.check(field, validate::in_range(given, min, max)),
        None => Some(was),
    };
    let least = number("password_min", change.password_min, to_i64(before.password_min), shortest, longest);
    let idle = number("idle_minutes", change.idle_minutes, before.idle_minutes, 5, MAX_SESSION_MINUTES);
    let session = number("session_minutes", change.session_minutes, before.session_minutes, 15, MAX_SESSION_MINUTES);
    let all = name.zip(time_zone).zip(least).zip(idle.zip(session));
    let (((name, time_zone), least), (idle_minutes, session_minutes)) = fields.finish(all)?;
    Ok(AccountView {
        name,
        time_zone,
        locale: change.locale.unwrap_or(before.locale),
        password_min: usize::try_from(least).unwrap_or(HIGHEST_PASSWORD_MIN),
        idle_minutes,
        session_minutes,
        second_factor: change.second_factor.unwrap_or(before.second_factor),
    })
}

fn validate_time_zone(zone: &str) -> Result<String, FieldError> {
    let zone = zone.parse::<chrono_tz::Tz>().map_err(|_| FieldError::Unknown)?;
    Ok(zone.name().to_owned())
}

fn to_i64(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
