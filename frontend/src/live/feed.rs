//! The connection of the live feed: an `EventSource` that comes back by itself, slower each time it fails.

use leptos::prelude::*;
use seatkeeper_shared::wire::live::{ALIVE, Alive, CHANGE, CONTACTS, Change, Contacts, RESYNC, SNAPSHOT, Snapshot};
use serde::de::DeserializeOwned;
use std::{cell::RefCell, rc::Rc, time::Duration};
use wasm_bindgen::{JsCast as _, prelude::Closure};
use web_sys::{Event, EventSource, MessageEvent};

const ADDRESS: &str = "/api/v1/live";
/// Waits before the tries to connect, in seconds; the last one repeats.
const WAITS: [u64; 6] = [1, 1, 2, 4, 8, 15];
/// Nothing for so long, in milliseconds, and the connection is made anew: a dead one does not always say so.
const SILENCE: f64 = 60_000.0;

/// What the connection has to tell.
pub enum Told {
    /// Everything, from scratch.
    Snapshot(Box<Snapshot>),
    /// What changed.
    Change(Box<Change>),
    /// Heartbeats.
    Contacts(Contacts),
    /// A sign of life.
    Alive(Alive),
    /// The connection stands.
    Stands,
    /// The connection broke.
    Broken {
        /// When something was last heard.
        since: f64,
    },
}

type Tell = Rc<dyn Fn(Told)>;

/// The connection.
pub struct Feed(Rc<Inner>);

struct Inner {
    tell: Tell,
    line: RefCell<Option<Line>>,
    heard: RefCell<f64>,
    failures: RefCell<usize>,
    closed: RefCell<bool>,
}

/// One `EventSource` with its listeners, which live as long as it does.
struct Line {
    source: EventSource,
    _listeners: Vec<Closure<dyn FnMut(Event)>>,
}

impl Drop for Line {
    fn drop(&mut self) {
        self.source.close();
    }
}

impl Feed {
    /// Connects, and tells what comes until it is closed.
    pub fn open(tell: impl Fn(Told) + 'static) -> Self {
        let inner = Rc::new(Inner {
            tell: Rc::new(tell),
            line: RefCell::new(None),
            heard: RefCell::new(js_sys::Date::now()),
            failures: RefCell::new(0),
            closed: RefCell::new(false),
        });
        inner.connect();
        inner.watch();
        Self(inner)
    }

    /// Tells nothing any more.
    pub fn close(&self) {
        self.0.closed.replace(true);
        self.0.line.replace(None);
    }
}

impl Inner {
    fn connect(self: &Rc<Self>) {
        if *self.closed.borrow() {
            return;
        }
        let Ok(source) = EventSource::new(ADDRESS) else { return self.again() };
        let mut listeners = Vec::new();
        for name in [SNAPSHOT, CHANGE, CONTACTS, ALIVE, RESYNC, "open", "error"] {
            let inner = Rc::downgrade(self);
            let listener = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
                if let Some(inner) = inner.upgrade() {
                    inner.event(name, &event);
                }
            });
            // Fails only for names that are no strings.
            let _ = source.add_event_listener_with_callback(name, listener.as_ref().unchecked_ref());
            listeners.push(listener);
        }
        self.line.replace(Some(Line { source, _listeners: listeners }));
    }

    fn event(self: &Rc<Self>, name: &str, event: &Event) {
        if *self.closed.borrow() {
            return;
        }
        if name == "error" {
            return self.broke();
        }
        self.heard.replace(js_sys::Date::now());
        match name {
            "open" => (self.tell)(Told::Stands),
            RESYNC => self.anew(),
            SNAPSHOT => self.pass(event, |snapshot| Told::Snapshot(Box::new(snapshot))),
            CHANGE => self.pass(event, |change| Told::Change(Box::new(change))),
            ALIVE => self.pass(event, Told::Alive),
            _ => self.pass(event, Told::Contacts),
        }
    }

    /// Hands on what came; what cannot be read (a newer server) is a reason to start from scratch.
    fn pass<T: DeserializeOwned>(self: &Rc<Self>, event: &Event, told: impl FnOnce(T) -> Told) {
        let data = event.dyn_ref::<MessageEvent>().and_then(|message| message.data().as_string()).unwrap_or_default();
        match serde_json::from_str(&data) {
            Ok(value) => {
                self.failures.replace(0);
                (self.tell)(told(value));
            }
            Err(error) => {
                leptos::logging::warn!("the live feed said something unknown: {error}");
                (self.tell)(Told::Broken { since: *self.heard.borrow() });
                // Nothing more from a line of which something was missed.
                if let Some(line) = self.line.borrow().as_ref() {
                    line.source.close();
                }
                // Slower each time: the next snapshot may be unknown too.
                self.again();
            }
        }
    }

    /// A broken line comes back by itself with what was missed; one that the server refused does not.
    fn broke(self: &Rc<Self>) {
        (self.tell)(Told::Broken { since: *self.heard.borrow() });
        let refused = self.line.borrow().as_ref().is_none_or(|line| line.source.ready_state() == EventSource::CLOSED);
        if refused {
            self.again();
        }
    }

    fn again(self: &Rc<Self>) {
        let failures = self.failures.replace_with(|failures| *failures + 1);
        let wait = WAITS[failures.min(WAITS.len() - 1)];
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

    /// Connects without a position, and so from a fresh snapshot. Not within a listener of the line it replaces.
    fn anew(self: &Rc<Self>) {
        self.heard.replace(js_sys::Date::now());
        let inner = self.clone();
        set_timeout(move || inner.connect(), Duration::ZERO);
    }

    /// Looks every ten seconds whether the line is still alive.
    fn watch(self: &Rc<Self>) {
        let inner = Rc::downgrade(self);
        set_timeout(
            move || {
                let Some(inner) = inner.upgrade().filter(|inner| !*inner.closed.borrow()) else { return };
                let silent = js_sys::Date::now() - *inner.heard.borrow() > SILENCE;
                let standing =
                    inner.line.borrow().as_ref().is_some_and(|line| line.source.ready_state() == EventSource::OPEN);
                if silent && standing {
                    inner.anew();
                }
                inner.watch();
            },
            Duration::from_secs(10),
        );
    }
}
