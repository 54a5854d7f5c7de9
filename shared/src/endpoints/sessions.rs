//! Sessions: requesting a seat, keeping it, borrowing and returning it, and lists.

use super::Endpoint;
use crate::{
    ids::SessionId,
    wire::{
        Page,
        join::SessionLink,
        session_batch::{SessionBatch, SessionBatchResults},
        sessions::{
            Borrow, Connect, Continue, EndMatching, EndResult, EndResults, EndSession, EndSessions, Heartbeat,
            HeartbeatReply, MatchedEnds, NewSession, Protect, SeatResponse, SessionView,
        },
    },
};

/// Sessions, the newest first, page by page. Agents see their own.
pub fn list() -> Endpoint<Page<SessionView>> {
    Endpoint::get("/sessions")
}

/// One session; its own agent also sees its support key and its lease.
pub fn one(session: SessionId) -> Endpoint<SessionView> {
    Endpoint::get(format!("/sessions/{session}"))
}

/// Requests a seat. The key is new for each seat wanted: the same key never takes a second one.
pub fn request(body: &NewSession, key: &str) -> Endpoint<SeatResponse> {
    Endpoint::post("/sessions", body).once(key)
}

/// Marks a waiting session as connected to a customer.
pub fn connect(session: SessionId, body: &Connect) -> Endpoint<SessionView> {
    Endpoint::post(format!("/sessions/{session}/connect"), body)
}

/// Sends a heartbeat, which renews the lease of the seat.
pub fn heartbeat(session: SessionId, body: &Heartbeat) -> Endpoint<HeartbeatReply> {
    Endpoint::post(format!("/sessions/{session}/heartbeat"), body).repeatable()
}

/// Borrows the seat for work offline, or extends that; never shortens it.
pub fn borrow(session: SessionId, body: &Borrow) -> Endpoint<SessionView> {
    Endpoint::post(format!("/sessions/{session}/borrow"), body).repeatable()
}

/// Continues the caller's session on another device.
pub fn continue_on(session: SessionId, body: &Continue) -> Endpoint<SessionView> {
    Endpoint::post(format!("/sessions/{session}/continue"), body)
}

/// Ends a session and so returns its seat. One that has ended stays ended as it did.
pub fn end(session: SessionId, body: &EndSession) -> Endpoint<EndResult> {
    Endpoint::post(format!("/sessions/{session}/end"), body).repeatable()
}

/// Ends several sessions, with a result for each.
pub fn end_many(body: &EndSessions) -> Endpoint<EndResults> {
    Endpoint::post("/sessions/end", body).repeatable()
}

/// Ends all live sessions that match a filter, with a result for each; or says what would be ended.
pub fn end_matching(body: &EndMatching) -> Endpoint<MatchedEnds> {
    Endpoint::post("/sessions/end-matching", body)
}

/// Requests several seats and ends several sessions, with a result for each. Repeatable if each request for a seat has
/// an idempotency key.
pub fn batch(body: &SessionBatch) -> Endpoint<SessionBatchResults> {
    let endpoint = Endpoint::post("/sessions/batch", body);
    if body.is_repeatable() { endpoint.repeatable() } else { endpoint }
}

/// Calls off the scheduled end of a session.
pub fn cancel_end(session: SessionId) -> Endpoint<SessionView> {
    Endpoint::post(format!("/sessions/{session}/cancel-end"), &())
}

/// Protects a session from ending by inactivity and in bulk, or removes that.
pub fn protect(session: SessionId, body: &Protect) -> Endpoint<SessionView> {
    Endpoint::post(format!("/sessions/{session}/protect"), body)
}

/// The address that opens the product's own program for a session.
pub fn open(session: SessionId) -> Endpoint<SessionLink> {
    Endpoint::post(format!("/sessions/{session}/open"), &())
}

/// The remote devices of the caller's last sessions, the newest first.
pub fn remote_devices() -> Endpoint<Vec<String>> {
    Endpoint::get("/me/remote-devices")
}
