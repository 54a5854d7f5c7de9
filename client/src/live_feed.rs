//! The live feed: a stream of server-sent events.

use crate::ClientError;
use reqwest::Response;
use seatkeeper_shared::wire::live::{ALIVE, Alive, CHANGE, CONTACTS, Change, Contacts, RESYNC, SNAPSHOT, Snapshot};
use serde::de::DeserializeOwned;
use std::collections::VecDeque;

/// An event of the live feed.
#[derive(Clone, Debug, PartialEq)]
pub enum LiveEvent {
    /// The state of everything the user may see.
    Snapshot(Box<Snapshot>),
    /// The current state of everything that changed.
    Change(Box<Change>),
    /// Sessions that sent heartbeats.
    Contacts(Contacts),
    /// The connection works; sent when nothing else happens.
    Alive(Alive),
    /// The client read too slowly and missed events: connect again to get a snapshot.
    Resync,
}

/// A connection to the live feed.
#[derive(Debug)]
pub struct LiveFeed {
    response: Response,
    parser: EventParser,
}

impl LiveFeed {
    pub(crate) fn new(response: Response) -> Self {
        Self { response, parser: EventParser::default() }
    }

    /// The next event; `None` once the server closes the feed, which it does from time to time: then connect again.
    /// There is an event about every 15 seconds.
    ///
    /// # Errors
    /// Returns an error if the connection broke, or the event cannot be read.
    pub async fn next(&mut self) -> Result<Option<LiveEvent>, ClientError> {
        loop {
            if let Some((name, data)) = self.parser.events.pop_front() {
                match parse_event(&name, &data)? {
                    Some(event) => return Ok(Some(event)),
                    None => continue,
                }
            }
            match self.response.chunk().await? {
                Some(bytes) => self.parser.push(&bytes),
                None => return Ok(None),
            }
        }
    }
}

/// Parses an event; `None` for unknown names, which later versions may send.
fn parse_event(name: &str, data: &str) -> Result<Option<LiveEvent>, ClientError> {
    fn read<T: DeserializeOwned>(data: &str) -> Result<T, ClientError> {
        Ok(serde_json::from_str(data)?)
    }
    Ok(Some(match name {
        SNAPSHOT => LiveEvent::Snapshot(Box::new(read(data)?)),
        CHANGE => LiveEvent::Change(Box::new(read(data)?)),
        CONTACTS => LiveEvent::Contacts(read(data)?),
        ALIVE => LiveEvent::Alive(read(data)?),
        RESYNC => LiveEvent::Resync,
        _ => return Ok(None),
    }))
}

/// Parses server-sent events from chunks of bytes (WHATWG HTML §9.2.6, as far as this server uses it).
#[derive(Debug, Default)]
struct EventParser {
    buffer: Vec<u8>,
    name: String,
    data: String,
    events: VecDeque<(String, String)>,
}

impl EventParser {
    fn push(&mut self, bytes: &[u8]) {
        // Search only the new bytes: a snapshot is long and arrives in many chunks.
        let mut searched = self.buffer.len();
        self.buffer.extend_from_slice(bytes);
        let mut begin = 0;
        while let Some(end) = self.buffer[searched..].iter().position(|byte| *byte == b'\n') {
            let end = searched + end;
            let line = String::from_utf8_lossy(&self.buffer[begin..end]).into_owned();
            self.parse_line(line.trim_end_matches('\r'));
            begin = end + 1;
            searched = begin;
        }
        self.buffer.drain(..begin);
    }

    fn parse_line(&mut self, line: &str) {
        if line.is_empty() {
            let event = (std::mem::take(&mut self.name), std::mem::take(&mut self.data));
            if !event.1.is_empty() {
                self.events.push_back(event);
            }
            return;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.name),
            "data" if self.data.is_empty() => value.clone_into(&mut self.data),
            "data" => self.data = format!("{}\n{value}", self.data),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_parsed_from_chunks_of_any_size() {
        let bytes = concat!(
            "retry: 1000\n\nid: 7\nevent: change\ndata: {\"ü\":\ndata: 1}\n\n",
            ": nothing\n\nevent: resync\r\ndata: {}\r\n\r\n",
        );
        for cut in 1..bytes.len() {
            let mut parser = EventParser::default();
            bytes.as_bytes().chunks(cut).for_each(|piece| parser.push(piece));
            let expected = [("change".to_owned(), "{\"ü\":\n1}".to_owned()), ("resync".to_owned(), "{}".to_owned())];
            assert_eq!(Vec::from(parser.events), expected, "chunks of {cut} bytes");
        }
    }
}
