//! An import on its way: the file, how far it is, and what became of the rows.

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
        imports::{ImportRow, ImportState, ImportView},
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

    /// Tries a file out.
    pub fn check(self, file: File) {
        self.name.set(file.name());
        self.file.set(Some(file));
        // What is shown is of another file.
        self.clear();
        self.import.set(None);
        self.start(true);
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
        spawn_local(async move {
            let begun = self.api.post_file::<ImportView>(&format!("/import?dry_run={dry_run}"), &file).await;
            self.sending.try_set(false);
            match begun {
                Ok(begun) => {
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
