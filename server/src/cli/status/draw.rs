//! Renders licenses, sessions and queues as text, with one square for each seat.

use super::snapshot::StatusSnapshot;
use crate::cli::duration;
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{
    license::Model,
    session::SessionState,
    ticket::TicketState,
    wire::{licenses::LicenseView, queue::TicketView, sessions::SessionView},
};
use std::fmt::Write as _;

/// The most seats drawn as single squares; more become a bar of this width.
const MAX_SQUARES: i64 = 40;

/// Renders the complete status, with lines of at most `width` characters.
pub fn render(snapshot: &StatusSnapshot, width: usize) -> String {
    let mut text = String::new();
    let now = snapshot.now();
    if let Some(reason) = &snapshot.disconnected {
        let _ = writeln!(text, "NOT LIVE: {reason}. This is how it was at {}.\n", now.format("%T UTC"));
    }
    if snapshot.licenses.is_empty() {
        text.push_str("No license is assigned to you.\n");
    }
    for license in &snapshot.licenses {
        text.push_str(&license_lines(license));
        let mut sessions: Vec<_> = snapshot.sessions.values().filter(|s| s.license_id == license.id).collect();
        sessions.sort_by_key(|session| session.created_at);
        let holders = sessions.into_iter().map(|session| holder_row(session, now));
        let tickets = snapshot.queues.get(&license.id).map(|queue| queue.tickets.as_slice()).unwrap_or_default();
        text.push_str(&align_columns(holders.chain(tickets.iter().map(|ticket| waiter_row(ticket, now))).collect()));
        text.push('\n');
    }
    text.push_str("■ connected  ▣ no customer yet  ▨ assigned  ◪ offered  □ free\n");
    text.lines().map(|line| truncate(line, width) + "\n").collect()
}

/// A license in two lines: its name and model, and its seats.
fn license_lines(license: &LicenseView) -> String {
    let model = if license.model == Model::Named { "Named" } else { "Concurrent" };
    let counts = format!("{} of {} taken", license.taken(), license.seats);
    let over = if license.over() > 0 { format!(", {} over", license.over()) } else { String::new() };
    let waiting =
        if license.usage.waiting > 0 { format!(", {} waiting", license.usage.waiting) } else { String::new() };
    format!("{} – {model}\n{}  {counts}{over}{waiting}\n", license.product_name, squares(license))
}

/// One square for each seat, or a bar of [`MAX_SQUARES`] if there are more.
fn squares(license: &LicenseView) -> String {
    let seats = license.seats.max(license.taken()).max(0);
    let (taken, usage) = (license.taken().max(0), &license.usage);
    let connected = usage.connected.clamp(0, taken);
    let waiting = (usage.occupied - connected).clamp(0, taken - connected);
    let offered = usage.offered.clamp(0, seats - taken);
    let parts = [
        ('■', connected),
        ('▣', waiting),
        ('▨', taken - connected - waiting),
        ('◪', offered),
        ('□', seats - taken - offered),
    ];
    let scaled = |count: i64| if seats > MAX_SQUARES { count * MAX_SQUARES / seats } else { count };
    // Round the ends of the parts, not their widths, so that together they are as long as the bar.
    let (mut text, mut sum) = (String::new(), 0);
    for (square, count) in parts {
        let (from, to) = (scaled(sum), scaled(sum + count));
        text.extend((from..to).map(|_| square));
        sum += count;
    }
    text
}

fn holder_row(session: &SessionView, now: DateTime<Utc>) -> Vec<String> {
    vec![
        "  ".to_owned() + &session.user_name,
        session.device.clone(),
        live_state(session, now),
        format!("for {}", elapsed(session.created_at, now)),
    ]
}

/// The state of a session. Contact counts as lost when less than half of the lease is left.
fn live_state(session: &SessionView, now: DateTime<Utc>) -> String {
    let left = session.lease_until - now;
    if session.state == SessionState::Ended {
        return session.ended.as_ref().map_or_else(|| "ended".to_owned(), |end| format!("ended: {}", end.reason));
    }
    // A borrowed session sends no heartbeats, so it cannot lose contact.
    if session.borrowed_until.is_some() {
        return format!("offline for {} more", duration::format(left.to_std().unwrap_or_default()));
    }
    if left * 2 < session.lease_until - session.last_seen_at {
        return format!("lost contact, free in {}", duration::format(left.to_std().unwrap_or_default()));
    }
    match &session.ending {
        Some(ending) => format!("ends in {}", elapsed(now, ending.at)),
        None if session.state == SessionState::Waiting => "no customer yet".to_owned(),
        None => session.state.to_string(),
    }
}

fn waiter_row(ticket: &TicketView, now: DateTime<Utc>) -> Vec<String> {
    let state = match (ticket.state, ticket.expected_at) {
        (TicketState::Offered, _) => "is offered a seat".to_owned(),
        (_, Some(at)) => format!("waits, expects a seat in {}", elapsed(now, at)),
        (_, None) => "waits".to_owned(),
    };
    vec![
        format!("  {}. {}", ticket.position, ticket.user_name),
        ticket.device.clone(),
        state,
        format!("for {}", elapsed(ticket.created_at, now)),
    ]
}

/// The formatted time between two times.
fn elapsed(from: DateTime<Utc>, to: DateTime<Utc>) -> String {
    duration::format((to - from).max(TimeDelta::zero()).to_std().unwrap_or_default())
}

/// Sessions as a table with their ids. It shows times, not ages, because a list does not contain the server's time.
pub fn session_table(sessions: &[SessionView]) -> String {
    if sessions.is_empty() {
        return "No sessions.\n".to_owned();
    }
    let titles = ["ID", "AGENT", "PRODUCT", "DEVICE", "STATE", "SINCE (UTC)"].map(str::to_owned).to_vec();
    let rows = sessions.iter().map(|session| {
        vec![
            session.id.to_string(),
            session.user_name.clone(),
            session.product_name.clone(),
            session.device.clone(),
            // Not `live_state`: whether contact is lost can only be told with the server's time.
            list_state(session),
            session.created_at.format("%F %T").to_string(),
        ]
    });
    align_columns(std::iter::once(titles).chain(rows).collect())
}

fn list_state(session: &SessionView) -> String {
    match (&session.ended, session.borrowed_until) {
        (Some(end), _) => format!("ended: {}", end.reason),
        (None, Some(until)) => format!("offline until {}", until.format("%F %R")),
        (None, None) => session.state.to_string(),
    }
}

/// Pads the cells of rows into columns.
fn align_columns(rows: Vec<Vec<String>>) -> String {
    let count = rows.iter().map(Vec::len).max().unwrap_or_default();
    let widths: Vec<_> = (0..count)
        .map(|column| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0))
        .collect();
    let mut text = String::new();
    for row in rows {
        let cells: Vec<_> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// Cuts a line to `width` characters, with an ellipsis.
fn truncate(line: &str, width: usize) -> String {
    if line.chars().count() <= width {
        return line.to_owned();
    }
    line.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}
