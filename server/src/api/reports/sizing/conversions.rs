//! Who should change from the pool to a named seat or back, of the users whom the caller sees.

use super::query;
use crate::{
    app::App,
    auth::{Caller, Scope},
    http::problem::ApiError,
    pool::{
        advice::{Advice, Conversion, MonthlyPrices, PersonUsage, advise_conversions},
        replay::demand::PersonIndex,
    },
    sizing::{MicrosRange, SizingFigures, busy_share},
    store::{
        self,
        reports::{named_seats::NamedSeat, sessions::overlapping},
    },
};
use seatkeeper_shared::{
    ids::{LicenseId, ProductId, UserId},
    license::Price,
    wire::reports::SizingAdvice,
};
use std::collections::{BTreeMap, BTreeSet};

/// The most users who are advised to change in one direction.
const MAX_CONVERSIONS: usize = 20;

/// What seats of a product cost, for a caller who may know it.
pub struct Money<'a> {
    pub prices: MonthlyPrices,
    pub currency: &'a str,
}

impl Money<'_> {
    fn price(&self, minor: i64) -> Price {
        Price { minor, currency: self.currency.to_owned() }
    }
}

/// Who should get a named seat.
pub async fn to_named(
    app: &App,
    caller: &Caller,
    figures: &SizingFigures,
    money: &Money<'_>,
) -> Result<Vec<SizingAdvice>, ApiError> {
    let usage = (0..).zip(&figures.busy_shares).map(|(index, (_, busy_share))| PersonUsage {
        person: PersonIndex(index),
        is_named: false,
        busy_share: *busy_share,
    });
    let conversions: Vec<_> = advise_conversions(&usage.collect::<Vec<_>>(), &money.prices)
        .into_iter()
        .filter_map(|advice| {
            let conversion = conversion(advice)?;
            let (user, _) = figures.busy_shares.get(conversion.person.0 as usize)?;
            Some((*user, conversion))
        })
        .collect();
    let visible = query::visible_among(app, caller, conversions.iter().map(|(user, _)| *user)).await?;
    let names = store::reports::sessions::names(&app.db, visible).await?;
    let named = conversions.into_iter().filter_map(|(user, conversion)| {
        Some(SizingAdvice::MakeNamed {
            user_id: user,
            user_name: names.get(&user)?.clone(),
            busy_share: conversion.busy_share,
            break_even: conversion.break_even,
            saving: money.price(conversion.monthly_saving),
        })
    });
    Ok(named.take(MAX_CONVERSIONS).collect())
}

/// Who should use the pool instead of a named seat of the same product: of the users who have used it in the period.
/// Users without any are among the unused seats.
pub async fn to_concurrent(
    app: &App,
    caller: &Caller,
    figures: &SizingFigures,
    money: &Money<'_>,
    product: ProductId,
) -> Result<Vec<SizingAdvice>, ApiError> {
    let manager = Scope::of(caller).manager();
    let seats = store::reports::named_seats::of_product(&app.db, product, money.currency, manager).await?;
    let sessions = sessions(app, figures, &seats).await?;
    let mut conversions: Vec<_> = seats
        .iter()
        .filter_map(|seat| {
            let spans = sessions.get(&(seat.license, seat.user))?;
            let busy_share = busy_share(&figures.busy_hours, seat.granted_at.timestamp_micros(), spans)?;
            let usage = [PersonUsage { person: PersonIndex(0), is_named: true, busy_share }];
            let prices = MonthlyPrices { named: Some(seat.price), ..money.prices };
            Some((seat, conversion(advise_conversions(&usage, &prices).pop()?)?))
        })
        .collect();
    conversions.sort_by_key(|(seat, conversion)| (-conversion.monthly_saving, seat.user, seat.license));
    let advice = |(seat, conversion): (&NamedSeat, Conversion)| SizingAdvice::MakeConcurrent {
        user_id: seat.user,
        user_name: seat.user_name.clone(),
        license_id: seat.license,
        busy_share: conversion.busy_share,
        break_even: conversion.break_even,
        saving: money.price(conversion.monthly_saving),
    };
    Ok(conversions.into_iter().take(MAX_CONVERSIONS).map(advice).collect())
}

fn conversion(advice: Advice) -> Option<Conversion> {
    match advice {
        Advice::MakeNamed(conversion) | Advice::MakeConcurrent(conversion) => Some(conversion),
        _ => None,
    }
}

/// When users had sessions on their named seats in the period.
async fn sessions(
    app: &App,
    figures: &SizingFigures,
    seats: &[NamedSeat],
) -> Result<BTreeMap<(LicenseId, UserId), Vec<MicrosRange>>, ApiError> {
    let licenses: BTreeSet<_> = seats.iter().map(|seat| seat.license).collect();
    let licenses: Vec<_> = licenses.into_iter().collect();
    let users: BTreeSet<_> = seats.iter().map(|seat| seat.user).collect();
    let mut spans = BTreeMap::<_, Vec<MicrosRange>>::new();
    for session in overlapping(&app.db, &licenses, (figures.from, figures.to), Some(&users), None).await? {
        let until = session.ended_at.unwrap_or(i64::MAX);
        spans.entry((session.license, session.user)).or_default().push((session.created_at, until));
    }
    Ok(spans)
}
