//! The refusals by person.

use super::RefusalState;
use crate::{
    charts::parts_bar::{BarPart, PartsBar},
    i18n::*,
    pages::reports::person_filter::PersonName,
    ui::show::Show,
};
use leptos::prelude::*;
use seatkeeper_shared::wire::reports::UserRefusals;

/// The refusals by person.
#[component]
pub fn UsersCard(
    /// The report and the state of its page.
    state: RefusalState,
) -> impl IntoView {
    let i18n = use_i18n();
    let report = state.report;
    let rows = move || {
        report.with(|report| {
            let most = report.by_user.iter().map(|user| user.attempts).max().unwrap_or(0);
            report.by_user.iter().map(|user| row(state, user.clone(), most)).collect::<Vec<_>>()
        })
    };
    view! {
        <section class="card">
            <h2>{t!(i18n, reports.by_user)}</h2>
            <Show
                when=move || report.with(|report| !report.by_user.is_empty())
                fallback=move || view! { <p class="muted">{t!(i18n, reports.nobody_seen)}</p> }
            >
                <table>
                    <caption class="vh">{t!(i18n, reports.by_user)}</caption>
                    <thead>
                        <tr>
                            <th scope="col">{t!(i18n, reports.person)}</th>
                            <th scope="col">{t!(i18n, reports.column_count)}</th>
                            <th scope="col">{t!(i18n, reports.column_requests)}</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </Show>
        </section>
    }
}

fn row(state: RefusalState, user: UserRefusals, most: i64) -> AnyView {
    let format = state.page.format;
    let parts = vec![BarPart { class: "part-refused", amount: user.attempts }];
    view! {
        <tr>
            <th scope="row">
                <PersonName page=state.page id=user.user_id name=user.user_name />
            </th>
            <td class="num with-bar">{format.number(user.attempts)} <PartsBar parts whole=most /></td>
            <td class="num muted">{format.number(user.requests)}</td>
        </tr>
    }
    .into_any()
}
