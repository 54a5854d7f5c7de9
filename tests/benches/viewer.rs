//! Viewers of the live feed who note when they are told what, and whether all are told the same.

use crate::{
    connection::{get, head_end, status},
    numbers::percentile,
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

/// One viewer in so many reads what he is told, to see how old it is; the others only compare the bytes.
const READERS: usize = 50;

/// Viewers who watch the same thing.
#[derive(Default)]
pub struct Gallery {
    watching: Cell<usize>,
    from: Cell<Option<Instant>>,
    until: Cell<Option<Instant>>,
    told: RefCell<HashMap<i64, Told>>,
    delays: RefCell<Vec<u32>>,
    different: Cell<usize>,
}

/// A frame, as the first viewer got it.
struct Told {
    frame: Vec<u8>,
    first: Instant,
    viewers: usize,
}

/// What was seen in the time that counts.
pub struct Seen {
    /// Frames, those of all viewers together.
    pub frames: usize,
    /// Their bytes.
    pub bytes: usize,
    /// Frames that were not the same bytes as another viewer's.
    pub different: usize,
    /// Frames that some viewer did not get.
    pub missing: usize,
    /// How old changes were when they arrived, in milliseconds, sorted.
    delays: Vec<u32>,
}

impl Seen {
    /// How old this part of all changes was at most when it arrived, in milliseconds.
    pub fn delay(&self, part: f64) -> f64 {
        f64::from(percentile(&self.delays, part))
    }
}

impl Gallery {
    /// How many viewers have begun to watch.
    pub fn watching(&self) -> usize {
        self.watching.get()
    }

    /// From now on it counts.
    pub fn begin(&self) {
        self.from.set(Some(Instant::now()));
    }

    /// From now on no new frame counts; those that some already have still do.
    pub fn end(&self) {
        self.until.set(Some(Instant::now()));
    }

    /// How many frames that count some viewer has not got yet.
    pub fn missing(&self) -> usize {
        let told = self.told.borrow();
        told.values()
            .filter(|told| self.counts(told))
            .map(|told| self.watching.get().saturating_sub(told.viewers))
            .sum()
    }

    /// What was seen.
    pub fn seen(&self) -> Seen {
        let mut seen = Seen {
            frames: 0,
            bytes: 0,
            different: self.different.get(),
            missing: self.missing(),
            delays: self.delays.take(),
        };
        seen.delays.sort_unstable();
        for told in self.told.borrow().values().filter(|told| self.counts(told)) {
            seen.frames += told.viewers;
            seen.bytes += told.viewers * told.frame.len();
        }
        seen
    }

    fn counts(&self, told: &Told) -> bool {
        self.from.get().is_some_and(|from| told.first >= from)
            && self.until.get().is_none_or(|until| told.first < until)
    }

    /// Watches for ever.
    pub async fn watch(self: Rc<Self>, server: SocketAddr, token: String, place: usize) -> anyhow::Result<()> {
        let mut feed = Feed::open(TcpStream::connect(server).await?, &token).await?;
        self.watching.set(self.watching.get() + 1);
        loop {
            let frame = feed.next().await?;
            if let Some((position, data)) = change(&frame) {
                self.note(position, &frame, data, place.is_multiple_of(READERS));
            }
        }
    }

    fn note(&self, position: i64, frame: &[u8], data: &[u8], reads: bool) {
        let mut all = self.told.borrow_mut();
        let told =
            all.entry(position).or_insert_with(|| Told { frame: frame.to_vec(), first: Instant::now(), viewers: 0 });
        told.viewers += 1;
        self.different.set(self.different.get() + usize::from(told.frame != frame));
        if reads
            && self.counts(told)
            && let Ok(change) = serde_json::from_slice::<Change>(data)
        {
            let now = Clock::default().now();
            self.delays.borrow_mut().extend(ages(&change, now));
        }
    }
}

/// How long ago each session of a change was created or ended, in milliseconds.
fn ages(change: &Change, now: DateTime<Utc>) -> impl Iterator<Item = u32> {
    change.sessions.iter().map(move |session| {
        let at = session.ended.as_ref().map_or(session.created_at, |end| end.at);
        u32::try_from((now - at).num_milliseconds()).unwrap_or(0)
    })
}

/// Begins to watch and then reads nothing, for ever.
pub async fn stand_still(server: SocketAddr, token: String) -> anyhow::Result<()> {
    let socket = TcpSocket::new_v4()?;
    // As little as the system allows, so that the server feels it soon.
    socket.set_recv_buffer_size(1)?;
    let mut stream = socket.connect(server).await?;
    stream.write_all(&get("/api/v1/live", &token)).await?;
    std::future::pending::<()>().await;
    drop(stream);
    Ok(())
}

/// Position and data of a frame that tells a change.
fn change(frame: &[u8]) -> Option<(i64, &[u8])> {
    let mut lines = frame.splitn(3, |byte| *byte == b'\n');
    let position = std::str::from_utf8(lines.next()?.strip_prefix(b"id: ")?).ok()?.parse().ok()?;
    if lines.next()? != b"event: change" {
        return None;
    }
    Some((position, lines.next()?.strip_prefix(b"data: ")?))
}

/// An answer without end, in chunks (RFC 9112, 7.1); the servers send each frame as a chunk.
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
        anyhow::ensure!(status(&feed.unread) == Some(200), "the live feed does not begin");
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
                anyhow::ensure!(size > 0, "the live feed ends");
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
