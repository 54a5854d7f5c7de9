//! Audit log page: filters, the list of events, and exports.

mod detail;
mod event_labels;
mod facts;
mod filter;
mod filter_bar;
pub mod row;
mod state;
mod table;

use crate::{
    format::Format,
    i18n::*,
    saved_views::ViewsMenu,
    shell::RequirePermission,
    text::text,
    ui::{
        icon::{Glyph, Icon},
        menu::Menu,
        page_head::PageHead,
        row_shortcuts,
    },
};
use filter_bar::{FilterBar, UserFilters};
use leptos::prelude::*;
use seatkeeper_shared::{permissions::Action, wire::views::ViewPage};
use state::AuditPageState;
use table::{EventTable, Foot};

#[component]
pub fn AuditPage() -> impl IntoView {
    view! {
        <div class="page audit-page">
            <RequirePermission action=Action::ViewAudit>
                <Audit />
            </RequirePermission>
        </div>
    }
    .into_any()
}

#[component]
fn Audit() -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let page = AuditPageState::new();
    row_shortcuts::listen();
    let as_of = move || page.as_of.get().map(|at| t_string!(i18n, audit.as_of, time = format.time(at)));
    let line = move || {
        view! {
            <p class="audit-line muted">
                <span>{t!(i18n, audit.intro)}</span>
                <span>{move || t_string!(i18n, live.zone, zone = format.time_zone())}</span>
                <span class="num">{as_of}</span>
            </p>
        }
    };
    view! {
        <PageHead title=text!(audit.title) line>
            <button type="button" class="button" on:click=move |_| page.events.reload()>
                {t!(i18n, audit.reload)}
            </button>
            <ViewsMenu page=ViewPage::Audit />
            <ExportMenu page />
        </PageHead>
        <section class="list" aria-label=move || t_string!(i18n, audit.title)>
            <FilterBar page />
            <UserFilters page />
            <EventTable page />
            <Foot page />
        </section>
    }
}

/// Menu with downloads of the filtered events.
#[component]
fn ExportMenu(
    /// Shared state of the page.
    page: AuditPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let address = move |format| page.filter.with(|filter| filter.export(format, &page.zone()));
    view! {
        <Menu
            class="button"
            trigger=move || {
                view! {
                    <Icon glyph=Glyph::Download />
                    {t!(i18n, audit.export)}
                }
            }
        >
            <a class="menu-item" href=move || address("csv") download="" rel="external">
                {t!(i18n, audit.export_csv)}
            </a>
            <a class="menu-item" href=move || address("json") download="" rel="external">
                {t!(i18n, audit.export_json)}
            </a>
        </Menu>
    }
}
