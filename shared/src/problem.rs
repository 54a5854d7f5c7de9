//! The one list of error codes, and the problem document (RFC 9457) that carries them.

mod document;

pub use document::{End, FieldProblem, Problem, RefusalFacts};

use crate::named::named;

named! {
    /// What went wrong, for programs and for the app's translations.
    Code {
        /// The body or the address is not what this route reads.
        BadRequest = "bad_request",
        /// Some fields have values that cannot be accepted; `errors` says which.
        Invalid = "invalid",
        /// Sign in first.
        NotSignedIn = "not_signed_in",
        /// E-mail or password is wrong.
        WrongCredentials = "wrong_credentials",
        /// Signed in, but not allowed.
        Forbidden = "forbidden",
        /// A write came from another site.
        WrongOrigin = "wrong_origin",
        /// The setup link is used up or wrong.
        WrongSetupToken = "wrong_setup_token",
        /// The account is set up already.
        AlreadySetUp = "already_set_up",
        /// The old password is wrong.
        WrongPassword = "wrong_password",
        /// The code is wrong, was used already, or is over.
        WrongCode = "wrong_code",
        /// The first step of signing in was too long ago, or too many codes were wrong; begin with the password again.
        SignInOver = "sign_in_over",
        /// There is a second factor already; remove it first.
        SecondFactorOn = "second_factor_on",
        /// The account asks for a second factor; set one up first.
        SecondFactorRequired = "second_factor_required",
        /// Show again who you are, by password, code, passkey or provider (`/me/verify`): this adds a way in, and you did so too long ago.
        VerificationRequired = "verification_required",
        /// A token cannot do this, because it adds or replaces a way in: do it in a browser.
        BrowserRequired = "browser_required",
        /// The passkey is not known here, or what it signed is not what was asked.
        PasskeyRefused = "passkey_refused",
        /// Browsers have no passkeys at this address: it needs a name, and https.
        NoPasskeys = "no_passkeys",
        /// The token may not be used for this.
        OutOfScope = "out_of_scope",
        /// There is no such link, or no longer.
        LinkUnknown = "link_unknown",
        /// The link was used already; each can be used once.
        LinkUsed = "link_used",
        /// The link is too old, or a newer one was made.
        LinkExpired = "link_expired",
        /// What the link was made for has changed since: role, permissions, e-mail address, status or ways to sign in of its user, or
        /// the rights of who made it. Ask for another.
        LinkVoid = "link_void",
        /// Passwords are off: sign in by one of the providers.
        PasswordsOff = "passwords_off",
        /// Passwords are off, so one provider of sign-ins must be enabled.
        LastProvider = "last_provider",
        /// No mail server is configured.
        NoMail = "no_mail",
        /// The e-mail could not be sent.
        MailFailed = "mail_failed",
        /// There is no such thing, or it is not yours to see.
        NotFound = "not_found",
        /// This address does not take that method.
        MethodNotAllowed = "method_not_allowed",
        /// Something with this name or e-mail exists already.
        AlreadyExists = "already_exists",
        /// Somebody else has changed it since it was read; look at it again. Nothing was overwritten.
        ChangedMeanwhile = "changed_meanwhile",
        /// The change would leave the account without an active admin.
        LastAdmin = "last_admin",
        /// Refusal: all seats are in use.
        PoolFull = "pool_full",
        /// At the gate: there is no seat, and a request of this kind takes none (HEAD, OPTIONS, prefetch, keep-alive).
        NoSeat = "no_seat",
        /// Refusal: no license of this product is assigned to the user.
        NotAssigned = "not_assigned",
        /// Refusal: the license has not started yet.
        LicenseNotStarted = "license_not_started",
        /// Refusal: the license is over.
        LicenseEnded = "license_ended",
        /// Refusal: more seats are taken than the license has, or a named license is assigned to more people than it has seats; nothing is
        /// granted until that is over.
        OverCapacity = "over_capacity",
        /// Refusal: the seats that are free are kept for members of another group.
        ReservedForGroup = "reserved_for_group",
        /// Refusal: the user's group has as many seats as it may have.
        GroupLimit = "group_limit",
        /// Refusal: an admin ended the user's session a moment ago.
        CoolingDown = "cooling_down",
        /// Refusal: the user works at another device, and the license admits no second one.
        OtherDevice = "other_device",
        /// Refusal: the license or its product is archived and gives no new seats.
        Archived = "archived",
        /// Refusal: the user is suspended.
        UserSuspended = "user_suspended",
        /// Refusal: seats of this license cannot be borrowed.
        NotLendable = "not_lendable",
        /// Refusal: seats of this license cannot be borrowed for so long; `refusal` says for how long at most.
        BorrowTooLong = "borrow_too_long",
        /// Refusal: as many seats are borrowed as may be at once.
        BorrowLimit = "borrow_limit",
        /// All seats of the named license are assigned.
        NamedSeatsTaken = "named_seats_taken",
        /// The user has the license through a group: take him out of the group, or the license from it.
        GivenByGroup = "given_by_group",
        /// The user has the license by a rule of a directory: change the rule, or take him out of its group.
        GivenByRule = "given_by_rule",
        /// The group gives its members licenses, as `gives` says: changing who is in it takes the right to assign licenses.
        GroupGivesLicenses = "group_gives_licenses",
        /// A rule of a directory gives members of the group a role, as `gives` says: changing that takes the right to change roles.
        GroupGivesRole = "group_gives_role",
        /// A rule gives no role to a user whose e-mail address is none that the directory tells: whoever reads e-mails there would get it.
        EmailNotFromDirectory = "email_not_from_directory",
        /// Managers are limited to the group, directories have rules for it, or licenses keep seats for it: whoever deletes it must be
        /// allowed to change that.
        GroupInUse = "group_in_use",
        /// The lease ran out before this heartbeat; ask for a new session.
        LeaseExpired = "lease_expired",
        /// The session is over; `ended` says by whom, when and why.
        SessionEnded = "session_ended",
        /// The session is protected; say so if it shall end nevertheless.
        Protected = "protected",
        /// The seat is borrowed: only its agent can give it back before its time is over.
        Borrowed = "borrowed",
        /// There is no such support key, or no longer.
        KeyUnknown = "key_unknown",
        /// Somebody has joined with this support key already.
        KeyUsed = "key_used",
        /// The product has no launch link.
        NoLink = "no_link",
        /// The ticket is over; `ticket` says why and what came of it.
        TicketOver = "ticket_over",
        /// No seat is offered to this ticket now.
        NoOffer = "no_offer",
        /// The floors of the groups are more than the license has seats.
        FloorsExceedSeats = "floors_exceed_seats",
        /// Another import is under way; wait until it is over.
        ImportRunning = "import_running",
        /// The import stopped before this was done.
        Interrupted = "interrupted",
        /// The session is not in a state in which this can be done.
        WrongState = "wrong_state",
        /// The same idempotency key came with another request.
        IdempotencyMismatch = "idempotency_mismatch",
        /// The body did not come in time.
        RequestTimeout = "request_timeout",
        /// The body is too large.
        TooLarge = "too_large",
        /// The body is not JSON.
        UnsupportedMediaType = "unsupported_media_type",
        /// Too many tries; `Retry-After` says when to come back.
        TooManyRequests = "too_many_requests",
        /// The server cannot commit right now; nothing was changed, try again.
        Unavailable = "unavailable",
        /// A fault in the server.
        Internal = "internal",
    }
}

