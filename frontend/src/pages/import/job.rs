//! An import on its way: the file, how far it is, and what became of the rows.

use crate::api::{Api, Failure};
use gloo_timers::future::TimeoutFuture;
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::wire::{
    Page,
    imports::{ImportRow, ImportState, ImportView},
};
use web_sys::File;

/// How often it is asked how far the import is, in milliseconds.
const ASK: u32 = 400;

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
    file: StoredValue<Option<File>, LocalStorage>,
    api: Api,
}

impl Job {
    /// Nothing is chosen yet.
    pub fn new() -> Self {
        Self {
            import: RwSignal::new(None),
            rows: RwSignal::default(),
            next: RwSignal::new(None),
            failure: RwSignal::new(None),
            name: RwSignal::default(),
            sending: RwSignal::new(false),
            file: StoredValue::new_local(None),
            api: Api::get(),
        }
    }

    /// Whether an import is on its way.
    pub fn busy(self) -> bool {
        let running = |import: &ImportView| import.state == ImportState::Running;
        self.sending.get() || self.import.with(|import| import.as_ref().is_some_and(running))
    }

    /// Tries a file out.
    pub fn check(self, file: File) {
        self.name.set(file.name());
        self.file.set_value(Some(file));
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
        });
    }

    /// Loads the next rows.
    pub fn more(self) {
        spawn_local(async move { self.load(self.next.get_untracked()).await });
    }

    fn start(self, dry_run: bool) {
        let Some(file) = self.file.get_value() else { return };
        self.failure.set(None);
        self.import.set(None);
        self.rows.set(Vec::new());
        self.next.set(None);
        self.sending.set(true);
        spawn_local(async move {
            let begun = self.api.post_file::<ImportView>(&format!("/import?dry_run={dry_run}"), &file).await;
            self.sending.try_set(false);
            match begun {
                Ok(begun) => self.follow(begun).await,
                Err(failure) => drop(self.failure.try_set(Some(failure))),
            }
        });
    }

    /// Follows the import until it is over. It goes on if the page is left.
    async fn follow(self, begun: ImportView) {
        let path = format!("/imports/{}", begun.id);
        let mut import = begun;
        loop {
            let running = import.state == ImportState::Running;
            if self.import.try_set(Some(import)).is_some() || !running {
                break;
            }
            TimeoutFuture::new(ASK).await;
            match self.api.read(&path).await {
                Ok(now) => import = now,
                Err(failure) => return drop(self.failure.try_set(Some(failure))),
            }
        }
        self.load(None).await;
    }

    async fn load(self, after: Option<String>) {
        let Some(Some(id)) = self.import.try_with_untracked(|import| import.as_ref().map(|import| import.id)) else {
            return;
        };
        let after = after.map(|after| format!("&after={after}")).unwrap_or_default();
        match self.api.read::<Page<ImportRow>>(&format!("/imports/{id}/rows?limit=100{after}")).await {
            Ok(page) => {
                self.rows.try_update(|rows| rows.extend(page.items));
                self.next.try_set(page.next);
            }
            Err(failure) => drop(self.failure.try_set(Some(failure))),
        }
    }
}
