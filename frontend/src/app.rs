//! The routes, and the contexts that all pages share: translations, clock, caller, toasts.

use crate::{
    caller::{Caller, CallerState},
    clock::Clock,
    i18n::I18nContextProvider,
    lazy::{self, PendingDownloads, ProgressLine, prefetch},
    lazy_page, local_storage,
    pages::{
        audit::AuditPage,
        auth::{forgot::ForgotPage, join_account::JoinAccountPage, setup::SetupPage, sign_in::SignInPage},
        console::ConsolePage,
        groups::GroupsPage,
        import::ImportPage,
        join::JoinPage,
        licenses::LicensesPage,
        overview::OverviewPage,
        profile::ProfilePage,
        reports::{costs::CostsPage, people::PeoplePage, refusals::RefusalsPage, sizing::SizingPage, usage::UsagePage},
        sessions::SessionsPage,
        settings::{SettingsPage, directory::DirectoryPage},
        user::UserPage,
        users::UsersPage,
        wait::WaitPage,
    },
    shell::{NotFound, Shell, language, start_page},
    ui::toast::{ToastRegion, Toasts},
    verify::Verification,
};
use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::{
    components::{ParentRoute, Route, Router, Routes},
    path,
};

/// The root component: provides the contexts, then the router.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    Clock::provide();
    Caller::provide();
    Toasts::provide();
    Verification::provide();
    PendingDownloads::provide();
    view! {
        <I18nContextProvider set_lang_attr_on_html=true>
            <AppRoutes />
        </I18nContextProvider>
    }
}

#[component]
fn AppRoutes() -> impl IntoView {
    language::apply();
    prefetch::watch_links();
    remember_start_page();
    view! {
        <ProgressLine />
        <Router>
            <Routes fallback=NotFound>
                <Route path=path!("/sign-in") view={lazy_page!("/sign-in" => sign_in, SignInPage)} />
                <Route path=path!("/setup") view={lazy_page!("/setup" => setup, SetupPage)} />
                <Route
                    path=path!("/join-account")
                    view={lazy_page!("/join-account" => join_account, JoinAccountPage)}
                />
                <Route
                    path=path!("/forgot-password")
                    view={lazy_page!("/forgot-password" => forgot_password, ForgotPage)}
                />
                <Route path=path!("/join") view={lazy_page!("/join" => join, JoinPage)} />
                <Route path=path!("/wait/:product") view={lazy_page!("/wait/*" => wait, WaitPage)} />
                <ParentRoute path=path!("") view={lazy_page!("" => shell, Shell, lazy::view_or_reload)}>
                    <Route path=path!("") view={lazy_page!("/" => overview, OverviewPage)} />
                    <Route path=path!("sessions") view={lazy_page!("/sessions" => sessions, SessionsPage)} />
                    <Route path=path!("users") view={lazy_page!("/users" => users, UsersPage)} />
                    <Route path=path!("users/import") view={lazy_page!("/users/import" => import, ImportPage)} />
                    <Route path=path!("users/:id") view={lazy_page!("/users/*" => user, UserPage)} />
                    <Route path=path!("groups") view={lazy_page!("/groups" => groups, GroupsPage)} />
                    <Route path=path!("licenses") view={lazy_page!("/licenses" => licenses, LicensesPage)} />
                    <Route path=path!("reports") view={lazy_page!("/reports" => reports_usage, UsagePage)} />
                    <Route
                        path=path!("reports/refusals")
                        view={lazy_page!("/reports/refusals" => reports_refusals, RefusalsPage)}
                    />
                    <Route
                        path=path!("reports/sizing")
                        view={lazy_page!("/reports/sizing" => reports_sizing, SizingPage)}
                    />
                    <Route
                        path=path!("reports/people")
                        view={lazy_page!("/reports/people" => reports_people, PeoplePage)}
                    />
                    <Route
                        path=path!("reports/costs")
                        view={lazy_page!("/reports/costs" => reports_costs, CostsPage)}
                    />
                    <Route path=path!("audit") view={lazy_page!("/audit" => audit, AuditPage)} />
                    <Route path=path!("console") view={lazy_page!("/console" => console, ConsolePage)} />
                    <Route path=path!("profile") view={lazy_page!("/profile" => profile, ProfilePage)} />
                    <Route path=path!("settings") view={lazy_page!("/settings" => settings, SettingsPage)} />
                    <Route
                        path=path!("settings/directory")
                        view={lazy_page!("/settings/directory" => directory, DirectoryPage)}
                    />
                    <Route path=path!("*any") view=NotFound />
                </ParentRoute>
            </Routes>
        </Router>
        <ToastRegion />
    }
}

/// Remembers whether somebody is signed in, and where they start: `index.html` fetches ahead what they will see.
fn remember_start_page() {
    let caller = Caller::get();
    Effect::new(move |_| match caller.state() {
        CallerState::SignedIn(_) => local_storage::set("start", start_page(caller)),
        CallerState::SignedOut | CallerState::SetupNeeded => local_storage::remove("start"),
        CallerState::Unknown | CallerState::Failed(_) => {}
    });
}
