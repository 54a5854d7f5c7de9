//! The connection of the live feed: an `EventSource` that reconnects with increasing delays.

use leptos::prelude::*;
use seatkeeper_shared::wire::live::{ALIVE, Alive, CHANGE, CONTACTS, Change, Contacts, RESYNC, SNAPSHOT, Snapshot};
use serde::de::DeserializeOwned;
use std::{cell::RefCell, rc::Rc, time::Duration};
use wasm_bindgen::{JsCast as _, prelude::Closure};
use web_sys::{Event, EventSource, MessageEvent};

const LIVE_FEED_URL: &str = "/api/v1/live";
/// Delays before the successive attempts to reconnect; the last one repeats.
const RECONNECT_DELAYS_SECONDS: [u64; 6] = [1, 1, 2, 4, 8, 15];
/// After this long without a message the feed reconnects: a dead connection does not always raise an error.
const SILENCE_TIMEOUT_MS: f64 = 60_000.0;

pub enum FeedMessage {
    /// The complete state.
    Snapshot(Box<Snapshot>),
    /// A change of the state.
    Change(Box<Change>),
    /// Heartbeats.
    Contacts(Contacts),
    /// A keep-alive message.
    Alive(Alive),
    /// The connection was established.
    Connected,
    /// The connection was lost.
    Disconnected {
        /// When the last message arrived (milliseconds since 1970 by the local clock).
        since: f64,
    },
}

type MessageHandler = Rc<dyn Fn(FeedMessage)>;

/// A running feed.
pub struct Feed(Rc<Inner>);

struct Inner {
    on_message: MessageHandler,
    connection: RefCell<Option<Connection>>,
    last_message_at: RefCell<f64>,
    failures: RefCell<usize>,
    closed: RefCell<bool>,
    /// Whether the page is in the back/forward cache, where it must not hold a connection.
    hidden: RefCell<bool>,
    window_listeners: RefCell<Vec<WindowListenerHandle>>,
}

/// An `EventSource` together with its listeners, which must live as long as it does.
struct Connection {
    source: EventSource,
    _listeners: Vec<Closure<dyn FnMut(Event)>>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.source.close();
    }
}

impl Feed {
    /// Connects; calls `on_message` with every message until the feed is closed.
    pub fn open(on_message: impl Fn(FeedMessage) + 'static) -> Self {
        let inner = Rc::new(Inner {
            on_message: Rc::new(on_message),
            connection: RefCell::new(None),
            last_message_at: RefCell::new(js_sys::Date::now()),
            failures: RefCell::new(0),
            closed: RefCell::new(false),
            hidden: RefCell::new(false),
            window_listeners: RefCell::default(),
        });
        inner.connect();
        inner.watch_for_silence();
        inner.watch_page_cache();
        Self(inner)
    }

    /// Closes the connection.
    pub fn close(&self) {
        self.0.closed.replace(true);
        self.0.connection.replace(None);
        self.0.window_listeners.take().into_iter().for_each(WindowListenerHandle::remove);
    }
}

