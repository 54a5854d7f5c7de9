//! Wakes the other processes on the same database after a commit, and is woken by them.
//!
//! A wake-up and nothing else: it has no content, is sent after the commit by a task of its own, and may get lost. Whoever
//! hears nothing finds everything in the log the next time he looks. A line counts as standing only once a knock has come
//! back over it: some poolers and databases take a LISTEN and never deliver.

use crate::{
    bell::Bell,
    db::{Db, DbError, Line},
};
use std::{convert::Infallible, time::Duration};
use tokio::time::{Instant, sleep, sleep_until, timeout};

/// Knocks of one process come no closer together than this: each takes a lock that all of them wait for.
const APART: Duration = Duration::from_millis(75);
/// After this time without a reason to knock it is tried whether the line still stands.
const QUIET: Duration = Duration::from_secs(30);
/// How long a knock may take to come back.
const ECHO: Duration = Duration::from_secs(5);
/// The pauses between tries to open a line; the last one repeats.
const PAUSES: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(5), Duration::from_secs(30)];

/// Why the line no longer stands.
#[derive(Debug, thiserror::Error)]
enum Lost {
    #[error("nothing comes over it")]
    Deaf,
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Knocks and listens as long as the process runs; ends at once where there can be no other process, or nothing would come over the line.
pub async fn run(db: Db, bell: Bell) {
    let mut failures = 0;
    loop {
        let line = timeout(ECHO, db.line()).await.map_err(|_| Lost::Deaf).and_then(|line| Ok(line?));
        let Err(lost) = match line {
            Ok(None) => return,
            Ok(Some(line)) => talk(line, &bell).await,
            Err(lost) => Err(lost),
        };
        if bell.hears_others() {
            failures = 0;
        }
        bell.hear_others(false);
        if failures == 0 {
            tracing::warn!(%lost, "no line to other processes: what they change is seen at the next look at the log");
        }
        sleep(PAUSES[failures.min(PAUSES.len() - 1)]).await;
        failures += 1;
    }
}

/// Hands on knocks in both directions until the line is lost.
async fn talk(mut line: Line, bell: &Bell) -> Result<Infallible, Lost> {
    let mut echo_by = knock(&mut line).await?;
    let mut waiting = true;
    loop {
        let reason = async {
            sleep_until(echo_by - ECHO + APART).await;
            // Whether it rang or was quiet for too long: there is a reason to knock.
            let _ = timeout(QUIET, bell.rung_for_others()).await;
        };
        tokio::select! {
            knocked = line.knocked() => {
                knocked?;
                waiting = false;
                bell.knocked();
            }
            () = sleep_until(echo_by), if waiting => return Err(Lost::Deaf),
            () = reason, if !waiting => {
                echo_by = knock(&mut line).await?;
                waiting = true;
            }
        }
    }
}

/// Knocks; until when it should have come back.
async fn knock(line: &mut Line) -> Result<Instant, Lost> {
    timeout(ECHO, line.knock()).await.map_err(|_| Lost::Deaf)??;
    Ok(Instant::now() + ECHO)
}
