//! Sessions: states, modes, platforms and the reasons for which they end.

use crate::string_enum::string_enum;

string_enum! {
    /// The state of a session.
    SessionState {
        /// The support key exists, and no customer is connected yet. The seat is occupied.
        Waiting = "waiting",
        /// A customer, a device or a program is connected.
        Connected = "connected",
        /// Ended; the seat is free unless another live session shares it.
        Ended = "ended",
    }
}

string_enum! {
    /// The kind of a session.
    Mode {
        /// A customer joins with the support key; starts as waiting.
        Attended = "attended",
        /// A device without a person in front of it; starts as connected.
        Unattended = "unattended",
        /// A program started through the command line or an integration; starts as connected.
        Application = "application",
    }
}

string_enum! {
    /// The operating system of the customer's device.
    Platform {
        /// Microsoft Windows.
        Windows = "windows",
        /// macOS.
        Mac = "mac",
        /// iOS and iPadOS.
        Ios = "ios",
        /// Android.
        Android = "android",
        /// Linux.
        Linux = "linux",
    }
}

string_enum! {
    /// Why a session ended.
    EndReason {
        /// The agent ended it.
        Finished = "finished",
        /// The support key expired before a customer joined.
        KeyExpired = "key_expired",
        /// There was no heartbeat within the lease, or the borrowed time is over.
        LeaseExpired = "lease_expired",
        /// The agent was inactive for too long.
        Idle = "idle",
        /// An admin or manager ended it.
        EndedByAdmin = "ended_by_admin",
        /// Its user was suspended or deleted.
        UserDeactivated = "user_deactivated",
        /// The assignment of the license was revoked.
        AssignmentRevoked = "assignment_revoked",
        /// The license reached its end date.
        LicenseEnded = "license_ended",
        /// The agent took over on another device.
        ReplacedByOtherDevice = "replaced_by_other_device",
        /// The agent gave it up for another session.
        GivenUp = "given_up",
        /// The agent's client disconnected and reported it.
        Abandoned = "abandoned",
    }
}
