//! A client of the live feed and of other event streams (server-sent events).

use super::Person;
use reqwest::{Method, Response};
use serde_json::Value;
use std::time::Duration;
use tokio::time::timeout;

/// How long an event may take to arrive.
const EVENT_TIMEOUT: Duration = Duration::from_secs(20);
/// How long a stream must be silent before a test takes it that no further event comes.
const SILENCE: Duration = Duration::from_millis(700);

/// One server-sent event.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// The event's name.
    pub event: String,
    /// The position of the newest change in it; `None` for events without an id.
    pub id: Option<i64>,
    pub data: Value,
}

impl Frame {
    /// Parses a block of lines; `None` for comments and `retry`.
    fn read(block: &str) -> Option<Self> {
        let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        Some(Self {
            event: field("event")?.to_owned(),
            id: field("id").map(|id| id.parse().expect("a position")),
            data: serde_json::from_str(field("data")?).expect("JSON"),
        })
    }

    /// The license with this id, if the frame contains it.
    pub fn license(&self, id: impl ToString) -> Option<&Value> {
        let all = self.data["licenses"].as_array()?;
        all.iter().find(|license| license["id"] == id.to_string())
    }

    /// The session with this id, if the frame contains it.
    pub fn session(&self, id: &Value) -> Option<&Value> {
        self.data["sessions"].as_array()?.iter().find(|session| session["id"] == *id)
    }
}

/// An open event stream.
pub struct Watcher {
    response: Response,
    buffer: Vec<u8>,
}

impl Watcher {
    /// Opens the live feed, with `Last-Event-ID` if a position is given.
    pub async fn open(person: &Person, last: Option<i64>) -> Self {
        let mut request = person.request(Method::GET, "/live");
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let response = request.send().await.expect("the feed answers");
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, buffer: Vec::new() }
    }

    /// Opens another event stream.
    pub async fn on_stream(person: &Person, path: &str) -> Self {
        let response = person.request(Method::GET, path).send().await.expect("the stream answers");
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, buffer: Vec::new() }
    }

    /// Opens the live feed and reads its snapshot.
    pub async fn with_snapshot(person: &Person) -> (Self, Frame) {
        let mut watcher = Self::open(person, None).await;
        let first = watcher.next().await;
        assert_eq!(first.event, "snapshot");
        (watcher, first)
    }

    /// Reads the next event; `None` when the stream has ended.
    async fn read_any(&mut self) -> Option<Frame> {
        loop {
            while let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\n\n") {
                let block: Vec<_> = self.buffer.drain(..end + 2).collect();
                let frame = Frame::read(std::str::from_utf8(&block).expect("UTF-8"));
                if frame.is_some() {
                    return frame;
                }
            }
            // A stream that was cut off has ended, too.
            let chunk = self.response.chunk().await.ok().flatten()?;
            self.buffer.extend_from_slice(&chunk);
        }
    }

    /// Reads the next event other than `alive`; `None` when the stream has ended.
    async fn read(&mut self) -> Option<Frame> {
        loop {
            let frame = self.read_any().await?;
            if frame.event != "alive" {
                return Some(frame);
            }
        }
    }

    /// Reads up to the next `alive` event.
    pub async fn next_alive(&mut self) -> Frame {
        let it = async {
            loop {
                let frame = self.read_any().await.expect("the stream is still open");
                if frame.event == "alive" {
                    return frame;
                }
            }
        };
        timeout(EVENT_TIMEOUT, it).await.expect("an alive event arrives in time")
    }

    /// Reads the next event; panics if none arrives in time.
    pub async fn next(&mut self) -> Frame {
        timeout(EVENT_TIMEOUT, self.read()).await.expect("an event arrives in time").expect("the stream is still open")
    }

    /// Reads up to the first event that fulfils a condition.
    pub async fn until(&mut self, matches: impl Fn(&Frame) -> bool) -> Frame {
        // The timeout is for all of it, because other events may arrive forever.
        let it = async {
            loop {
                let frame = self.next().await;
                if matches(&frame) {
                    return frame;
                }
            }
        };
        timeout(EVENT_TIMEOUT, it).await.expect("such an event arrives in time")
    }

    /// Reads to the end of the stream; returns the remaining events.
    pub async fn until_the_end(&mut self) -> Vec<Frame> {
        let mut frames = Vec::new();
        while let Some(frame) = timeout(EVENT_TIMEOUT, self.read()).await.expect("the stream ends in time") {
            frames.push(frame);
        }
        frames
    }

    /// Reads until no event has arrived for [`SILENCE`]; returns the events.
    pub async fn until_silence(&mut self) -> Vec<Frame> {
        let mut frames = Vec::new();
        while let Ok(Some(frame)) = timeout(SILENCE, self.read()).await {
            frames.push(frame);
        }
        frames
    }
}
