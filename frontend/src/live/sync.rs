//! Keeps the state up to date: loads what the pages need, then applies the changes of the stream. While the stream
//! delivers nothing, it loads the state again from time to time. Hidden tabs of users whom no seat concerns let go.

mod changes;
mod loading;

use super::{
    Live,
    connection::ConnectionMonitor,
    state::{Coverage, LiveState},
    stream::StreamNotice,
    tabs::TabFeed,
};
use crate::{api::Api, caller::Caller, clock::Clock};
use changes::PendingChanges;
use leptos::{leptos_dom::helpers::WindowListenerHandle, prelude::*};
use loading::{Load, RETRY_DELAY_MS};
use seatkeeper_shared::{
    ids::{Position, UserId},
    wire::live::{ALIVE, Alive, CHANGE, CONTACTS, Change, Contacts, LiveContent, RESYNC},
};
use serde::de::DeserializeOwned;
use std::time::Duration;

/// How often silence is looked for.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);
/// How long a tab stays connected after it was hidden.
const HIDDEN_GRACE_MS: f64 = 30_000.0;

/// What keeps the state of one [`Live`] up to date.
#[derive(Clone, Copy)]
pub(super) struct StateSync {
    live: Live,
    caller: Caller,
    clock: Clock,
    api: Api,
    user: UserId,
    coverage: Memo<Coverage>,
    monitor: StoredValue<ConnectionMonitor>,
    load: StoredValue<Load>,
    pending: StoredValue<PendingChanges>,
    feed: StoredValue<Option<TabFeed>, LocalStorage>,
    /// What the stream delivers of sessions and tickets, as far as this tab knows.
    delivered: StoredValue<LiveContent>,
    /// Whether this tab has let go.
    is_suspended: StoredValue<bool>,
    hidden_at: StoredValue<Option<f64>>,
    /// The build of this app, as the server first named it.
    build: StoredValue<Option<String>>,
}

impl StateSync {
    /// Begins; ends when the calling component is removed.
    pub(super) fn start(live: Live, user: UserId, coverage: Memo<Coverage>) {
        let now = js_sys::Date::now();
        let sync = Self {
            live,
            caller: Caller::get(),
            clock: Clock::get(),
            api: Api::get(),
            user,
            coverage,
            monitor: StoredValue::new(ConnectionMonitor::new(now)),
            load: StoredValue::default(),
            pending: StoredValue::default(),
            feed: StoredValue::new_local(None),
            delivered: StoredValue::new(LiveContent::Own),
            is_suspended: StoredValue::new(false),
            hidden_at: StoredValue::new(is_hidden().then_some(now)),
            build: StoredValue::new(None),
        };
        let feed = TabFeed::new(user, move || sync.position(), move |notice| sync.on_notice(notice));
        feed.join();
        sync.feed.set_value(Some(feed));
        let listeners = sync.listen_to_window();
        let checks = set_interval_with_handle(move || sync.check(), CHECK_INTERVAL).ok();
        on_cleanup(move || {
            if let Some(feed) = sync.feed.try_get_value().flatten() {
                feed.close();
            }
            checks.inspect(IntervalHandle::clear);
            listeners.into_iter().for_each(WindowListenerHandle::remove);
        });
        Effect::new(move |before: Option<Coverage>| {
            let needed = sync.coverage.get();
            sync.on_needs_changed(before.as_ref(), &needed);
            needed
        });
    }

    fn listen_to_window(self) -> Vec<WindowListenerHandle> {
        vec![
            window_event_listener_untyped("visibilitychange", move |_| self.on_visibility_change()),
            // In the back/forward cache a page must not hold a connection.
            window_event_listener_untyped("pagehide", move |_| self.suspend()),
            window_event_listener_untyped("pageshow", move |_| self.resume()),
            window_event_listener_untyped("online", move |_| self.check()),
            window_event_listener_untyped("offline", move |_| self.on_lost()),
        ]
    }

    /// The position of the state; `None` until it is loaded.
    fn position(self) -> Option<Position> {
        self.apply_pending();
        self.live.state.try_with_untracked(|state| state.position).filter(|position| position.0 > 0)
    }

    fn on_needs_changed(self, before: Option<&Coverage>, needed: &Coverage) {
        let is_subset = match (before, needed) {
            (Some(Coverage::Users(before)), Coverage::Users(users))
            | (Some(Coverage::Newest(before)), Coverage::Newest(users))
                if users.is_subset(before) =>
            {
                true
            }
            (Some(Coverage::All | Coverage::Newest(_)), _) => self.live.state.with_untracked(LiveState::is_complete),
            _ => false,
        };
        if is_subset && !self.load.with_value(|load| load.in_progress) {
            self.apply_pending();
            self.live.state.update(|state| state.restrict(needed.clone()));
        } else {
            self.request();
        }
        if let Some(feed) = self.feed.get_value() {
            feed.need(needed.content(self.user));
        }
    }

    // What arrives.

    fn on_notice(self, notice: StreamNotice) {
        match notice {
            StreamNotice::Lost => self.on_lost(),
            StreamNotice::Began(after, content) => self.on_began(after, content),
            StreamNotice::Message { name, data } => {
                self.monitor.update_value(|monitor| monitor.on_message(js_sys::Date::now()));
                self.on_message(&name, &data);
                self.publish_status();
            }
        }
    }

