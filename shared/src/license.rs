//! Licenses: the model and the rule by which sessions share a seat.

use crate::named::named;

named! {
    /// How the seats of a license are given out.
    Model {
        /// One person, always (benutzergebunden): the assignment occupies the seat.
        Named = "named",
        /// Shared (gemeinsam genutzt): a session occupies the seat, the assignment only admits to the pool.
        Concurrent = "concurrent",
    }
}

named! {
    /// What occupies one seat of a license.
    SeatRule {
        /// All sessions of one agent share a seat.
        Agent = "agent",
        /// The sessions of one agent on one device share a seat.
        Device = "device",
        /// Each session takes a seat of its own.
        Session = "session",
    }
}
