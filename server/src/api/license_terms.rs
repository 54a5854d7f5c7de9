//! Changing the seats, rules, dates and contract of a license, and its usage.

use super::licenses::{as_seen_by, editable_fields, get_license, validate_contract, validate_dates};
use crate::{
    app::App,
    auth::Caller,
    http::{
        etag::{IfMatch, WithEtag, with_etag},
        extract::{PathParam, ValidJson},
        problem::{ApiError, FieldErrors},
    },
    pool::license_terms::LicenseTerms,
};
use axum::{Json, extract::State};
use seatkeeper_shared::{
    ids::LicenseId,
    license::RuleOverrides,
    patch::Patch,
    permissions::Action,
    validate,
    wire::licenses::{ChangeLicense, Contract, LicenseUsage, LicenseView},
};

/// Changes a license.
///
/// Changing the number of seats, the overdraft or the price requires the billing contact. With `If-Match`, the license
/// must not have changed since it was read.
#[utoipa::path(
    patch, path = "/licenses/{id}", tag = "licenses",
    params(("id" = LicenseId, Path), ("If-Match" = Option<String>, Header)),
    request_body = ChangeLicense,
    responses((status = 200, body = LicenseView)),
)]
pub async fn change_license(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<LicenseId>,
    expected: IfMatch,
    ValidJson(change): ValidJson<ChangeLicense>,
) -> Result<WithEtag<LicenseView>, ApiError> {
    require_may_change(&caller, &change)?;
    let before = get_license(&app, id).await?;
    expected.check(&editable_fields(&as_seen_by(&app, &caller, before.clone()).await?))?;
    let change = validate_change(&before, change)?;
    let expected = expected.is_given().then(|| LicenseTerms::from(&before));
    app.seats.change(&caller.actor(), id, change, expected).await?;
    let after = as_seen_by(&app, &caller, get_license(&app, id).await?).await?;
    Ok(with_etag(&editable_fields(&after), after))
}

/// Validates the change and normalizes its texts.
fn validate_change(before: &LicenseView, change: ChangeLicense) -> Result<ChangeLicense, ApiError> {
    let mut fields = FieldErrors::default();
    fields.check("seats", change.seats.map(validate::seats).transpose());
    let wrong = change.rules.apply_to(before.rules).invalid_fields();
    wrong.into_iter().for_each(|(field, error)| fields.add(field, error));
    validate_dates(
        &mut fields,
        change.starts_at.applied_to(before.starts_at),
        change.ends_at.applied_to(before.ends_at),
    );
    let given = Contract {
        notes: change.notes.clone(),
        order_number: change.order_number.clone(),
        price_per_seat: change.price_per_seat.new_value().cloned(),
    };
    let kept = validate_contract(&mut fields, &given);
    let text = |given: &Option<String>, kept| given.as_ref().map(|_| Option::unwrap_or_default(kept));
    let (notes, order_number) = (text(&change.notes, kept.notes), text(&change.order_number, kept.order_number));
    fields.finish(Some(ChangeLicense { notes, order_number, ..change }))
}

/// Checks the permissions for a change. Seats, overdraft and price are purchases; an empty change also requires the
/// billing contact.
fn require_may_change(caller: &Caller, change: &ChangeLicense) -> Result<(), ApiError> {
    let buys = change.seats.is_some() || change.rules.overdraft.is_some() || !change.price_per_seat.is_keep();
    let rules = RuleOverrides { overdraft: None, ..change.rules.clone() };
    let manages =
        ChangeLicense { seats: None, price_per_seat: Patch::Keep, rules, ..change.clone() } != ChangeLicense::default();
    if buys || !manages {
        caller.require(Action::ChangeSeats)?;
    }
    if manages {
        caller.require(Action::ManageProducts)?;
    }
    Ok(())
}

/// Returns how many seats are used now, and the peak of the last 30 days.
#[utoipa::path(
    get, path = "/licenses/{id}/usage", tag = "licenses",
    params(("id" = LicenseId, Path)),
    responses((status = 200, body = LicenseUsage)),
)]
pub async fn usage(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<LicenseId>,
) -> Result<Json<LicenseUsage>, ApiError> {
    caller.require(Action::ViewSessions)?;
    let license = get_license(&app, id).await?;
    let peak = app.usage_peaks.last_30_days(&license, app.clock.now()).await?;
    let (seats, taken, over) = (license.seats, license.taken(), license.over());
    Ok(Json(LicenseUsage { seats, taken, over, occupied: license.usage.occupied, peak }))
}
