//! The audit log: who did what to whom, when, from where, and what was before.

mod bar;
mod desk;
mod detail;
mod facts;
mod filter;
mod named;
mod row;
mod table;

use crate::{
    format::Format,
    i18n::*,
    shell::Only,
    ui::{
        head::PageHead,
        icon::{Glyph, Icon},
        menu::Menu,
    },
};
use bar::{Bar, Narrowed};
use desk::Desk;
use leptos::prelude::*;
use seatkeeper_shared::permissions::Action;
use table::{Foot, Table};

/// The page.
#[component]
pub fn AuditPage() -> impl IntoView {
    view! {
        <Only action=Action::ViewAudit>
            <Audit />
        </Only>
    }
    .into_any()
}

#[component]
fn Audit() -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let desk = Desk::new();
    let as_of = move || desk.as_of.get().map(|at| t_string!(i18n, audit.as_of, time = format.time(at)));
    let line = move || {
        view! {
            <p class="audit-line muted">
                <span>{t!(i18n, audit.intro)}</span>
                <span>{move || t_string!(i18n, live.zone, zone = format.zone())}</span>
                <span class="num">{as_of}</span>
            </p>
        }
    };
    view! {
        <PageHead title=Signal::derive(move || t_string!(i18n, audit.title).to_owned()) line=line>
            <button type="button" class="button" on:click=move |_| desk.load()>
                {t!(i18n, audit.reload)}
            </button>
            <Export desk />
        </PageHead>
        <section class="list" aria-label=move || t_string!(i18n, audit.title)>
            <Bar desk />
            <Narrowed desk />
            <Table desk />
            <Foot desk />
        </section>
    }
}

/// Downloads of exactly what is filtered.
#[component]
fn Export(
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let address = move |form| desk.filter.with(|filter| filter.export(form, &desk.zone()));
    view! {
        <Menu
            class="button"
            face=move || {
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
