//! How the answer of an operation is read.

use crate::wire::{second_factor::SignedIn, sessions::SeatResponse};
use serde::de::DeserializeOwned;
use serde_json::Error;

/// What an operation answers, read from JSON.
pub trait Answer: Sized {
    /// Reads it.
    ///
    /// # Errors
    /// Returns an error if the text is not as described.
    fn from_json(text: &str) -> Result<Self, Error>;
}

impl<T: DeserializeOwned> Answer for T {
    fn from_json(text: &str) -> Result<Self, Error> {
        serde_json::from_str(text)
    }
}

// These two are one of two types. Serde would read either of them through a copy of the whole answer, with code of its
// own for that, which every browser would download.

impl Answer for SeatResponse {
    fn from_json(text: &str) -> Result<Self, Error> {
        either(text, Self::Seat, Self::Queued)
    }
}

impl Answer for SignedIn {
    fn from_json(text: &str) -> Result<Self, Error> {
        either(text, |me| Self::Done(Box::new(me)), Self::NeedsSecondFactor)
    }
}

/// One of two types; if it is neither, the error of the first.
fn either<A: DeserializeOwned, B: DeserializeOwned, T>(
    text: &str,
    one: impl FnOnce(A) -> T,
    other: impl FnOnce(B) -> T,
) -> Result<T, Error> {
    serde_json::from_str(text).map(one).or_else(|error| serde_json::from_str(text).map(other).map_err(|_| error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::second_factor::SecondFactorNeeded;

    #[test]
    fn each_of_the_two_types_is_recognized() {
        let needed = SecondFactorNeeded {
            challenge: "abc".to_owned(),
            expires_at: "2026-01-05T08:00:00Z".parse().unwrap(),
            code: true,
            passkey: false,
        };
        let text = serde_json::to_string(&SignedIn::NeedsSecondFactor(needed.clone())).unwrap();
        assert_eq!(SignedIn::from_json(&text).unwrap(), SignedIn::NeedsSecondFactor(needed));
        let error = SignedIn::from_json("{}").unwrap_err().to_string();
        assert!(error.contains("missing field"), "{error}");
        assert_eq!(<()>::from_json("null").unwrap(), ());
    }
}
