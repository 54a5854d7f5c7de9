//! The list of users and their licenses, with the actions on them.

mod add;
pub mod filter;
mod requests;
pub mod role_fields;
mod row;
mod state;
mod table;
mod toolbar;

use crate::{
    clock::Clock,
    copy_view::CopyMenu,
    i18n::*,
    lazy_dialog, lazy_view,
    saved_views::ViewsMenu,
    shell::RequirePermission,
    text::text,
    ui::{
        address_action::on_address_action,
        export::Export,
        form_dialog::Dialogs,
        icon::{Glyph, Icon},
        page_head::PageHead,
        row_shortcuts,
        show::Show,
    },
};
use add::AddUser;
use leptos::prelude::*;
use leptos_router::components::A;
use requests::Requests;
use seatkeeper_shared::{permissions::Action, wire::views::ViewPage};
use state::UsersPageState;
use table::{Foot, Table};
use toolbar::{FilterBar, StatusBar};

#[component]
pub fn UsersPage() -> impl IntoView {
    view! {
        <div class="page users-page">
            <RequirePermission action=Action::ViewUsers>
                <Users />
            </RequirePermission>
        </div>
    }
    .into_any()
}

#[component]
fn Users() -> impl IntoView {
    let i18n = use_i18n();
    let (page, dialogs, clock) = (UsersPageState::new(), Dialogs::get(), Clock::get());
    let add = dialogs.opens(lazy_dialog!(add_user(page: UsersPageState) { view! { <AddUser page /> } }));
    on_address_action("add", move || page.may(Action::ManageUsers), move || add(()));
    row_shortcuts::listen();
    let requests = lazy_view!(license_requests(page: UsersPageState) { view! { <Requests page /> } });
    let export_url = move || page.filter.with(|filter| filter.export_url(clock.now_untracked()));
    view! {
        <PageHead title=text!(users.title)>
            <ViewsMenu page=ViewPage::Users />
            <CopyMenu request=move |()| page.list.status().request() />
            <Export address=Signal::derive(export_url) />
            <Show when=move || page.may(Action::ManageUsers)>
                <A href="/users/import" attr:class="button">
                    {t!(i18n, import.open)}
                </A>
                <button type="button" class="button primary" on:click=move |_| add(())>
                    <Icon glyph=Glyph::Plus />
                    {t!(i18n, users.add)}
                </button>
            </Show>
        </PageHead>
        <Show when=move || page.may(Action::Assign)>{requests(page)}</Show>
        <section class="list" aria-label=move || t_string!(i18n, users.title)>
            <FilterBar page />
            <StatusBar page />
            <Table page />
            <Foot page />
        </section>
    }
}
