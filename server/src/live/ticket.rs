//! Watches one ticket, by long poll or as a stream, using the queues that the live feed has read already.

use super::feed::{FeedMessage, Subscription, frame, json};
use crate::{
    auth::{Caller, Scope, StreamGuard},
    db::DbError,
    live::Live,
    store,
};
use bytes::Bytes;
use futures_util::{Stream, stream};
use seatkeeper_shared::{
    ids::{TicketId, UserId},
    wire::queue::TicketView,
};
use std::time::Duration;
use tokio::sync::{broadcast, mpsc};

/// How often a connected client's ticket is renewed: well below the shortest lease of 10 seconds.
pub(super) const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(4);
/// After this time the stream ends and the client must reconnect.
const MAX_STREAM_DURATION: Duration = Duration::from_secs(3_600);
/// The name of the server-sent event.
const TICKET_EVENT: &str = "ticket";

/// Returns the ticket as soon as it differs from what the client knows, or after `wait`; `None` if there is no such
/// ticket.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn poll(
    live: &Live,
    (watcher, mut subscription): (UserId, Subscription),
    id: TicketId,
    known_position: Option<i64>,
    wait: Duration,
) -> Result<Option<TicketView>, DbError> {
    let Some(first) = read(live, id).await? else { return Ok(None) };
    let differs = known_position.is_some_and(|position| position != first.position);
    if wait.is_zero() || differs || first.over.is_some() || first.offer_until.is_some() {
        return Ok(Some(first));
    }
    let changed = async {
        loop {
            let update = next_update(&mut subscription, &first, watcher).await;
            let view = current_view(live, update, &first).await?;
            if !same(&view, &first) {
                return Ok(Some(view));
            }
        }
    };
    tokio::time::timeout(wait, changed).await.unwrap_or(Ok(Some(first.clone())))
}

async fn read(live: &Live, id: TicketId) -> Result<Option<TicketView>, DbError> {
    match store::queue::get(&live.db, id).await? {
        Some(ticket) => live.wait_estimates.estimate_ticket(ticket, live.clock.now()).await.map(Some),
        None => Ok(None),
    }
}

/// A feed message that may concern a ticket.
enum TicketUpdate {
    /// The current state.
    View(Box<TicketView>),
    /// The ticket left the queue, the subscription lagged, or access rights changed: read the ticket again.
    Unknown,
}

/// The next change of the ticket's queue. Cancel-safe.
async fn next_update(subscription: &mut Subscription, ticket: &TicketView, watcher: UserId) -> TicketUpdate {
    loop {
        match subscription.recv().await {
            Ok(FeedMessage::Change(batch)) => {
                if batch.groups_changed || batch.may_change_rights_of(watcher) {
                    return TicketUpdate::Unknown;
                }
                if let Some(queue) = batch.queues.iter().find(|queue| queue.license_id == ticket.license_id) {
                    let view = queue.tickets.iter().find(|other| other.id == ticket.id);
                    return view.map_or(TicketUpdate::Unknown, |view| TicketUpdate::View(Box::new(view.clone())));
                }
            }
            Ok(_) => {}
            Err(broadcast::error::RecvError::Lagged(_)) => return TicketUpdate::Unknown,
            // The server is shutting down; the client will reconnect.
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        }
    }
}

/// The ticket from the update, or from the database.
async fn current_view(live: &Live, update: TicketUpdate, ticket: &TicketView) -> Result<TicketView, DbError> {
    match update {
        TicketUpdate::View(view) => Ok(*view),
        TicketUpdate::Unknown => Ok(read(live, ticket.id).await?.unwrap_or_else(|| ticket.clone())),
    }
}

fn same(one: &TicketView, other: &TicketView) -> bool {
    (one.position, one.offer_until, &one.over) == (other.position, other.offer_until, &other.over)
}

/// The states of a ticket, as a stream of server-sent events.
pub fn watch(live: Live, guard: &StreamGuard, id: TicketId) -> impl Stream<Item = Result<Bytes, DbError>> + use<> {
    let (sender, receiver) = mpsc::channel(4);
    let (caller, subscription) = (guard.caller().clone(), live.feed.subscribe(guard));
    let tasks = live.tasks.clone();
    tasks.spawn_until_stop(async move {
        if let Err(error) = send_updates(&live, &caller, subscription, id, &sender).await {
            tracing::warn!(%error, ticket_id = %id, "ticket stream failed; the client will reconnect");
            // The broken stream makes the client reconnect.
            let _ = sender.send(Err(error)).await;
        }
    });
    stream::unfold(receiver, async |mut receiver| receiver.recv().await.map(|bytes| (bytes, receiver)))
}

async fn send_updates(
    live: &Live,
    caller: &Caller,
    mut subscription: Subscription,
    id: TicketId,
    sender: &mpsc::Sender<Result<Bytes, DbError>>,
) -> Result<(), DbError> {
    let Some(mut view) = read(live, id).await? else { return Ok(()) };
    let own = view.user_id == caller.id;
    let until = live.clock.instant() + MAX_STREAM_DURATION;
    let mut alive = tokio::time::interval(KEEP_ALIVE_INTERVAL);
    let mut has_changed = true;
    while live.clock.instant() < until {
        if has_changed && sender.send(Ok(frame(TICKET_EVENT, None, &json(&view)))).await.is_err() || view.over.is_some()
        {
            break;
        }
        has_changed = tokio::select! {
            // The client disconnected, or is no longer authorized.
            () = sender.closed() => break,
            update = next_update(&mut subscription, &view, caller.id) => {
                // The client reconnects, and then gets what it may still see.
                let is_unknown = matches!(update, TicketUpdate::Unknown);
                if is_unknown && !Scope::of(caller).shows_work_of(&live.db, view.user_id).await? {
                    break;
                }
                let now = current_view(live, update, &view).await?;
                let before = std::mem::replace(&mut view, now);
                !same(&before, &view)
            }
            _ = alive.tick() => {
                if sender.send(Ok(Bytes::from_static(b": alive\n\n"))).await.is_err() {
                    break;
                }
                if own {
                    // A failure is ignored: if the ticket is over, the next update says so.
                    let _ = live.seats.renew_ticket(&caller.actor(), caller.id, id).await;
                }
                false
            }
        };
    }
    Ok(())
}