impl Code {
    /// The HTTP status that goes with it.
    pub const fn status(self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::NotSignedIn | Self::WrongCredentials => 401,
            Self::Forbidden
            | Self::WrongOrigin
            | Self::WrongSetupToken
            | Self::WrongPassword
            | Self::PasswordsOff
            | Self::WrongCode
            | Self::PasskeyRefused
            | Self::SecondFactorRequired
            | Self::GroupGivesLicenses
            | Self::GroupGivesRole
            | Self::GroupInUse
            | Self::VerificationRequired
            | Self::BrowserRequired
            | Self::OutOfScope => 403,
            Self::NotFound | Self::LinkUnknown | Self::KeyUnknown | Self::NoLink => 404,
            Self::MethodNotAllowed => 405,
            Self::RequestTimeout => 408,
            Self::AlreadySetUp
            | Self::AlreadyExists
            | Self::SecondFactorOn
            | Self::NoPasskeys
            | Self::LastAdmin
            | Self::NoMail
            | Self::LastProvider
            | Self::PoolFull
            | Self::NoSeat
            | Self::NotAssigned
            | Self::LicenseNotStarted
            | Self::LicenseEnded
            | Self::OverCapacity
            | Self::ReservedForGroup
            | Self::GroupLimit
            | Self::CoolingDown
            | Self::OtherDevice
            | Self::Archived
            | Self::UserSuspended
            | Self::NotLendable
            | Self::BorrowTooLong
            | Self::BorrowLimit
            | Self::NamedSeatsTaken
            | Self::GivenByGroup
            | Self::GivenByRule
            | Self::EmailNotFromDirectory
            | Self::LeaseExpired
            | Self::Protected
            | Self::Borrowed
            | Self::NoOffer
            | Self::FloorsExceedSeats
            | Self::ImportRunning
            | Self::Interrupted
            | Self::WrongState => 409,
            Self::SessionEnded
            | Self::KeyUsed
            | Self::TicketOver
            | Self::LinkUsed
            | Self::LinkExpired
            | Self::LinkVoid
            | Self::SignInOver => 410,
            Self::ChangedMeanwhile => 412,
            Self::TooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::Invalid | Self::IdempotencyMismatch => 422,
            Self::TooManyRequests => 429,
            Self::Internal => 500,
            Self::MailFailed => 502,
            Self::Unavailable => 503,
        }
    }

    /// One English sentence on the kind of problem.
    pub const fn title(self) -> &'static str {
        match self {
            Self::BadRequest => "The request cannot be read.",
            Self::Invalid => "Some values cannot be accepted.",
            Self::NotSignedIn => "Sign in first.",
            Self::WrongCredentials => "The e-mail address or the password is wrong.",
            Self::Forbidden => "You are not allowed to do this.",
            Self::WrongOrigin => "The request came from another site.",
            Self::WrongSetupToken => "The setup link is not valid.",
            Self::AlreadySetUp => "This installation is already set up.",
            Self::WrongPassword => "The password is wrong.",
            Self::WrongCode => "The code is wrong.",
            Self::SignInOver => "Signing in took too long. Begin again.",
            Self::SecondFactorOn => "There is a second factor already.",
            Self::SecondFactorRequired => "Set up a second factor first.",
            Self::PasskeyRefused => "The passkey was not accepted.",
            Self::NoPasskeys => "Passkeys do not work at this address.",
            Self::OutOfScope => "The token may not be used for this.",
            Self::LinkUnknown => "This link is not known.",
            Self::LinkUsed => "This link was used already.",
            Self::LinkExpired => "This link is no longer valid.",
            Self::VerificationRequired => "Confirm that it is you: sign-in was too long ago for this.",
            Self::BrowserRequired => "This cannot be done with a token. Sign in to the app in a browser.",
            Self::LinkVoid => "The account has changed since this link was made. Ask for a new one.",
            Self::PasswordsOff => "Passwords are off here: sign in by one of the providers.",
            Self::LastProvider => "Passwords are off, so one provider of sign-ins must be enabled.",
            Self::NoMail => "This server sends no e-mails.",
            Self::MailFailed => "The e-mail could not be sent.",
            Self::NotFound => "There is nothing here.",
            Self::MethodNotAllowed => "This address does not take that method.",
            Self::AlreadyExists => "This exists already.",
            Self::ChangedMeanwhile => "Somebody else has changed this meanwhile.",
            Self::LastAdmin => "The last active admin must stay.",
            Self::PoolFull => {
                "All shared licenses are in use. To start a session, please wait for an available license."
            }
            Self::NoSeat => "You have no seat, and a request of this kind takes none. Open a page of the application.",
            Self::NotAssigned => "No license of this product is assigned to you.",
            Self::LicenseNotStarted => "The license has not started yet.",
            Self::LicenseEnded => "The license has ended.",
            Self::OverCapacity => "The license has fewer seats than are taken or assigned.",
            Self::ReservedForGroup => "The free seats are kept for another group.",
            Self::GroupLimit => "Your group has as many seats as it may have.",
            Self::CoolingDown => "An administrator ended your session a moment ago; please wait a little.",
            Self::OtherDevice => "You work at another device already.",
            Self::Archived => "The license or its product is archived.",
            Self::UserSuspended => "The user is suspended.",
            Self::NotLendable => "Seats of this license cannot be borrowed.",
            Self::BorrowTooLong => "Seats of this license cannot be borrowed for so long.",
            Self::BorrowLimit => "As many seats of this license are borrowed as may be at once.",
            Self::NamedSeatsTaken => "All seats of this named license are assigned.",
            Self::GivenByGroup => "The user has this license through a group.",
            Self::GivenByRule => "The user has this license by a rule of a directory.",
            Self::GroupGivesLicenses => "This group gives its members licenses, which you are not allowed to assign.",
            Self::GroupGivesRole => "This group gives its members a role, which you are not allowed to change.",
            Self::EmailNotFromDirectory => "The e-mail address of the user is none that the directory tells.",
            Self::GroupInUse => "Something else depends on this group that you are not allowed to change.",
            Self::LeaseExpired => "The lease of this session has run out.",
            Self::SessionEnded => "The session has ended.",
            Self::Protected => "The session is protected.",
            Self::Borrowed => "The seat is borrowed: only its agent can give it back early.",
            Self::KeyUnknown => "There is no such support key, or it is no longer valid.",
            Self::KeyUsed => "Somebody has joined with this support key already.",
            Self::NoLink => "This product has no launch link.",
            Self::TicketOver => "This place in the queue is over.",
            Self::NoOffer => "No seat is offered to you at the moment.",
            Self::FloorsExceedSeats => "More seats would be kept for groups than the license has.",
            Self::ImportRunning => "Another import is under way.",
            Self::Interrupted => "The import stopped before this was done.",
            Self::WrongState => "The session is not in a state that allows this.",
            Self::IdempotencyMismatch => "The idempotency key was used for another request.",
            Self::RequestTimeout => "The body of the request did not come in time.",
            Self::TooLarge => "The body is too large.",
            Self::UnsupportedMediaType => "The body must be JSON.",
            Self::TooManyRequests => "Too many tries.",
            Self::Unavailable => "The server cannot save right now. Nothing was changed.",
            Self::Internal => "The server has a fault.",
        }
    }
}
