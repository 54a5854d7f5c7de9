//! Named seats that nobody uses: who has them, since when, what they cost, and why some are kept all the same.

use super::{
    exception::KeepSeat,
    filter::{Scope, with_scope},
    person_filter::PersonName,
    state::ReportState,
};
use crate::{
    api::Api,
    i18n::*,
    labels, lazy_dialog,
    text::text,
    ui::{
        empty_state::EmptyState,
        form_dialog::Dialogs,
        icon::Glyph,
        query::{Loaded, Query},
        select::{Select, SelectOption},
        show::Show,
        time::Time,
        toast::Toasts,
    },
};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::components::A;
use seatkeeper_shared::{
    endpoints,
    license::Model,
    permissions::Action,
    wire::reports::{UnusedSeat, UnusedSeats},
};

/// The numbers of days that are offered.
const DAYS: [i64; 4] = [30, 45, 60, 90];

/// The list and the state of its page.
#[derive(Clone, Copy)]
pub struct UnusedState {
    pub page: ReportState,
    pub seats: Query<UnusedSeats>,
}

/// Named seats that nobody uses.
#[component]
pub fn UnusedSeatsCard(
    /// Shared state of the report.
    page: ReportState,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = page.format;
    let seats = Query::new(move || {
        let (days, scope) = page.filter.with(|filter| (filter.days, filter.scope));
        // The list is about licenses; of a product it shows all.
        let scope = if matches!(scope, Scope::Product(_)) { Scope::All } else { scope };
        Some(with_scope(endpoints::reports::unused_seats(), scope).with("days", &days.to_string()))
    });
    let state = UnusedState { page, seats };
    let options = Signal::derive(move || {
        let chosen = page.filter.with(|filter| filter.days);
        let own = (!DAYS.contains(&chosen)).then_some(chosen);
        let option = |days: i64| {
            let text = t_string!(i18n, time.days, count = days);
            SelectOption::new(days.to_string(), text)
        };
        DAYS.into_iter().chain(own).map(option).collect::<Vec<_>>()
    });
    let choose = move |days: String| page.update_filter(|filter| filter.days = days.parse().unwrap_or(filter.days));
    let count = move || seats.with(|seats| seats.items.len()).unwrap_or_default();
    let said = move || t_string!(i18n, reports.say_unused_seats, count = count(), n = format.number(count()));
    view! {
        <section class="card unused-seats">
            <div class="card-head">
                <h2 id="unused-seats" tabindex="-1">
                    {t!(i18n, reports.unused_seats)}
                </h2>
                <Select
                    label=text!(reports.unused_for)
                    name="days"
                    options
                    value=page.chosen(|filter| filter.days.to_string())
                    choose
                />
            </div>
            <Loaded status=seats.status()>
                <Show when=move || count() != 0 fallback=move || view! {
                    <EmptyState
                        glyph=Glyph::Tick
                        title=text!(reports.no_unused_title)
                        text=text!(reports.no_unused_text)
                    />
                }>
                    <p>{said}</p>
                    <SeatTable state />
                </Show>
            </Loaded>
        </section>
    }
}

