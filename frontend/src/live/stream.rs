//! The stream of the tab that leads: an `EventSource` that is opened again, after the last position, until it is
//! closed.

use super::election::SILENCE_TIMEOUT_MS;
use crate::api;
use leptos::prelude::*;
use seatkeeper_shared::{
    endpoints,
    ids::Position,
    wire::live::{ALIVE, CHANGE, CONTACTS, LiveContent, RESYNC},
};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};
use wasm_bindgen::{JsCast as _, prelude::Closure};
use web_sys::{Event, EventSource, MessageEvent};

/// The delays before the attempts to open it again; the last one repeats.
const RETRY_DELAYS_MS: [u64; 5] = [300, 1_000, 2_000, 4_000, 5_000];
/// After this many failed attempts the connection counts as lost. Streams end by themselves every hour.
const MAX_QUIET_FAILURES: usize = 2;

/// What a stream tells.
#[derive(Clone, Debug, PartialEq)]
pub enum StreamNotice {
    /// It delivers all changes after this position; of sessions and tickets, only those of the content.
    Began(Position, LiveContent),
    /// An event arrived.
    Message {
        /// The event's name.
        name: String,
        /// Its data, as JSON.
        data: String,
    },
    /// It is broken; it is being opened again.
    Lost,
}

/// A running stream. It closes when it is dropped.
pub struct Stream(Rc<Inner>);

struct Inner {
    /// The position of the state; `None` until it is loaded.
    position: Rc<dyn Fn() -> Option<Position>>,
    on_notice: Rc<dyn Fn(StreamNotice)>,
    content: Cell<LiveContent>,
    connection: RefCell<Option<Connection>>,
    failures: Cell<usize>,
    /// When the last message arrived, or the last attempt began.
    heard_at: Cell<f64>,
    is_closed: Cell<bool>,
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

impl Drop for Stream {
    fn drop(&mut self) {
        self.0.is_closed.set(true);
        self.0.connection.take();
    }
}

impl Stream {
    /// Opens the stream as soon as there is a position.
    pub fn open(
        content: LiveContent,
        position: Rc<dyn Fn() -> Option<Position>>,
        on_notice: Rc<dyn Fn(StreamNotice)>,
    ) -> Self {
        let inner = Rc::new(Inner {
            position,
            on_notice,
            content: Cell::new(content),
            connection: RefCell::new(None),
            failures: Cell::new(0),
            heard_at: Cell::new(js_sys::Date::now()),
            is_closed: Cell::new(false),
        });
        inner.connect();
        Self(inner)
    }

    /// Opens it again, after the position of the state, if it delivers something else.
    pub fn deliver(&self, content: LiveContent) {
        if self.0.content.replace(content) != content {
            self.0.connect();
        }
    }

    /// Opens it if it waits for a position, and again if nothing has arrived for too long: a dead connection does not
    /// always raise an error.
    pub fn check(&self, now: f64) {
        if self.0.connection.borrow().is_none() && self.0.failures.get() == 0 {
            self.0.connect();
        } else if now - self.0.heard_at.get() > SILENCE_TIMEOUT_MS {
            (self.0.on_notice)(StreamNotice::Lost);
            self.0.connect();
        }
    }
}

impl Inner {
    fn connect(self: &Rc<Self>) {
        let Some(position) = (self.position)().filter(|_| !self.is_closed.get()) else { return };
        self.heard_at.set(js_sys::Date::now());
        // Before the first message, so that none precedes it.
        let content = self.content.get();
        (self.on_notice)(StreamNotice::Began(position, content));
        let address = api::address(endpoints::live::changes(content, position));
        let Ok(source) = EventSource::new(&address) else { return self.retry_later() };
        let mut listeners = Vec::new();
        for name in [CHANGE, CONTACTS, ALIVE, RESYNC, "error"] {
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
        if self.is_closed.get() {
            return;
        }
        if name == "error" {
            return self.retry_later();
        }
        self.heard_at.set(js_sys::Date::now());
        self.failures.set(0);
        let data = event.dyn_ref::<MessageEvent>().and_then(|message| message.data().as_string()).unwrap_or_default();
        (self.on_notice)(StreamNotice::Message { name: name.to_owned(), data });
    }

    /// Opens it again after a delay. Not by the browser itself: that gives up if the server refuses once.
    fn retry_later(self: &Rc<Self>) {
        if let Some(connection) = self.connection.borrow().as_ref() {
            connection.source.close();
        }
        let failures = self.failures.get();
        self.failures.set(failures + 1);
        if failures + 1 >= MAX_QUIET_FAILURES {
            (self.on_notice)(StreamNotice::Lost);
        }
        let inner = Rc::downgrade(self);
        let delay = Duration::from_millis(RETRY_DELAYS_MS[failures.min(RETRY_DELAYS_MS.len() - 1)]);
        set_timeout(
            move || {
                if let Some(inner) = inner.upgrade() {
                    inner.connect();
                }
            },
            delay,
        );
    }
}
