//! Somebody who watches the live feed.

use super::Person;
use reqwest::{Method, Response};
use serde_json::Value;
use std::time::Duration;
use tokio::time::timeout;

/// How long anything may take to arrive.
const PATIENCE: Duration = Duration::from_secs(20);
/// For how long silence must last to count as silence.
const SILENCE: Duration = Duration::from_millis(700);

/// One server-sent event.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// Its name.
    pub event: String,
    /// Its position, if it has one.
    pub id: Option<i64>,
    /// Its data.
    pub data: Value,
}

impl Frame {
    /// The frame of a block of lines; nothing for comments and `retry`.
    fn read(block: &str) -> Option<Self> {
        let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        Some(Self {
            event: field("event")?.to_owned(),
            id: field("id").map(|id| id.parse().expect("a position")),
            data: serde_json::from_str(field("data")?).expect("JSON"),
        })
    }

    /// The license with this id in it.
    pub fn license(&self, id: impl ToString) -> Option<&Value> {
        let all = self.data["licenses"].as_array()?;
        all.iter().find(|license| license["id"] == id.to_string())
    }

    /// The session with this id in it.
    pub fn session(&self, id: &Value) -> Option<&Value> {
        self.data["sessions"].as_array()?.iter().find(|session| session["id"] == *id)
    }
}

/// Somebody who watches the live feed.
pub struct Watcher {
    response: Response,
    read: Vec<u8>,
}

impl Watcher {
    /// Begins to watch, after this position if there is one.
    pub async fn open(person: &Person, last: Option<i64>) -> Self {
        let mut request = person.request(Method::GET, "/live");
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let response = request.send().await.expect("the feed answers");
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, read: Vec::new() }
    }

    /// Begins to watch what else is told as a stream.
    pub async fn of(person: &Person, path: &str) -> Self {
        let response = person.request(Method::GET, path).send().await.expect("the stream answers");
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, read: Vec::new() }
    }

    /// Begins to watch and takes the snapshot.
    pub async fn with_snapshot(person: &Person) -> (Self, Frame) {
        let mut watcher = Self::open(person, None).await;
        let first = watcher.next().await;
        assert_eq!(first.event, "snapshot");
        (watcher, first)
    }

    /// The next event; none when the stream is over.
    async fn read(&mut self) -> Option<Frame> {
        loop {
            while let Some(end) = self.read.windows(2).position(|pair| pair == b"\n\n") {
                let block: Vec<_> = self.read.drain(..end + 2).collect();
                let frame = Frame::read(std::str::from_utf8(&block).expect("UTF-8"));
                if frame.as_ref().is_some_and(|frame| frame.event != "alive") {
                    return frame;
                }
            }
            // A stream that the server broke off is over, too.
            let chunk = self.response.chunk().await.ok().flatten()?;
            self.read.extend_from_slice(&chunk);
        }
    }

    /// The next event.
    pub async fn next(&mut self) -> Frame {
        timeout(PATIENCE, self.read()).await.expect("an event arrives in time").expect("the stream goes on")
    }

    /// Reads on to the first event of which this is true.
    pub async fn until(&mut self, is_it: impl Fn(&Frame) -> bool) -> Frame {
        // All in all: others may come as long as the feed lives.
        let it = async {
            loop {
                let frame = self.next().await;
                if is_it(&frame) {
                    return frame;
                }
            }
        };
        timeout(PATIENCE, it).await.expect("it is told in time")
    }

    /// Reads on to the end of the stream and returns what came before it.
    pub async fn until_the_end(&mut self) -> Vec<Frame> {
        let mut frames = Vec::new();
        while let Some(frame) = timeout(PATIENCE, self.read()).await.expect("the stream ends in time") {
            frames.push(frame);
        }
        frames
    }

    /// What comes until nothing has come for a while.
    pub async fn until_silence(&mut self) -> Vec<Frame> {
        let mut frames = Vec::new();
        while let Ok(Some(frame)) = timeout(SILENCE, self.read()).await {
            frames.push(frame);
        }
        frames
    }
}
