//! Maps each kind of event to the callers whose cached credentials and rights it invalidates. Invalidating too many
//! callers costs a database read each. An event that invalidates too few is noticed within a second by open streams,
//! and within seconds by other requests, when their cache entries expire.

use seatkeeper_shared::{audit::Kind, ids::UserId};

/// The callers whose credentials or rights an event may have changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AffectedCallers {
    None,
    User(UserId),
    All,
}

impl AffectedCallers {
    /// The callers affected by an event of this kind about this user. Events about a license change no caller's rights.
    pub fn of(kind: &str, user: Option<UserId>, is_about_a_license: bool) -> Self {
        if is_about_a_license {
            return Self::None;
        }
        match kind.parse() {
            Ok(kind) => Self::of_kind(kind, user),
            // Written by a newer server.
            Err(_) => Self::All,
        }
    }

    /// Exhaustive, so that a new kind does not compile until its callers are decided here.
    fn of_kind(kind: Kind, user: Option<UserId>) -> Self {
        match kind {
            Kind::AccountSetUp
            | Kind::AccountChanged
            | Kind::SignInProviderChanged
            | Kind::SignInProviderDeleted
            | Kind::SignInRulesChanged => Self::All,
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
            | Kind::CreatedToken
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
            | Kind::GroupManagersChanged => user.map_or(Self::None, Self::User),
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
            | Kind::TicketOver => Self::None,
        }
    }
}
