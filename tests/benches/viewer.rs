//! Viewers of the live feed who record the delay of changes, and whether all viewers receive the same frames.

use crate::{
    connection::{get, head_end, status},
    statistics::percentile,
};
use chrono::{DateTime, Utc};
use seatkeeper::clock::Clock;
use seatkeeper_shared::wire::live::Change;
use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    io,
    net::SocketAddr,
    rc::Rc,
    time::Instant,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
};

/// One in this many viewers parses frames to measure their delay; the others only compare the bytes.
const PARSING_EVERY: usize = 50;

/// Viewers of the same feed.
#[derive(Default)]
pub struct ViewerGroup {
    watching: Cell<usize>,
    from: Cell<Option<Instant>>,
    until: Cell<Option<Instant>>,
    frames: RefCell<HashMap<i64, ReceivedFrame>>,
    delays: RefCell<Vec<u32>>,
    different: Cell<usize>,
}

/// A frame as the first viewer received it.
struct ReceivedFrame {
    bytes: Vec<u8>,
    first_at: Instant,
    viewers: usize,
}

/// What the viewers received in the measured time.
pub struct ViewerStats {
    /// The number of frames received by all viewers together.
    pub frames: usize,
    /// The bytes of these frames.
    pub bytes: usize,
    /// The number of frames that differed between viewers.
    pub different: usize,
    /// The number of frames that a viewer did not receive.
    pub missing: usize,
    /// The age of changes on arrival, in milliseconds, sorted.
    delays: Vec<u32>,
}

impl ViewerStats {
    /// A percentile of the age of changes on arrival, for a fraction from 0 to 1, in milliseconds.
    pub fn delay(&self, fraction: f64) -> f64 {
        f64::from(percentile(&self.delays, fraction))
    }
}

impl ViewerGroup {
    /// The number of connected viewers.
    pub fn watching(&self) -> usize {
        self.watching.get()
    }

    /// Starts the measurement.
    pub fn begin(&self) {
        self.from.set(Some(Instant::now()));
    }

    /// Ends the measurement: frames that first arrive from now on do not count.
    pub fn end(&self) {
        self.until.set(Some(Instant::now()));
    }

    /// The number of measured frames still missing, over all viewers.
    pub fn missing(&self) -> usize {
        let frames = self.frames.borrow();
        frames
            .values()
            .filter(|frame| self.is_measured(frame))
            .map(|frame| self.watching.get().saturating_sub(frame.viewers))
            .sum()
    }

    /// The statistics of the measured time.
    pub fn stats(&self) -> ViewerStats {
        let mut stats = ViewerStats {
            frames: 0,
            bytes: 0,
            different: self.different.get(),
            missing: self.missing(),
            delays: self.delays.take(),
        };
        stats.delays.sort_unstable();
        for frame in self.frames.borrow().values().filter(|frame| self.is_measured(frame)) {
            stats.frames += frame.viewers;
            stats.bytes += frame.viewers * frame.bytes.len();
        }
        stats
    }

    fn is_measured(&self, frame: &ReceivedFrame) -> bool {
        self.from.get().is_some_and(|from| frame.first_at >= from)
            && self.until.get().is_none_or(|until| frame.first_at < until)
    }

    /// Watches the feed until the task is dropped.
    pub async fn watch(self: Rc<Self>, server: SocketAddr, token: String, index: usize) -> anyhow::Result<()> {
        let mut feed = Feed::open(TcpStream::connect(server).await?, &token).await?;
        self.watching.set(self.watching.get() + 1);
        loop {
            let frame = feed.next().await?;
            if let Some((position, data)) = parse_change(&frame) {
                self.note(position, &frame, data, index.is_multiple_of(PARSING_EVERY));
            }
        }
    }

    fn note(&self, position: i64, bytes: &[u8], data: &[u8], parses: bool) {
        let mut frames = self.frames.borrow_mut();
        let new = || ReceivedFrame { bytes: bytes.to_vec(), first_at: Instant::now(), viewers: 0 };
        let frame = frames.entry(position).or_insert_with(new);
        frame.viewers += 1;
        self.different.set(self.different.get() + usize::from(frame.bytes != bytes));
        if parses
            && self.is_measured(frame)
            && let Ok(change) = serde_json::from_slice::<Change>(data)
        {
            let now = Clock::default().now();
            self.delays.borrow_mut().extend(ages(&change, now));
        }
    }
}

/// The time since each session of a change was created or ended, in milliseconds.
fn ages(change: &Change, now: DateTime<Utc>) -> impl Iterator<Item = u32> {
    change.sessions.iter().map(move |session| {
        let at = session.ended.as_ref().map_or(session.created_at, |end| end.at);
        u32::try_from((now - at).num_milliseconds()).unwrap_or(0)
    })
}

/// Opens the feed and never reads from it.
pub async fn never_read(server: SocketAddr, token: String) -> anyhow::Result<()> {
    let socket = TcpSocket::new_v4()?;
    // The smallest receive buffer, so that the server notices soon.
    socket.set_recv_buffer_size(1)?;
    let mut stream = socket.connect(server).await?;
    stream.write_all(&get("/api/v1/live", &token)).await?;
    std::future::pending::<()>().await;
    drop(stream);
    Ok(())
}

/// The position and the data of a `change` frame.
fn parse_change(frame: &[u8]) -> Option<(i64, &[u8])> {
    let mut lines = frame.splitn(3, |byte| *byte == b'\n');
    let position = std::str::from_utf8(lines.next()?.strip_prefix(b"id: ")?).ok()?.parse().ok()?;
    if lines.next()? != b"event: change" {
        return None;
    }
    Some((position, lines.next()?.strip_prefix(b"data: ")?))
}

/// An endless chunked response (RFC 9112, 7.1), in which the servers send each frame as one chunk.
struct Feed {
    stream: TcpStream,
    unread: Vec<u8>,
}

impl Feed {
    async fn open(mut stream: TcpStream, token: &str) -> anyhow::Result<Self> {
        stream.write_all(&get("/api/v1/live", token)).await?;
        let mut feed = Self { stream, unread: Vec::new() };
        let end = loop {
            feed.read().await?;
            if let Some(end) = head_end(&feed.unread) {
                break end;
            }
        };
        anyhow::ensure!(status(&feed.unread) == Some(200), "the live feed returned an error");
        feed.unread.drain(..end);
        Ok(feed)
    }

    async fn read(&mut self) -> io::Result<()> {
        self.unread.reserve(32 * 1024);
        match self.stream.read_buf(&mut self.unread).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }

    /// The next frame.
    async fn next(&mut self) -> anyhow::Result<Vec<u8>> {
        loop {
            if let Some(line) = self.unread.windows(2).position(|two| two == b"\r\n") {
                let size = usize::from_str_radix(std::str::from_utf8(&self.unread[..line])?, 16)?;
                anyhow::ensure!(size > 0, "the live feed has ended");
                let (start, end) = (line + 2, line + 2 + size);
                if self.unread.len() >= end + 2 {
                    let frame = self.unread[start..end].to_vec();
                    self.unread.drain(..end + 2);
                    return Ok(frame);
                }
            }
            self.read().await?;
        }
    }
}
