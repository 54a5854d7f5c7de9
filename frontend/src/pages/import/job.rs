//! An import on its way: the file and what its columns mean, how far it is, and what became of the rows.

use super::columns::{Columns, remember};
use crate::api::{Api, Failure};
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

/// How often it is asked how far the import is, in milliseconds.
const ASK: u32 = 400;
/// How long it is waited before a server that does not answer is asked again, in milliseconds.
const ASK_AGAIN: u32 = 3_000;

/// The import of the page.
#[derive(Clone, Copy)]
pub struct Job {
    /// What is in the file, until it is tried out.
    pub preview: RwSignal<Option<ImportPreview>>,
    /// What its columns mean.
    pub columns: RwSignal<Columns>,
    /// The encoding that somebody chose; empty: found out.
    pub encoding: RwSignal<String>,
    /// The sheet that somebody chose; empty: the first.
    pub sheet: RwSignal<String>,
    /// The import, as it was last heard of: the dry run first, then the one in earnest.
    pub import: RwSignal<Option<ImportView>>,
    /// The rows that are shown, those with problems first.
    pub rows: RwSignal<Vec<ImportRow>>,
    /// Where more rows begin.
    pub next: RwSignal<Option<String>>,
    /// Why something could not be done.
    pub failure: RwSignal<Option<Failure>>,
    /// The name of the file.
    pub name: RwSignal<String>,
    /// Whether the file is on its way to the server.
    pub sending: RwSignal<bool>,
    file: RwSignal<Option<File>, LocalStorage>,
    /// Whether more rows are on their way.
    loading: StoredValue<bool>,
    /// Writes the import into the address bar: whoever comes back finds it again.
    note: Callback<ImportId>,
    api: Api,
}

impl Job {
    /// Nothing is chosen yet; or the import that stands in the address bar.
    pub fn new() -> Self {
        let (query, navigate) = (use_query_map(), use_navigate());
        let note = Callback::new(move |id: ImportId| {
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
            note,
            api: Api::get(),
        };
        let noted = query.with_untracked(|query| query.get_str("import").and_then(|id| id.parse::<ImportId>().ok()));
        if let Some(id) = noted {
            spawn_local(async move {
                match job.api.read(&format!("/imports/{id}")).await {
                    Ok(import) => job.follow(import).await,
                    Err(failure) => drop(job.failure.try_set(Some(failure))),
                }
            });
        }
        job
    }

    /// Whether a file or an import is on its way.
    pub fn busy(self) -> bool {
        self.sending.get() || self.runs()
    }

    /// Whether an import is on its way.
    pub fn runs(self) -> bool {
        self.import.with(|import| import.as_ref().is_some_and(|import| import.state == ImportState::Running))
    }

    /// Whether the file is at hand that was tried out: not after the page was loaded anew.
    pub fn has_file(self) -> bool {
        self.file.with(Option::is_some)
    }

    /// Whether a file is chosen whose columns can be looked at.
    pub fn is_matching(self) -> bool {
        self.preview.with(Option::is_some)
    }

    /// Takes a file, and looks what is in it.
    pub fn choose(self, file: File) {
        self.name.set(file.name());
        self.file.set(Some(file));
        self.encoding.set(String::new());
        self.sheet.set(String::new());
        self.look();
    }

    /// Looks what is in the file, again if somebody says how it is to be read.
    pub fn look(self) {
        let Some(file) = self.file.get_untracked().filter(|_| !untrack(|| self.busy())) else { return };
        // What is shown is of another file.
        self.clear();
        self.import.set(None);
        self.preview.set(None);
        self.failure.set(None);
        self.sending.set(true);
        let path = format!("/import/preview?{}", self.how_to_read());
        spawn_local(async move {
            let seen = self.api.post_file::<ImportPreview>(&path, &file).await;
            self.sending.try_set(false);
            match seen {
                Ok(seen) => {
                    self.columns.try_set(Columns::of(&seen));
                    self.preview.try_set(Some(seen));
                }
                Err(failure) => drop(self.failure.try_set(Some(failure))),
            }
        });
    }

    fn how_to_read(self) -> String {
        let given = |name: &str, value: String| {
            (!value.is_empty()).then(|| format!("{name}={}", js_sys::encode_uri_component(&value)))
        };
        let parts = [given("encoding", self.encoding.get_untracked()), given("sheet", self.sheet.get_untracked())];
        parts.into_iter().flatten().collect::<Vec<_>>().join("&")
    }

    /// Tries the file out, with its columns as they are matched now.
    pub fn check(self) {
        if let Some(preview) = self.preview.get_untracked() {
            remember(&preview, &self.columns.get_untracked());
        }
        self.start(true);
    }

    /// Matches the columns once more.
    pub fn match_again(self) {
        self.look();
    }

    /// Imports the file that was tried out.
    pub fn import(self) {
        self.start(false);
    }

    /// Calls the import off.
    pub fn cancel(self) {
        let Some(id) = self.import.with_untracked(|import| import.as_ref().map(|import| import.id)) else { return };
        spawn_local(async move {
            if let Err(failure) = self.api.delete(&format!("/imports/{id}")).await {
                self.failure.try_set(Some(failure));
            }
            // Also if it was given up on meanwhile.
            if let Ok(import) = self.api.read(&format!("/imports/{id}")).await {
                self.follow(import).await;
            }
        });
    }

    /// Loads the next rows.
    pub fn more(self) {
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
        let path = format!("/import?dry_run={dry_run}&mapping={mapping}&{}", self.how_to_read());
        spawn_local(async move {
            let begun = self.api.post_file::<ImportView>(&path, &file).await;
            self.sending.try_set(false);
            match begun {
                Ok(begun) => {
                    self.preview.try_set(None);
                    let _ = self.note.try_run(begun.id);
                    self.follow(begun).await;
                }
                Err(failure) => drop(self.failure.try_set(Some(failure))),
            }
        });
    }

    /// Follows the import until it is over. It goes on if the page is left, and while the server does not answer.
    async fn follow(self, begun: ImportView) {
        let path = format!("/imports/{}", begun.id);
        let (mut import, mut wait) = (Some(begun), ASK);
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
                    (import, wait) = (Some(now), ASK);
                }
                Err(failure) => {
                    let passes = failure.passes();
                    if self.failure.try_set(Some(failure)).is_some() || !passes {
                        return;
                    }
                    wait = ASK_AGAIN;
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
        // The page is gone, or shows another import.
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
