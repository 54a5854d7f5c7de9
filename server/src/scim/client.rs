//! The directory that sends requests.

use crate::actor::{Actor, Origin};
use seatkeeper_shared::ids::DirectoryId;
use std::net::IpAddr;

/// The directory that sent a request.
#[derive(Clone, Debug)]
pub struct ScimClient {
    pub id: DirectoryId,
    /// The name that admins gave it.
    pub name: String,
    /// The client's IP address.
    pub address: Option<IpAddr>,
    /// The base URL of the SCIM API, for the locations of resources.
    pub base_url: String,
}

impl ScimClient {
    /// The actor for the event log.
    pub fn actor(&self) -> Actor {
        Actor { id: None, name: Some(self.name.clone()), origin: Origin::Scim, address: self.address }
    }
}

/// Decodes percent-encoding and `+`.
pub fn percent_decode(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    while let [first, after @ ..] = rest {
        let digit = |at: usize| after.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        rest = after;
        match (first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push(u8::try_from(high * 16 + low).unwrap_or_default());
                rest = &after[2..];
            }
            (b'+', ..) => bytes.push(b' '),
            (other, ..) => bytes.push(*other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
