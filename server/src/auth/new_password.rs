//! A new password that passed all checks. Only such a password can be hashed.

use seatkeeper_shared::validate::{self, FieldError};
use zxcvbn::{Score, zxcvbn};

/// Words that every user of the product would think of.
const PRODUCT_WORDS: [&str; 3] = ["seatkeeper", "license", "lizenz"];

/// A new password that passed all checks, in plain text.
pub struct NewPassword(String);

impl NewPassword {
    /// Checks a new password. `min` is the account's minimum number of characters; `known` is what others know about
    /// the user: their name, their e-mail address and the organisation.
    ///
    /// Besides the rules that the frontend checks as well, this estimates the number of guesses
    /// ([zxcvbn](https://www.usenix.org/conference/usenixsecurity16/technical-sessions/presentation/wheeler)) and
    /// refuses passwords that take fewer than a million: common passwords, names, dates and keyboard rows, also with
    /// the usual substitutions, and `known` followed by a number.
    ///
    /// # Errors
    /// Returns an error if the password is too short, too long, or too easy to guess.
    pub fn checked(text: &str, min: usize, known: &[&str]) -> Result<Self, FieldError> {
        validate::password_with_min(text, min)?;
        let parts = known.iter().flat_map(|text| text.split(|c: char| !c.is_alphanumeric()));
        // Short parts (`de`, `GmbH`) would lower the score of most passphrases.
        let words: Vec<&str> = parts.filter(|part| part.chars().count() > 3).chain(PRODUCT_WORDS).collect();
        if zxcvbn(text, &words).score() < Score::Two { Err(FieldError::TooCommon) } else { Ok(Self(text.to_owned())) }
    }

    /// The plain text, for hashing.
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
    fn common_passwords_and_their_variants_are_refused() {
        // From public lists of the most common passwords.
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
    fn facts_known_about_the_user_are_refused() {
        for known in ["Krueger1984", "anjakrueger", "Seatkeeper2026", "seatkeeper!", "support2026"] {
            assert!(is_refused(known), "{known}");
        }
        let other = NewPassword::checked("Krueger1984Hof", 8, &["Bo Berg", "bo@example.org", "Nord AG"]);
        assert!(other.is_ok(), "another user's name is not known about this user");
    }

    #[test]
    fn passphrases_and_random_passwords_are_accepted() {
        for good in ["correct horse battery", "tX4#rp9!Lq2z", "drei Igel schlafen im Laub", "ten-seats-fifteen-agents"]
        {
            assert!(!is_refused(good), "{good}");
        }
        assert!(!is_refused(&"lange Sätze sind erlaubt. ".repeat(7)));
    }
}
