//! A minimal keep-alive HTTP/1.1 client, because CPU time used by the load is missing for the server.

use std::{io, net::SocketAddr, ops::Range};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// The largest accepted response, in bytes.
const MAX_RESPONSE_BYTES: usize = 1 << 20;

/// A connection that sends one request at a time.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: vec![0; 4096] })
    }

    /// Sends a request; returns the status and body of the response.
    pub async fn request(&mut self, request: &[u8]) -> io::Result<(u16, &[u8])> {
        self.stream.write_all(request).await?;
        let mut filled = 0;
        loop {
            if filled == self.buffer.len() {
                self.grow()?;
            }
            let read = self.stream.read(&mut self.buffer[filled..]).await?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            filled += read;
            if let Some((status, body)) = parse_response(&self.buffer[..filled])? {
                return Ok((status, &self.buffer[body]));
            }
        }
    }

    fn grow(&mut self) -> io::Result<()> {
        if self.buffer.len() >= MAX_RESPONSE_BYTES {
            return Err(io::Error::other("the response is too large"));
        }
        self.buffer.resize(self.buffer.len() * 2, 0);
        Ok(())
    }
}

/// The status and the range of the body, once the response is complete.
fn parse_response(bytes: &[u8]) -> io::Result<Option<(u16, Range<usize>)>> {
    let Some(head) = head_end(bytes) else { return Ok(None) };
    let status = status(bytes).ok_or_else(|| io::Error::other("not an HTTP response"))?;
    if status == 204 {
        return Ok(Some((status, head..head)));
    }
    let length = content_length(&bytes[..head]).ok_or_else(|| io::Error::other("a response without content-length"))?;
    let end = head + length;
    Ok((bytes.len() >= end).then_some((status, head..end)))
}

/// The end of the response head, once it is complete.
pub fn head_end(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|start| start + 4)
}

/// The status code in the first line of a response.
pub fn status(bytes: &[u8]) -> Option<u16> {
    std::str::from_utf8(bytes.strip_prefix(b"HTTP/1.1 ")?.get(..3)?).ok()?.parse().ok()
}

fn content_length(head: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"content-length:";
    let line = head
        .split(|byte| *byte == b'\n')
        .find(|line| line.get(..NAME.len()).is_some_and(|name| name.eq_ignore_ascii_case(NAME)))?;
    std::str::from_utf8(&line[NAME.len()..]).ok()?.trim().parse().ok()
}

/// A POST with a token, and a JSON body unless it is empty.
pub fn post(path: &str, token: &str, body: &str) -> Vec<u8> {
    request_bytes("POST", path, token, body)
}

/// A request with a token, and a JSON body unless it is empty.
pub fn request_bytes(method: &str, path: &str, token: &str, body: &str) -> Vec<u8> {
    let content_type = if body.is_empty() { "" } else { "content-type: application/json\r\n" };
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {token}\r\n{content_type}\
         content-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// A GET with a token.
pub fn get(path: &str, token: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {token}\r\n\r\n").into_bytes()
}

/// The first `id` in a JSON body.
pub fn id_in(body: &[u8]) -> Option<&str> {
    const KEY: &[u8] = b"\"id\":\"";
    let start = body.windows(KEY.len()).position(|window| window == KEY)? + KEY.len();
    std::str::from_utf8(body.get(start..start + 36)?).ok()
}
