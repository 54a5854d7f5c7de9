//! Whose credentials an entry of the event log may end or change. Too many costs a read of the database for each; too few is found
//! out within a second by whoever asks for the open streams, and by the next request after some seconds.

use seatkeeper_shared::{audit::Kind, ids::UserId};

/// Whose credentials, and what these admit to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Nobody's.
    Nobody,
    /// Those of one user.
    User(UserId),
    /// Those of anybody.
    Everybody,
}

impl Reach {
    /// Whose it is with an entry of this kind about this user. What is decided at a license is about nobody's rights.
    pub fn of(kind: &str, user: Option<UserId>, is_about_a_license: bool) -> Self {
        if is_about_a_license {
            return Self::Nobody;
        }
        match kind.parse() {
            Ok(kind) => Self::of_kind(kind, user),
            // A newer server wrote it.
            Err(_) => Self::Everybody,
        }
    }

    /// A new kind does not compile before it is said here whom it reaches.
    fn of_kind(kind: Kind, user: Option<UserId>) -> Self {
        match kind {
            Kind::AccountSetUp
            | Kind::AccountChanged
            | Kind::SignInProviderChanged
            | Kind::SignInProviderDeleted
            | Kind::SignInRulesChanged => Self::Everybody,
            Kind::SignedIn
            | Kind::SignedOut
            | Kind::InvitationMade
            | Kind::PasswordLinkMade
            | Kind::PasswordForgotten
            | Kind::PasswordSet
            | Kind::PasswordChanged
            | Kind::SignInsEnded
            | Kind::IdentityLinked
            | Kind::IdentitiesUnlinked
            | Kind::SecondFactorSet
            | Kind::SecondFactorRemoved
            | Kind::RecoveryCodesMade
            | Kind::PasskeyAdded
            | Kind::PasskeyRenamed
            | Kind::PasskeyRemoved
            | Kind::TokenMade
            | Kind::TokenDeleted
            | Kind::UserAdded
            | Kind::UserChanged
            | Kind::UserSuspended
            | Kind::UserDeleted
            | Kind::DirectoryEmailKept
            | Kind::ProviderGroupsKept
            | Kind::LocaleChanged
            | Kind::GroupMemberAdded
            | Kind::GroupMemberRemoved
            | Kind::GroupManagersChanged => user.map_or(Self::Nobody, Self::User),
            Kind::SignInFailed
            | Kind::AuditPruned
            | Kind::BorrowKeyMade
            | Kind::SignInProviderAdded
            | Kind::ImportStarted
            | Kind::ImportEnded
            | Kind::DirectoryAdded
            | Kind::DirectoryTokenMade
            | Kind::DirectoryDeleted
            | Kind::DirectoryRulesChanged
            | Kind::DirectoryRuleFailed
            | Kind::DirectoryRuleMadeUp
            | Kind::GroupAdded
            | Kind::GroupChanged
            | Kind::GroupDeleted
            | Kind::GroupLicenseGranted
            | Kind::GroupLicenseRevoked
            | Kind::GroupLimitsChanged
            | Kind::ProductAdded
            | Kind::ProductChanged
            | Kind::LicenseAdded
            | Kind::LicenseChanged
            | Kind::LicenseTermsChanged
            | Kind::LicenseExpiring
            | Kind::SeatsChanged
            | Kind::LicenseGranted
            | Kind::LicenseRevoked
            | Kind::SessionCreated
            | Kind::SessionConnected
            | Kind::SessionRefused
            | Kind::SessionEnded
            | Kind::SessionEndAnnounced
            | Kind::SessionEndCalledOff
            | Kind::SessionIdle
            | Kind::SessionIdleCalledOff
            | Kind::SessionProtected
            | Kind::SessionBorrowed
            | Kind::SessionContinued
            | Kind::CoolDownStarted
            | Kind::TicketTaken
            | Kind::TicketOffered
            | Kind::TicketOfferTakenBack
            | Kind::TicketMoved
            | Kind::TicketOver => Self::Nobody,
        }
    }
}
