//! The users that a bulk action did not change, and why.

use crate::{format::Format, i18n::*, labels, text::Text, ui::form_dialog::InfoDialog};
use leptos::prelude::*;
use seatkeeper_shared::{problem::Code, wire::users::BulkResults};

/// The name of a user, and the reason.
pub type Refusal = (String, Code);

/// The refusals among the results. Users that no longer exist have an empty name.
pub fn refusals(results: &BulkResults) -> Vec<Refusal> {
    let named = |name: &Option<String>| name.clone().unwrap_or_default();
    results.results.iter().filter_map(|result| Some((named(&result.name), result.refused?))).collect()
}

/// A list of names and reasons.
#[component]
pub fn Refusals(
    refused: Vec<Refusal>,
    /// The most refusals that are listed.
    max: usize,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let more = refused.len().saturating_sub(max);
    let line = move |(name, code): Refusal| {
        let name = move || match name.as_str() {
            "" => t_string!(i18n, bulk.unknown_user).to_owned(),
            name => name.to_owned(),
        };
        view! {
            <li>
                <b>{name}</b>
                " "
                <span class="muted">{move || labels::problem(i18n, code)}</span>
            </li>
        }
    };
    let and_more = move || t_string!(i18n, bulk.more, count = more, n = format.number(more));
    view! {
        <ul class="results">
            {refused.into_iter().take(max).map(line).collect_view()}
            {(more > 0).then(|| view! { <li class="muted num">{and_more}</li> })}
        </ul>
    }
}

/// Shown after an action that did not change all users.
#[component]
pub fn Outcome(
    /// The title of the dialog before.
    title: Text,
    /// The users that were not changed.
    refused: Vec<Refusal>,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let count = refused.len();
    let not_done = move || t_string!(i18n, bulk.not_done, count = count, n = format.number(count));
    view! {
        <InfoDialog title>
            <p>{not_done}</p>
            <Refusals refused max=100 />
        </InfoDialog>
    }
}
