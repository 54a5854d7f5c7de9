//! Licenses and sessions as text. A seat is a square.

use super::picture::Picture;
use crate::cli::span;
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{
    license::Model,
    session::SessionState,
    ticket::TicketState,
    wire::{licenses::LicenseView, queue::TicketView, sessions::SessionView},
};
use std::fmt::Write as _;

/// Up to so many seats are drawn one by one; more become a bar of this width.
const MOST: i64 = 40;

/// Everything, in lines that are no longer than this.
pub fn whole(picture: &Picture, width: usize) -> String {
    let mut text = String::new();
    let now = picture.now();
    if let Some(why) = &picture.away {
        let _ = writeln!(text, "NOT LIVE: {why}. This is how it was at {}.\n", now.format("%T UTC"));
    }
    if picture.licenses.is_empty() {
        text.push_str("No license is assigned to you.\n");
    }
    for license in &picture.licenses {
        text.push_str(&head(license));
        let mut here: Vec<_> = picture.sessions.values().filter(|s| s.license_id == license.id).collect();
        here.sort_by_key(|session| session.created_at);
        let rows = here.into_iter().map(|session| holder(session, now));
        let line = picture.queues.get(&license.id).map(|queue| queue.tickets.as_slice()).unwrap_or_default();
        text.push_str(&columns(rows.chain(line.iter().map(|ticket| waiter(ticket, now))).collect()));
        text.push('\n');
    }
    text.push_str("■ connected  ▣ no customer yet  ▨ assigned  ◪ kept for the line  □ free\n");
    text.lines().map(|line| cut(line, width) + "\n").collect()
}

/// A license in two lines: its name, and its seats.
fn head(license: &LicenseView) -> String {
    let model = if license.model == Model::Named { "Named" } else { "Concurrent" };
    let counts = format!("{} of {} taken", license.taken(), license.seats);
    let over = if license.over() > 0 { format!(", {} over", license.over()) } else { String::new() };
    let waiting =
        if license.usage.waiting > 0 { format!(", {} waiting", license.usage.waiting) } else { String::new() };
    format!("{} – {model}\n{}  {counts}{over}{waiting}\n", license.product_name, squares(license))
}

/// One square for each seat, or a bar if there are many.
fn squares(license: &LicenseView) -> String {
    let seats = license.seats.max(license.taken()).max(0);
    let (taken, usage) = (license.taken().max(0), &license.usage);
    let on = usage.connected.clamp(0, taken);
    let wait = (usage.occupied - on).clamp(0, taken - on);
    let kept = usage.offered.clamp(0, seats - taken);
    let looks = [('■', on), ('▣', wait), ('▨', taken - on - wait), ('◪', kept), ('□', seats - taken - kept)];
    let drawn = |number: i64| if seats > MOST { number * MOST / seats } else { number };
    // Ends of a bar, not widths, are rounded: together they are as long as the bar.
    let (mut text, mut sum) = (String::new(), 0);
    for (look, number) in looks {
        let (from, to) = (drawn(sum), drawn(sum + number));
        text.extend((from..to).map(|_| look));
        sum += number;
    }
    text
}

fn holder(session: &SessionView, now: DateTime<Utc>) -> Vec<String> {
    vec![
        "  ".to_owned() + &session.user_name,
        session.device.clone(),
        state(session, now),
        format!("for {}", ago(session.created_at, now)),
    ]
}

/// In what state a session is. Contact is lost when less than half of the lease is left.
fn state(session: &SessionView, now: DateTime<Utc>) -> String {
    let left = session.lease_until - now;
    if session.state == SessionState::Ended {
        return session.ended.as_ref().map_or_else(|| "ended".to_owned(), |end| format!("ended: {}", end.reason));
    }
    // Who is offline cannot be heard of.
    if session.borrowed_until.is_some() {
        return format!("offline for {} more", span::words(left.to_std().unwrap_or_default()));
    }
    if left * 2 < session.lease_until - session.last_seen_at {
        return format!("lost contact, free in {}", span::words(left.to_std().unwrap_or_default()));
    }
    match &session.ending {
        Some(ending) => format!("ends in {}", ago(now, ending.at)),
        None if session.state == SessionState::Waiting => "no customer yet".to_owned(),
        None => session.state.to_string(),
    }
}

fn waiter(ticket: &TicketView, now: DateTime<Utc>) -> Vec<String> {
    let waits = match (ticket.state, ticket.expected_at) {
        (TicketState::Offered, _) => "is offered a seat".to_owned(),
        (_, Some(at)) => format!("waits, expects a seat in {}", ago(now, at)),
        (_, None) => "waits".to_owned(),
    };
    vec![
        format!("  {}. {}", ticket.position, ticket.user_name),
        ticket.device.clone(),
        waits,
        format!("for {}", ago(ticket.created_at, now)),
    ]
}

/// How long it is from one time to a later one.
fn ago(from: DateTime<Utc>, to: DateTime<Utc>) -> String {
    span::words((to - from).max(TimeDelta::zero()).to_std().unwrap_or_default())
}

/// Sessions as a table with their ids. Without the server's time it shows times, not ages.
pub fn table(sessions: &[SessionView]) -> String {
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
            // Whether contact is lost takes the server's time, which a list does not tell.
            listed(session),
            session.created_at.format("%F %T").to_string(),
        ]
    });
    columns(std::iter::once(titles).chain(rows).collect())
}

fn listed(session: &SessionView) -> String {
    match (&session.ended, session.borrowed_until) {
        (Some(end), _) => format!("ended: {}", end.reason),
        (None, Some(until)) => format!("offline until {}", until.format("%F %R")),
        (None, None) => session.state.to_string(),
    }
}

/// Rows with their cells one below the other.
fn columns(rows: Vec<Vec<String>>) -> String {
    let number = rows.iter().map(Vec::len).max().unwrap_or_default();
    let widths: Vec<_> = (0..number)
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

/// As much of a line as fits.
fn cut(line: &str, width: usize) -> String {
    if line.chars().count() <= width {
        return line.to_owned();
    }
    line.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}
