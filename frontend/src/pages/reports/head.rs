//! The head of each report: title, export, tabs and filters; and its content, for callers who may see reports.

use super::{ReportTab, export_menu::ExportMenu, filter_bar::FilterBar, state::ReportState};
use crate::{
    copy_view::CopyMenu,
    i18n::*,
    saved_views::ViewsMenu,
    shell::RequirePermission,
    text::{Text, text},
    ui::{breadcrumbs::Breadcrumbs, page_head::PageHead},
};
use leptos::prelude::*;
use seatkeeper_shared::permissions::Action;

/// Title, tabs and filters, with a report below, for callers who may see it.
#[component]
pub fn ReportPage(
    /// The report.
    tab: ReportTab,
    /// Draws its content.
    content: fn(ReportState) -> AnyView,
) -> impl IntoView {
    view! {
        <div class="page reports-page">
            <RequirePermission action=Action::ViewReports>
                <Report tab content />
            </RequirePermission>
        </div>
    }
}

#[component]
fn Report(
    /// The report.
    tab: ReportTab,
    /// Draws its content.
    content: fn(ReportState) -> AnyView,
) -> impl IntoView {
    let i18n = use_i18n();
    let page = ReportState::new(tab);
    let line = move || {
        view! {
            <p class="report-line muted">
                <span>{move || t_string!(i18n, live.zone, zone = page.format.time_zone())}</span>
                // A replay is exact for what is recorded only.
                {(tab != ReportTab::Sizing).then(|| view! { <span>{t!(i18n, reports.exact)}</span> })}
            </p>
        }
    };
    let above = move || {
        (tab != ReportTab::Usage).then(|| {
            let here = Text::derive(move |_| tab.name(i18n).to_owned());
            view! { <Breadcrumbs href="/reports" above=text!(reports.title) here /> }
        })
    };
    view! {
        <PageHead title=text!(reports.title) above line>
            <ViewsMenu page=tab.view_page() />
            <CopyMenu request=move |()| page.sent_request() />
            <ExportMenu page />
        </PageHead>
        <Tabs page />
        <FilterBar page />
        {content(page)}
    }
}

/// Links to all reports about the same seats and period.
#[component]
fn Tabs(
    /// Shared state of the report.
    page: ReportState,
) -> impl IntoView {
    let i18n = use_i18n();
    let link = move |tab: ReportTab| {
        let address = move || page.filter.with(|filter| format!("{}{}", tab.path(), filter.query_of_others()));
        view! {
            <a href=address aria-current=(tab == page.tab).then_some("page")>
                {move || tab.name(i18n)}
            </a>
        }
    };
    view! {
        <nav class="report-tabs" aria-label=move || t_string!(i18n, reports.title)>
            {ReportTab::ALL.map(link).collect_view()}
        </nav>
    }
}
