//! What e-mails say, in the reader's language. The app's texts stand in its locales; these are all that the server writes itself.

use crate::{auth::links::Link, store::links::Addressee};
use seatkeeper_shared::people::Locale;

/// A letter, in plain text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// The subject.
    pub subject: String,
    /// The text.
    pub text: String,
}

/// An invitation, or a link to set a new password.
pub fn password_link(to: &Addressee, link: &Link) -> Letter {
    let (name, account, address) = (&to.name, &to.account, &link.address);
    let until = link.expires_at.format("%Y-%m-%d %H:%M UTC");
    match (to.locale, to.invites) {
        (Locale::De, true) => Letter {
            subject: format!("Ihr Zugang zu Seatkeeper ({account})"),
            text: format!(
                "Guten Tag {name},\n\n{account} hat für Sie einen Zugang zu Seatkeeper eingerichtet. Legen Sie hier Ihr Passwort \
                 fest:\n\n{address}\n\nDer Link gilt einmal, bis {until}.\n"
            ),
        },
        (Locale::De, false) => Letter {
            subject: "Neues Passwort für Seatkeeper".to_owned(),
            text: format!(
                "Guten Tag {name},\n\nhier legen Sie ein neues Passwort für Seatkeeper ({account}) fest:\n\n{address}\n\nDer Link gilt \
                 einmal, bis {until}. Wenn Sie kein neues Passwort brauchen, ignorieren Sie diese Nachricht: Ihr bisheriges \
                 Passwort gilt weiter.\n"
            ),
        },
        (Locale::En, true) => Letter {
            subject: format!("Your access to Seatkeeper ({account})"),
            text: format!(
                "Hello {name},\n\n{account} has given you access to Seatkeeper. Set your password \
                 here:\n\n{address}\n\nThe link works once, until {until}.\n"
            ),
        },
        (Locale::En, false) => Letter {
            subject: "A new password for Seatkeeper".to_owned(),
            text: format!(
                "Hello {name},\n\nset a new password for Seatkeeper ({account}) here:\n\n{address}\n\nThe link works once, until \
                 {until}. If you need no new password, ignore this message: the old one stays as it is.\n"
            ),
        },
    }
}
