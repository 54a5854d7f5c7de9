//! An SMTP server that accepts and stores every e-mail.

use std::sync::{Arc, Mutex};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    sync::Notify,
};

/// The received e-mails; clones share them.
#[derive(Clone, Default)]
pub struct Mailbox {
    messages: Arc<Mutex<Vec<String>>>,
    received: Arc<Notify>,
}

impl Mailbox {
    /// Starts the mail server; also returns the value for `--smtp-url`.
    pub async fn start() -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("smtp://{}", listener.local_addr().expect("an address"));
        let mailbox = Self::default();
        let receiver = mailbox.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let receiver = receiver.clone();
                tokio::spawn(async move { receiver.serve(client).await });
            }
        });
        (mailbox, url)
    }

    /// Implements as much of SMTP (RFC 5321) as the server's client needs.
    async fn serve(&self, client: TcpStream) -> Option<()> {
        let mut client = BufReader::new(client);
        client.write_all(b"220 test\r\n").await.ok()?;
        loop {
            let mut line = String::new();
            client.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
            let answer: &[u8] = match line.get(..4).unwrap_or_default().trim() {
                "DATA" => {
                    client.write_all(b"354 go\r\n").await.ok()?;
                    self.receive(&mut client).await?;
                    b"250 ok\r\n"
                }
                "EHLO" => b"250-test\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n",
                "QUIT" => b"221 bye\r\n",
                _ => b"250 ok\r\n",
            };
            client.write_all(answer).await.ok()?;
        }
    }

    async fn receive(&self, client: &mut BufReader<TcpStream>) -> Option<()> {
        let mut message = String::new();
        while !message.ends_with("\r\n.\r\n") {
            client.read_line(&mut message).await.ok().filter(|read| *read > 0)?;
        }
        self.messages.lock().ok()?.push(decoded(&message));
        self.received.notify_one();
        Some(())
    }

    /// The number of unread e-mails.
    pub fn count(&self) -> usize {
        self.messages.lock().expect("no thread panicked with the lock").len()
    }

    /// Waits for the next e-mail and removes it.
    pub async fn next(&self) -> String {
        loop {
            let first = {
                let mut messages = self.messages.lock().expect("no thread panicked with the lock");
                (!messages.is_empty()).then(|| messages.remove(0))
            };
            match first {
                Some(message) => return message,
                None => self.received.notified().await,
            }
        }
    }
}

/// Decodes quoted-printable text (RFC 2045 §6.7), as far as the tests need it.
fn decoded(message: &str) -> String {
    message.replace("=\r\n", "").replace("=3D", "=").replace("=C3=BC", "ü")
}

/// The secret in an account link, in an e-mail or a response.
pub fn secret_in(text: &str) -> String {
    let after = text.split("/join-account#").nth(1).expect("an account link");
    after.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-' || *c == '_').collect()
}
