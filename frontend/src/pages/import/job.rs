//! The state of an import: file, columns, progress and results.

use super::columns::{Columns, save_matching};
use crate::{
    api::{Api, Failure},
    ui::focus::restore_focus,
};
use gloo_timers::future::TimeoutFuture;
use leptos::{prelude::*, task::spawn_local};
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_query_map},
};
use seatkeeper_shared::{
    ids::ImportId,
    wire::{
        Page,
        imports::{ImportPreview, ImportRow, ImportState, ImportView},
    },
};
use web_sys::File;

/// How often the progress is polled.
const POLL_INTERVAL_MS: u32 = 400;
/// The delay before polling again if the server did not answer.
const RETRY_INTERVAL_MS: u32 = 3_000;

/// The import of the page.
#[derive(Clone, Copy)]
pub struct ImportJob {
    /// The contents of the file, until the dry run.
    pub preview: RwSignal<Option<ImportPreview>>,
    /// The meanings of its columns.
    pub columns: RwSignal<Columns>,
    /// The encoding that the user chose; empty: detected.
    pub encoding: RwSignal<String>,
    /// The sheet that the user chose; empty: the first.
    pub sheet: RwSignal<String>,
    /// The latest state of the dry run, later of the import itself.
    pub import: RwSignal<Option<ImportView>>,
    /// The loaded rows, those with problems first.
    pub rows: RwSignal<Vec<ImportRow>>,
    /// The cursor of the next rows.
    pub next: RwSignal<Option<String>>,
    /// Why the last request failed.
    pub failure: RwSignal<Option<Failure>>,
    /// The name of the file.
    pub name: RwSignal<String>,
    /// Whether the file is being uploaded.
    pub sending: RwSignal<bool>,
    file: RwSignal<Option<File>, LocalStorage>,
    /// Whether more rows are being loaded.
    loading: StoredValue<bool>,
    /// Puts the import into the URL, so that a reload finds it again.
    write_url: Callback<ImportId>,
    api: Api,
}

