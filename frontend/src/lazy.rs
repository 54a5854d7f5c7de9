//! Parts of the app that a browser downloads when they are first shown: each page, and large parts of pages.

pub mod prefetch;

use crate::{
    boot,
    i18n::*,
    text::text,
    ui::{empty_state::EmptyState, form_dialog::InfoDialog, icon::Glyph, page_head::Heading},
};
use leptos::prelude::*;
use leptos_router::ChooseView;
use std::pin::Pin;

/// A download has failed. The browser's console says why; most often, a newer build has replaced the file.
pub use leptos::wasm_split::SplitLoaderError as DownloadError;

/// Defines `show`, which returns the view of a part after its download, and `download`, which prefetches it.
#[cfg(feature = "split")]
#[macro_export]
macro_rules! split_function {
    ($name:ident($($argument:ident: $type:ty),*) $body:block) => {
        #[::leptos::wasm_split::wasm_split(
            $name,
            wasm_split_path = ::leptos::wasm_split,
            preload(download),
            fallible
        )]
        fn show($($argument: $type),*) -> Result<::leptos::prelude::AnyView, $crate::lazy::DownloadError> {
            Ok($body.into_any())
        }
    };
}

/// The same in builds that are not split.
#[cfg(not(feature = "split"))]
#[macro_export]
macro_rules! split_function {
    ($name:ident($($argument:ident: $type:ty),*) $body:block) => {
        async fn show($($argument: $type),*) -> Result<::leptos::prelude::AnyView, $crate::lazy::DownloadError> {
            Ok($body.into_any())
        }

        async fn download() -> Result<(), $crate::lazy::DownloadError> {
            Ok(())
        }
    };
}

/// The `view` of a route whose page is downloaded when it is first shown: `lazy_page!("/users" => users, UsersPage)`.
///
/// The path is that of the whole page, with `*` for an id; the name is that of the page in `frontend/budget.toml`.
#[macro_export]
macro_rules! lazy_page {
    ($path:literal => $name:ident, $page:ident) => {
        $crate::lazy_page!($path => $name, $page, $crate::lazy::page_or_reload)
    };
    ($path:literal => $name:ident, $page:ident, $finish:path) => {{
        $crate::split_function!($name() { view! { <$page /> } });
        $crate::lazy::LazyPage::new($path, || Box::pin(download()), || Box::pin(show()), $finish)
    }};
}

/// Starts the download of a part.
pub type Download = fn() -> Pin<Box<dyn Future<Output = Result<(), DownloadError>>>>;

/// The view of a part, after its download.
pub type Downloaded = Pin<Box<dyn Future<Output = Result<AnyView, DownloadError>> + Send>>;

/// A page of the app: one type for all, so that the router's code exists once.
#[derive(Clone, Copy)]
pub struct LazyPage {
    download: Download,
    show: fn() -> Downloaded,
    finish: fn(Result<AnyView, DownloadError>) -> AnyView,
}

impl LazyPage {
    /// The page at this path; used by [`lazy_page!`](crate::lazy_page).
    pub fn new(
        path: &'static str,
        download: Download,
        show: fn() -> Downloaded,
        finish: fn(Result<AnyView, DownloadError>) -> AnyView,
    ) -> Self {
        prefetch::register(path, download);
        Self { download, show, finish }
    }
}

impl ChooseView for LazyPage {
    async fn choose(self) -> AnyView {
        (self.finish)((self.show)().await)
    }

    async fn preload(&self) {
        if let Some(pending) = use_context::<PendingDownloads>() {
            pending.wait_for(self.download).await;
        }
    }
}

/// A part of a page that is downloaded when it is first shown: `lazy_part!(verify(open: Open) { view! { … } })`.
#[macro_export]
macro_rules! lazy_part {
    ($name:ident($($argument:ident: $type:ty),*) $body:block) => {{
        $crate::split_function!($name($($argument: $type),*) $body);
        // Not prefetched.
        let _ = download;
        $crate::lazy::when_downloaded(Box::pin(show($($argument),*)))
    }};
}

