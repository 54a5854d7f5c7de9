//! The error codes, and the problem document (RFC 9457) that carries them.

mod document;

pub use document::{FieldProblem, Problem, RefusalFacts, SessionEnd};

use crate::string_enum::string_enum;

string_enum! {
    /// The error code, for programs and for translations in the app.
    Code {
        /// The body or the URL is malformed.
        BadRequest = "bad_request",
        /// Some fields have invalid values, listed in `errors`.
        Invalid = "invalid",
        /// Sign-in is required.
        NotSignedIn = "not_signed_in",
        /// The e-mail address or the password is wrong.
        WrongCredentials = "wrong_credentials",
        /// The user is not allowed to do this.
        Forbidden = "forbidden",
        /// The write request came from another site.
        WrongOrigin = "wrong_origin",
        /// The setup link is invalid or already used.
        WrongSetupToken = "wrong_setup_token",
        /// The account is set up already.
        AlreadySetUp = "already_set_up",
        /// The old password is wrong.
        WrongPassword = "wrong_password",
        /// The code is wrong, already used, or expired.
        WrongCode = "wrong_code",
        /// The first step of the sign-in was too long ago, or too many codes were wrong. Start again with the password.
        SignInOver = "sign_in_over",
        /// A second factor exists already. Remove it first.
        SecondFactorOn = "second_factor_on",
        /// The account requires a second factor. Set one up first.
        SecondFactorRequired = "second_factor_required",
        /// The action adds a sign-in method, and the last verification was too long ago. Verify again with password,
        /// code, passkey or provider (`/me/verify`).
        VerificationRequired = "verification_required",
        /// Not possible with a token, because it adds or replaces a sign-in method. Use a browser.
        BrowserRequired = "browser_required",
        /// The passkey is unknown, or its signature does not match the challenge.
        PasskeyRefused = "passkey_refused",
        /// Browsers do not support passkeys at this URL: it needs a host name and https.
        NoPasskeys = "no_passkeys",
        /// The scope of the token does not permit this.
        OutOfScope = "out_of_scope",
        /// The link does not exist, or no longer.
        LinkUnknown = "link_unknown",
        /// The link was already used. Each can be used once.
        LinkUsed = "link_used",
        /// The link has expired, or was replaced by a newer one.
        LinkExpired = "link_expired",
        /// The link is void: since its creation, the user's role, permissions, e-mail address, status or sign-in
        /// methods have changed, or the rights of its creator. Request a new one.
        LinkVoid = "link_void",
        /// Passwords are disabled. Sign in with a provider.
        PasswordsOff = "passwords_off",
        /// Passwords are disabled, so at least one sign-in provider must stay enabled.
        LastProvider = "last_provider",
        /// No mail server is configured.
        NoMail = "no_mail",
        /// The e-mail could not be sent.
        MailFailed = "mail_failed",
        /// The resource does not exist, or the user may not see it.
        NotFound = "not_found",
        /// The route does not support this method.
        MethodNotAllowed = "method_not_allowed",
        /// A resource with this name or e-mail address exists already.
        AlreadyExists = "already_exists",
        /// The resource has changed since it was read. Nothing was overwritten; read it again.
        ChangedMeanwhile = "changed_meanwhile",
        /// The change would leave the account without an active admin.
        LastAdmin = "last_admin",
        /// Refusal: all seats are in use.
        PoolFull = "pool_full",
        /// At the gate: the user has no seat, and a request of this kind takes none (HEAD, OPTIONS, prefetch,
        /// keep-alive).
        NoSeat = "no_seat",
        /// Refusal: no license of this product is assigned to the user.
        NotAssigned = "not_assigned",
        /// Refusal: the license has not started yet.
        LicenseNotStarted = "license_not_started",
        /// Refusal: the license has ended.
        LicenseEnded = "license_ended",
        /// Refusal: more seats are occupied or assigned than the license has. Nothing is granted until that is
        /// resolved.
        OverCapacity = "over_capacity",
        /// Refusal: the free seats are reserved for members of other groups.
        ReservedForGroup = "reserved_for_group",
        /// Refusal: the user's group already occupies its maximum number of seats.
        GroupLimit = "group_limit",
        /// Refusal: an admin has just ended the user's session.
        CoolingDown = "cooling_down",
        /// Refusal: the user works on another device, and the license permits only one.
        OtherDevice = "other_device",
        /// Refusal: the license or its product is archived.
        Archived = "archived",
        /// Refusal: the user is suspended.
        UserSuspended = "user_suspended",
        /// Refusal: seats of this license cannot be borrowed.
        NotLendable = "not_lendable",
        /// Refusal: seats of this license cannot be borrowed for so long; `refusal` has the maximum.
        BorrowTooLong = "borrow_too_long",
        /// Refusal: the maximum number of seats is already borrowed.
        BorrowLimit = "borrow_limit",
        /// All seats of the named license are assigned.
        NamedSeatsTaken = "named_seats_taken",
        /// The license is assigned to the user already.
        AlreadyAssigned = "already_assigned",
        /// The request for a license was decided or withdrawn meanwhile.
        RequestDecided = "request_decided",
        /// The user has the license through a group. Remove the user from the group, or revoke the license from the
        /// group.
        GivenByGroup = "given_by_group",
        /// The user has the license by a directory rule. Change the rule, or remove the user from its group.
        GivenByRule = "given_by_rule",
        /// The group grants licenses to its members, listed in `gives`. Changing its members requires the right to
        /// assign licenses.
        GroupGivesLicenses = "group_gives_licenses",
        /// A directory rule grants members of the group a role, listed in `gives`. Changing that requires the right to
        /// change roles.
        GroupGivesRole = "group_gives_role",
        /// A directory rule grants no role to a user whose e-mail address does not come from the directory: its owner
        /// would get the role.
        EmailNotFromDirectory = "email_not_from_directory",
        /// The group is in use: managers are limited to it, directories have rules for it, or licenses reserve seats
        /// for it. Deleting it requires the right to change these.
        GroupInUse = "group_in_use",
        /// The lease expired before this heartbeat. Request a new session.
        LeaseExpired = "lease_expired",
        /// The session has ended; `ended` says by whom, when and why.
        SessionEnded = "session_ended",
        /// The session is protected. Set `protected_too` to end it nevertheless.
        Protected = "protected",
        /// The seat is borrowed. Only its agent can return it early.
        Borrowed = "borrowed",
        /// The support key does not exist, or no longer.
        KeyUnknown = "key_unknown",
        /// A customer has already joined with this support key.
        KeyUsed = "key_used",
        /// The product has no launch link.
        NoLink = "no_link",
        /// The ticket is over; `ticket` says why, and has the session if there is one.
        TicketOver = "ticket_over",
        /// No seat is offered to this ticket at the moment.
        NoOffer = "no_offer",
        /// The seats reserved for groups exceed the seats of the license.
        FloorsExceedSeats = "floors_exceed_seats",
        /// The user has as many saved views as one may have.
        TooManyViews = "too_many_views",
        /// Another import is running. Wait until it has ended.
        ImportRunning = "import_running",
        /// The import stopped before this row was processed.
        Interrupted = "interrupted",
        /// The state of the session does not permit this.
        WrongState = "wrong_state",
        /// The idempotency key was already used for a different request.
        IdempotencyMismatch = "idempotency_mismatch",
        /// All operations of the batch were to succeed or none, and another one was refused. Nothing was changed.
        NotAttempted = "not_attempted",
        /// The request body did not arrive in time.
        RequestTimeout = "request_timeout",
        /// The body is too large.
        TooLarge = "too_large",
        /// The body is not JSON.
        UnsupportedMediaType = "unsupported_media_type",
        /// Too many attempts; `Retry-After` says when to retry.
        TooManyRequests = "too_many_requests",
        /// The server cannot save at the moment. Nothing was changed; retry.
        Unavailable = "unavailable",
        /// An internal error of the server.
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
            | Self::AlreadyAssigned
            | Self::RequestDecided
            | Self::GivenByGroup
            | Self::GivenByRule
            | Self::EmailNotFromDirectory
            | Self::LeaseExpired
            | Self::Protected
            | Self::Borrowed
            | Self::NoOffer
            | Self::FloorsExceedSeats
            | Self::TooManyViews
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
            Self::NotAttempted => 424,
            Self::TooManyRequests => 429,
            Self::Internal => 500,
            Self::MailFailed => 502,
            Self::Unavailable => 503,
        }
    }

    /// One English sentence that describes the code.
    pub const fn title(self) -> &'static str {
        match self {
            Self::BadRequest => "The request cannot be read.",
            Self::Invalid => "Some values are invalid.",
            Self::NotSignedIn => "Sign-in is required.",
            Self::WrongCredentials => "The e-mail address or the password is wrong.",
            Self::Forbidden => "You are not allowed to do this.",
            Self::WrongOrigin => "The request came from another site.",
            Self::WrongSetupToken => "The setup link is invalid or was already used.",
            Self::AlreadySetUp => "This installation is already set up.",
            Self::WrongPassword => "The password is wrong.",
            Self::WrongCode => "The code is wrong.",
            Self::SignInOver => "Signing in took too long. Start again.",
            Self::SecondFactorOn => "A second factor is already set up.",
            Self::SecondFactorRequired => "Set up a second factor first.",
            Self::PasskeyRefused => "The passkey was not accepted.",
            Self::NoPasskeys => "Passkeys do not work at this address.",
            Self::OutOfScope => "The scope of the token does not permit this.",
            Self::LinkUnknown => "This link does not exist.",
            Self::LinkUsed => "This link has already been used.",
            Self::LinkExpired => "This link is no longer valid.",
            Self::VerificationRequired => "Confirm that it is you: the last sign-in was too long ago.",
            Self::BrowserRequired => "This is not possible with a token. Sign in to the app in a browser.",
            Self::LinkVoid => "The user's access has changed since this link was created. Ask for a new one.",
            Self::PasswordsOff => "Passwords are disabled. Sign in with a provider.",
            Self::LastProvider => "Passwords are disabled, so at least one sign-in provider must stay enabled.",
            Self::NoMail => "No mail server is configured.",
            Self::MailFailed => "The e-mail could not be sent.",
            Self::NotFound => "This does not exist, or you have no access to it.",
            Self::MethodNotAllowed => "This address does not support that method.",
            Self::AlreadyExists => "This already exists.",
            Self::ChangedMeanwhile => "This was changed in the meantime. Nothing was overwritten.",
            Self::LastAdmin => "The last active admin cannot be removed.",
            Self::PoolFull => {
                "All shared licenses are in use. To start a session, please wait for an available license."
            }
            Self::NoSeat => "You have no seat, and a request of this kind takes none. Open a page of the application.",
            Self::NotAssigned => "No license of this product is assigned to you.",
            Self::LicenseNotStarted => "The license has not started yet.",
            Self::LicenseEnded => "The license has ended.",
            Self::OverCapacity => "More seats are occupied or assigned than the license has.",
            Self::ReservedForGroup => "The free seats are reserved for another group.",
            Self::GroupLimit => "Your group occupies its maximum number of seats.",
            Self::CoolingDown => "An administrator has just ended your session. Please wait a moment.",
            Self::OtherDevice => "You are already working on another device.",
            Self::Archived => "The license or its product is archived.",
            Self::UserSuspended => "The user is suspended.",
            Self::NotLendable => "Seats of this license cannot be borrowed.",
            Self::BorrowTooLong => "Seats of this license cannot be borrowed for that long.",
            Self::BorrowLimit => "The maximum number of seats of this license is already borrowed.",
            Self::NamedSeatsTaken => "All seats of this named license are assigned.",
            Self::AlreadyAssigned => "This license is already assigned.",
            Self::RequestDecided => "This request was decided or withdrawn in the meantime.",
            Self::GivenByGroup => "The user has this license through a group.",
            Self::GivenByRule => "The user has this license by a directory rule.",
            Self::GroupGivesLicenses => "This group assigns licenses to its members, which you are not allowed to do.",
            Self::GroupGivesRole => "This group gives its members a role, which you are not allowed to change.",
            Self::EmailNotFromDirectory => "The user's e-mail address does not come from the directory.",
            Self::GroupInUse => "Other settings that you are not allowed to change depend on this group.",
            Self::LeaseExpired => "The lease of this session has expired.",
            Self::SessionEnded => "The session has ended.",
            Self::Protected => "The session is protected.",
            Self::Borrowed => "The seat is borrowed. Only its agent can return it early.",
            Self::KeyUnknown => "This support key does not exist or is no longer valid.",
            Self::KeyUsed => "A customer has already joined with this support key.",
            Self::NoLink => "This product has no launch link.",
            Self::TicketOver => "This place in the queue is no longer valid.",
            Self::NoOffer => "No seat is offered to you at the moment.",
            Self::TooManyViews => "There are too many saved views. Delete one first.",
            Self::FloorsExceedSeats => "More seats would be reserved for groups than the license has.",
            Self::ImportRunning => "Another import is running.",
            Self::Interrupted => "The import stopped before this row.",
            Self::WrongState => "This is not possible in the session's current state.",
            Self::IdempotencyMismatch => "The idempotency key was already used for a different request.",
            Self::NotAttempted => "Another operation of the batch was refused, so none was carried out.",
            Self::RequestTimeout => "The request body did not arrive in time.",
            Self::TooLarge => "The body is too large.",
            Self::UnsupportedMediaType => "The body must be JSON.",
            Self::TooManyRequests => "Too many attempts.",
            Self::Unavailable => "The server cannot save right now. Nothing was changed.",
            Self::Internal => "An internal server error occurred.",
        }
    }
}
