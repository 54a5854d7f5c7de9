//! What a page has loaded: requested again when the request changes, with its states loading, failed and loaded.
//!
//! A late answer to an outdated request is ignored, a failed reload leaves the value in place, and all methods do
//! nothing once the page is closed.

mod paged;

pub use paged::{Paged, Paging, is_typing};

use crate::{
    api::{Api, Failure},
    ui::empty_state::{LoadError, Skeleton},
};
use gloo_timers::future::TimeoutFuture;
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    endpoints::{Answer, ApiRequest, Endpoint},
    problem::Code,
};

/// The delay after the last keystroke before a search is sent.
pub const SEARCH_DEBOUNCE_MS: u32 = 180;

/// What is known of the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoadState {
    /// There is no answer yet.
    Loading,
    /// There is a value; it may be outdated if the last reload failed.
    Loaded,
    /// There is no such resource, or the caller may not see it.
    NotFound,
    /// Loading failed, and there is no value.
    Failed,
}

/// Takes an answer and its ETag; returns the request that has to follow before all is there, if one has to.
type Deliver = Box<dyn FnMut(String, String) -> Result<Option<ApiRequest>, Failure>>;

/// The part of a query that does not depend on the type of its value.
#[derive(Clone, Copy)]
pub struct QueryStatus {
    /// Whether a request is in progress.
    loading: RwSignal<bool>,
    /// Whether there is a value.
    loaded: RwSignal<bool>,
    failure: RwSignal<Option<Failure>>,
    /// Counts the calls of `reload`.
    reloads: RwSignal<usize>,
    /// What is requested; of a list, its first page.
    request: StoredValue<Option<ApiRequest>>,
    /// Numbers the requests, so that late answers to outdated ones are ignored.
    request_number: StoredValue<usize>,
    api: Api,
}

impl QueryStatus {
    fn new() -> Self {
        Self {
            loading: RwSignal::new(true),
            loaded: RwSignal::new(false),
            failure: RwSignal::new(None),
            reloads: RwSignal::new(0),
            request: StoredValue::new(None),
            request_number: StoredValue::new(0),
            api: Api::get(),
        }
    }

    /// Loads again. The value remains until the answer is there.
    pub fn reload(self) {
        self.reloads.try_update(|reloads| *reloads += 1);
    }

    /// What is known of the value; tracked.
    pub fn state(self) -> LoadState {
        match (self.loaded.get(), self.failure.with(|failure| failure.as_ref().map(Failure::code))) {
            (_, Some(Some(Code::NotFound))) => LoadState::NotFound,
            (true, _) => LoadState::Loaded,
            (false, Some(_)) => LoadState::Failed,
            (false, None) => LoadState::Loading,
        }
    }

    /// Whether a request is in progress; tracked.
    pub fn is_loading(self) -> bool {
        self.loading.get()
    }

    /// Why the last request failed; tracked.
    pub fn failure(self) -> Option<Failure> {
        self.failure.get()
    }

    /// What is requested, of a list its first page; untracked.
    pub fn request(self) -> Option<ApiRequest> {
        self.request.try_get_value().flatten()
    }

    /// Sends a request, after a delay if the user is still typing; `deliver` gets the answer and its ETag.
    fn send(self, mut request: ApiRequest, delay_ms: u32, mut deliver: Deliver) {
        let Some(number) = self.request_number.try_update_value(|number| {
            *number += 1;
            *number
        }) else {
            return;
        };
        self.loading.set(true);
        spawn_local(async move {
            if delay_ms > 0 {
                TimeoutFuture::new(delay_ms).await;
            }
            // The page has been closed, or a newer request was sent.
            let is_current = move || self.request_number.try_get_value() == Some(number);
            if !is_current() {
                return;
            }
            loop {
                let answer = self.api.exchange(request).await;
                if !is_current() {
                    return;
                }
                match answer.and_then(|(text, tag)| deliver(text, tag)) {
                    Ok(Some(next)) => request = next,
                    Ok(None) => return self.finish(Ok(())),
                    Err(failure) => return self.finish(Err(failure)),
                }
            }
        });
    }

    fn finish(self, result: Result<(), Failure>) {
        self.loading.set(false);
        if result.is_ok() {
            self.loaded.set(true);
        }
        self.failure.set(result.err());
    }

    /// Nothing is to be loaded: the answer to a request that was sent before is ignored.
    fn stop(self) {
        self.request_number.try_update_value(|number| *number += 1);
        self.loading.set(false);
    }

    /// Forgets the value: another request begins.
    fn reset(self) {
        self.loaded.set(false);
        self.failure.set(None);
    }

    /// A value came from elsewhere. The answer to a request that was sent before is ignored.
    fn set_loaded(self) {
        self.request_number.try_update_value(|number| *number += 1);
        self.loading.try_set(false);
        self.loaded.try_set(true);
        self.failure.try_set(None);
    }
}

