//! Who was in at one moment.

use crate::{
    format::Format,
    i18n::*,
    labels,
    pages::reports::{
        filter::{rfc3339, with_scope},
        person_filter::PersonName,
        state::ReportState,
    },
    ui::{
        focus::focus_on,
        icon::{Glyph, Icon},
        query::{Loaded, Query},
        show::Show,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{
    endpoints,
    wire::reports::{MomentSession, UsageMoment},
};

/// Who was in at the moment that is chosen in the chart.
#[component]
pub fn MomentCard(
    /// Shared state of the report.
    page: ReportState,
) -> impl IntoView {
    let at = Memo::new(move |_| page.filter.with(|filter| filter.at));
    view! {
        <Show when=move || at.get().is_some()>
            <Moment page />
        </Show>
    }
}

#[component]
fn Moment(
    /// Shared state of the report.
    page: ReportState,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = page.format;
    let at = Memo::new(move |_| page.filter.with(|filter| filter.at));
    let moment = Query::new(move || {
        let (at, scope) = (at.get()?, page.scope.get()?);
        Some(with_scope(endpoints::reports::moment(), scope).with("at", &rfc3339(at)))
    });
    Effect::new(move |_| {
        if at.get().is_some() {
            focus_on("#moment-heading");
        }
    });
    let close = move |_| {
        page.update_filter(|filter| filter.at = None);
        focus_on(".chart-pointer");
    };
    let title = move || at.get().map(|at| t_string!(i18n, reports.moment_title, at = format.exact(at)));
    view! {
        <section class="card moment">
            <div class="card-head">
                <h2 id="moment-heading" tabindex="-1">
                    {title}
                </h2>
                <button
                    type="button"
                    class="icon-button"
                    aria-label=move || t_string!(i18n, common.close)
                    on:click=close
                >
                    <Icon glyph=Glyph::Cross />
                </button>
            </div>
            <Loaded status=moment.status()>
                <p>{move || moment.with(|moment| summary(format, moment))}</p>
                <Show when=move || moment.with(|moment| !moment.sessions.is_empty()).unwrap_or_default()>
                    <Sessions page moment />
                </Show>
                <p class="muted">{move || moment.with(|moment| further(format, moment))}</p>
                <Show when=move || page.filter.with(|filter| filter.is_narrowed())>
                    <p class="muted">{t!(i18n, reports.moment_everybody)}</p>
                </Show>
            </Loaded>
        </section>
    }
}

/// "10 von 10 Plätzen belegt, 3 warten."
fn summary(format: Format, moment: &UsageMoment) -> String {
    let i18n = format.texts();
    let (occupied, seats) = (format.number(moment.occupied), format.number(moment.seats));
    let waiting = format.number(moment.waiting);
    match moment.waiting {
        0 => t_string!(i18n, reports.moment_occupied, n = occupied, seats = seats),
        count => t_string!(i18n, reports.moment_waiting, count = count, n = occupied, seats = seats, waiting = waiting),
    }
}

fn further(format: Format, moment: &UsageMoment) -> Option<String> {
    let count = moment.further_sessions;
    (count > 0).then(|| t_string!(format.texts(), reports.moment_further, count = count, n = format.number(count)))
}

#[component]
fn Sessions(
    /// Shared state of the report.
    page: ReportState,
    /// What the server knows of the chosen moment.
    moment: Query<UsageMoment>,
) -> impl IntoView {
    let i18n = use_i18n();
    let rows = move || {
        let sessions = moment.with(|moment| moment.sessions.clone()).unwrap_or_default();
        sessions.into_iter().map(|session| view! { <SessionRow page session /> }).collect_view()
    };
    view! {
        <div class="scroll" tabindex="0" role="region" aria-labelledby="moment-heading">
            <table>
                <caption class="vh">{t!(i18n, reports.moment_caption)}</caption>
                <thead>
                    <tr>
                        <th scope="col">{t!(i18n, reports.person)}</th>
                        <th scope="col">{t!(i18n, reports.state)}</th>
                        <th scope="col">{t!(i18n, reports.platform)}</th>
                        <th scope="col">{t!(i18n, reports.device)}</th>
                        <th scope="col">{t!(i18n, reports.column_from)}</th>
                        <th scope="col">{t!(i18n, reports.column_to)}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

#[component]
fn SessionRow(
    /// Shared state of the report.
    page: ReportState,
    /// Who was in, and how.
    session: MomentSession,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = page.format;
    let MomentSession { user_id, user_name, state, platform, device, created_at, ended_at, .. } = session;
    let ended = move || match ended_at {
        Some(at) => format.date_time(at),
        None => t_string!(i18n, reports.still_live).to_owned(),
    };
    let platform = move || match platform {
        Some(platform) => labels::platform(i18n, platform),
        None => t_string!(i18n, common.dash),
    };
    view! {
        <tr>
            <th scope="row">
                <PersonName page id=user_id name=user_name />
            </th>
            <td>{move || labels::session_state(i18n, state)}</td>
            <td>{platform}</td>
            <td>{device}</td>
            <td class="num nowrap">{move || format.date_time(created_at)}</td>
            <td class="num nowrap">{ended}</td>
        </tr>
    }
}
