//! The state of an import: file, columns, progress and results.

use super::columns::{Columns, save_matching};
use crate::{
    api::{Api, Failure},
    ui::{
        focus::restore_focus,
        form::Form,
        query::{LoadState, Paged, Query},
    },
};
use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_query_map},
};
use seatkeeper_shared::{
    endpoints::{self, Endpoint},
    ids::ImportId,
    wire::imports::{ImportPreview, ImportRow, ImportState, ImportView},
};
use std::time::Duration;
use web_sys::File;

/// How often the progress is polled.
const POLL_INTERVAL: Duration = Duration::from_millis(400);
/// The delay before polling again if the server did not answer.
const RETRY_INTERVAL: Duration = Duration::from_secs(3);

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
    /// The dry run or import of the URL, so that a reload finds it again.
    pub id: Memo<Option<ImportId>>,
    /// Its latest state.
    pub import: Query<ImportView>,
    /// Its rows once it is over, those with problems first.
    pub rows: Paged<ImportRow>,
    /// The name of the file.
    pub name: RwSignal<String>,
    file: RwSignal<Option<File>, LocalStorage>,
    /// Whether the file is being uploaded, and why that failed.
    sending: Form,
    /// Puts an import into the URL, or removes it.
    write_url: Callback<Option<ImportId>>,
    api: Api,
}

impl ImportJob {
    /// Creates the state: empty, or following the import of the URL.
    pub fn new() -> Self {
        let (query, navigate) = (use_query_map(), use_navigate());
        let write_url = Callback::new(move |id: Option<ImportId>| {
            let options = NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() };
            let query = id.map(|id| format!("?import={id}")).unwrap_or_default();
            navigate(&format!("/users/import{query}"), options);
        });
        let id = Memo::new(move |_| query.with(|query| query.get_str("import").and_then(|id| id.parse().ok())));
        let import = Query::new(move || id.get().map(endpoints::imports::one));
        let over = Memo::new(move |_| {
            import.with(|import| (import.state != ImportState::Running).then_some(import.id)).flatten()
        });
        let job = Self {
            preview: RwSignal::new(None),
            columns: RwSignal::default(),
            encoding: RwSignal::default(),
            sheet: RwSignal::default(),
            id,
            import,
            rows: Paged::new(move || over.get().map(endpoints::imports::rows), |_, _| false),
            name: RwSignal::default(),
            file: RwSignal::new_local(None),
            sending: Form::default(),
            write_url,
            api: Api::get(),
        };
        job.poll();
        job.keep_focus();
        job
    }

    /// Loads the state again and again until the import is over, also while the server does not answer. The import
    /// itself continues even if the page is closed.
    fn poll(self) {
        Effect::new(move |_| {
            let status = self.import.status();
            let is_running = self.import.with(|import| import.state == ImportState::Running);
            let wait = match (status.is_loading(), status.failure(), is_running) {
                (false, Some(failure), _) if failure.is_transient() => RETRY_INTERVAL,
                (false, None, Some(true)) => POLL_INTERVAL,
                _ => return,
            };
            set_timeout(move || self.import.reload(), wait);
        });
    }

    /// Moves the focus to what came of the file, if it was lost: the field is disabled meanwhile, and the button that
    /// was pressed goes away.
    fn keep_focus(self) {
        Effect::new(move |before: Option<(bool, bool)>| {
            let now = (self.sending.busy(), self.is_running());
            if !now.0 && before.is_some_and(|before| before != now) {
                restore_focus(match (self.preview.with_untracked(Option::is_some), self.id.get_untracked()) {
                    (true, _) => "#import-matching",
                    (false, Some(_)) => "#import-status",
                    (false, None) => "#import-file",
                });
            }
            now
        });
    }

    /// Whether a file is being uploaded or an import is running.
    pub fn busy(self) -> bool {
        self.sending.busy() || self.is_running()
    }

    /// Whether an import is running, or has just been started.
    pub fn is_running(self) -> bool {
        let is_running = self.import.with(|import| import.state == ImportState::Running);
        let is_new = || self.id.get().is_some() && self.import.status().state() == LoadState::Loading;
        is_running.unwrap_or_else(is_new)
    }

    /// Whether there is an import to show.
    pub fn is_known(self) -> bool {
        self.id.get().is_some() && matches!(self.import.status().state(), LoadState::Loading | LoadState::Loaded)
    }

    /// Whether the file of the dry run is available; it is not after a reload of the page.
    pub fn has_file(self) -> bool {
        self.file.with(Option::is_some)
    }

    /// Whether the columns of a file can be matched.
    pub fn is_matching(self) -> bool {
        self.preview.with(Option::is_some)
    }

    /// Why the last request failed; tracked.
    pub fn failure(self) -> Option<Failure> {
        self.sending.failure().or_else(|| self.import.status().failure())
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
        if self.id.get_untracked().is_some() {
            self.write_url.run(None);
        }
        self.preview.set(None);
        let request = self.api.send_file(self.read_as(endpoints::imports::preview()), file);
        self.sending.run([], request, move |seen| {
            self.columns.try_set(Columns::of(&seen));
            self.preview.try_set(Some(seen));
        });
    }

    /// Adds how the file is to be read.
    fn read_as<T>(self, request: Endpoint<T>) -> Endpoint<T> {
        let given = [("encoding", self.encoding.get_untracked()), ("sheet", self.sheet.get_untracked())];
        let given = given.into_iter().filter(|(_, value)| !value.is_empty());
        given.fold(request, |request, (name, value)| request.with(name, &value))
    }

    /// Starts a dry run with the current matching.
    pub fn dry_run(self) {
        if let Some(preview) = self.preview.get_untracked() {
            save_matching(&preview, &self.columns.get_untracked());
        }
        self.start(true);
    }

    /// Imports the file of the dry run.
    pub fn import(self) {
        self.start(false);
    }

    fn start(self, dry_run: bool) {
        let Some(file) = self.file.get_untracked().filter(|_| !untrack(|| self.busy())) else { return };
        let mapping = self.columns.with_untracked(Columns::mapping);
        let request = self.read_as(endpoints::imports::start(dry_run)).with_some("mapping", mapping.as_deref());
        self.sending.run([], self.api.send_file(request, file), move |begun: ImportView| {
            self.preview.try_set(None);
            let _ = self.write_url.try_run(Some(begun.id));
        });
    }

    /// Cancels the import.
    pub fn cancel(self) {
        if let Some(id) = self.id.get_untracked() {
            // Loaded again also if polling had been given up meanwhile.
            self.sending.submit([], || endpoints::imports::cancel(id), move |()| self.import.reload());
        }
    }
}
