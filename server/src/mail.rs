//! Sends e-mails through the configured SMTP server. Their texts are in `templates`.

pub mod templates;

use anyhow::Context as _;
use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    message::{Mailbox, header::ContentType},
};
use std::time::Duration;
use templates::EmailText;

/// For each SMTP command.
const SMTP_TIMEOUT: Duration = Duration::from_secs(10);

/// Why an e-mail was not sent.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    #[error("no mail server is configured")]
    None,
    #[error("the e-mail address is not valid")]
    Address,
    #[error("the e-mail cannot be built: {0}")]
    Message(#[from] lettre::error::Error),
    /// The server cannot be reached or rejects the e-mail.
    #[error("the mail server did not accept the e-mail: {0}")]
    Server(#[from] lettre::transport::smtp::Error),
}

/// Sends e-mails.
#[derive(Clone, Debug)]
pub struct Mailer {
    server: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Mailer {
    /// A mailer for the SMTP server at a URL: `smtps://USER:PASSWORD@HOST`, or `smtp://HOST:PORT`, unencrypted unless
    /// `?tls=required` is appended.
    ///
    /// # Errors
    /// Returns an error if the URL or the sender is invalid. It quotes neither: the URL contains a password.
    pub fn new(url: &str, from: &str) -> anyhow::Result<Self> {
        let from = from.parse().ok();
        let from = from.context("--smtp-from is not an e-mail address such as \"Seatkeeper <seats@example.org>\"")?;
        let server = AsyncSmtpTransport::<Tokio1Executor>::from_url(url).ok();
        let server = server.context("--smtp-url is not the URL of a mail server such as smtps://USER:PASSWORD@HOST")?;
        Ok(Self { server: server.timeout(Some(SMTP_TIMEOUT)).build(), from })
    }

    /// Sends an e-mail.
    ///
    /// # Errors
    /// Returns an error if the address is invalid or the server did not accept the e-mail.
    pub async fn send(&self, name: &str, email: &str, email_text: EmailText) -> Result<(), MailError> {
        let to = email.parse::<Address>().map_err(|_| MailError::Address)?;
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(Some(name.to_owned()), to))
            .subject(email_text.subject)
            .header(ContentType::TEXT_PLAIN)
            .body(email_text.body)?;
        self.server.send(message).await?;
        Ok(())
    }
}
