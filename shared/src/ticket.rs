//! Tickets: places in the queue of a license, and how they end.

use crate::named::named;

named! {
    /// Where a ticket is in its life.
    TicketState {
        /// In the line.
        Waiting = "waiting",
        /// A free seat is kept for it.
        Offered = "offered",
        /// No longer in the line.
        Over = "over",
    }
}

named! {
    /// Why a ticket is over.
    TicketEnd {
        /// Its agent has the seat.
        Seated = "seated",
        /// Its agent said no to the offer.
        Declined = "declined",
        /// The offer was not taken in its time.
        Missed = "missed",
        /// Its agent went away and said so.
        Withdrawn = "withdrawn",
        /// Nothing was heard of its client within the lease.
        Lapsed = "lapsed",
        /// An admin or manager took it out of the line.
        Dropped = "dropped",
        /// Its user was suspended or deleted.
        UserDeactivated = "user_deactivated",
        /// Its user's right to the license was taken away.
        AssignmentRevoked = "assignment_revoked",
        /// The license reached its end date.
        LicenseEnded = "license_ended",
    }
}
