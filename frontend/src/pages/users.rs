//! Users: who is there, which licenses they have, and giving and taking them.

mod add;
mod assign;
mod bar;
mod desk;
mod filter;
mod row;
mod suspend;
mod table;

use crate::{
    format::Format,
    i18n::*,
    shell::Only,
    ui::{
        export::Export,
        head::PageHead,
        icon::{Glyph, Icon},
    },
};
use add::AddDialog;
use assign::AssignDialog;
use bar::{Bar, PickedBar};
use desk::{Desk, Task};
use leptos::prelude::*;
use leptos_router::components::A;
use seatkeeper_shared::permissions::Action;
use suspend::SuspendDialog;
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
            <Export address=Signal::derive(move || desk.filter.with(|filter| filter.export())) />
            <Show when=move || desk.may(Action::ManageUsers)>
                <A href="/users/import" attr:class="button">
                    {t!(i18n, import.open)}
                </A>
                <button type="button" class="button primary" on:click=move |_| desk.task.set(Some(Task::Add))>
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
        <AssignDialog desk />
        <SuspendDialog desk />
    }
}
