//! Shared state of a report: its filter, in the address, and what the choices are called.

use super::{
    ReportTab,
    filter::{ReportFilter, Scope},
    period::Period,
};
use crate::{
    caller::Caller,
    charts::time_range::TimeRange,
    clock::Clock,
    format::Format,
    live::Live,
    pages::licenses::days::local_time_in,
    ui::query::{LoadState, Query, QueryStatus},
};
use chrono::{DateTime, NaiveDateTime, Utc};
use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_query_map},
};
use seatkeeper_shared::{
    endpoints::{self, Answer, ApiRequest, Endpoint},
    ids::{LicenseId, ProductId},
    license::Model,
    permissions::Action,
    wire::{groups::GroupView, licenses::LicenseView, reports::PeakPeriod},
};
use std::sync::Arc;

/// Shared state of a report.
#[derive(Clone, Copy)]
pub struct ReportState {
    pub tab: ReportTab,
    /// The filter from the URL query.
    pub filter: Memo<ReportFilter>,
    /// Writes the filter to the URL query.
    set_filter: Callback<ReportFilter>,
    /// The live feed, which contains the licenses.
    pub live: Live,
    /// What the report is about: as chosen, else the first license if it needs one. `None` while that is not known, and
    /// if there is no license.
    pub scope: Memo<Option<Scope>>,
    /// For the choice of a group; not loaded for callers who may not see groups.
    pub groups: Query<Vec<GroupView>>,
    pub format: Format,
    /// Loads the report, once that is known.
    loading: StoredValue<Option<QueryStatus>>,
    caller: Caller,
    clock: Clock,
}

impl ReportState {
    /// Creates the state of a report.
    pub fn new(tab: ReportTab) -> Self {
        let (query, navigate) = (use_query_map(), use_navigate());
        let set_filter = Callback::new(move |filter: ReportFilter| {
            let options = NavigateOptions { scroll: false, ..NavigateOptions::default() };
            navigate(&format!("{}{}", tab.path(), filter.query()), options);
        });
        let (caller, live) = (Caller::get(), Live::get());
        let filter = Memo::new(move |_| query.with(ReportFilter::read));
        let first = Memo::new(move |_| live.state.with(|state| first_license(&state.licenses)));
        let scope = Memo::new(move |_| match filter.with(|filter| filter.scope) {
            Scope::All if !tab.accepts_all() => first.get().map(Scope::License),
            chosen => Some(chosen),
        });
        Self {
            tab,
            filter,
            set_filter,
            live,
            scope,
            groups: Query::new(move || caller.may(Action::ViewUsers).then(endpoints::groups::list)),
            format: Format::get(),
            loading: StoredValue::new(None),
            caller,
            clock: Clock::get(),
        }
    }

    /// Changes the filter, and with it the address; the browser's button leads back.
    pub fn update_filter(self, change: impl FnOnce(&mut ReportFilter)) {
        let mut filter = self.filter.get_untracked();
        change(&mut filter);
        self.set_filter.run(filter);
    }

    /// Shows a range of time. The chosen moment stays only if it is in it.
    pub fn show_range(self, range: TimeRange) {
        self.update_filter(|filter| {
            filter.period = Period::of_range(range);
            filter.at = filter.at.filter(|at| (range.from..range.to).contains(&at.timestamp_millis()));
        });
    }

    /// A part of the filter, for a control.
    pub fn chosen(self, read: fn(&ReportFilter) -> String) -> Signal<String> {
        Signal::derive(move || self.filter.with(read))
    }

    /// Whether the caller has this right; tracked.
    pub fn may(self, action: Action) -> bool {
        self.caller.may(action)
    }

    /// The request for a report: about the chosen seats, period and people. `None` while it is not known which license.
    pub fn request<T>(self, report: fn() -> Endpoint<T>) -> Option<Endpoint<T>> {
        let scope = self.scope.get()?;
        let filter = self.filter.with(|filter| filter.of_tab(self.tab));
        Some(filter.restrict(report(), scope, self.clock.now_untracked(), &self.to_local()))
    }

