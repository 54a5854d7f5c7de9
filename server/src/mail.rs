//! E-mails, through the mail server that is configured. What they say stands in `letters`.

pub mod letters;

use anyhow::Context as _;
use letters::Letter;
use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    message::{Mailbox, header::ContentType},
};
use std::time::Duration;

/// How long a mail server may take for each step.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why an e-mail was not sent.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// No mail server is configured.
    #[error("no mail server is configured")]
    None,
    /// The address cannot be written to.
    #[error("the address cannot be written to")]
    Address,
    /// The letter cannot be put together.
    #[error("the letter cannot be put together: {0}")]
    Letter(#[from] lettre::error::Error),
    /// The mail server cannot be reached, or does not take the letter.
    #[error("the mail server did not take the letter: {0}")]
    Server(#[from] lettre::transport::smtp::Error),
}

/// Sends e-mails.
#[derive(Clone, Debug)]
pub struct Mailer {
    server: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Mailer {
    /// A mailer for the mail server at this URL: `smtps://USER:PASSWORD@HOST`, or `smtp://HOST:PORT` without encryption, or with
    /// `?tls=required`.
    ///
    /// # Errors
    /// The URL or the sender cannot be read. What they say is left out: the URL has a password in it.
    pub fn new(url: &str, from: &str) -> anyhow::Result<Self> {
        let from =
            from.parse().ok().context("--smtp-from is no e-mail address, as in \"Seatkeeper <seats@example.org>\"")?;
        let server = AsyncSmtpTransport::<Tokio1Executor>::from_url(url).ok();
        let server = server.context("--smtp-url is no address of a mail server, as in smtps://USER:PASSWORD@HOST")?;
        Ok(Self { server: server.timeout(Some(PATIENCE)).build(), from })
    }

    /// Sends a letter.
    ///
    /// # Errors
    /// It was not taken.
    pub async fn send(&self, name: &str, email: &str, letter: Letter) -> Result<(), MailError> {
        let to = email.parse::<Address>().map_err(|_| MailError::Address)?;
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(Some(name.to_owned()), to))
            .subject(letter.subject)
            .header(ContentType::TEXT_PLAIN)
            .body(letter.text)?;
        self.server.send(message).await?;
        Ok(())
    }
}