/// A function that returns a part of a page: the part is downloaded a moment after the page was shown, or when it is
/// first needed. `let ticket = lazy_view!(my_ticket(ticket: TicketView) { view! { <Ticket ticket /> } });`
#[macro_export]
macro_rules! lazy_view {
    ($name:ident($($argument:ident: $type:ty),*) $body:block) => {{
        $crate::split_function!($name($($argument: $type),*) $body);
        $crate::lazy::prefetch::soon(stringify!($name), || Box::pin(download()));
        |$($argument: $type),*| $crate::lazy::when_downloaded(Box::pin(show($($argument),*)))
    }};
}

/// The content of a dialog, downloaded a moment after the page was shown, or when the dialog is first opened:
/// `dialogs.opens(lazy_dialog!(rename_group(page: GroupsPage) { view! { <RenameGroup page /> } }))`. The dialogs of a
/// page are named in `frontend/budget.toml`.
#[macro_export]
macro_rules! lazy_dialog {
    ($name:ident($($argument:ident: $type:ty),*) $body:block) => {{
        $crate::split_function!($name($($argument: $type),*) $body);
        $crate::lazy::prefetch::soon(stringify!($name), || Box::pin(download()));
        $crate::ui::form_dialog::DialogContent::downloaded(|| Box::pin(download()), move || {
            $(let $argument = $argument.clone();)*
            Box::pin(show($($argument),*))
        })
    }};
}

/// The view of a part: empty until it has been downloaded.
pub fn when_downloaded(view: Downloaded) -> AnyView {
    Suspend::new(async move { view_or_reload(view.await) }).into_any()
}

/// The same for the content of a dialog, which says in its own words that it could not be downloaded.
pub fn dialog_when_downloaded(view: Downloaded) -> AnyView {
    Suspend::new(async move { view.await.unwrap_or_else(|_| view! { <DialogDownloadFailed /> }.into_any()) }).into_any()
}

/// How many downloads the user waits for: the page before stays while the next one is loaded.
#[derive(Clone, Copy)]
pub struct PendingDownloads(RwSignal<u32>);

impl PendingDownloads {
    /// Provides it as a context.
    pub fn provide() {
        provide_context(Self(RwSignal::new(0)));
    }

    /// Waits for a download, with the progress line.
    pub async fn wait_for(self, download: Download) {
        let Self(count) = self;
        count.try_update(|count| *count += 1);
        // If it fails, the view tries again, and shows the failure.
        let _ = download().await;
        count.try_update(|count| *count = count.saturating_sub(1));
    }
}

/// A line at the top while the user waits for a page.
#[component]
pub fn ProgressLine() -> impl IntoView {
    let i18n = use_i18n();
    let pending = use_context::<PendingDownloads>();
    let waits = Memo::new(move |_| pending.is_some_and(|PendingDownloads(count)| count.get() > 0));
    view! {
        <Show when=move || waits.get()>
            <div class="progress-line" role="progressbar" aria-label=move || t_string!(i18n, common.loading)></div>
        </Show>
    }
}

/// The view, or one that offers to reload if it could not be downloaded.
pub fn view_or_reload(view: Result<AnyView, DownloadError>) -> AnyView {
    view.unwrap_or_else(|_| view! { <DownloadFailed /> }.into_any())
}

/// The same, in place of the boot screen.
pub fn page_or_reload(page: Result<AnyView, DownloadError>) -> AnyView {
    boot::remove();
    prefetch::after_a_moment();
    view_or_reload(page)
}

fn reload<E>(_: E) {
    // Navigating is always allowed; there is nobody to tell otherwise.
    let _ = window().location().reload();
}

#[component]
fn DialogDownloadFailed() -> impl IntoView {
    let i18n = use_i18n();
    let acts = move || {
        view! {
            <button type="button" class="button" on:click=reload>
                {t!(i18n, shell.reload)}
            </button>
        }
    };
    view! {
        <InfoDialog title=text!(shell.dialog_failed_title) acts>
            <p role="alert">{t!(i18n, shell.download_failed_text)}</p>
        </InfoDialog>
    }
}

#[component]
fn DownloadFailed() -> impl IntoView {
    boot::remove();
    let i18n = use_i18n();
    view! {
        <div class="vh">
            <Heading title=text!(shell.download_failed_title) />
        </div>
        <div role="alert">
            <EmptyState
                glyph=Glyph::Offline
                title=text!(shell.download_failed_title)
                text=text!(shell.download_failed_text)
            >
                <button type="button" class="button primary" on:click=reload>
                    {t!(i18n, shell.reload)}
                </button>
            </EmptyState>
        </div>
    }
}
