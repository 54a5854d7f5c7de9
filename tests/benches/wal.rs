//! Measures how much a server appends to SQLite's write-ahead log.

use anyhow::Context as _;
use std::{
    fs::File,
    os::unix::fs::FileExt as _,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

/// The bytes of a frame: a page and its header (<https://www.sqlite.org/fileformat2.html>, 4.1).
const FRAME_BYTES: u64 = 4_096 + 24;
/// Where the log's index has the number of its frames (<https://www.sqlite.org/walformat.html>, 2.1).
const FRAMES_OFFSET: u64 = 16;
/// Shorter than it takes to fill a log, so that a log that restarts is noticed.
const SAMPLE_INTERVAL: Duration = Duration::from_millis(1);

/// Counts the bytes that are appended until it is stopped.
pub struct WalMeter {
    is_stopped: Arc<AtomicBool>,
    thread: JoinHandle<std::io::Result<u64>>,
}

impl WalMeter {
    /// Begins to count, at a server that has the database open.
    pub fn start(database: &str) -> anyhow::Result<Self> {
        let index = format!("{}-shm", database.trim_start_matches("sqlite:"));
        let index = File::open(index).context("the index of the write-ahead log")?;
        let is_stopped = Arc::new(AtomicBool::new(false));
        let stop = is_stopped.clone();
        let thread = thread::spawn(move || {
            let (mut last, mut appended) = (frames(&index)?, 0);
            loop {
                let is_last = stop.load(Ordering::Relaxed);
                let now = frames(&index)?;
                // Fewer than before: the log began again.
                appended += if now < last { now } else { now - last };
                last = now;
                if is_last {
                    return Ok(appended * FRAME_BYTES);
                }
                thread::sleep(SAMPLE_INTERVAL);
            }
        });
        Ok(Self { is_stopped, thread })
    }

    /// The bytes appended since the start.
    pub fn stop(self) -> anyhow::Result<u64> {
        self.is_stopped.store(true, Ordering::Relaxed);
        let appended = self.thread.join().map_err(|_| anyhow::anyhow!("the thread panicked"))?;
        Ok(appended?)
    }
}

fn frames(index: &File) -> std::io::Result<u64> {
    let mut number = [0; 4];
    index.read_exact_at(&mut number, FRAMES_OFFSET)?;
    Ok(u32::from_ne_bytes(number).into())
}
