//! The events of changes to seats.

use crate::{
    actor::Actor,
    events::Event,
    pool::changes::{RevocationCause, SeatChange},
};
use seatkeeper_shared::{
    audit::{
        Cleared, EventData, RevocationReason,
        changes::{DeviceChanges, GrantEndChanges, LimitsChanges, RulesState, SeatsChanges},
    },
    ids::LicenseId,
    session::EndReason,
    ticket::TicketEnd,
};

impl Event {
    /// The event of a change to the seats of a license.
    pub fn of_change(actor: Actor, license: LicenseId, change: &SeatChange, occupied: i64, seats: i64) -> Self {
        let data = data(change);
        debug_assert!(data.kind().is_about_seats(), "{}", data.kind());
        Self {
            data,
            actor: if is_automatic(change) { Actor::system() } else { actor },
            license: Some(license),
            user: change.user(),
            session: change.session(),
            occupied: Some(occupied),
            seats: Some(seats),
            object: None,
        }
    }
}

/// Whether a change has no actor: expired sessions and tickets are ended by the next command, whatever it is, and
/// offers are made without one.
fn is_automatic(change: &SeatChange) -> bool {
    use EndReason::{Idle, KeyExpired, LeaseExpired, LicenseEnded};
    match change {
        SeatChange::Ended { end, .. } => matches!(end.reason, Idle | KeyExpired | LeaseExpired | LicenseEnded),
        SeatChange::TicketEnded { reason, .. } => {
            matches!(reason, TicketEnd::Missed | TicketEnd::Lapsed | TicketEnd::LicenseEnded)
        }
        SeatChange::Revoked { cause, .. } => *cause == RevocationCause::EndReached,
        SeatChange::Warned { ends_at: Some(_), .. } | SeatChange::Offered { until: Some(_), .. } => true,
        _ => false,
    }
}

/// What the log records about a change. Never includes the support key.
fn data(change: &SeatChange) -> EventData {
    match change {
        SeatChange::Created(live) => {
            EventData::SessionCreated { device: live.device.clone(), mode: live.mode, platform: live.platform }
        }
        SeatChange::Connected { platform, .. } => EventData::SessionConnected { platform: *platform },
        SeatChange::Warned { ends_at: Some(ends_at), .. } => EventData::SessionIdle { ends_at: *ends_at },
        SeatChange::Warned { ends_at: None, .. } => EventData::SessionIdleCalledOff { ends_at: Cleared },
        SeatChange::EndScheduled { ending: Some(ending), .. } => {
            EventData::SessionEndAnnounced { ends_at: ending.at, message: ending.message.clone() }
        }
        SeatChange::EndScheduled { ending: None, .. } => {
            EventData::SessionEndCalledOff { ends_at: Cleared, message: Cleared }
        }
        SeatChange::Protected { protected, .. } => EventData::SessionProtected { protected: *protected },
        SeatChange::Borrowed { until, .. } => EventData::SessionBorrowed { borrowed_until: *until },
        SeatChange::Continued { from, to, .. } => {
            EventData::SessionContinued { changes: DeviceChanges { device: Some((from.clone(), to.clone())) } }
        }
        SeatChange::Ended { end, .. } => EventData::SessionEnded { reason: end.reason, message: end.message.clone() },
        SeatChange::CoolDownStarted { until, .. } => EventData::CoolDownStarted { until: *until },
        SeatChange::Refused { code, device, .. } => {
            EventData::SessionRefused { code: *code, product: None, device: Some(device.clone()) }
        }
        SeatChange::Queued(ticket) => {
            EventData::TicketTaken { ticket: ticket.id, device: ticket.device.clone(), place: ticket.place }
        }
        SeatChange::Offered { ticket, until: Some(until), .. } => {
            EventData::TicketOffered { ticket: *ticket, until: *until }
        }
        SeatChange::Offered { ticket, until: None, .. } => {
            EventData::TicketOfferTakenBack { ticket: *ticket, until: Cleared }
        }
        SeatChange::Moved { ticket, place, .. } => EventData::TicketMoved { ticket: *ticket, place: *place },
        SeatChange::TicketEnded { ticket, reason, session, .. } => {
            EventData::TicketOver { ticket: *ticket, reason: *reason, session: *session }
        }
        SeatChange::Granted { ends_at, .. } => EventData::LicenseGranted { ends_at: *ends_at },
        SeatChange::GrantEndChanged { from, to, .. } => {
            EventData::GrantEndChanged { changes: GrantEndChanges { ends_at: Some((*from, *to)) } }
        }
        SeatChange::Revoked { cause, .. } => EventData::LicenseRevoked {
            reason: match cause {
                RevocationCause::EndReached => Some(RevocationReason::EndReached),
                RevocationCause::Request => None,
            },
        },
        SeatChange::Resized { from, to } => {
            EventData::SeatsChanged { changes: SeatsChanges { seats: Some((*from, *to)) } }
        }
        SeatChange::RulesChanged { from, to } => {
            EventData::LicenseChanged { changes: Box::new(RulesState::from(*from).changes((*to).into())) }
        }
        SeatChange::GroupLimitsChanged { from, to } => {
            EventData::GroupLimitsChanged { changes: LimitsChanges { limits: Some((from.clone(), to.clone())) } }
        }
    }
}
