//! What a job would do, asked of the server while the question is still open.

use super::{
    job::{Told, carry_out},
    outcome::{Refusals, refused},
};
use crate::{api::Api, format::Format, i18n::*, words};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::wire::users::{BulkAction, BulkResults};

/// What would happen, in a few lines.
#[component]
pub fn Preview(
    /// What is to be done, once it is clear.
    action: Memo<Option<BulkAction>>,
    /// To whom.
    whom: StoredValue<Told>,
    /// What the server said; nothing while it is asked.
    seen: RwSignal<Option<BulkResults>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (api, failure) = (Api::get(), RwSignal::new(None));
    Effect::new(move |_| {
        let wanted = action.get();
        seen.set(None);
        failure.set(None);
        let Some(wanted) = wanted else { return };
        spawn_local(async move {
            let asked = wanted.clone();
            // Not any longer than the question is there, and the same.
            let goes_on = move |_| action.try_get_untracked() == Some(Some(asked.clone()));
            let answer = carry_out(api, &wanted, &whom.get_value(), true, goes_on).await;
            // The question is gone, or is another one now.
            if action.try_get_untracked() == Some(Some(wanted)) {
                match answer {
                    Ok(results) => seen.set(Some(results)),
                    Err(stopped) => failure.set(Some(stopped.failure)),
                }
            }
        });
    });
    let waits = move || action.with(Option::is_some) && seen.with(Option::is_none) && failure.with(Option::is_none);
    view! {
        <div class="preview" role="status">
            <Show when=waits>
                <p class="muted">{t!(i18n, bulk.looking)}</p>
            </Show>
            {move || failure.get().map(|failure| view! { <p class="wrong">{words::failure(i18n, &failure)}</p> })}
            {move || seen.get().map(|results| view! { <Lines results /> })}
        </div>
    }
}

#[component]
fn Lines(
    /// What would happen.
    results: BulkResults,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let total = results.results.len();
    let changed = results.results.iter().filter(|result| result.changed).count();
    let ends: i64 = results.results.iter().map(|result| result.ends_sessions).sum();
    let free = results.seats_free;
    let refusals = StoredValue::new(refused(&results));
    let changing = move || match changed {
        0 => t_string!(i18n, bulk.nothing).to_owned(),
        _ => t_string!(i18n, bulk.changing, n = format.number(changed), total = format.number(total)),
    };
    view! {
        <p>
            <b class="num">{changing}</b>
        </p>
        {free
            .map(|free| {
                view! { <p class="num">{move || t_string!(i18n, bulk.seats_free, count = free, n = format.number(free))}</p> }
            })}
        {(ends > 0)
            .then(|| {
                view! { <p class="num">{move || t_string!(i18n, bulk.ends, count = ends, n = format.number(ends))}</p> }
            })}
        <Show when=move || !refusals.with_value(Vec::is_empty)>
            <p>{move || t_string!(i18n, bulk.refused, count = refusals.with_value(Vec::len))}</p>
            <Refusals refusals most=5 />
        </Show>
    }
}
