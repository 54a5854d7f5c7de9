//! Audit log page: filters, the list of events, and exports.

mod detail;
mod event_labels;
mod facts;
mod filter;
mod filter_bar;
pub mod mentions;
mod newer;
pub mod row;
mod state;
mod table;

use crate::{
    copy_view::CopyMenu,
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
        show::Show,
    },
};
use filter_bar::{FilterBar, UserFilters};
use leptos::prelude::*;
use newer::NewerEvents;
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
            <CopyMenu request=move |()| page.events.status().request() />
            <ExportMenu page />
        </PageHead>
        <section class="list" aria-label=move || t_string!(i18n, audit.title)>
            <FilterBar page />
            <UserFilters page />
            <NewerBar newer=page.newer />
            <EventTable page />
            <Foot page />
        </section>
    }
}

/// "3 new entries", while the user is at work on those below; a click shows them.
#[component]
fn NewerBar(
    /// The entries that came later.
    newer: NewerEvents,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let has_any = Memo::new(move |_| newer.count() > 0);
    let text = move || match newer.has_gap() {
        true => t_string!(i18n, audit.lots_newer).to_owned(),
        false => t_string!(i18n, audit.newer, count = newer.count(), n = format.number(newer.count())),
    };
    view! {
        // Announced once, not with every change of the number.
        <span class="vh" role="status">
            {move || has_any.get().then(|| t_string!(i18n, audit.newer_said))}
        </span>
        <Show when=move || has_any.get()>
            <div class="audit-newer">
                <button type="button" class="button small num" on:click=move |_| newer.show()>
                    <Icon glyph=Glyph::Reload />
                    {text}
                    <span class="vh">": " {t!(i18n, audit.newer_show)}</span>
                </button>
            </div>
        </Show>
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
