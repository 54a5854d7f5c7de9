//! Watching one ticket: by long poll or as a stream. The feed's reader has read the lines already, once for all.

use super::feed::{Told, frame, json};
use crate::{
    app::App,
    auth::{Caller, Scope, StreamGuard},
    db::DbError,
    store,
};
use bytes::Bytes;
use futures_util::{Stream, stream};
use seatkeeper_shared::{
    ids::{TicketId, UserId},
    wire::queue::TicketView,
};
use std::time::Duration;
use tokio::{
    sync::{broadcast, mpsc},
    time::Instant,
};

/// How often a listening client's ticket is kept alive: well below the shortest lease of 10 seconds.
const ALIVE: Duration = Duration::from_secs(4);
/// After this time a client has to come again.
const LONGEST: Duration = Duration::from_secs(3_600);
/// The name of the event.
const TICKET: &str = "ticket";

/// The ticket, as soon as it is not as the client knows it, or after this time. Nothing if there is none.
///
/// # Errors
/// The database does not answer.
pub async fn next(
    app: &App,
    (watcher, mut told): (UserId, broadcast::Receiver<Told>),
    id: TicketId,
    known: Option<i64>,
    wait: Duration,
) -> Result<Option<TicketView>, DbError> {
    let Some(first) = read(app, id).await? else { return Ok(None) };
    let other = known.is_some_and(|position| position != first.position);
    if wait.is_zero() || other || first.over.is_some() || first.offer_until.is_some() {
        return Ok(Some(first));
    }
    let news = async {
        loop {
            let news = changed(&mut told, &first, watcher).await;
            let view = after(app, news, &first).await?;
            if !same(&view, &first) {
                return Ok(Some(view));
            }
        }
    };
    tokio::time::timeout(wait, news).await.unwrap_or(Ok(Some(first.clone())))
}

async fn read(app: &App, id: TicketId) -> Result<Option<TicketView>, DbError> {
    match store::queue::get(&app.db, id).await? {
        Some(ticket) => app.prospects.tell(ticket, app.clock.now()).await.map(Some),
        None => Ok(None),
    }
}

/// What was told that may concern a ticket.
enum News {
    /// It is like this now.
    View(Box<TicketView>),
    /// It has left the line, too much happened at once, or who sees whom: it has to be read.
    Unknown,
}

/// The next change of the ticket's line. Whoever stops waiting for it misses nothing.
async fn changed(told: &mut broadcast::Receiver<Told>, ticket: &TicketView, watcher: UserId) -> News {
    loop {
        match told.recv().await {
            Ok(Told::Change(tick)) => {
                if tick.regrouped || tick.may_change_rights_of(watcher) {
                    return News::Unknown;
                }
                if let Some(line) = tick.lines.iter().find(|line| line.license_id == ticket.license_id) {
                    let view = line.tickets.iter().find(|other| other.id == ticket.id);
                    return view.map_or(News::Unknown, |view| News::View(Box::new(view.clone())));
                }
            }
            Ok(_) => {}
            Err(broadcast::error::RecvError::Lagged(_)) => return News::Unknown,
            // The server stops; the client comes again.
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        }
    }
}

/// What the change says, or what can be read.
async fn after(app: &App, news: News, ticket: &TicketView) -> Result<TicketView, DbError> {
    match news {
        News::View(view) => Ok(*view),
        News::Unknown => Ok(read(app, ticket.id).await?.unwrap_or_else(|| ticket.clone())),
    }
}

fn same(one: &TicketView, other: &TicketView) -> bool {
    (one.position, one.offer_until, &one.over) == (other.position, other.offer_until, &other.over)
}

/// A ticket's states, as the bytes of a stream of server-sent events.
pub fn watch(app: App, guard: &StreamGuard, id: TicketId) -> impl Stream<Item = Result<Bytes, DbError>> + use<> {
    let (to, drawn) = mpsc::channel(4);
    let (caller, told) = (guard.caller().clone(), app.feed.subscribe(guard));
    tokio::spawn(async move {
        if let Err(error) = tell(&app, &caller, told, id, &to).await {
            tracing::warn!(%error, "whoever watches ticket {id} has to come again");
            // The broken stream tells the client to reconnect.
            let _ = to.send(Err(error)).await;
        }
    });
    stream::unfold(drawn, async |mut drawn| drawn.recv().await.map(|bytes| (bytes, drawn)))
}

async fn tell(
    app: &App,
    caller: &Caller,
    mut told: broadcast::Receiver<Told>,
    id: TicketId,
    to: &mpsc::Sender<Result<Bytes, DbError>>,
) -> Result<(), DbError> {
    let Some(mut view) = read(app, id).await? else { return Ok(()) };
    let own = view.user_id == caller.id;
    let until = Instant::now() + LONGEST;
    let mut alive = tokio::time::interval(ALIVE);
    let mut news = true;
    while Instant::now() < until {
        if news && to.send(Ok(frame(TICKET, None, &json(&view)))).await.is_err() || view.over.is_some() {
            break;
        }
        news = tokio::select! {
            // Nobody listens any more, or whoever did is not let in any more.
            () = to.closed() => break,
            news = changed(&mut told, &view, caller.id) => {
                // They come again, and are told what they still may.
                if matches!(news, News::Unknown) && !Scope::of(caller).shows_work_of(&app.db, view.user_id).await? {
                    break;
                }
                let now = after(app, news, &view).await?;
                let before = std::mem::replace(&mut view, now);
                !same(&before, &view)
            }
            _ = alive.tick() => {
                if to.send(Ok(Bytes::from_static(b": alive\n\n"))).await.is_err() {
                    break;
                }
                if own {
                    // If it is over, the change tells.
                    let _ = app.seats.keep(&caller.actor(), caller.id, id).await;
                }
                false
            }
        };
    }
    Ok(())
}
