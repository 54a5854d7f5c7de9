//! The texts of e-mails, in the recipient's language. These are the only texts that the server itself translates; the
//! app's are in its locale files.

use crate::store::password_links::LinkRecipient;
use chrono::{DateTime, Utc};
use seatkeeper_shared::people::Locale;

/// A new link that was not sent or shown yet.
pub struct IssuedLink {
    /// The URL; only its path if the public address is not configured.
    pub address: String,
    pub expires_at: DateTime<Utc>,
}

/// An e-mail in plain text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailText {
    pub subject: String,
    pub body: String,
}

/// An invitation, or a link to set a new password, depending on the recipient.
pub fn password_link(to: &LinkRecipient, link: &IssuedLink) -> EmailText {
    let (name, account, address) = (&to.name, &to.account, &link.address);
    let until = link.expires_at.format("%Y-%m-%d %H:%M UTC");
    match (to.locale, to.invites) {
        (Locale::De, true) => EmailText {
            subject: format!("Ihr Zugang zu Seatkeeper ({account})"),
            body: format!(
                "Guten Tag {name},\n\n{account} hat für Sie einen Zugang zu Seatkeeper eingerichtet. Legen Sie \
                 hier Ihr Passwort fest:\n\n{address}\n\nDer Link funktioniert einmal und gilt bis {until}.\n"
            ),
        },
        (Locale::De, false) => EmailText {
            subject: "Neues Passwort für Seatkeeper".to_owned(),
            body: format!(
                "Guten Tag {name},\n\nüber diesen Link legen Sie ein neues Passwort für Seatkeeper ({account}) \
                 fest:\n\n{address}\n\nDer Link funktioniert einmal und gilt bis {until}. Wenn Sie kein neues \
                 Passwort brauchen, ignorieren Sie diese Nachricht. Ihr bisheriges Passwort gilt weiter.\n"
            ),
        },
        (Locale::En, true) => EmailText {
            subject: format!("Your access to Seatkeeper ({account})"),
            body: format!(
                "Hello {name},\n\n{account} has given you access to Seatkeeper. Set your password \
                 here:\n\n{address}\n\nThe link works once and is valid until {until}.\n"
            ),
        },
        (Locale::En, false) => EmailText {
            subject: "New password for Seatkeeper".to_owned(),
            body: format!(
                "Hello {name},\n\nUse this link to set a new password for Seatkeeper ({account}):\n\n{address}\n\nThe \
                 link works once and is valid until {until}. If you do not need a new password, ignore this message. \
                 Your current password stays valid.\n"
            ),
        },
    }
}
