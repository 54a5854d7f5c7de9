//! A password that somebody chose, after the checks that every new one must pass: no hash is made of any other text.

use seatkeeper_shared::validate::{self, FieldError};
use zxcvbn::{Score, zxcvbn};

/// What everybody here could think of: the product, as its users write it.
const PRODUCT: [&str; 3] = ["seatkeeper", "license", "lizenz"];

/// A new password that may be stored, once it is hashed.
pub struct NewPassword(String);

impl NewPassword {
    /// Checks a text that is to become a password. `min` is the account's number of characters; `known` is what others know about the user:
    /// their name, their e-mail address and the organisation.
    ///
    /// Beyond the rules that the app checks as well, an estimate of how many tries it takes to guess the text
    /// ([zxcvbn](https://www.usenix.org/conference/usenixsecurity16/technical-sessions/presentation/wheeler)) refuses whatever takes fewer than a
    /// million: the common passwords, names, dates and rows of keys, also with the usual replacements, and `known` with a number behind it.
    ///
    /// # Errors
    /// Too short, too long, or too common.
    pub fn checked(text: &str, min: usize, known: &[&str]) -> Result<Self, FieldError> {
        validate::password_of(text, min)?;
        let parts = known.iter().flat_map(|text| text.split(|c: char| !c.is_alphanumeric()));
        // Short parts (`de`, `GmbH`) would make half of all sentences easy.
        let words: Vec<&str> = parts.filter(|part| part.chars().count() > 3).chain(PRODUCT).collect();
        if zxcvbn(text, &words).score() < Score::Two { Err(FieldError::TooCommon) } else { Ok(Self(text.to_owned())) }
    }

    /// The text, to be hashed.
    pub(super) fn text(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 3] = ["Anja Krüger", "anja.krueger@example.org", "Muster Support GmbH"];

    fn is_refused(text: &str) -> bool {
        NewPassword::checked(text, 8, &KNOWN).is_err()
    }

    #[test]
    fn common_passwords_are_refused_also_in_disguise() {
        // From public lists of the passwords that are tried first.
        for common in [
            "1qaz2wsx3edc",
            "Passw0rd!",
            "qwertyuiop[]",
            "iloveyou123",
            "sunshine1",
            "P@$$w0rd",
            "liverpool1",
            "basketball",
            "zaq12wsx",
            "password1234",
            "trustno1!",
            "letmein2",
            "28.02.1984",
            "asdfghjkl;",
            "abcd1234",
            "football99",
        ] {
            assert!(is_refused(common), "{common}");
        }
    }

    #[test]
    fn what_everybody_knows_about_a_user_is_refused() {
        for known in ["Krueger1984", "anjakrueger", "Seatkeeper2026", "seatkeeper!", "support2026"] {
            assert!(is_refused(known), "{known}");
        }
        let other = NewPassword::checked("Krueger1984Hof", 8, &["Bo Berg", "bo@example.org", "Nord AG"]);
        assert!(other.is_ok(), "another user's name is no secret of this one");
    }

    #[test]
    fn sentences_and_drawn_passwords_are_good() {
        for good in ["correct horse battery", "tX4#rp9!Lq2z", "drei Igel schlafen im Laub", "ten-seats-fifteen-agents"]
        {
            assert!(!is_refused(good), "{good}");
        }
        assert!(!is_refused(&"lange Sätze sind erlaubt. ".repeat(7)));
    }
}
