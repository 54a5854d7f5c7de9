//! Why no session can be started, and how one ended, in sentences.

use super::desk::{Fate, Notice};
use crate::{
    api::Failure,
    format::{Format, Texts},
    i18n::*,
    words,
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    problem::{Code, End},
    session::EndReason,
};

/// Why no session can be started.
pub fn refused(i18n: Texts, format: Format, code: Code, at: Option<DateTime<Utc>>) -> String {
    match (code, at) {
        (Code::LicenseNotStarted, Some(at)) => t_string!(i18n, console.not_started, date = format.date_time(at)),
        (Code::LicenseEnded, Some(at)) => t_string!(i18n, console.license_over, date = format.date_time(at)),
        (Code::CoolingDown, Some(at)) => t_string!(i18n, console.cooling_until, time = format.time(at)),
        (Code::OverCapacity, _) => t_string!(i18n, console.over_text).to_owned(),
        (code, _) => words::problem(i18n, code).to_owned(),
    }
}

/// How many wait, when the next seat is expected, and what waiting means.
pub fn line(i18n: Texts, format: Format, waiting: i64, expected: Option<DateTime<Utc>>) -> String {
    let waiting = match waiting {
        0 => t_string!(i18n, queue.nobody).to_owned(),
        count => t_string!(i18n, queue.waiting, count = count, n = format.number(count)),
    };
    let expected = expected.map(|at| t_string!(i18n, queue.next_seat, about = format.about(at)));
    let follows = t_string!(i18n, queue.follows).to_owned();
    [Some(waiting), expected, Some(follows)].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// Why a request did not succeed.
pub fn failed(i18n: Texts, format: Format, failure: &Failure) -> String {
    match failure {
        Failure::Problem(problem) => {
            refused(i18n, format, problem.code, problem.refusal.as_ref().and_then(|facts| facts.at))
        }
        Failure::Unreachable => words::failure(i18n, failure).to_owned(),
    }
}

/// What became of which session, and on which device if it was another one.
pub fn which(i18n: Texts, notice: &Notice) -> String {
    let product = notice.product.clone();
    let title = match &notice.fate {
        Fate::Ended { .. } => t_string!(i18n, console.notice_title, product = product),
        Fate::GoesOn { .. } => t_string!(i18n, console.moved_title, product = product),
    };
    match &notice.device {
        Some(device) => {
            title + t_string!(i18n, common.dot) + &t_string!(i18n, console.on_device, device = device.clone())
        }
        None => title,
    }
}

/// Who did it, when and where.
pub fn fate(i18n: Texts, format: Format, fate: &Fate, now: DateTime<Utc>) -> String {
    match fate {
        Fate::GoesOn { device, at } => {
            t_string!(i18n, console.moved_to, device = device.clone(), time = moment(format, *at, now))
        }
        Fate::Ended { end, instead: Some(device) } => {
            t_string!(i18n, console.replaced_by, device = device.clone(), time = moment(format, end.at, now))
        }
        Fate::Ended { end, instead: None } => who(i18n, format, end, now),
    }
}

/// Who ended it and when.
pub fn who(i18n: Texts, format: Format, end: &End, now: DateTime<Utc>) -> String {
    let time = moment(format, end.at, now);
    match &end.by {
        Some(name) => t_string!(i18n, console.notice_by, name = name.clone(), time = time),
        None => t_string!(i18n, console.notice_self, time = time, reason = words::reason(i18n, end.reason)),
    }
}

fn moment(format: Format, at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    if (now - at).num_hours() < 12 { format.time(at) } else { format.date_time(at) }
}

/// What that person had to say, or else what the reason was, unless it is said already.
pub fn message(i18n: Texts, end: &End) -> Option<String> {
    let reason =
        || (end.by.is_some() && end.reason != EndReason::EndedByAdmin).then(|| words::reason(i18n, end.reason));
    let message = end.message.clone().or_else(|| reason().map(str::to_owned))?;
    Some(t_string!(i18n, console.notice_message, message = message))
}

/// What one can do now.
pub fn next(i18n: Texts, end: &End) -> Option<String> {
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
