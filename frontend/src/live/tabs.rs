//! One stream for all tabs of a user: the tab that leads passes on what its stream delivers.

use super::{
    content_needs::ContentNeeds,
    election::{ANSWER_TIMEOUT_MS, Action, Claim, Election, Word},
    stream::{Stream, StreamNotice},
};
use leptos::prelude::*;
use seatkeeper_shared::{
    ids::{Position, UserId},
    wire::live::{ALIVE, LiveContent},
};
use std::{cell::RefCell, rc::Rc, time::Duration};
use wasm_bindgen::{JsCast as _, JsValue, prelude::Closure};
use web_sys::{BroadcastChannel, MessageEvent};

/// The time between a claim to lead and opening the stream: another tab may have claimed at the same moment.
const START_DELAY: Duration = Duration::from_millis(30);

/// A tab's end of the feed.
#[derive(Clone)]
pub struct TabFeed(Rc<Inner>);

/// Receives the messages of the other tabs.
type MessageListener = Closure<dyn FnMut(MessageEvent)>;

struct Inner {
    election: RefCell<Election>,
    needs: RefCell<ContentNeeds>,
    /// `None` in browsers without it: then each tab leads itself.
    channel: Option<BroadcastChannel>,
    stream: RefCell<Option<Stream>>,
    position: Rc<dyn Fn() -> Option<Position>>,
    on_notice: Box<dyn Fn(StreamNotice)>,
    listener: RefCell<Option<MessageListener>>,
}

impl TabFeed {
    /// A feed for the tabs of this user, not joined yet. `position` is that of the state, once loaded; `on_notice` gets
    /// what the stream of this or another tab delivers.
    pub fn new(
        user: UserId,
        position: impl Fn() -> Option<Position> + 'static,
        on_notice: impl Fn(StreamNotice) + 'static,
    ) -> Self {
        let inner = Rc::new(Inner {
            election: RefCell::new(Election::new(random_number())),
            needs: RefCell::default(),
            // Another name for another protocol: tabs with a previous build of the app must not follow.
            channel: BroadcastChannel::new(&format!("seatkeeper-live-2-{user}")).ok(),
            stream: RefCell::new(None),
            position: Rc::new(position),
            on_notice: Box::new(on_notice),
            listener: RefCell::new(None),
        });
        let weak = Rc::downgrade(&inner);
        let listener = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            if let (Some(inner), Some(text)) = (weak.upgrade(), event.data().as_string()) {
                inner.receive(&text);
            }
        });
        if let Some(channel) = &inner.channel {
            channel.set_onmessage(Some(listener.as_ref().unchecked_ref()));
        }
        inner.listener.replace(Some(listener));
        Self(inner)
    }

    /// Takes part.
    pub fn join(&self) {
        self.0.act(|election| election.join());
        self.0.repeat_need();
    }

    /// This tab needs this of the stream, whichever tab holds it. A notice that it began tells when it is delivered.
    pub fn need(&self, content: LiveContent) {
        let now = js_sys::Date::now();
        self.0.needs.borrow_mut().set_here(content, now);
        self.0.repeat_need();
        if content == LiveContent::All {
            self.0.adjust_content(now);
        }
    }

    /// Takes part no longer; another tab leads if this one did.
    pub fn leave(&self) {
        self.0.act(Election::leave);
    }

    /// Leaves for ever.
    pub fn close(&self) {
        self.leave();
        if let Some(channel) = &self.0.channel {
            channel.close();
        }
    }

    /// Notices what is silent, whether the stream or the tab that leads.
    pub fn check(&self, now: f64) {
        if let Some(stream) = self.0.stream.borrow().as_ref() {
            stream.check(now);
        }
        self.0.adjust_content(now);
        self.0.act(|election| election.check(now));
    }
}

impl Inner {
    fn act(self: &Rc<Self>, act: impl FnOnce(&mut Election) -> Vec<Action>) {
        let actions = act(&mut self.election.borrow_mut());
        self.perform(actions);
    }