#[component]
fn SeatTable(
    /// The list and the state of its page.
    state: UnusedState,
) -> impl IntoView {
    let i18n = use_i18n();
    let rows = move || {
        let items = state.seats.with(|seats| seats.items.clone()).unwrap_or_default();
        items.into_iter().map(|seat| view! { <SeatRow state seat /> }).collect_view()
    };
    view! {
        <div class="scroll" tabindex="0" role="region" aria-labelledby="unused-seats">
            <table>
                <caption class="vh">{t!(i18n, reports.unused_seats)}</caption>
                <thead>
                    <tr>
                        <th scope="col">{t!(i18n, reports.person)}</th>
                        <th scope="col">{t!(i18n, reports.column_license)}</th>
                        <th scope="col">{t!(i18n, reports.column_last_used)}</th>
                        <th scope="col">{t!(i18n, reports.column_price)}</th>
                        <th scope="col">{t!(i18n, reports.column_exception)}</th>
                        <th scope="col">
                            <span class="vh">{t!(i18n, reports.column_actions)}</span>
                        </th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

#[component]
fn SeatRow(
    /// The list and the state of its page.
    state: UnusedState,
    /// What the row is about.
    seat: UnusedSeat,
) -> impl IntoView {
    let i18n = use_i18n();
    let (page, format) = (state.page, state.page.format);
    let (last, granted) = (seat.last_used_at, seat.granted_at);
    let last_used = move || match last {
        Some(at) => view! {
            <Time at=Signal::stored(at) in_row=true>
                {move || format.ago(at)}
            </Time>
        }
        .into_any(),
        None => t_string!(i18n, reports.never_used, at = format.date(granted)).into_any(),
    };
    let price = seat.price_per_seat.clone();
    let price =
        move || price.as_ref().map_or_else(|| t_string!(i18n, common.dash).to_owned(), |price| format.money(price));
    let exception = seat.exception.clone();
    let kept = move || {
        exception.as_ref().map(|exception| {
            let reason = exception.reason.clone();
            match exception.until {
                Some(until) => t_string!(i18n, reports.kept_until, reason = reason, until = format.date(until)),
                None => reason,
            }
        })
    };
    let product = seat.product_name.clone();
    let license = move || labels::license_name(i18n, &product, Model::Named);
    let (id, name) = (seat.user_id, seat.user_name.clone());
    view! {
        <tr>
            <th scope="row">
                <PersonName page id name />
            </th>
            <td>{license}</td>
            <td class="num">{last_used}</td>
            <td class="num nowrap">{price}</td>
            <td>{kept}</td>
            <td class="row-acts">
                <Show when=move || page.may(Action::Assign)>
                    <SeatActions state seat=seat.clone() />
                </Show>
            </td>
        </tr>
    }
}

/// Keeping the seat all the same, ending that, and the way to the page where the license is revoked.
#[component]
fn SeatActions(
    /// The list and the state of its page.
    state: UnusedState,
    /// What the buttons act on.
    seat: UnusedSeat,
) -> impl IntoView {
    let i18n = use_i18n();
    let (api, toasts) = (Api::get(), Toasts::get());
    let (license, user, has_exception) = (seat.license_id, seat.user_id, seat.exception.is_some());
    let name = StoredValue::new(seat.user_name.clone());
    let keep = Dialogs::get().opens(lazy_dialog!(keep_unused_seat(state: UnusedState, seat: UnusedSeat) {
        view! { <KeepSeat state seat /> }
    }));
    let keep_text = move || match has_exception {
        true => t_string!(i18n, reports.change_exception),
        false => t_string!(i18n, reports.keep),
    };
    let remove = move |_| {
        spawn_local(async move {
            match api.send(endpoints::reports::remove_unused_seat_exception(license, user)).await {
                Ok(()) => {
                    toasts.success(tu_string!(i18n, reports.exception_removed, name = name.get_value()));
                    state.seats.reload();
                }
                Err(failure) => toasts.error(untrack(|| labels::failure(i18n, &failure))),
            }
        });
    };
    view! {
        <button type="button" class="button small" on:click=keep>
            {keep_text}
            <span class="vh">{format!(": {}", name.get_value())}</span>
        </button>
        {has_exception
            .then(|| {
                view! {
                    <button type="button" class="button small" on:click=remove>
                        {t!(i18n, reports.remove_exception)}
                        <span class="vh">{format!(": {}", name.get_value())}</span>
                    </button>
                }
            })}
        <A href=format!("/users/{user}") attr:class="button small">
            {t!(i18n, reports.revoke)}
            <span class="vh">{format!(": {}", name.get_value())}</span>
        </A>
    }
}
