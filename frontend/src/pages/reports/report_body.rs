//! What a report shows until there is something to show: it is loading, it failed, there is no license, or nothing
//! happened in the period.

use super::{period::Period, state::ReportState};
use crate::{
    api::Failure,
    i18n::*,
    text::{Text, text},
    ui::{
        empty_state::{EmptyState, LoadError, Skeleton},
        icon::Glyph,
        query::QueryStatus,
        show::Show,
    },
};
use leptos::prelude::*;
use leptos_router::components::A;

/// The content of a report, or what is shown in its place.
#[component]
pub fn ReportBody(
    /// Shared state of the report.
    page: ReportState,
    /// The states of loading.
    status: QueryStatus,
    /// Whether there is a value, be it the one before.
    #[prop(into)]
    has_value: Signal<bool>,
    /// Whether loading failed.
    #[prop(into)]
    has_failed: Signal<bool>,
    /// Whether nothing happened in the period.
    #[prop(into)]
    is_empty: Signal<bool>,
    /// Whether a newer value is on its way other than by loading.
    #[prop(optional, into)]
    is_busy: Option<Signal<bool>>,
    /// What the period lacks, as the title of the empty state.
    empty_title: Text,
    /// The content.
    children: ChildrenFn,
) -> impl IntoView {
    page.set_loading(status);
    let (children, shown) = (StoredValue::new(children), move || has_value.get() && !has_failed.get());
    let busy = move || status.is_loading() || is_busy.is_some_and(|is_busy| is_busy.get());
    let content = move || {
        view! {
            <Show when=move || !is_empty.get() fallback=move || view! { <NothingHappened page title=empty_title /> }>
                <div class="report" aria-busy=move || busy().to_string()>
                    {children.with_value(|children| children())}
                </div>
            </Show>
        }
    };
    let failure = Signal::derive(move || status.failure().unwrap_or(Failure::Unreachable));
    let error = move || view! { <LoadError failure retry=move |()| status.reload() /> };
    let in_place = move || {
        view! {
            <Show when=move || has_failed.get() fallback=move || view! { <Skeleton rows=8 /> }>
                {error()}
            </Show>
        }
    };
    view! {
        <Show when=move || page.has_no_license() fallback=move || view! {
            <Show when=shown fallback=in_place>
                {content()}
            </Show>
        }>
            <NoLicense page />
        </Show>
    }
}

#[component]
fn NoLicense(
    /// Shared state of the report.
    page: ReportState,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <EmptyState glyph=Glyph::Box title=text!(reports.no_license_title) text=text!(reports.no_license_text)>
            <Show when=move || page.may(seatkeeper_shared::permissions::Action::ViewUsers)>
                <A href="/licenses" attr:class="button primary">
                    {t!(i18n, nav.licenses)}
                </A>
            </Show>
        </EmptyState>
    }
}

#[component]
fn NothingHappened(
    /// Shared state of the report.
    page: ReportState,
    /// What the period lacks.
    title: Text,
) -> impl IntoView {
    let i18n = use_i18n();
    let is_narrowed = move || page.filter.with(|filter| filter.of_tab(page.tab).is_narrowed());
    let is_long = move || page.filter.with(|filter| filter.period == Period::Days(90));
    let longer = move |_| page.update_filter(|filter| filter.period = Period::Days(90));
    let everybody = move |_| {
        page.update_filter(|filter| (filter.group, filter.user, filter.platform) = (None, None, None));
    };
    view! {
        <div class="list">
            <EmptyState glyph=Glyph::Chart title text=text!(reports.empty_text)>
                <Show when=move || !is_long()>
                    <button type="button" class="button" on:click=longer>
                        {t!(i18n, reports.show_90_days)}
                    </button>
                </Show>
                <Show when=is_narrowed>
                    <button type="button" class="button" on:click=everybody>
                        {t!(i18n, common.reset)}
                    </button>
                </Show>
            </EmptyState>
        </div>
    }
}
