//! The live feed: what the server tells, one event after the other.

use crate::ClientError;
use reqwest::Response;
use seatkeeper_shared::wire::live::{ALIVE, Alive, CHANGE, CONTACTS, Change, Contacts, RESYNC, SNAPSHOT, Snapshot};
use serde::de::DeserializeOwned;
use std::collections::VecDeque;

/// What the server tells.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// Everything you may see.
    Snapshot(Box<Snapshot>),
    /// The present state of what changed.
    Change(Box<Change>),
    /// Who was heard of.
    Contacts(Contacts),
    /// The line stands.
    Alive(Alive),
    /// You read too slowly: ask for the feed anew, and get a snapshot.
    Resync,
}

/// A connection to the live feed.
#[derive(Debug)]
pub struct Live {
    response: Response,
    lines: Lines,
}

impl Live {
    pub(crate) fn new(response: Response) -> Self {
        Self { response, lines: Lines::default() }
    }

    /// What is told next; nothing once the server closes the feed, which it does now and then: then ask anew. Something comes
    /// every 15 seconds or so.
    ///
    /// # Errors
    /// The connection broke, or what came cannot be read.
    pub async fn next(&mut self) -> Result<Option<Told>, ClientError> {
        loop {
            if let Some((name, data)) = self.lines.events.pop_front() {
                match told(&name, &data)? {
                    Some(told) => return Ok(Some(told)),
                    None => continue,
                }
            }
            match self.response.chunk().await? {
                Some(bytes) => self.lines.take(&bytes),
                None => return Ok(None),
            }
        }
    }
}

/// Events whose names are not known here are for later versions.
fn told(name: &str, data: &str) -> Result<Option<Told>, ClientError> {
    fn read<T: DeserializeOwned>(data: &str) -> Result<T, ClientError> {
        Ok(serde_json::from_str(data)?)
    }
    Ok(Some(match name {
        SNAPSHOT => Told::Snapshot(Box::new(read(data)?)),
        CHANGE => Told::Change(Box::new(read(data)?)),
        CONTACTS => Told::Contacts(read(data)?),
        ALIVE => Told::Alive(read(data)?),
        RESYNC => Told::Resync,
        _ => return Ok(None),
    }))
}

/// Puts events together from bytes (WHATWG HTML §9.2.6, as far as this server uses it).
#[derive(Debug, Default)]
struct Lines {
    unread: Vec<u8>,
    name: String,
    data: String,
    events: VecDeque<(String, String)>,
}

impl Lines {
    fn take(&mut self, bytes: &[u8]) {
        // Only what is new is searched: a snapshot is long and comes in many pieces.
        let mut searched = self.unread.len();
        self.unread.extend_from_slice(bytes);
        let mut begin = 0;
        while let Some(end) = self.unread[searched..].iter().position(|byte| *byte == b'\n') {
            let end = searched + end;
            let line = String::from_utf8_lossy(&self.unread[begin..end]).into_owned();
            self.line(line.trim_end_matches('\r'));
            begin = end + 1;
            searched = begin;
        }
        self.unread.drain(..begin);
    }

    fn line(&mut self, line: &str) {
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
    fn events_are_whole_however_they_are_cut() {
        let bytes = "retry: 1000\n\nid: 7\nevent: change\ndata: {\"ü\":\ndata: 1}\n\n: nothing\n\nevent: resync\r\ndata: {}\r\n\r\n";
        for cut in 1..bytes.len() {
            let mut lines = Lines::default();
            bytes.as_bytes().chunks(cut).for_each(|piece| lines.take(piece));
            let expected = [("change".to_owned(), "{\"ü\":\n1}".to_owned()), ("resync".to_owned(), "{}".to_owned())];
            assert_eq!(Vec::from(lines.events), expected, "pieces of {cut}");
        }
    }
}
