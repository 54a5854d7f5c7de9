//! A list that is read page by page.

use super::{QueryStatus, SEARCH_DEBOUNCE_MS};
use leptos::prelude::*;
use seatkeeper_shared::{
    endpoints::{ApiRequest, Endpoint},
    wire::{
        Page,
        audit::{AuditEvent, AuditPage},
    },
};
use serde::{Deserialize, de::DeserializeOwned};

/// A list that is read page by page.
pub struct Paged<T: 'static> {
    status: QueryStatus,
    items: RwSignal<Vec<T>>,
    total: RwSignal<Option<i64>>,
    /// The cursor of the next page.
    next: RwSignal<Option<String>>,
    /// The request that the items answer.
    answered: RwSignal<Option<ApiRequest>>,
    /// Whether a list that is read again is read up to its length of before.
    keeps_length: bool,
    /// Counts how often the first page was read.
    first_pages: RwSignal<usize>,
}

/// A page of a list. The audit log has no total, and a number as its cursor.
#[derive(Deserialize)]
struct PageAnswer<T> {
    items: Vec<T>,
    next: Option<Cursor>,
    total: Option<i64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Cursor {
    Text(String),
    Position(i64),
}

/// The part of a paged list that does not depend on the type of its items.
#[derive(Clone, Copy)]
pub struct Paging {
    /// The states of loading.
    pub status: QueryStatus,
    /// Whether there are further pages.
    pub has_more: Signal<bool>,
    /// Reads the next page, unless a request is in progress.
    pub load_more: Callback<()>,
}

impl<T> Clone for Paged<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Paged<T> {}

impl<T: DeserializeOwned + Send + Sync + 'static> Paged<T> {
    /// Reads the first page now and whenever the signals that the request is made of change it; after a pause if
    /// `is_typing` says so for the requests before and now. The items of before remain until the answer is there;
    /// `None` empties the list.
    pub fn new(
        request: impl Fn() -> Option<Endpoint<Page<T>>> + Send + Sync + 'static,
        is_typing: fn(&str, &str) -> bool,
    ) -> Self {
        Self::start(Box::new(move || request().map(Endpoint::into_request)), is_typing, false)
    }

    /// Like [`Paged::new`], but when the same request is sent again, the items of before remain until as many pages
    /// are there: the list does not become shorter under its reader.
    pub fn keeping_length(
        request: impl Fn() -> Option<Endpoint<Page<T>>> + Send + Sync + 'static,
        is_typing: fn(&str, &str) -> bool,
    ) -> Self {
        Self::start(Box::new(move || request().map(Endpoint::into_request)), is_typing, true)
    }

    fn start(
        request: Box<dyn Fn() -> Option<ApiRequest> + Send + Sync>,
        is_typing: fn(&str, &str) -> bool,
        keeps_length: bool,
    ) -> Self {
        let list = Self {
            status: QueryStatus::new(),
            items: RwSignal::new(Vec::new()),
            total: RwSignal::new(None),
            next: RwSignal::new(None),
            answered: RwSignal::new(None),
            keeps_length,
            first_pages: RwSignal::new(0),
        };
        Effect::new(move |_| {
            list.status.reloads.track();
            let now = request();
            let before = list.status.request.get_value();
            list.status.request.set_value(now.clone());
            let Some(now) = now else { return list.clear() };
            let typing = before.is_some_and(|before| before != now && is_typing(&before.path, &now.path));
            list.send(now, if typing { SEARCH_DEBOUNCE_MS } else { 0 }, false);
        });
        list
    }

    fn clear(self) {
        self.status.stop();
        self.status.reset();
        self.items.set(Vec::new());
        self.total.set(None);
        self.next.set(None);
        self.answered.set(None);
    }

    fn send(self, request: ApiRequest, delay_ms: u32, append: bool) {
        let first = self.status.request.get_value();
        let is_again = !append && self.keeps_length && self.answered.with_untracked(|answered| *answered == first);
        let length = if is_again { self.items.with_untracked(Vec::len) } else { 0 };
        let mut read = Vec::new();
        let deliver = move |text: String, _| {
            let page: PageAnswer<T> = crate::api::parse(&text)?;
            let next = page.next.map(|next| match next {
                Cursor::Text(text) => text,
                Cursor::Position(position) => position.to_string(),
            });
            read.extend(page.items);
            if let (Some(next), Some(first)) = (next.as_deref().filter(|_| read.len() < length), first.clone()) {
                return Ok(Some(page_after(first, next)));
            }
            self.total.set(page.total);
            self.next.set(next);
            if !append {
                self.answered.set(first.clone());
                self.first_pages.update(|count| *count += 1);
            }
            self.items.update(|items| {
                if !append {
                    items.clear();
                }
                items.append(&mut read);
            });
            Ok(None)
        };
        self.status.send(request, delay_ms, Box::new(deliver));
    }

    /// Reads the first page again.
    pub fn reload(self) {
        self.status.reload();
    }

    /// Reads the next page, unless a request is in progress.
    pub fn load_more(self) {
        let request = self.status.request();
        let (Some(request), Some(next)) = (request, self.next.try_get_untracked().flatten()) else { return };
        // The cursor of another request's items leads nowhere.
        let is_outdated = self.answered.with_untracked(|answered| answered.as_ref() != Some(&request));
        if self.status.loading.get_untracked() || is_outdated {
            return;
        }
        self.send(page_after(request, &next), 0, true);
    }

    /// Whether the items answer this request, and not an earlier one; tracked.
    pub fn is_answer_to(self, request: Endpoint<Page<T>>) -> bool {
        let request = request.into_request();
        self.answered.with(|answered| answered.as_ref() == Some(&request))
    }

    /// The items loaded so far.
    pub fn items(self) -> RwSignal<Vec<T>> {
        self.items
    }

    /// The number of matching items, once known; tracked.
    pub fn total(self) -> Option<i64> {
        self.total.try_get().flatten()
    }

    /// How often the first page was read; tracked.
    pub fn first_pages(self) -> usize {
        self.first_pages.get()
    }

    /// What the foot of the list needs.
    pub fn paging(self) -> Paging {
        let has_more = Signal::derive(move || self.has_more());
        Paging { status: self.status, has_more, load_more: Callback::new(move |()| self.load_more()) }
    }

    /// Whether there are further pages; tracked.
    pub fn has_more(self) -> bool {
        self.next.try_with(Option::is_some).unwrap_or_default()
    }

    /// The states, for [`Loaded`].
    pub fn status(self) -> QueryStatus {
        self.status
    }
}

impl Paged<AuditEvent> {
    /// Like [`Paged::new`], for the audit log.
    pub fn audit(
        request: impl Fn() -> Endpoint<AuditPage> + Send + Sync + 'static,
        is_typing: fn(&str, &str) -> bool,
    ) -> Self {
        Self::start(Box::new(move || Some(request().into_request())), is_typing, false)
    }
}

fn page_after(mut first: ApiRequest, next: &str) -> ApiRequest {
    first.path = Endpoint::<()>::get(first.path).with("after", next).into_request().path;
    first
}

/// Whether two paths differ in the text that the user searches for.
pub fn is_typing(before: &str, now: &str) -> bool {
    let search_text = |path: &str| path.split(['?', '&']).find_map(|part| part.strip_prefix("q=")).map(str::to_owned);
    search_text(before) != search_text(now)
}