    /// Names what loads the report.
    pub fn set_loading(self, status: QueryStatus) {
        self.loading.set_value(Some(status));
    }

    /// The request that the report answers; untracked.
    pub fn sent_request(self) -> Option<ApiRequest> {
        self.loading.get_value()?.request()
    }

    /// The chosen period.
    pub fn limits(self) -> (DateTime<Utc>, DateTime<Utc>) {
        self.filter.with(|filter| filter.period.limits(self.clock.now_untracked(), &self.to_local()))
    }

    /// The length of the periods whose peaks are listed: as chosen, else one that gives some dozens of them; tracked.
    pub fn peaks(self) -> PeakPeriod {
        let (from, to) = self.limits();
        self.filter.with(|filter| filter.peaks).unwrap_or(match (to - from).num_days() {
            ..=2 => PeakPeriod::Hour,
            3..=100 => PeakPeriod::Day,
            101..=800 => PeakPeriod::Week,
            _ => PeakPeriod::Month,
        })
    }

    /// The current time, untracked.
    pub fn now(self) -> DateTime<Utc> {
        self.clock.now_untracked()
    }

    /// The conversion to the account's local time.
    pub fn to_local(self) -> impl Fn(DateTime<Utc>) -> NaiveDateTime + use<> {
        local_time_in(&self.format.time_zone())
    }

    /// The name of a license, if the caller sees it.
    pub fn license_name(self, id: LicenseId) -> Option<String> {
        let license = self.live.license(id)?;
        Some(crate::labels::license(self.format.texts(), &license))
    }

    /// The name of a product, if the caller sees a license of it.
    pub fn product_name(self, id: ProductId) -> Option<String> {
        let name = |license: &LicenseView| (license.product_id == id).then(|| license.product_name.clone());
        self.live.state.with(|state| state.licenses.iter().find_map(name))
    }

    /// Whether it is known that there is no license at all.
    pub fn has_no_license(self) -> bool {
        self.live.state.with(|state| state.position.0 > 0 && state.licenses.is_empty())
    }
}

/// The license that a report begins with: a concurrent one that is in use, if there is one.
fn first_license(licenses: &[LicenseView]) -> Option<LicenseId> {
    let rank = |license: &&LicenseView| (license.archived_at.is_some(), license.model != Model::Concurrent);
    licenses.iter().min_by_key(rank).map(|license| license.id)
}

/// What a report has loaded. The last value stays while another is on its way, so that a chart does not vanish under
/// the pointer.
pub struct Loading<T: Send + Sync + 'static> {
    /// The last value; `None` before the first.
    pub value: Memo<Option<Arc<T>>>,
    pub status: QueryStatus,
}

impl<T: Send + Sync> Clone for Loading<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync> Copy for Loading<T> {}

impl<T: Answer + Clone + PartialEq + Send + Sync + 'static> Loading<T> {
    /// Begins to load, and loads again when the request changes.
    pub fn new(request: impl Fn() -> Option<Endpoint<T>> + Send + Sync + 'static) -> Self {
        Self::of(Query::new(request))
    }

    /// Of a query.
    pub fn of(query: Query<T>) -> Self {
        let value = Memo::new(move |before: Option<&Option<Arc<T>>>| {
            query.get().map(Arc::new).or_else(|| before.cloned().flatten())
        });
        Self { value, status: query.status() }
    }

    /// The result of a function of the value, else the default; tracked.
    pub fn with<R: Default>(self, of: impl FnOnce(&T) -> R) -> R {
        self.value.with(|value| value.as_deref().map(of)).unwrap_or_default()
    }

    /// Whether loading failed; tracked.
    pub fn has_failed(self) -> bool {
        matches!(self.status.state(), LoadState::Failed | LoadState::NotFound)
    }
}
