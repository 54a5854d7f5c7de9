//! Parts of the app that a browser downloads when they are first shown: each page, and large parts of pages.

pub mod prefetch;

use crate::{
    boot,
    i18n::*,
    text::text,
    ui::{empty_state::EmptyState, icon::Glyph, page_head::Heading},
};
use leptos::prelude::*;

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

        struct LazyPage;

        impl ::leptos_router::LazyRoute for LazyPage {
            fn data() -> Self {
                Self
            }

            async fn view(_: Self) -> AnyView {
                $finish(show().await)
            }

            async fn preload() {
                $crate::lazy::wait_for(download()).await;
            }
        }

        $crate::lazy::prefetch::register($path, || Box::pin(download()));
        ::leptos_router::Lazy::<LazyPage>::new()
    }};
}

/// A part of a page that is downloaded when it is first shown: `lazy_part!(verify(open: Open) { view! { … } })`.
#[macro_export]
macro_rules! lazy_part {
    ($name:ident($($argument:ident: $type:ty),*) $body:block) => {{
        $crate::split_function!($name($($argument: $type),*) $body);
        // Not prefetched.
        let _ = download;
        Suspend::new(async move { $crate::lazy::view_or_reload(show($($argument),*).await) })
    }};
}

/// How many downloads the user waits for: the page before stays while the next one is loaded.
#[derive(Clone, Copy)]
pub struct PendingDownloads(RwSignal<u32>);

impl PendingDownloads {
    /// Provides it as a context.
    pub fn provide() {
        provide_context(Self(RwSignal::new(0)));
    }
}

/// Waits for a download, with the progress line.
pub async fn wait_for(download: impl Future<Output = Result<(), DownloadError>>) {
    let pending = use_context::<PendingDownloads>();
    let change =
        |by: i32| pending.map(|PendingDownloads(count)| count.update(|count| *count = count.saturating_add_signed(by)));
    change(1);
    // If it fails, the view tries again, and shows the failure.
    let _ = download.await;
    change(-1);
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

#[component]
fn DownloadFailed() -> impl IntoView {
    boot::remove();
    let i18n = use_i18n();
    let reload = move |_| {
        // Navigating is always allowed; there is nobody to tell otherwise.
        let _ = window().location().reload();
    };
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
