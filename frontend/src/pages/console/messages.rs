//! Sentences for why no session can be started and how one ended.

use super::notice_list::{Notice, SessionOutcome};
use crate::{
    api::Failure,
    format::{Format, Texts},
    i18n::*,
    labels,
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    problem::{Code, SessionEnd},
    session::EndReason,
};

/// Why no session can be started.
pub fn refusal_text(i18n: Texts, format: Format, code: Code, at: Option<DateTime<Utc>>) -> String {
    match (code, at) {
        (Code::LicenseNotStarted, Some(at)) => t_string!(i18n, console.not_started, date = format.date_time(at)),
        (Code::LicenseEnded, Some(at)) => t_string!(i18n, console.license_over, date = format.date_time(at)),
        (Code::CoolingDown, Some(at)) => t_string!(i18n, console.cooling_until, time = format.time(at)),
        (Code::OverCapacity, _) => t_string!(i18n, console.over_text).to_owned(),
        (code, _) => labels::problem(i18n, code).to_owned(),
    }
}

/// How many agents wait, when the next seat is expected, and what waiting means.
pub fn queue_text(i18n: Texts, format: Format, waiting: i64, expected: Option<DateTime<Utc>>) -> String {
    let waiting = match waiting {
        0 => t_string!(i18n, queue.empty).to_owned(),
        count => t_string!(i18n, queue.waiting, count = count, n = format.number(count)),
    };
    let expected = expected.map(|at| t_string!(i18n, queue.next_seat, about = format.estimate(at)));
    let follows = t_string!(i18n, queue.follows).to_owned();
    [Some(waiting), expected, Some(follows)].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// Why a request failed.
pub fn failure_text(i18n: Texts, format: Format, failure: &Failure) -> String {
    match failure {
        Failure::Problem(problem) => {
            refusal_text(i18n, format, problem.code, problem.refusal.as_ref().and_then(|facts| facts.at))
        }
        Failure::Unreachable => labels::failure(i18n, failure).to_owned(),
    }
}

/// Title of a notice: the product, and the device if it is another one.
pub fn notice_title(i18n: Texts, notice: &Notice) -> String {
    let product = notice.product.clone();
    let title = match &notice.outcome {
        SessionOutcome::Ended { .. } => t_string!(i18n, console.notice_title, product = product),
        SessionOutcome::Moved { .. } => t_string!(i18n, console.moved_title, product = product),
    };
    match &notice.device {
        Some(device) => {
            title + t_string!(i18n, common.dot) + &t_string!(i18n, console.on_device, device = device.clone())
        }
        None => title,
    }
}

/// Who ended or moved the session, when and where.
pub fn outcome_text(i18n: Texts, format: Format, outcome: &SessionOutcome, now: DateTime<Utc>) -> String {
    match outcome {
        SessionOutcome::Moved { device, at } => {
            t_string!(i18n, console.moved_to, device = device.clone(), time = time_or_date(format, *at, now))
        }
        SessionOutcome::Ended { end, replaced_by: Some(device) } => {
            t_string!(i18n, console.replaced_by, device = device.clone(), time = time_or_date(format, end.at, now))
        }
        SessionOutcome::Ended { end, replaced_by: None } => ended_by(i18n, format, end, now),
    }
}

/// Who ended the session and when.
pub fn ended_by(i18n: Texts, format: Format, end: &SessionEnd, now: DateTime<Utc>) -> String {
    let time = time_or_date(format, end.at, now);
    match &end.by {
        Some(name) => t_string!(i18n, console.notice_by, name = name.clone(), time = time),
        None => t_string!(i18n, console.notice_self, time = time, reason = labels::end_reason(i18n, end.reason)),
    }
}

fn time_or_date(format: Format, at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    if (now - at).num_hours() < 12 { format.time(at) } else { format.date_time(at) }
}

/// The message of the user who ended the session, else the reason unless [`ended_by`] already contains it.
pub fn end_message(i18n: Texts, end: &SessionEnd) -> Option<String> {
    let reason =
        || (end.by.is_some() && end.reason != EndReason::EndedByAdmin).then(|| labels::end_reason(i18n, end.reason));
    let message = end.message.clone().or_else(|| reason().map(str::to_owned))?;
    Some(t_string!(i18n, console.notice_message, message = message))
}

/// What the agent can do next.
pub fn next_step(i18n: Texts, end: &SessionEnd) -> Option<String> {
    match (end.reason, &end.by) {
        (EndReason::KeyExpired, _) => Some(t_string!(i18n, console.again_key).to_owned()),
        (EndReason::LeaseExpired | EndReason::Idle | EndReason::Abandoned, _) => {
            Some(t_string!(i18n, console.again_lease).to_owned())
        }
        (EndReason::EndedByAdmin | EndReason::AssignmentRevoked, Some(name)) => {
            Some(t_string!(i18n, console.again_ask, name = name.clone()))
        }
        _ => None,
    }
}
