//! What queueing models expect in the busiest hours, beside the replay of what happened.

use super::SizingState;
use crate::{format::Format, i18n::*, ui::show::Show};
use chrono::TimeDelta;
use leptos::prelude::*;
use seatkeeper_shared::wire::reports::{ModelRow, SizingModel};

/// What queueing models expect; nothing if there were too few sessions.
#[component]
pub fn ModelCard(
    /// The report and the state of its page.
    state: SizingState,
) -> impl IntoView {
    let i18n = use_i18n();
    let (report, format) = (state.report, state.page.format);
    let has_model = Memo::new(move |_| report.with(|report| report.model.is_some()));
    let about =
        move || report.with(|report| report.model.as_ref().map(|model| about(format, model)).unwrap_or_default());
    let rows = move || {
        report.with(|report| {
            let rows = report.model.as_ref().map(|model| model.rows.clone()).unwrap_or_default();
            rows.iter().map(|one| row(format, one)).collect::<Vec<_>>()
        })
    };
    view! {
        <Show when=move || has_model.get()>
            <section class="card">
                <h2>{t!(i18n, sizing.model)}</h2>
                <p class="muted">{about}</p>
                <div class="scroll" tabindex="0" role="region" aria-label=move || t_string!(i18n, sizing.model)>
                    <table>
                        <caption class="vh">{t!(i18n, sizing.model)}</caption>
                        <thead>
                            <tr>
                                <th scope="col">{t!(i18n, sizing.column_seats)}</th>
                                <th scope="col">{t!(i18n, sizing.column_team_waits)}</th>
                                <th scope="col">{t!(i18n, sizing.column_team_wait)}</th>
                                <th scope="col">{t!(i18n, sizing.column_engset)}</th>
                                <th scope="col">{t!(i18n, sizing.column_erlang)}</th>
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                </div>
                <p class="muted">{t!(i18n, sizing.model_note)}</p>
            </section>
        </Show>
    }
}

fn about(format: Format, model: &SizingModel) -> String {
    t_string!(
        format.texts(),
        sizing.model_about,
        people = format.number(model.people),
        load = format.decimal(model.busy_load),
        length = format.duration(TimeDelta::seconds(model.session_seconds))
    )
}

#[expect(clippy::cast_possible_truncation, reason = "a wait in seconds")]
fn row(format: Format, row: &ModelRow) -> AnyView {
    view! {
        <tr>
            <th scope="row" class="num">{format.number(row.seats)}</th>
            <td class="num">{format.percent(row.team_waits)}</td>
            <td class="num">{format.duration(TimeDelta::seconds(row.team_wait_seconds.round() as i64))}</td>
            <td class="num">{format.percent(row.engset_refused)}</td>
            <td class="num">{format.percent(row.erlang_b_refused)}</td>
        </tr>
    }
    .into_any()
}
