//! Users: who is there, which licenses they have, and giving and taking them.

mod add;
mod bar;
mod desk;
pub mod filter;
mod row;
mod table;

use crate::{
    clock::Clock,
    format::Format,
    i18n::*,
    people::dialog::JobDialog,
    shell::Only,
    ui::{
        export::Export,
        head::PageHead,
        icon::{Glyph, Icon},
    },
};
use add::AddDialog;
use bar::{Bar, PickedBar};
use desk::Desk;
use leptos::prelude::*;
use leptos_router::components::A;
use seatkeeper_shared::permissions::Action;
use table::{Foot, Table};

/// The page.
#[component]
pub fn UsersPage() -> impl IntoView {
    view! {
        <Only action=Action::ViewUsers>
            <Users />
        </Only>
    }
    .into_any()
}

#[component]
fn Users() -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let desk = Desk::new();
    let clock = Clock::get();
    let total = move || {
        desk.total.get().map(|count| {
            view! {
                <p class="muted num">{t_string!(i18n, users.total, count = count, n = format.number(count))}</p>
            }
        })
    };
    view! {
        <PageHead
            title=Signal::derive(move || t_string!(i18n, users.title).to_owned())
            line=move || view! { <div class="page-line">{total}</div> }
        >
            <Export address=Signal::derive(move || desk.filter.with(|filter| filter.export(clock.once()))) />
            <Show when=move || desk.may(Action::ManageUsers)>
                <A href="/users/import" attr:class="button">
                    {t!(i18n, import.open)}
                </A>
                <button type="button" class="button primary" on:click=move |_| desk.adding.set(true)>
                    <Icon glyph=Glyph::Plus />
                    {t!(i18n, users.add)}
                </button>
            </Show>
        </PageHead>
        <section class="list" aria-label=move || t_string!(i18n, users.title)>
            <Bar desk />
            <PickedBar desk />
            <Table desk />
            <Foot desk />
        </section>
        <AddDialog desk />
        <JobDialog
            job=desk.job
            groups=desk.groups
            done=move |()| {
                desk.unpick();
                desk.load(false);
            }
        />
    }
}
