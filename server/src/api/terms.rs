//! What a license was bought for: changing its seats, rules, dates and contract, and how much of it is used.

use super::licenses::{changeable, check_days, checked_contract, one};
use crate::{
    app::App,
    auth::Caller,
    events::{self, Event},
    http::{
        extract::{Body, Named},
        problem::{Fail, Fields},
        tags::{IfMatch, Tagged, tagged},
    },
    seats::Actor,
    store::{self, contracts::Paper},
};
use axum::{Json, extract::State};
use seatkeeper_shared::{
    ids::LicenseId,
    license::ChosenRules,
    permissions::Action,
    problem::Code,
    validate,
    wire::licenses::{ChangeLicense, Contract, LicenseUsage, LicenseView},
};
use serde_json::json;

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
    // One after the other: seats and papers are changed in two transactions, and nobody shall come in between.
    let _turn = app.changing.lock().await;
    let before = one(&app, id).await?;
    expected.must_hold(&changeable(&shown(&caller, before.clone())))?;
    let mut fields = Fields::default();
    let seats = fields.check("seats", change.seats.map(validate::seats).transpose());
    let wrong = change.rules.on(before.rules).wrong();
    wrong.into_iter().for_each(|(field, error)| fields.wrong(field, error));
    check_days(&mut fields, change.starts_at.unwrap_or(before.starts_at), change.ends_at.unwrap_or(before.ends_at));
    let given = Contract {
        notes: change.notes.clone(),
        order_number: change.order_number.clone(),
        price_per_seat: change.price_per_seat.clone().flatten(),
    };
    let contract = checked_contract(&mut fields, &given);
    let seats = fields.all(seats)?;
    if seats.is_some() || change.rules != ChosenRules::default() {
        app.seats.change(&caller.actor(), id, seats, change.rules.clone()).await?;
    }
    change_paper(&app, &caller.actor(), id, &change, contract).await?;
    let after = shown(&caller, one(&app, id).await?);
    Ok(tagged(&changeable(&after), after))
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

/// Everything but seats and rules, which the seats decide on.
async fn change_paper(
    app: &App,
    actor: &Actor,
    id: LicenseId,
    change: &ChangeLicense,
    given: Contract,
) -> Result<(), Fail> {
    let mut tx = app.db.begin().await?;
    let before = store::contracts::lock(&mut tx, id).await?.ok_or_else(|| Fail::code(Code::NotFound))?;
    let after = Paper {
        starts_at: change.starts_at.unwrap_or(before.starts_at),
        ends_at: change.ends_at.unwrap_or(before.ends_at),
        archived_at: store::contracts::archived(before.archived_at, change.archived, app.clock.now()),
        contract: Contract {
            notes: if change.notes.is_some() { given.notes } else { before.contract.notes.clone() },
            order_number: if change.order_number.is_some() {
                given.order_number
            } else {
                before.contract.order_number.clone()
            },
            price_per_seat: if change.price_per_seat.is_some() {
                given.price_per_seat
            } else {
                before.contract.price_per_seat.clone()
            },
        },
    };
    // Somebody else may have changed the other date meanwhile.
    let mut fields = Fields::default();
    check_days(&mut fields, after.starts_at, after.ends_at);
    fields.all(Some(()))?;
    if before == after {
        return Ok(());
    }
    store::contracts::change(&mut tx, id, &after, before.ends_at != after.ends_at).await?;
    let facts = events::changes(&facts(&before), &facts(&after));
    app.commit(tx, &[Event::of_license("license_terms_changed", actor.clone(), id, facts)]).await?;
    Ok(())
}

fn facts(paper: &Paper) -> serde_json::Value {
    json!({
        "starts_at": paper.starts_at, "ends_at": paper.ends_at, "archived": paper.archived_at.is_some(),
        "notes": paper.contract.notes, "order_number": paper.contract.order_number,
        "price_per_seat": paper.contract.price_per_seat,
    })
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
