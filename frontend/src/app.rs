//! The routes, and the contexts that all pages share: translations, clock, caller, toasts.

use crate::{
    caller::Caller,
    clock::Clock,
    i18n::I18nContextProvider,
    pages::{
        audit::AuditPage,
        auth::{forgot::ForgotPage, join_account::JoinAccountPage, setup::SetupPage, sign_in::SignInPage},
        console::ConsolePage,
        groups::GroupsPage,
        import::ImportPage,
        join::JoinPage,
        licenses::LicensesPage,
        profile::ProfilePage,
        sessions::SessionsPage,
        settings::{SettingsPage, directory::DirectoryPage},
        user::UserPage,
        users::UsersPage,
        wait::WaitPage,
    },
    shell::{NotFound, Shell, StartRedirect, language},
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
    view! {
        <I18nContextProvider set_lang_attr_on_html=true>
            <AppRoutes />
        </I18nContextProvider>
    }
}

#[component]
fn AppRoutes() -> impl IntoView {
    language::apply();
    view! {
        <Router>
            <Routes fallback=NotFound>
                <Route path=path!("/sign-in") view=SignInPage />
                <Route path=path!("/setup") view=SetupPage />
                <Route path=path!("/join-account") view=JoinAccountPage />
                <Route path=path!("/forgot-password") view=ForgotPage />
                <Route path=path!("/join") view=JoinPage />
                <Route path=path!("/wait/:product") view=WaitPage />
                <ParentRoute path=path!("") view=Shell>
                    <Route path=path!("") view=StartRedirect />
                    <Route path=path!("sessions") view=SessionsPage />
                    <Route path=path!("users") view=UsersPage />
                    <Route path=path!("users/import") view=ImportPage />
                    <Route path=path!("users/:id") view=UserPage />
                    <Route path=path!("groups") view=GroupsPage />
                    <Route path=path!("licenses") view=LicensesPage />
                    <Route path=path!("audit") view=AuditPage />
                    <Route path=path!("console") view=ConsolePage />
                    <Route path=path!("profile") view=ProfilePage />
                    <Route path=path!("settings") view=SettingsPage />
                    <Route path=path!("settings/directory") view=DirectoryPage />
                    <Route path=path!("*any") view=NotFound />
                </ParentRoute>
            </Routes>
        </Router>
        <ToastRegion />
    }
}
