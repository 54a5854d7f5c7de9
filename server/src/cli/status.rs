//! `seatkeeper status`: the licenses, who holds their seats and who waits; in a terminal live, otherwise once.

pub mod draw;
mod picture;

use super::{
    config,
    failure::{Exit, Failure},
    output::{self, outln},
};
use clap::Args;
use picture::Picture;
use seatkeeper_client::{Client, ClientError, Told};
use std::{io::IsTerminal as _, process::ExitCode, time::Duration};
use terminal_size::{Height, Width, terminal_size};
use tokio::{
    signal::unix::{SignalKind, signal},
    time::{Interval, MissedTickBehavior, interval, sleep},
};

/// Whole screens are drawn on the terminal's other page, so that what was there before comes back.
const OPEN: &str = "\x1b[?1049h\x1b[?25l";
const CLOSE: &str = "\x1b[?25h\x1b[?1049l";
/// How soon the feed is asked for again after it broke.
const AGAIN: Duration = Duration::from_secs(2);

/// How it is shown.
#[derive(Debug, Args)]
pub struct Status {
    /// Show it once and end, also in a terminal.
    #[arg(long)]
    once: bool,
    /// Show it once, as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Shows it; live, until it is stopped.
///
/// # Errors
/// The server says no, or is away at the start. Later it is waited for.
pub async fn run(asked: Status) -> Result<ExitCode, Failure> {
    let client = config::client()?;
    let live = !asked.once && !asked.json && std::io::stdout().is_terminal();
    let picture = first(&client).await?;
    if asked.json {
        outln!("{}", picture.json())?;
    } else if live {
        watch(&client, picture).await?;
    } else {
        output::write(format_args!("{}", draw::whole(&picture, width())))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What the feed begins with: everything, in one answer.
async fn first(client: &Client) -> Result<Picture, ClientError> {
    let mut live = client.live().await?;
    let mut picture = Picture::default();
    while let Some(told) = live.next().await? {
        picture.take(told);
        if picture.is_there() {
            break;
        }
    }
    Ok(picture)
}

/// Draws whatever changes until a signal comes.
async fn watch(client: &Client, picture: Picture) -> Result<(), Failure> {
    let mut stopped = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()]
        .map(signal)
        .into_iter()
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| Failure::new(Exit::Fault, format!("cannot wait for signals: {error}")))?;
    output::write(format_args!("{OPEN}"))?;
    let stop = futures_util::future::select_all(stopped.iter_mut().map(|signal| Box::pin(signal.recv())));
    let ended = tokio::select! {
        ended = follow(client, picture) => ended,
        _ = stop => Ok(()),
    };
    output::write(format_args!("{CLOSE}"))?;
    ended
}

/// Follows the feed for ever; ends only if the server says no.
async fn follow(client: &Client, mut picture: Picture) -> Result<(), Failure> {
    let mut second = interval(Duration::from_secs(1));
    second.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let error = match follow_once(client, &mut picture, &mut second).await {
            Ok(()) => None,
            Err(error) if error.passes() => Some(error.to_string()),
            Err(error) => return Err(error.into()),
        };
        if let Some(error) = error {
            picture.away(error);
            paint(&picture);
            sleep(AGAIN).await;
        }
    }
}

async fn follow_once(client: &Client, picture: &mut Picture, second: &mut Interval) -> Result<(), ClientError> {
    let mut live = client.live().await?;
    loop {
        tokio::select! {
            told = live.next() => match told? {
                None | Some(Told::Resync) => return Ok(()),
                Some(told) => picture.take(told),
            },
            // Ages grow by themselves.
            _ = second.tick() => {}
        }
        // Not too often: the feed tells changes together, ten times a second at most.
        paint(picture);
    }
}

/// Draws over what is there, without wiping it first: that would flicker.
fn paint(picture: &Picture) {
    let (width, height) = (width(), terminal_size().map_or(24, |(_, Height(height))| height.into()));
    let mut screen = String::from("\x1b[H");
    let text = draw::whole(picture, width);
    let lines: Vec<_> = text.lines().collect();
    let fit = height - 1;
    for line in lines.iter().take(fit) {
        screen.push_str(&format!("{line}\x1b[K\r\n"));
    }
    if lines.len() > fit {
        screen.push_str(&format!("… {} more lines; the window is too small\x1b[K", lines.len() - fit));
    }
    screen.push_str("\x1b[J");
    // A terminal that is gone sends a signal, too.
    let _ = output::bytes(screen.as_bytes());
}

fn width() -> usize {
    terminal_size().map_or(100, |(Width(width), _)| width.into())
}
