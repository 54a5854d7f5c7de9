//! What became of each: who was not changed, and why.

use crate::{format::Format, i18n::*, words};
use leptos::prelude::*;
use seatkeeper_shared::{problem::Code, wire::users::BulkResults};

/// Who is not changed, and why.
pub type Refused = (String, Code);

/// Those who are refused. Who is there no more has no name.
pub fn refused(results: &BulkResults) -> Vec<Refused> {
    let named = |name: &Option<String>| name.clone().unwrap_or_default();
    results.results.iter().filter_map(|result| Some((named(&result.name), result.refused?))).collect()
}

/// Their names and the reasons.
#[component]
pub fn Refusals(
    /// Who.
    refusals: StoredValue<Vec<Refused>>,
    /// Up to so many are named.
    most: usize,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let line = move |(name, code): Refused| {
        let nobody = move || t_string!(i18n, bulk.nobody).to_owned();
        view! {
            <li>
                <b>{move || if name.is_empty() { nobody() } else { name.clone() }}</b>
                " "
                <span class="muted">{move || words::problem(i18n, code)}</span>
            </li>
        }
    };
    let shown = refusals.with_value(|all| all.iter().take(most).cloned().collect::<Vec<_>>());
    let more = refusals.with_value(Vec::len).saturating_sub(most);
    view! {
        <ul class="results">
            {shown.into_iter().map(line).collect_view()}
            {(more > 0)
                .then(|| {
                    view! { <li class="muted num">{move || t_string!(i18n, bulk.more, n = format.number(more))}</li> }
                })}
        </ul>
    }
}

/// Who was not changed, and why.
#[component]
pub fn Outcome(
    /// Who.
    left: RwSignal<Vec<Refused>>,
    /// Closes it.
    close: Callback<()>,
) -> impl IntoView {
    let i18n = use_i18n();
    let refusals = StoredValue::new(left.get_untracked());
    view! {
        <div class="form">
            <p>{move || t_string!(i18n, bulk.not_done, count = left.with(Vec::len))}</p>
            <Refusals refusals most=100 />
            <div class="acts">
                <button type="button" class="button primary" autofocus on:click=move |_| close.run(())>
                    {t!(i18n, common.done)}
                </button>
            </div>
        </div>
    }
}
