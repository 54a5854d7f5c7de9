//! The preview of a bulk action, from a dry run while the dialog is open.

use super::{
    job::{TargetSelector, carry_out},
    outcome::{Refusals, refusals},
};
use crate::{api::Api, format::Format, i18n::*, labels, ui::show::Show};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::wire::users::{BulkAction, BulkResults};

/// The summary of a dry run.
#[component]
pub fn Preview(
    /// The action, once it is complete.
    action: Memo<Option<BulkAction>>,
    /// The users it applies to.
    targets: StoredValue<TargetSelector>,
    /// Set to the results of the dry run; `None` while it runs.
    preview: RwSignal<Option<BulkResults>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (api, failure) = (Api::get(), RwSignal::new(None));
    Effect::new(move |_| {
        let wanted = action.get();
        preview.set(None);
        failure.set(None);
        let Some(wanted) = wanted else { return };
        let targets = targets.get_value();
        spawn_local(async move {
            let asked = wanted.clone();
            // Stop when the dialog is closed or the action changes.
            let should_continue = move |_| action.try_get_untracked() == Some(Some(asked.clone()));
            let answer = carry_out(api, &wanted, &targets, true, should_continue).await;
            // The dialog is still open, and the action is the same.
            if action.try_get_untracked() == Some(Some(wanted)) {
                match answer {
                    Ok(results) => preview.set(Some(results)),
                    Err(interrupted) => failure.set(Some(interrupted.failure)),
                }
            }
        });
    });
    let loading =
        move || action.with(Option::is_some) && preview.with(Option::is_none) && failure.with(Option::is_none);
    view! {
        <div class="bulk-preview" role="status">
            <Show when=loading>
                <p class="muted">{t!(i18n, bulk.previewing)}</p>
            </Show>
            {move || failure.get().map(|failure| view! { <p class="wrong">{labels::failure(i18n, &failure)}</p> })}
            {move || preview.get().map(|results| view! { <PreviewSummary results /> })}
        </div>
    }
}

#[component]
fn PreviewSummary(
    /// The results of the dry run.
    results: BulkResults,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let total = results.results.len();
    let changed = results.results.iter().filter(|result| result.changed).count();
    let ends: i64 = results.results.iter().map(|result| result.ends_sessions).sum();
    let (free, refused) = (results.seats_free, refusals(&results));
    let left_out = refused.len();
    let changing = move || {
        let (n, all) = (format.number(changed), format.number(total));
        match changed {
            0 => t_string!(i18n, bulk.nothing).to_owned(),
            _ if changed == total => t_string!(i18n, bulk.changing_all, count = changed, n = n),
            _ => t_string!(i18n, bulk.changing, count = changed, n = n, total = all),
        }
    };
    let seats_free = move |free: i64| t_string!(i18n, bulk.seats_free, count = free, n = format.number(free));
    let ending = move || t_string!(i18n, bulk.ends, count = ends, n = format.number(ends));
    let not_changing = move || t_string!(i18n, bulk.refused, count = left_out, n = format.number(left_out));
    view! {
        <p>
            <b class="num">{changing}</b>
        </p>
        {free.map(|free| view! { <p class="num">{move || seats_free(free)}</p> })}
        {(ends > 0).then(|| view! { <p class="num">{ending}</p> })}
        {(left_out > 0)
            .then(|| {
                view! {
                    <p>{not_changing}</p>
                    <Refusals refused max=5 />
                }
            })}
    }
}