    fn perform(self: &Rc<Self>, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::Say(word) => self.post(&encode_word(word)),
                Action::Wait => self.after(Duration::from_millis(ANSWER_TIMEOUT_MS.into()), |inner| {
                    inner.act(|election| election.on_timeout(js_sys::Date::now()));
                }),
                Action::Start => self.after(START_DELAY, |inner| {
                    if inner.election.borrow().is_leading() && inner.stream.borrow().is_none() {
                        inner.start();
                    }
                }),
                Action::Stop => drop(self.stream.take()),
            }
        }
    }

    fn after(self: &Rc<Self>, delay: Duration, act: fn(&Rc<Self>)) {
        let inner = Rc::downgrade(self);
        set_timeout(
            move || {
                if let Some(inner) = inner.upgrade() {
                    act(&inner);
                }
            },
            delay,
        );
    }

    fn start(self: &Rc<Self>) {
        let weak = Rc::downgrade(self);
        let content = self.needs.borrow().content(js_sys::Date::now());
        let stream = Stream::open(
            content,
            self.position.clone(),
            Rc::new(move |notice| {
                if let Some(inner) = weak.upgrade() {
                    inner.post(&encode_notice(&notice));
                    (inner.on_notice)(notice);
                }
            }),
        );
        self.stream.replace(Some(stream));
    }

    fn receive(self: &Rc<Self>, text: &str) {
        let now = js_sys::Date::now();
        match decode(text) {
            Some(Received::Word(word)) => self.act(|election| election.on_word(word, now)),
            Some(Received::Notice(notice)) => {
                self.act(|election| election.on_stream_message(now));
                if self.election.borrow().is_following() {
                    if is_occasion_to_repeat_need(&notice) {
                        self.repeat_need();
                    }
                    (self.on_notice)(notice);
                }
            }
            Some(Received::NeedAll) => {
                self.needs.borrow_mut().note_elsewhere(now);
                self.adjust_content(now);
            }
            // Of a newer version of the app.
            None => {}
        }
    }

    /// Tells the other tabs what this one needs of a stream of theirs.
    fn repeat_need(&self) {
        let takes_part = self.election.borrow().takes_part();
        if takes_part && self.needs.borrow().needs_all_here() {
            self.post(NEED_ALL);
        }
    }

    /// Lets the stream deliver what the tabs need, if this tab holds it.
    fn adjust_content(&self, now: f64) {
        let content = self.needs.borrow().content(now);
        if let Some(stream) = self.stream.borrow().as_ref() {
            stream.deliver(content);
        }
    }

    fn post(&self, text: &str) {
        if let Some(channel) = &self.channel {
            // Fails only if the channel is closed.
            let _ = channel.post_message(&JsValue::from_str(text));
        }
    }
}

fn random_number() -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below 2^32")]
    let number = (js_sys::Math::random() * f64::from(u32::MAX)) as u32;
    number
}

/// With each `alive`, because a need that is not repeated is forgotten; and at once if the stream lacks it.
fn is_occasion_to_repeat_need(notice: &StreamNotice) -> bool {
    match notice {
        StreamNotice::Message { name, .. } => name == ALIVE,
        StreamNotice::Began(_, content) => *content == LiveContent::Own,
        StreamNotice::Lost => false,
    }
}

/// The message of a tab that needs the sessions of all users.
const NEED_ALL: &str = "need all";

/// A message from another tab.
#[derive(Debug, PartialEq)]
enum Received {
    Word(Word),
    Notice(StreamNotice),
    NeedAll,
}

fn encode_word(word: Word) -> String {
    match word {
        Word::Ask => "ask".to_owned(),
        Word::Lead(Claim { at, tab }) => format!("lead {at} {tab}"),
        Word::Leave => "leave".to_owned(),
    }
}

fn encode_notice(notice: &StreamNotice) -> String {
    match notice {
        StreamNotice::Began(position, content) => format!("began {position} {content}"),
        StreamNotice::Message { name, data } => format!("message {name} {data}"),
        StreamNotice::Lost => "lost".to_owned(),
    }
}

fn decode(text: &str) -> Option<Received> {
    let (kind, rest) = text.split_once(' ').unwrap_or((text, ""));
    Some(match kind {
        "ask" => Received::Word(Word::Ask),
        "leave" => Received::Word(Word::Leave),
        "lead" => {
            let (at, tab) = rest.split_once(' ')?;
            Received::Word(Word::Lead(Claim { at: at.parse().ok()?, tab: tab.parse().ok()? }))
        }
        "need" if text == NEED_ALL => Received::NeedAll,
        "began" => {
            let (position, content) = rest.split_once(' ')?;
            Received::Notice(StreamNotice::Began(Position(position.parse().ok()?), content.parse().ok()?))
        }
        "message" => {
            let (name, data) = rest.split_once(' ')?;
            Received::Notice(StreamNotice::Message { name: name.to_owned(), data: data.to_owned() })
        }
        "lost" => Received::Notice(StreamNotice::Lost),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn what_a_tab_says_is_understood_by_another() {
        for word in [Word::Ask, Word::Leave, Word::Lead(Claim { at: 1_772_442_000_123.0, tab: u32::MAX })] {
            assert_eq!(decode(&encode_word(word)), Some(Received::Word(word)));
        }
        let message = StreamNotice::Message { name: "alive".to_owned(), data: r#"{"at": "a b"}"#.to_owned() };
        let began = StreamNotice::Began(Position(41), LiveContent::Own);
        for notice in [began, message, StreamNotice::Lost] {
            assert_eq!(decode(&encode_notice(&notice)), Some(Received::Notice(notice)));
        }
        assert_eq!(decode(NEED_ALL), Some(Received::NeedAll));
        assert_eq!(decode("something new"), None);
    }
}
