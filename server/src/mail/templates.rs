//! The texts of e-mails, in the recipient's language. These are the only texts that the server itself translates; the
//! app's are in its locale files.

use crate::store::{license_requests::Recipient, password_links::LinkRecipient};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{license::Model, people::Locale, wire::license_requests::LicenseRequest};

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

/// The decision on a request for a license.
#[derive(Clone, Debug)]
pub enum RequestDecision {
    /// The license was assigned, until this time if one is given.
    Approved { ends_at: Option<DateTime<Utc>> },
    /// The request was declined, with these words if there are any.
    Declined { message: Option<String> },
}

/// What became of a request for a license.
pub fn license_request(to: &Recipient, request: &LicenseRequest, decision: &RequestDecision) -> EmailText {
    let (name, license) = (&to.name, license_name(to.locale, request));
    let subject = match to.locale {
        Locale::De => format!("Ihre Anfrage: {license} ({})", to.account),
        Locale::En => format!("Your request: {license} ({})", to.account),
    };
    let until = |at: &DateTime<Utc>| at.format("%Y-%m-%d %H:%M UTC");
    let outcome = match (to.locale, decision) {
        (Locale::De, RequestDecision::Approved { ends_at: None }) => format!("{license} ist Ihnen jetzt zugewiesen."),
        (Locale::De, RequestDecision::Approved { ends_at: Some(at) }) => {
            format!("{license} ist Ihnen jetzt zugewiesen, bis {}.", until(at))
        }
        (Locale::De, RequestDecision::Declined { .. }) => format!("Ihre Anfrage nach {license} wurde abgelehnt."),
        (Locale::En, RequestDecision::Approved { ends_at: None }) => format!("{license} is now assigned to you."),
        (Locale::En, RequestDecision::Approved { ends_at: Some(at) }) => {
            format!("{license} is now assigned to you, until {}.", until(at))
        }
        (Locale::En, RequestDecision::Declined { .. }) => format!("Your request for {license} was declined."),
    };
    let greeting = match to.locale {
        Locale::De => format!("Guten Tag {name},"),
        Locale::En => format!("Hello {name},"),
    };
    let message = match decision {
        RequestDecision::Declined { message: Some(message) } => format!("\n{message}\n"),
        _ => String::new(),
    };
    EmailText { subject, body: format!("{greeting}\n\n{outcome}\n{message}") }
}

fn license_name(locale: Locale, request: &LicenseRequest) -> String {
    let model = match (locale, request.model) {
        (Locale::De, Model::Named) => "benutzergebunden",
        (Locale::De, Model::Concurrent) => "gemeinsam genutzt",
        (Locale::En, Model::Named) => "named",
        (Locale::En, Model::Concurrent) => "concurrent",
    };
    format!("{} ({model})", request.product_name)
}
