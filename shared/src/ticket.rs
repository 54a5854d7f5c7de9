//! Tickets: places in the queue of a license, and why they end.

use crate::string_enum::string_enum;

string_enum! {
    /// The state of a ticket.
    TicketState {
        /// In the queue.
        Waiting = "waiting",
        /// A free seat is offered to it.
        Offered = "offered",
        /// No longer in the queue.
        Over = "over",
    }
}

string_enum! {
    /// Why a ticket is over.
    TicketEnd {
        /// Its agent took the seat.
        Seated = "seated",
        /// Its agent declined the offer.
        Declined = "declined",
        /// The offer expired.
        Missed = "missed",
        /// Its agent left the queue.
        Withdrawn = "withdrawn",
        /// Its client sent no sign of life within the lease.
        Lapsed = "lapsed",
        /// An admin or manager removed it from the queue.
        Dropped = "dropped",
        /// Its user was suspended or deleted.
        UserDeactivated = "user_deactivated",
        /// The assignment of the license was revoked.
        AssignmentRevoked = "assignment_revoked",
        /// The license reached its end date.
        LicenseEnded = "license_ended",
    }
}
