//! A mail server that takes every letter and keeps it.

use std::sync::{Arc, Mutex};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    sync::Notify,
};

/// The letters that were sent. Clones are one box.
#[derive(Clone, Default)]
pub struct Mailbox {
    letters: Arc<Mutex<Vec<String>>>,
    came: Arc<Notify>,
}

impl Mailbox {
    /// A mail server, and its address for `--smtp-url`.
    pub async fn open() -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("smtp://{}", listener.local_addr().expect("an address"));
        let mailbox = Self::default();
        let taking = mailbox.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let taking = taking.clone();
                tokio::spawn(async move { taking.serve(client).await });
            }
        });
        (mailbox, url)
    }

    /// Speaks as much of SMTP (RFC 5321) as a client needs.
    async fn serve(&self, client: TcpStream) -> Option<()> {
        let mut client = BufReader::new(client);
        client.write_all(b"220 test\r\n").await.ok()?;
        loop {
            let mut line = String::new();
            client.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
            let answer: &[u8] = match line.get(..4).unwrap_or_default().trim() {
                "DATA" => {
                    client.write_all(b"354 go\r\n").await.ok()?;
                    self.take(&mut client).await?;
                    b"250 ok\r\n"
                }
                "EHLO" => b"250-test\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n",
                "QUIT" => b"221 bye\r\n",
                _ => b"250 ok\r\n",
            };
            client.write_all(answer).await.ok()?;
        }
    }

    async fn take(&self, client: &mut BufReader<TcpStream>) -> Option<()> {
        let mut letter = String::new();
        while !letter.ends_with("\r\n.\r\n") {
            client.read_line(&mut letter).await.ok().filter(|read| *read > 0)?;
        }
        self.letters.lock().ok()?.push(plain(&letter));
        self.came.notify_one();
        Some(())
    }

    /// How many letters have come.
    pub fn count(&self) -> usize {
        self.letters.lock().expect("no test panicked here").len()
    }

    /// The next letter, which is taken out.
    pub async fn next(&self) -> String {
        loop {
            let first = {
                let mut letters = self.letters.lock().expect("no test panicked here");
                (!letters.is_empty()).then(|| letters.remove(0))
            };
            match first {
                Some(letter) => return letter,
                None => self.came.notified().await,
            }
        }
    }
}

/// The letter without quoted-printable line breaks and signs (RFC 2045 §6.7), as far as the tests read it.
fn plain(letter: &str) -> String {
    letter.replace("=\r\n", "").replace("=3D", "=").replace("=C3=BC", "ü")
}

/// The secret in the link of a letter, or of an answer.
pub fn secret_in(text: &str) -> String {
    let after = text.split("/join-account#").nth(1).expect("a link");
    after.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-' || *c == '_').collect()
}