impl ImportJob {
    /// Creates the state: empty, or following the import of the URL.
    pub fn new() -> Self {
        let (query, navigate) = (use_query_map(), use_navigate());
        let write_url = Callback::new(move |id: ImportId| {
            let options = NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() };
            navigate(&format!("/users/import?import={id}"), options);
        });
        let job = Self {
            preview: RwSignal::new(None),
            columns: RwSignal::default(),
            encoding: RwSignal::default(),
            sheet: RwSignal::default(),
            import: RwSignal::new(None),
            rows: RwSignal::default(),
            next: RwSignal::new(None),
            failure: RwSignal::new(None),
            name: RwSignal::default(),
            sending: RwSignal::new(false),
            file: RwSignal::new_local(None),
            loading: StoredValue::new(false),
            write_url,
            api: Api::get(),
        };
        let from_url = query.with_untracked(|query| query.get_str("import").and_then(|id| id.parse::<ImportId>().ok()));
        if let Some(id) = from_url {
            spawn_local(async move {
                match job.api.read(&format!("/imports/{id}")).await {
                    Ok(import) => job.follow(import).await,
                    Err(failure) => drop(job.failure.try_set(Some(failure))),
                }
            });
        }
        job
    }

    /// Whether a file is being uploaded or an import is running.
    pub fn busy(self) -> bool {
        self.sending.get() || self.is_running()
    }

    /// Whether an import is running.
    pub fn is_running(self) -> bool {
        self.import.with(|import| import.as_ref().is_some_and(|import| import.state == ImportState::Running))
    }

    /// Whether the file of the dry run is available; it is not after a reload of the page.
    pub fn has_file(self) -> bool {
        self.file.with(Option::is_some)
    }

    /// Whether the columns of a file can be matched.
    pub fn is_matching(self) -> bool {
        self.preview.with(Option::is_some)
    }

    /// Takes a file and loads its preview.
    pub fn choose(self, file: File) {
        self.name.set(file.name());
        self.file.set(Some(file));
        self.encoding.set(String::new());
        self.sheet.set(String::new());
        self.load_preview();
    }

    /// Loads the preview of the file, also after encoding or sheet were changed.
    pub fn load_preview(self) {
        let Some(file) = self.file.get_untracked().filter(|_| !untrack(|| self.busy())) else { return };
        // What is shown belongs to the previous file.
        self.clear();
        self.import.set(None);
        self.preview.set(None);
        self.failure.set(None);
        self.sending.set(true);
        let path = format!("/import/preview?{}", self.read_options());
        spawn_local(async move {
            let seen = self.api.post_file::<ImportPreview>(&path, &file).await;
            self.sending.try_set(false);
            match seen {
                Ok(seen) => {
                    self.columns.try_set(Columns::of(&seen));
                    self.preview.try_set(Some(seen));
                    restore_focus("#import-matching");
                }
                Err(failure) => {
                    self.failure.try_set(Some(failure));
                    restore_focus("#import-file");
                }
            }
        });
    }

    fn read_options(self) -> String {
        let given = |name: &str, value: String| {
            (!value.is_empty()).then(|| format!("{name}={}", js_sys::encode_uri_component(&value)))
        };
        let parts = [given("encoding", self.encoding.get_untracked()), given("sheet", self.sheet.get_untracked())];
        parts.into_iter().flatten().collect::<Vec<_>>().join("&")
    }

    /// Starts a dry run with the current matching.
    pub fn dry_run(self) {
        if let Some(preview) = self.preview.get_untracked() {
            save_matching(&preview, &self.columns.get_untracked());
        }
        self.start(true);
    }

    /// Goes back to matching the columns.
    pub fn match_again(self) {
        self.load_preview();
    }

    /// Imports the file of the dry run.
    pub fn import(self) {
        self.start(false);
    }

    /// Cancels the import.
    pub fn cancel(self) {
        let Some(id) = self.import.with_untracked(|import| import.as_ref().map(|import| import.id)) else { return };
        spawn_local(async move {
            if let Err(failure) = self.api.delete(&format!("/imports/{id}")).await {
                self.failure.try_set(Some(failure));
            }
            // Also if polling had been given up meanwhile.
            if let Ok(import) = self.api.read(&format!("/imports/{id}")).await {
                self.follow(import).await;
            }
        });
    }

    /// Loads the next rows.
    pub fn load_more(self) {
        if !self.loading.get_value() {
            let next = self.next.get_untracked();
            spawn_local(async move { self.load(next).await });
        }
    }

    fn clear(self) {
        self.rows.set(Vec::new());
        self.next.set(None);
    }

    fn start(self, dry_run: bool) {
        let Some(file) = self.file.get_untracked().filter(|_| !untrack(|| self.busy())) else { return };
        self.failure.set(None);
        self.sending.set(true);
        let mapping = self.columns.with_untracked(Columns::mapping).unwrap_or_default();
        let mapping = String::from(js_sys::encode_uri_component(&mapping));
        let path = format!("/import?dry_run={dry_run}&mapping={mapping}&{}", self.read_options());
        spawn_local(async move {
            let begun = self.api.post_file::<ImportView>(&path, &file).await;
            self.sending.try_set(false);
            match begun {
                Ok(begun) => {
                    self.preview.try_set(None);
                    let _ = self.write_url.try_run(begun.id);
                    restore_focus("#import-status");
                    self.follow(begun).await;
                }
                Err(failure) => drop(self.failure.try_set(Some(failure))),
            }
        });
    }

    /// Polls the import until it is over, also while the server does not answer. The import itself continues even if
    /// the page is closed.
    async fn follow(self, begun: ImportView) {
        let path = format!("/imports/{}", begun.id);
        let (mut import, mut wait) = (Some(begun), POLL_INTERVAL_MS);
        loop {
            if let Some(now) = import.take() {
                let running = now.state == ImportState::Running;
                if self.import.try_set(Some(now)).is_some() || !running {
                    break;
                }
            }
            TimeoutFuture::new(wait).await;
            match self.api.read(&path).await {
                Ok(now) => {
                    self.failure.try_set(None);
                    (import, wait) = (Some(now), POLL_INTERVAL_MS);
                }
                Err(failure) => {
                    let transient = failure.is_transient();
                    if self.failure.try_set(Some(failure)).is_some() || !transient {
                        return;
                    }
                    wait = RETRY_INTERVAL_MS;
                }
            }
        }
        self.load(None).await;
    }

    async fn load(self, after: Option<String>) {
        let Some(Some(id)) = self.import.try_with_untracked(|import| import.as_ref().map(|import| import.id)) else {
            return;
        };
        let place = after.as_ref().map(|after| format!("&after={after}")).unwrap_or_default();
        self.loading.try_set_value(true);
        let answer = self.api.read::<Page<ImportRow>>(&format!("/imports/{id}/rows?limit=100{place}")).await;
        self.loading.try_set_value(false);
        // The page has been closed or shows another import.
        if self.import.try_with_untracked(|import| import.as_ref().map(|import| import.id)).flatten() != Some(id) {
            return;
        }
        match answer {
            Ok(page) => {
                if after.is_none() {
                    self.clear();
                }
                self.rows.update(|rows| rows.extend(page.items));
                self.next.set(page.next);
            }
            Err(failure) => self.failure.set(Some(failure)),
        }
    }
}
