//! Sessions: states, modes, platforms and the reasons for which they end.

use crate::named::named;

named! {
    /// Where a session is in its life.
    SessionState {
        /// The support key is created, no customer is connected yet. The seat is occupied.
        Waiting = "waiting",
        /// A customer, a device or a program is connected.
        Connected = "connected",
        /// Over; the seat is free unless another session of the same holder lives on.
        Ended = "ended",
    }
}

named! {
    /// What kind of work a session is.
    Mode {
        /// A customer joins with the support key; created waiting.
        Attended = "attended",
        /// A device without a person at it; created connected.
        Unattended = "unattended",
        /// A program wrapped by the command line or an integrator's tool; created connected.
        Application = "application",
    }
}

named! {
    /// What the customer's side runs on.
    Platform {
        /// Microsoft Windows
        Windows = "windows",
        /// macOS
        Mac = "mac",
        /// iOS and iPadOS
        Ios = "ios",
        /// Android
        Android = "android",
        /// Linux
        Linux = "linux",
    }
}

named! {
    /// Why a session ended.
    EndReason {
        /// The agent ended it.
        Finished = "finished",
        /// Nobody used the support key in its time.
        KeyExpired = "key_expired",
        /// No heartbeat came within the lease, or the time is over for which the seat was borrowed.
        LeaseExpired = "lease_expired",
        /// Nothing was done for too long.
        Idle = "idle",
        /// An admin or manager ended it to free the seat.
        EndedByAdmin = "ended_by_admin",
        /// Its user was suspended or deleted.
        UserDeactivated = "user_deactivated",
        /// Its user's right to the license was taken away.
        AssignmentRevoked = "assignment_revoked",
        /// The license reached its end date.
        LicenseEnded = "license_ended",
        /// The agent went on at another device.
        ReplacedByOtherDevice = "replaced_by_other_device",
        /// The agent's client went away and said so.
        Abandoned = "abandoned",
    }
}