/// A value that is read from the server.
pub struct Query<T: 'static> {
    status: QueryStatus,
    value: RwSignal<Option<T>>,
    tag: RwSignal<String>,
}

/// What a query is to load, if anything.
#[derive(PartialEq)]
struct Wanted(Option<ApiRequest>);

impl<T> Clone for Query<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Query<T> {}

impl<T: Answer + Send + Sync + 'static> Query<T> {
    /// Sends the request now and whenever the signals that it is made of change it. `None` loads nothing. A different
    /// request discards the value.
    pub fn new(request: impl Fn() -> Option<Endpoint<T>> + Send + Sync + 'static) -> Self {
        Self::start(Box::new(move || request().map(Endpoint::into_request)), 0)
    }

    /// Like [`Query::new`], but for what the user types: waits until they pause.
    pub fn search(request: impl Fn() -> Option<Endpoint<T>> + Send + Sync + 'static) -> Self {
        Self::start(Box::new(move || request().map(Endpoint::into_request)), SEARCH_DEBOUNCE_MS)
    }

    /// Sends a request that never changes.
    pub fn once(request: Endpoint<T>) -> Self {
        let request = request.into_request();
        Self::start(Box::new(move || Some(request.clone())), 0)
    }

    fn start(request: Box<dyn Fn() -> Option<ApiRequest> + Send + Sync>, delay_ms: u32) -> Self {
        let query = Self { status: QueryStatus::new(), value: RwSignal::new(None), tag: RwSignal::default() };
        Effect::new(move |before: Option<Wanted>| {
            query.status.reloads.track();
            let now = Wanted(request());
            let is_same = before.as_ref() == Some(&now);
            if !is_same && before.is_some() {
                query.status.reset();
                query.value.set(None);
            }
            query.status.request.set_value(now.0.clone());
            match now.0.clone() {
                Some(request) => query.send(request, if is_same { 0 } else { delay_ms }),
                None => query.status.stop(),
            }
            now
        });
        query
    }

    fn send(self, request: ApiRequest, delay_ms: u32) {
        let deliver = move |text: String, tag: String| {
            let value = crate::api::parse(&text)?;
            self.tag.set(tag);
            self.value.set(Some(value));
            Ok(None)
        };
        self.status.send(request, delay_ms, Box::new(deliver));
    }

    /// Loads again. The value remains until the answer is there.
    pub fn reload(self) {
        self.status.reload();
    }

    /// Puts a newer value in place, from the answer to a change, with its ETag.
    pub fn set_tagged(self, value: T, tag: String) {
        self.tag.try_set(tag);
        self.set(value);
    }

    /// Puts a newer value in place, from the answer to a change.
    pub fn set(self, value: T) {
        self.value.try_set(Some(value));
        self.status.set_loaded();
    }

    /// Changes the value, if it is loaded.
    pub fn update(self, change: impl FnOnce(&mut T)) {
        self.value.try_update(|value| value.as_mut().map(change));
    }

    /// The result of a function of the value, if it is loaded; tracked.
    pub fn with<R>(self, of: impl FnOnce(&T) -> R) -> Option<R> {
        self.value.try_with(|value| value.as_ref().map(of)).flatten()
    }

    /// The result of a function of the value, if it is loaded; untracked.
    pub fn with_untracked<R>(self, of: impl FnOnce(&T) -> R) -> Option<R> {
        self.value.try_with_untracked(|value| value.as_ref().map(of)).flatten()
    }

    /// The value, if it is loaded; tracked.
    pub fn get(self) -> Option<T>
    where
        T: Clone,
    {
        self.value.try_get().flatten()
    }

    /// The ETag of the value; tracked.
    pub fn tag(self) -> String {
        self.tag.try_get().unwrap_or_default()
    }

    /// The states, for [`Loaded`].
    pub fn status(self) -> QueryStatus {
        self.status
    }
}

/// Shows what a query has loaded; before that a skeleton, or why loading failed with a button to try again.
#[component]
pub fn Loaded(
    /// The query's states.
    status: QueryStatus,
    /// The number of placeholder lines.
    #[prop(default = 3)]
    rows: usize,
    /// Shown if there is no such resource; by default the server's answer.
    #[prop(optional, into)]
    missing: Option<ViewFn>,
    /// The content. It is not drawn again when the value is reloaded.
    children: ChildrenFn,
) -> impl IntoView {
    let state = Memo::new(move |_| status.state());
    let failed = move || {
        let failure = Signal::derive(move || status.failure().unwrap_or(Failure::Unreachable));
        view! { <LoadError failure retry=move |()| status.reload() /> }.into_any()
    };
    move || match (state.get(), &missing) {
        (LoadState::Loaded, _) => children().into_any(),
        (LoadState::Loading, _) => view! { <Skeleton rows /> }.into_any(),
        (LoadState::NotFound, Some(missing)) => missing.run(),
        (LoadState::NotFound, None) | (LoadState::Failed, _) => failed(),
    }
}

#[cfg(test)]
mod tests;
