//! A TCP connection for hand-written bytes: incomplete requests, slow ones, repeated headers.

use std::{net::Ipv4Addr, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

/// How long a connect, read or write may take.
const IO_TIMEOUT: Duration = Duration::from_secs(60);

/// A connection to the server.
pub struct RawConnection {
    stream: TcpStream,
}

/// Sends bytes on a new connection; returns what the server answers until it closes the connection.
pub async fn raw_response(url: &str, bytes: impl AsRef<[u8]>) -> String {
    let mut connection = RawConnection::open(url, None).await;
    connection.send(bytes).await;
    connection.rest().await
}

impl RawConnection {
    /// Connects, from the given loopback address if any (`127.0.0.2` for example; Linux only).
    pub async fn open(url: &str, from: Option<Ipv4Addr>) -> Self {
        Self::with_buffer(url, from, None).await
    }

    /// Like [`Self::open`], with a receive buffer of this many bytes.
    pub async fn with_buffer(url: &str, from: Option<Ipv4Addr>, buffer: Option<u32>) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        if let Some(from) = from {
            socket.bind((from, 0).into()).expect("all of 127.0.0.0/8 is this machine");
        }
        if let Some(bytes) = buffer {
            socket.set_recv_buffer_size(bytes).expect("a small buffer");
        }
        let address = url.trim_start_matches("http://").parse().expect("an address");
        let stream = timeout(IO_TIMEOUT, socket.connect(address)).await.expect("it connects in time");
        Self { stream: stream.expect("the server listens") }
    }

    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.expect("the connection is open");
    }

    /// Writes bytes; returns false if the server has closed the connection.
    pub async fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        timeout(IO_TIMEOUT, self.stream.write_all(bytes.as_ref())).await.is_ok_and(|written| written.is_ok())
    }

    /// Reads what comes within a time: `None` if nothing does, an empty text if the server has closed the connection.
    pub async fn next(&mut self, within: Duration) -> Option<String> {
        let mut chunk = [0; 8_192];
        let read = timeout(within, self.stream.read(&mut chunk)).await.ok()?;
        // A connection that is closed while our bytes are in flight is reset.
        Some(String::from_utf8_lossy(&chunk[..read.unwrap_or_default()]).into_owned())
    }

    /// Reads until the response contains a text or the server closes the connection.
    pub async fn until(&mut self, text: &str) -> String {
        let (mut all, mut chunk) = (Vec::new(), [0; 8_192]);
        loop {
            let read = timeout(IO_TIMEOUT, self.stream.read(&mut chunk)).await.expect("it answers in time");
            // A connection that is closed while our bytes are in flight is reset.
            let read = read.unwrap_or_default();
            all.extend_from_slice(&chunk[..read]);
            let text_so_far = String::from_utf8_lossy(&all);
            if read == 0 || text_so_far.contains(text) {
                return text_so_far.into_owned();
            }
        }
    }

    /// Reads until the server closes the connection.
    pub async fn rest(&mut self) -> String {
        self.until("\0").await
    }
}
