//! What a license was bought for: changing its seats, rules, dates and contract, and how much of it is used.

use super::licenses::{changeable, check_days, checked_contract, one};
use crate::{
    app::App,
    auth::Caller,
    http::{
        extract::{Body, Named},
        problem::{Fail, Fields},
        tags::{IfMatch, Tagged, tagged},
    },
    seats::paper::Bought,
};
use axum::{Json, extract::State};
use seatkeeper_shared::{
    ids::LicenseId,
    license::ChosenRules,
    permissions::Action,
    validate,
    wire::licenses::{ChangeLicense, Contract, LicenseUsage, LicenseView},
};

/// Changes a license. The number of seats, the overdraft and the price are purchases and take the billing contact. With `If-Match` only
/// if nobody else has changed it meanwhile.
#[utoipa::path(patch, path = "/licenses/{id}", tag = "licenses", params(("id" = LicenseId, Path), ("If-Match" = Option<String>, Header)), request_body = ChangeLicense, responses((status = 200, body = LicenseView)))]
pub async fn change_license(
    State(app): State<App>,
    caller: Caller,
    Named(id): Named<LicenseId>,
    expected: IfMatch,
    Body(change): Body<ChangeLicense>,
) -> Result<Tagged<LicenseView>, Fail> {
    may_change(&caller, &change)?;
    let before = one(&app, id).await?;
    expected.must_hold(&changeable(&shown(&caller, before.clone())))?;
    let change = checked(&before, change)?;
    let expected = expected.is_given().then(|| Bought::from(&before));
    app.seats.change(&caller.actor(), id, change, expected).await?;
    let after = shown(&caller, one(&app, id).await?);
    Ok(tagged(&changeable(&after), after))
}

/// The change with its texts in the form in which they are kept.
fn checked(before: &LicenseView, change: ChangeLicense) -> Result<ChangeLicense, Fail> {
    let mut fields = Fields::default();
    fields.check("seats", change.seats.map(validate::seats).transpose());
    let wrong = change.rules.on(before.rules).wrong();
    wrong.into_iter().for_each(|(field, error)| fields.wrong(field, error));
    check_days(&mut fields, change.starts_at.unwrap_or(before.starts_at), change.ends_at.unwrap_or(before.ends_at));
    let given = Contract {
        notes: change.notes.clone(),
        order_number: change.order_number.clone(),
        price_per_seat: change.price_per_seat.clone().flatten(),
    };
    let kept = checked_contract(&mut fields, &given);
    let text = |given: &Option<String>, kept| given.as_ref().map(|_| Option::unwrap_or_default(kept));
    let (notes, order_number) = (text(&change.notes, kept.notes), text(&change.order_number, kept.order_number));
    fields.all(Some(ChangeLicense { notes, order_number, ..change }))
}

/// What stands in contracts is for those who manage products.
fn shown(caller: &Caller, mut license: LicenseView) -> LicenseView {
    if !caller.may(Action::ManageProducts) {
        license.contract = Contract::default();
    }
    license
}

/// More seats than were bought are bought too. What changes nothing is asked for by nobody but the billing contact.
fn may_change(caller: &Caller, change: &ChangeLicense) -> Result<(), Fail> {
    let buys = change.seats.is_some() || change.rules.overdraft.is_some() || change.price_per_seat.is_some();
    let rules = ChosenRules { overdraft: None, ..change.rules.clone() };
    let manages =
        ChangeLicense { seats: None, price_per_seat: None, rules, ..change.clone() } != ChangeLicense::default();
    if buys || !manages {
        caller.must(Action::ChangeSeats)?;
    }
    if manages {
        caller.must(Action::ManageProducts)?;
    }
    Ok(())
}

/// How many seats are used now, and the most at once in the last 30 days: to know before their number is changed.
#[utoipa::path(get, path = "/licenses/{id}/usage", tag = "licenses", params(("id" = LicenseId, Path)), responses((status = 200, body = LicenseUsage)))]
pub async fn usage(
    State(app): State<App>,
    caller: Caller,
    Named(id): Named<LicenseId>,
) -> Result<Json<LicenseUsage>, Fail> {
    caller.must(Action::ViewSessions)?;
    let license = one(&app, id).await?;
    let peak = app.peaks.of(&license, app.clock.now()).await?;
    let (seats, taken, over) = (license.seats, license.taken(), license.over());
    Ok(Json(LicenseUsage { seats, taken, over, occupied: license.usage.occupied, peak }))
}