    fn on_began(self, after: Position, content: LiveContent) {
        let needed = self.coverage.with_untracked(|coverage| coverage.content(self.user));
        let before = self.delivered.get_value();
        self.delivered.set_value(content);
        if needed == LiveContent::All && content == LiveContent::Own {
            // The tab that leads has been told, and begins again with all.
            return;
        }
        let lacked_sessions = needed == LiveContent::All && before == LiveContent::Own;
        let position = if lacked_sessions { self.load.with_value(Load::complete_until) } else { self.position() };
        self.load.update_value(|load| load.began = after);
        if position.is_some_and(|position| position < after) {
            self.request();
        }
    }

    fn on_message(self, name: &str, data: &str) {
        match name {
            CHANGE => self.decode(data, Self::on_change),
            CONTACTS => self.decode(data, Self::on_contacts),
            ALIVE => self.decode(data, |sync, alive: Alive| {
                sync.clock.synchronize(alive.at);
                sync.note_build(alive.build);
            }),
            RESYNC => self.request(),
            _ => {}
        }
    }

    /// If a message cannot be decoded, the server is newer: the state is loaded instead.
    fn decode<T: DeserializeOwned>(self, data: &str, apply: fn(Self, T)) {
        match serde_json::from_str(data) {
            Ok(value) => apply(self, value),
            Err(error) => {
                leptos::logging::warn!("live feed message could not be decoded: {error}");
                self.request_at(js_sys::Date::now() + RETRY_DELAY_MS);
            }
        }
    }

    fn on_change(self, change: Change) {
        self.clock.synchronize(change.at);
        let is_contained = self.load.try_update_value(|load| load.is_contained(&change));
        if is_contained == Some(false) {
            self.apply(change);
        }
    }

    fn on_contacts(self, contacts: Contacts) {
        self.clock.synchronize(contacts.at);
        self.live.last_contacts.update(|last_contacts| last_contacts.record(contacts));
        if !self.live.state.with_untracked(LiveState::covers_all) {
            self.forget_other_contacts();
        }
    }

    /// Forgets the heartbeats of sessions that the state does not contain.
    fn forget_other_contacts(self) {
        self.live.state.with_untracked(|state| {
            self.live.last_contacts.update_untracked(|last_contacts| last_contacts.retain(&state.sessions));
        });
    }

    fn note_build(self, build: Option<String>) {
        let Some(build) = build else { return };
        let first = self.build.try_update_value(|first| first.get_or_insert_with(|| build.clone()).clone());
        if first.is_some_and(|first| first != build) && !self.live.is_app_outdated.get_untracked() {
            self.live.is_app_outdated.set(true);
        }
    }

    // What does not arrive.

    /// Runs every second, and when the tab is shown or the network is back. Timers do not run while the computer
    /// sleeps, so the first check after that notices how much time has passed.
    fn check(self) {
        if self.is_suspended.try_get_value() != Some(false) {
            return;
        }
        let now = js_sys::Date::now();
        if let Some(feed) = self.feed.try_get_value().flatten() {
            feed.check(now);
        }
        if self.monitor.try_update_value(|monitor| monitor.check(now)) == Some(true) {
            self.caller.refresh();
        }
        self.publish_status();
        let polls = self.monitor.try_update_value(|monitor| monitor.take_due_poll(now)) == Some(true);
        let is_due = self.load.with_value(|load| !load.in_progress && load.due_at.is_some_and(|at| at <= now));
        if polls || is_due {
            self.request();
        }
        if self.is_dispensable(now) {
            self.suspend();
        }
    }

    fn on_lost(self) {
        let before = self.monitor.with_value(ConnectionMonitor::status);
        self.monitor.update_value(|monitor| monitor.on_lost(js_sys::Date::now()));
        self.publish_status();
        if before.outdated_since().is_none() {
            // The user may have been signed out, or their rights may have changed.
            self.caller.refresh();
        }
    }

    fn publish_status(self) {
        let Some(status) = self.monitor.try_with_value(ConnectionMonitor::status) else { return };
        if self.live.connection.try_get_untracked().is_some_and(|shown| shown != status) {
            self.live.connection.set(status);
        }
    }

    // Hidden tabs.

    fn on_visibility_change(self) {
        let hidden = is_hidden();
        self.hidden_at.set_value(hidden.then(js_sys::Date::now));
        if !hidden {
            self.resume();
            self.check();
        }
    }

    /// Whether the tab has been hidden for a while, and has nothing to notify the user of: neither an offered seat nor
    /// the end of a session.
    fn is_dispensable(self, now: f64) -> bool {
        let is_hidden = self.hidden_at.get_value().is_some_and(|since| now - since > HIDDEN_GRACE_MS);
        is_hidden && !self.live.state.with_untracked(|state| state.concerns(self.user))
    }

    fn suspend(self) {
        if self.is_suspended.try_update_value(|is| std::mem::replace(is, true)) == Some(false)
            && let Some(feed) = self.feed.get_value()
        {
            feed.leave();
        }
    }

    fn resume(self) {
        if self.is_suspended.try_update_value(|is| std::mem::replace(is, false)) == Some(true)
            && let Some(feed) = self.feed.get_value()
        {
            self.monitor.set_value(ConnectionMonitor::new(js_sys::Date::now()));
            self.publish_status();
            // Another tab may have begun another stream meanwhile.
            self.delivered.set_value(LiveContent::Own);
            feed.join();
            self.request();
        }
    }
}

fn is_hidden() -> bool {
    document().visibility_state() == web_sys::VisibilityState::Hidden
}
