//! Turns figures, prices and groups into the advice that a caller may see.

use super::{conversions, count, seconds};
use crate::{
    app::App,
    auth::{Caller, Scope},
    http::problem::ApiError,
    pool::advice::{Advice, MonthlyPrices, ServiceLevel, advise_size},
    sizing::{ReservedSeats, SizingFigures, SizingGroup, TARGET},
    store::{
        self,
        reports::{ReportScope, ScopeLicense},
    },
};
use seatkeeper_shared::{
    ids::{GroupId, ProductId, UserId},
    license::{Model, Price},
    permissions::Action,
    wire::reports::{AdvisedService, SizingAdvice},
};
use std::collections::{BTreeMap, BTreeSet};

/// What advice needs besides the figures.
pub struct Advisor {
    product: ProductId,
    seats: i64,
    currency: Option<String>,
    /// Without those that the caller may not see.
    prices: MonthlyPrices,
    /// The groups that the caller sees.
    groups: BTreeMap<GroupId, VisibleGroup>,
}

struct VisibleGroup {
    name: String,
    members: BTreeSet<UserId>,
}

impl Advisor {
    pub async fn read(app: &App, caller: &Caller, license: &ScopeLicense) -> Result<Self, ApiError> {
        let product = license.view.product_id;
        let price = license.view.price_per_seat.clone().filter(|_| caller.may(Action::ManageProducts));
        let named = match &price {
            Some(price) => named_price(app, product, &price.currency).await?,
            None => None,
        };
        let prices = MonthlyPrices { concurrent: price.as_ref().map(|price| price.minor), named };
        let groups = visible_groups(app, caller).await?;
        Ok(Self { product, seats: license.view.seats, currency: price.map(|price| price.currency), prices, groups })
    }

    /// The groups that could get reserved seats.
    pub fn groups(&self) -> Vec<SizingGroup> {
        let group = |(id, group): (&GroupId, &VisibleGroup)| SizingGroup { id: *id, members: group.members.clone() };
        self.groups.iter().map(group).collect()
    }

    pub async fn advice(
        &self,
        app: &App,
        caller: &Caller,
        figures: &SizingFigures,
    ) -> Result<Vec<SizingAdvice>, ApiError> {
        let levels: Vec<_> = figures.sizes.iter().map(|size| (size.seats, ServiceLevel::of(&size.totals))).collect();
        let size = advise_size(self.seats, &levels, &TARGET, &self.prices);
        let mut advice: Vec<_> =
            size.into_iter().chain(figures.shorter_idle.clone()).filter_map(|one| self.of_pool(one)).collect();
        advice.extend(figures.reservations.iter().filter_map(|reserved| self.of_group(reserved)));
        if let (Some(_), Some(currency)) = (self.prices.concurrent, &self.currency) {
            let money = conversions::Money { prices: self.prices, currency };
            advice.extend(conversions::to_named(app, caller, figures, &money).await?);
            advice.extend(conversions::to_concurrent(app, caller, figures, &money, self.product).await?);
        }
        Ok(advice)
    }

    fn price(&self, minor: Option<i64>) -> Option<Price> {
        Some(Price { minor: minor?, currency: self.currency.clone()? })
    }

    fn of_pool(&self, advice: Advice) -> Option<SizingAdvice> {
        Some(match advice {
            Advice::BuySeats { seats, before, after, monthly_cost } => SizingAdvice::BuySeats {
                seats,
                delayed_before: count(before.delayed),
                delayed_after: count(after.delayed),
                longest_wait_seconds: seconds(after.longest_wait),
                cost: self.price(monthly_cost),
            },
            Advice::ReturnSeats { seats, before, after, monthly_saving } => SizingAdvice::ReturnSeats {
                seats,
                delayed_before: count(before.delayed),
                delayed_after: count(after.delayed),
                longest_wait_seconds: seconds(after.longest_wait),
                saving: self.price(monthly_saving),
            },
            Advice::ShortenIdle { idle_seconds, before, after } => SizingAdvice::ShortenIdle {
                idle_seconds,
                delayed_before: count(before.delayed),
                delayed_after: count(after.delayed),
            },
            // They need names.
            Advice::MakeNamed(_) | Advice::MakeConcurrent(_) | Advice::ReserveForGroup { .. } => return None,
        })
    }

    fn of_group(&self, reserved: &ReservedSeats) -> Option<SizingAdvice> {
        let group = self.groups.get(&reserved.group)?;
        Some(SizingAdvice::ReserveForGroup {
            group_id: reserved.group,
            group_name: group.name.clone(),
            seats: reserved.floor,
            seats_before: reserved.floor_before,
            members_before: service(&reserved.before.members),
            members_after: service(&reserved.after.members),
            others_before: service(&reserved.before.others),
            others_after: service(&reserved.after.others),
        })
    }
}

fn service(level: &ServiceLevel) -> AdvisedService {
    AdvisedService {
        attempts: count(level.attempts),
        delayed: count(level.delayed),
        longest_wait_seconds: seconds(level.longest_wait),
    }
}

async fn visible_groups(app: &App, caller: &Caller) -> Result<BTreeMap<GroupId, VisibleGroup>, ApiError> {
    let visible = Scope::of(caller).visible_groups(&app.db).await?;
    let (of_users, names) = store::reports::sessions::groups(&app.db).await?;
    let is_visible = |group: &GroupId| visible.as_ref().is_none_or(|visible| visible.contains(group));
    let mut groups: BTreeMap<_, _> = names
        .into_iter()
        .filter(|(group, _)| is_visible(group))
        .map(|(group, name)| (group, VisibleGroup { name, members: BTreeSet::new() }))
        .collect();
    for (user, of_user) in of_users {
        for group in of_user {
            if let Some(group) = groups.get_mut(&group) {
                group.members.insert(user);
            }
        }
    }
    Ok(groups)
}

/// The lowest price of a named seat of a product in this currency.
async fn named_price(app: &App, product: ProductId, currency: &str) -> Result<Option<i64>, ApiError> {
    let licenses = store::reports::licenses(&app.db, Some(ReportScope::Product(product))).await?;
    let named = licenses.into_iter().filter(|license| license.view.model == Model::Named);
    let prices = named.filter_map(|license| license.view.price_per_seat);
    Ok(prices.filter(|price| price.currency == currency).map(|price| price.minor).min())
}
