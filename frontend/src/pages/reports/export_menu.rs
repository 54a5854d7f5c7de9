//! Menu with downloads of a report: what the server exports, the chart as a picture, and the page on paper.

use super::{ReportTab, state::ReportState};
use crate::{
    api::address,
    charts::picture::{self, PictureFormat},
    i18n::*,
    ui::{
        icon::{Glyph, Icon},
        menu::Menu,
        show::Show,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::endpoints::Endpoint;

/// Menu with downloads of a report.
#[component]
pub fn ExportMenu(
    /// Shared state of the report.
    page: ReportState,
) -> impl IntoView {
    let i18n = use_i18n();
    let address = move |format| {
        let request = move || match page.tab {
            ReportTab::Usage => Endpoint::<()>::get("/reports/usage/export"),
            ReportTab::Refusals => Endpoint::get("/reports/refusals/export"),
            ReportTab::Sizing => Endpoint::get("/reports/sizing"),
            ReportTab::People | ReportTab::Costs => Endpoint::get("/reports/seat-time/export"),
        };
        let scope = page.scope.get()?;
        let request = page.filter.with(|filter| {
            let request = filter.of_tab(page.tab).restrict(request(), scope, page.now(), &page.to_local());
            match page.tab {
                ReportTab::Refusals => request.with("window", &filter.window.to_string()),
                ReportTab::People | ReportTab::Costs => request.with("by", filter.by.as_str()),
                ReportTab::Sizing => filter.assume(request),
                ReportTab::Usage => request,
            }
        });
        // There is only one format of the sizing report.
        let has_formats = page.tab != ReportTab::Sizing;
        Some(address(if has_formats { request.with("format", format) } else { request }))
    };
    let save = move |format| {
        let name = untrack(|| file_name(page));
        picture::save(picture_of(page.tab), &untrack(|| page.title()), &name, format);
    };
    view! {
        <Menu
            class="button"
            trigger=move || {
                view! {
                    <Icon glyph=Glyph::Download />
                    {t!(i18n, common.export)}
                }
            }
        >
            <Show when=move || page.tab != ReportTab::Sizing>
                <a class="menu-item" href=move || address("csv") download="" rel="external">
                    {t!(i18n, audit.export_csv)}
                </a>
            </Show>
            <a class="menu-item" href=move || address("json") download="" rel="external">
                {t!(i18n, audit.export_json)}
            </a>
            <button type="button" class="menu-item" on:click=move |_| save(PictureFormat::Svg)>
                {t!(i18n, reports.picture_svg)}
            </button>
            <button type="button" class="menu-item" on:click=move |_| save(PictureFormat::Png)>
                {t!(i18n, reports.picture_png)}
            </button>
            <button type="button" class="menu-item" on:click=print>
                {t!(i18n, reports.print)}
            </button>
        </Menu>
    }
}

/// What the picture of a report shows: its chart, or the table whose bars are the chart.
const fn picture_of(tab: ReportTab) -> &'static str {
    match tab {
        ReportTab::Usage | ReportTab::Refusals => ".reports-page .chart svg",
        ReportTab::Sizing => ".reports-page table.sizes",
        ReportTab::People | ReportTab::Costs => ".reports-page table.seat-time",
    }
}

fn print<E>(_: E) {
    // Fails only where a browser cannot print.
    let _ = window().print();
}

/// The name of a picture's file: the report and its days.
fn file_name(page: ReportState) -> String {
    let (from, to) = page.limits();
    let to_local = page.to_local();
    let last = to_local(to - chrono::TimeDelta::seconds(1)).date();
    format!("seatkeeper-{}-{}-{last}", page.tab.export(), to_local(from).date())
}