impl Inner {
    fn connect(self: &Rc<Self>) {
        if *self.closed.borrow() || *self.hidden.borrow() {
            return;
        }
        let Ok(source) = EventSource::new(LIVE_FEED_URL) else { return self.reconnect_later() };
        let mut listeners = Vec::new();
        for name in [SNAPSHOT, CHANGE, CONTACTS, ALIVE, RESYNC, "open", "error"] {
            let inner = Rc::downgrade(self);
            let listener = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
                if let Some(inner) = inner.upgrade() {
                    inner.on_event(name, &event);
                }
            });
            // Fails only if the event name is not a string.
            let _ = source.add_event_listener_with_callback(name, listener.as_ref().unchecked_ref());
            listeners.push(listener);
        }
        self.connection.replace(Some(Connection { source, _listeners: listeners }));
    }

    fn on_event(self: &Rc<Self>, name: &str, event: &Event) {
        if *self.closed.borrow() {
            return;
        }
        if name == "error" {
            return self.on_error();
        }
        self.last_message_at.replace(js_sys::Date::now());
        match name {
            "open" => (self.on_message)(FeedMessage::Connected),
            RESYNC => self.reconnect_now(),
            SNAPSHOT => self.forward(event, |snapshot| FeedMessage::Snapshot(Box::new(snapshot))),
            CHANGE => self.forward(event, |change| FeedMessage::Change(Box::new(change))),
            ALIVE => self.forward(event, FeedMessage::Alive),
            _ => self.forward(event, FeedMessage::Contacts),
        }
    }

    /// Decodes and passes on a message. If it cannot be decoded (a newer server), the feed starts over with a snapshot.
    fn forward<T: DeserializeOwned>(self: &Rc<Self>, event: &Event, message: impl FnOnce(T) -> FeedMessage) {
        let data = event.dyn_ref::<MessageEvent>().and_then(|message| message.data().as_string()).unwrap_or_default();
        match serde_json::from_str(&data) {
            Ok(value) => {
                self.failures.replace(0);
                (self.on_message)(message(value));
            }
            Err(error) => {
                leptos::logging::warn!("live feed message could not be decoded: {error}");
                (self.on_message)(FeedMessage::Disconnected { since: *self.last_message_at.borrow() });
                // A message was lost, so nothing more may be applied from this connection.
                if let Some(connection) = self.connection.borrow().as_ref() {
                    connection.source.close();
                }
                // With a delay: the next snapshot may be undecodable as well.
                self.reconnect_later();
            }
        }
    }

    /// A broken `EventSource` reconnects and resumes by itself; one that the server refused does not.
    fn on_error(self: &Rc<Self>) {
        (self.on_message)(FeedMessage::Disconnected { since: *self.last_message_at.borrow() });
        let is_closed = self
            .connection
            .borrow()
            .as_ref()
            .is_none_or(|connection| connection.source.ready_state() == EventSource::CLOSED);
        if is_closed {
            self.reconnect_later();
        }
    }

    fn reconnect_later(self: &Rc<Self>) {
        let failures = self.failures.replace_with(|failures| *failures + 1);
        let wait = RECONNECT_DELAYS_SECONDS[failures.min(RECONNECT_DELAYS_SECONDS.len() - 1)];
        let inner = Rc::downgrade(self);
        set_timeout(
            move || {
                if let Some(inner) = inner.upgrade() {
                    inner.connect();
                }
            },
            Duration::from_secs(wait),
        );
    }

    /// Reconnects without a position, so that the server sends a snapshot. Deferred, because this runs in a listener of
    /// the connection that it replaces.
    fn reconnect_now(self: &Rc<Self>) {
        self.last_message_at.replace(js_sys::Date::now());
        let inner = self.clone();
        set_timeout(move || inner.connect(), Duration::ZERO);
    }

    /// Disconnects while the page is in the back/forward cache.
    fn watch_page_cache(self: &Rc<Self>) {
        let (hiding, showing) = (Rc::downgrade(self), Rc::downgrade(self));
        let on_hide = window_event_listener_untyped("pagehide", move |_| {
            if let Some(inner) = hiding.upgrade() {
                inner.hidden.replace(true);
                inner.connection.replace(None);
            }
        });
        let on_show = window_event_listener_untyped("pageshow", move |_| {
            // Also fired when the page is first loaded.
            if let Some(inner) = showing.upgrade().filter(|inner| inner.hidden.replace(false)) {
                inner.reconnect_now();
            }
        });
        self.window_listeners.replace(vec![on_hide, on_show]);
    }

    /// Checks every ten seconds whether messages still arrive.
    fn watch_for_silence(self: &Rc<Self>) {
        let inner = Rc::downgrade(self);
        set_timeout(
            move || {
                let Some(inner) = inner.upgrade().filter(|inner| !*inner.closed.borrow()) else { return };
                let is_silent = js_sys::Date::now() - *inner.last_message_at.borrow() > SILENCE_TIMEOUT_MS;
                let is_open = inner
                    .connection
                    .borrow()
                    .as_ref()
                    .is_some_and(|connection| connection.source.ready_state() == EventSource::OPEN);
                if is_silent && is_open {
                    inner.reconnect_now();
                }
                inner.watch_for_silence();
            },
            Duration::from_secs(10),
        );
    }
}
