//! `seatkeeper status`: shows licenses, seat holders and queues; live in a terminal, once otherwise.

pub mod draw;
mod snapshot;

use super::{
    config,
    failure::{Exit, Failure},
    output::{self, outln},
};
use crate::monotonic::MonotonicClock;
use clap::Args;
use seatkeeper_client::{Client, ClientError, LiveEvent};
use snapshot::StatusSnapshot;
use std::{io::IsTerminal as _, process::ExitCode, time::Duration};
use terminal_size::{Height, Width, terminal_size};
use tokio::{
    signal::unix::{SignalKind, signal},
    time::{Interval, MissedTickBehavior, interval, sleep},
};

/// Switches to the terminal's alternate screen, so that its previous content reappears afterwards.
const ENTER_SCREEN: &str = "\x1b[?1049h\x1b[?25l";
const LEAVE_SCREEN: &str = "\x1b[?25h\x1b[?1049l";
/// How long to wait before reconnecting to the feed.
const RECONNECT_DELAY: Duration = Duration::from_secs(2);

/// Arguments of `seatkeeper status`.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Print it once and exit, also in a terminal.
    #[arg(long)]
    once: bool,
    /// Print it once, as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Prints the status once, or shows it live until stopped.
///
/// # Errors
/// Returns an error if the server refuses the request, or cannot be reached at the start. Later it reconnects.
pub async fn run(args: StatusArgs) -> Result<ExitCode, Failure> {
    let client = config::client()?;
    let live = !args.once && !args.json && std::io::stdout().is_terminal();
    let snapshot = first_snapshot(&client).await?;
    if args.json {
        outln!("{}", snapshot.json())?;
    } else if live {
        watch(&client, snapshot).await?;
    } else {
        output::write(format_args!("{}", draw::render(&snapshot, terminal_width())))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Connects to the feed and reads its first message, a complete snapshot.
async fn first_snapshot(client: &Client) -> Result<StatusSnapshot, ClientError> {
    let mut live = client.live().await?;
    let mut snapshot = StatusSnapshot::new(MonotonicClock::default());
    while let Some(message) = live.next().await? {
        snapshot.apply(message);
        if snapshot.is_loaded() {
            break;
        }
    }
    Ok(snapshot)
}

/// Shows the live status until a signal arrives.
async fn watch(client: &Client, snapshot: StatusSnapshot) -> Result<(), Failure> {
    let mut signals = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()]
        .map(signal)
        .into_iter()
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| Failure::new(Exit::Internal, format!("cannot listen for signals: {error}")))?;
    output::write(format_args!("{ENTER_SCREEN}"))?;
    let stop = futures_util::future::select_all(signals.iter_mut().map(|signal| Box::pin(signal.recv())));
    let result = tokio::select! {
        result = follow(client, snapshot) => result,
        _ = stop => Ok(()),
    };
    output::write(format_args!("{LEAVE_SCREEN}"))?;
    result
}

/// Follows the feed and reconnects when it breaks; returns only if the server refuses the request.
async fn follow(client: &Client, mut snapshot: StatusSnapshot) -> Result<(), Failure> {
    let mut second = interval(Duration::from_secs(1));
    second.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let error = match follow_once(client, &mut snapshot, &mut second).await {
            Ok(()) => None,
            Err(error) if error.is_transient() => Some(error.to_string()),
            Err(error) => return Err(error.into()),
        };
        if let Some(error) = error {
            snapshot.mark_disconnected(error);
            paint(&snapshot);
            sleep(RECONNECT_DELAY).await;
        }
    }
}

async fn follow_once(client: &Client, snapshot: &mut StatusSnapshot, second: &mut Interval) -> Result<(), ClientError> {
    let mut live = client.live().await?;
    loop {
        tokio::select! {
            message = live.next() => match message? {
                None | Some(LiveEvent::Resync) => return Ok(()),
                Some(message) => snapshot.apply(message),
            },
            // Redraw, because the displayed ages grow.
            _ = second.tick() => {}
        }
        // The feed batches changes, so this runs at most about ten times a second.
        paint(snapshot);
    }
}

/// Draws over the previous content without clearing it first, which would flicker.
fn paint(snapshot: &StatusSnapshot) {
    let (width, height) = (terminal_width(), terminal_size().map_or(24, |(_, Height(height))| height.into()));
    let mut screen = String::from("\x1b[H");
    let text = draw::render(snapshot, width);
    let lines: Vec<_> = text.lines().collect();
    let fit = height - 1;
    for line in lines.iter().take(fit) {
        screen.push_str(&format!("{line}\x1b[K\r\n"));
    }
    if lines.len() > fit {
        screen.push_str(&format!("… {} more lines; the window is too small\x1b[K", lines.len() - fit));
    }
    screen.push_str("\x1b[J");
    // Ignored: when the terminal closes, a signal ends the command anyway.
    let _ = output::write_bytes(screen.as_bytes());
}

fn terminal_width() -> usize {
    terminal_size().map_or(100, |(Width(width), _)| width.into())
}
