//! A connection whose bytes are written and read by hand: half requests, slow ones, several Hosts.

use std::{net::Ipv4Addr, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

/// The longest that anything may take here.
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection to a server.
pub struct Wire {
    stream: TcpStream,
}

/// What a server answers to these bytes, until it closes the connection.
pub async fn said_to(url: &str, bytes: impl AsRef<[u8]>) -> String {
    let mut wire = Wire::open(url, None).await;
    wire.send(bytes).await;
    wire.rest().await
}

impl Wire {
    /// A new connection, from another address of this machine if one is given (`127.0.0.2`; Linux only).
    pub async fn open(url: &str, from: Option<Ipv4Addr>) -> Self {
        Self::with_buffer(url, from, None).await
    }

    /// The same, which takes in no more than so many bytes before they are read.
    pub async fn with_buffer(url: &str, from: Option<Ipv4Addr>, buffer: Option<u32>) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        if let Some(from) = from {
            socket.bind((from, 0).into()).expect("all of 127.0.0.0/8 is this machine");
        }
        if let Some(bytes) = buffer {
            socket.set_recv_buffer_size(bytes).expect("a small buffer");
        }
        let address = url.trim_start_matches("http://").parse().expect("an address");
        let stream = timeout(PATIENCE, socket.connect(address)).await.expect("it connects in time");
        Self { stream: stream.expect("the server listens") }
    }

    /// Writes bytes.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.expect("the connection stands");
    }

    /// Writes bytes; false if the server has closed the connection.
    pub async fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        timeout(PATIENCE, self.stream.write_all(bytes.as_ref())).await.is_ok_and(|written| written.is_ok())
    }

    /// Reads what comes until it ends in or contains this text, or the server closes the connection.
    pub async fn until(&mut self, text: &str) -> String {
        let (mut all, mut part) = (Vec::new(), [0; 8_192]);
        loop {
            let read = timeout(PATIENCE, self.stream.read(&mut part)).await.expect("it goes on or ends");
            // Whoever is sent away while bytes are on their way finds the connection reset.
            let read = read.unwrap_or_default();
            all.extend_from_slice(&part[..read]);
            let so_far = String::from_utf8_lossy(&all);
            if read == 0 || so_far.contains(text) {
                return so_far.into_owned();
            }
        }
    }

    /// Reads until the server closes the connection.
    pub async fn rest(&mut self) -> String {
        self.until("\0").await
    }
}
