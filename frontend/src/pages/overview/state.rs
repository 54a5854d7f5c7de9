//! The state that the parts of the page share: the overview, loaded again when the counts of a license change and from
//! time to time.

use crate::{caller::Caller, live::Live, ui::query::Query};
use leptos::prelude::*;
use seatkeeper_shared::{
    endpoints,
    ids::LicenseId,
    permissions::Action,
    wire::{licenses::LicenseView, reports::Overview},
};
use std::time::Duration;

/// How often the overview is loaded without a change of counts: contact is lost and refusals age in silence.
const RELOAD_INTERVAL: Duration = Duration::from_secs(30);
/// How long changes are collected before the overview is loaded again.
const COLLECT_FOR: Duration = Duration::from_secs(1);

/// The shared state of the page.
#[derive(Clone, Copy)]
pub struct OverviewState {
    pub live: Live,
    pub overview: Query<Overview>,
    caller: Caller,
}

/// What of a license may change the tasks.
type LicenseKey = (LicenseId, i64, i64, bool);

impl OverviewState {
    /// Creates the state and starts loading.
    pub fn new() -> Self {
        let page =
            Self { live: Live::get(), overview: Query::once(endpoints::reports::overview()), caller: Caller::get() };
        page.reload_now_and_then();
        page.reload_on_changes();
        page
    }

    /// Whether the caller has the right to this action.
    pub fn may(self, action: Action) -> bool {
        self.caller.may(action)
    }

    /// The license, if the feed contains it.
    pub fn license(self, id: LicenseId) -> Option<LicenseView> {
        self.live.license(id)
    }

    fn reload_now_and_then(self) {
        if let Ok(timer) = set_interval_with_handle(move || self.overview.reload(), RELOAD_INTERVAL) {
            on_cleanup(move || timer.clear());
        }
    }

    fn reload_on_changes(self) {
        let key = |license: &LicenseView| -> LicenseKey {
            (license.id, license.usage.waiting, license.over(), license.usage.full_since.is_some())
        };
        let keys = Memo::new(move |_| {
            self.live.state.with(|state| (state.requests_version(), state.licenses.iter().map(key).collect::<Vec<_>>()))
        });
        let pending = StoredValue::new(None::<TimeoutHandle>);
        let clear = move || {
            if let Some(Some(timer)) = pending.try_update_value(Option::take) {
                timer.clear();
            }
        };
        Effect::new(move |before: Option<bool>| {
            let has_data = keys.with(|(_, keys)| !keys.is_empty());
            // The first counts are those that the overview was just loaded with.
            if before == Some(true) && pending.with_value(Option::is_none) {
                let reload = move || {
                    pending.try_set_value(None);
                    self.overview.reload();
                };
                pending.set_value(set_timeout_with_handle(reload, COLLECT_FOR).ok());
            }
            has_data
        });
        on_cleanup(clear);
    }
}
