//! The settings of the account.

use crate::{
    app::App,
    auth::Caller,
    events::{self, Event},
    http::{
        extract::Body,
        problem::{Fail, Fields},
    },
    store,
};
use axum::{Json, extract::State};
use seatkeeper_shared::{
    permissions::Action,
    problem::Code,
    validate::{self, FieldError, LEAST_PASSWORD, MOST_PASSWORD},
    wire::account::{AccountView, ChangeAccount},
};

/// The longest that a browser stays signed in: thirty days, in minutes.
const LONGEST: i64 = 30 * 24 * 60;

/// Changes the settings of the account; they hold at once.
#[utoipa::path(patch, path = "/account", tag = "account", request_body = ChangeAccount, responses((status = 200, body = AccountView)))]
pub async fn change_account(
    State(app): State<App>,
    caller: Caller,
    Body(change): Body<ChangeAccount>,
) -> Result<Json<AccountView>, Fail> {
    caller.must(Action::ManageAccount)?;
    let mut tx = app.db.begin().await?;
    let before = store::account::lock(&mut tx).await?.ok_or_else(|| Fail::code(Code::NotFound))?;
    let after = changed(&before, &change)?;
    if before != after {
        store::account::change(&mut tx, &after).await?;
        let facts = events::changes(&before, &after);
        app.commit(tx, &[Event::new("account_changed", caller.actor(), None, facts)]).await?;
    }
    Ok(Json(after))
}

fn changed(before: &AccountView, change: &ChangeAccount) -> Result<AccountView, Fail> {
    let mut fields = Fields::default();
    let name = match &change.name {
        Some(name) => fields.check("name", validate::name(name)),
        None => Some(before.name.clone()),
    };
    let time_zone = match &change.time_zone {
        Some(zone) => fields.check("time_zone", known_zone(zone)),
        None => Some(before.time_zone.clone()),
    };
    let (shortest, longest) = (whole(LEAST_PASSWORD), whole(MOST_PASSWORD));
    let mut number = |field, given: Option<i64>, was, min, max| match given {
        Some(given) => fields.check(field, validate::within(given, min, max)),
        None => Some(was),
    };
    let least = number("password_min", change.password_min, whole(before.password_min), shortest, longest);
    let idle = number("idle_minutes", change.idle_minutes, before.idle_minutes, 5, LONGEST);
    let session = number("session_minutes", change.session_minutes, before.session_minutes, 15, LONGEST);
    let all = name.zip(time_zone).zip(least).zip(idle.zip(session));
    let (((name, time_zone), least), (idle_minutes, session_minutes)) = fields.all(all)?;
    Ok(AccountView {
        name,
        time_zone,
        locale: change.locale.unwrap_or(before.locale),
        password_min: usize::try_from(least).unwrap_or(MOST_PASSWORD),
        idle_minutes,
        session_minutes,
        second_factor: change.second_factor.unwrap_or(before.second_factor),
    })
}

fn known_zone(zone: &str) -> Result<String, FieldError> {
    let zone = zone.parse::<chrono_tz::Tz>().map_err(|_| FieldError::Unknown)?;
    Ok(zone.name().to_owned())
}

fn whole(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
