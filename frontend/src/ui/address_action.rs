//! What an address asks a page to do, such as `/users?do=add`: the page does it once, and removes it from the address.

use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate, use_query_map},
};
use std::str::FromStr;

/// The parameter that names the action.
pub const ACTION: &str = "do";
/// The parameter with the id of what it is done to.
pub const TARGET: &str = "target";

/// The action that opens the dialog with the seats of a license.
pub const SEATS_ACTION: &str = "seats";
/// The same for its rules.
pub const RULES_ACTION: &str = "rules";
/// The same for the reservations and limits of groups.
pub const LIMITS_ACTION: &str = "limits";

/// Runs `act` when the address asks for this action, as soon as `is_ready`: once the data are there, and only for
/// callers who may do it. Both are tracked.
pub fn on_address_action(
    action: &'static str,
    is_ready: impl Fn() -> bool + Send + Sync + 'static,
    act: impl Fn() + 'static,
) {
    on_targeted_action(action, move |_: NoTarget| is_ready(), move |_| act());
}

/// Like [`on_address_action`], for an action on the target that the address names. An address without one, or with
/// one that is no id, asks for nothing.
pub fn on_targeted_action<T: FromStr + Copy + 'static>(
    action: &'static str,
    is_ready: impl Fn(T) -> bool + Send + Sync + 'static,
    act: impl Fn(T) + 'static,
) {
    let (query, location, navigate) = (use_query_map(), use_location(), use_navigate());
    Effect::new(move |_| {
        let asked = query.with(|query| {
            (query.get_str(ACTION) == Some(action)).then(|| query.get_str(TARGET).unwrap_or_default().parse::<T>())
        });
        let Some(Ok(target)) = asked else { return };
        if !is_ready(target) {
            return;
        }
        untrack(|| {
            let mut rest = query.get();
            rest.remove(ACTION);
            rest.remove(TARGET);
            let options = NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() };
            navigate(&(location.pathname.get() + &rest.to_query_string()), options);
            act(target);
        });
    });
}

/// The target of an action that has none.
#[derive(Clone, Copy)]
struct NoTarget;

impl FromStr for NoTarget {
    type Err = std::convert::Infallible;

    fn from_str(_: &str) -> Result<Self, Self::Err> {
        Ok(Self)
    }
}
