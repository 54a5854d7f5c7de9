//! What an event makes outdated, and who has to learn of it.

use seatkeeper_shared::{
    audit::Kind,
    ids::{LicenseId, SessionId, UserId},
};

/// What an event may have changed. Caches and tasks subscribe to these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// The credentials or rights of the event's user.
    Caller,
    /// The credentials or rights of any user.
    AllCallers,
    /// Products, with all their licenses.
    Products,
    /// Data other than sessions and tickets that seat decisions are based on.
    SeatDecisions,
    /// What groups and rules give the event's user, which is reconciled in the commit.
    GivenToUser,
    /// Who has the event's license through groups, which is reconciled in the commit.
    GivenByGroup,
    /// How many seats of a license groups can give: who has it is reconciled soon after the commit.
    GroupSeats,
    /// The members and managers of groups.
    Groups,
    /// Who has the event's license.
    Assignments,
    /// A named seat may be free, or another admin there: what had to wait for either can be tried again.
    FreedSeats,
    /// The event's session has ended.
    EndedSession,
    /// The queue of the event's license.
    Queues,
    /// Open requests for licenses.
    LicenseRequests,
}

/// The part of an event that tells what it affects, whether it has just been written or read from the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventSubject {
    /// `None` if a newer server wrote it.
    pub kind: Option<Kind>,
    pub license: Option<LicenseId>,
    pub user: Option<UserId>,
    pub session: Option<SessionId>,
}

impl EventSubject {
    /// The kind's name.
    pub fn kind_name(&self) -> &'static str {
        self.kind.map_or("unknown", Kind::as_str)
    }

    /// Whether the event may have changed this. An event of a newer server may have changed everything.
    pub fn concerns(&self, topic: Topic) -> bool {
        self.kind.is_none_or(|kind| topics(kind).contains(&topic))
    }
}

/// Exhaustive, so that a new kind does not compile until it is decided here what it affects.
const fn topics(kind: Kind) -> &'static [Topic] {
    use Topic::{
        AllCallers, Assignments, Caller, EndedSession, FreedSeats, GivenByGroup, GivenToUser, GroupSeats, Groups,
        LicenseRequests, Products, Queues, SeatDecisions,
    };
    match kind {
        Kind::AccountSetUp
        | Kind::AccountChanged
        | Kind::SignInProviderChanged
        | Kind::SignInProviderDeleted
        | Kind::SignInRulesChanged => &[AllCallers],
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
        | Kind::DirectoryEmailKept
        | Kind::ProviderGroupsKept
        | Kind::LocaleChanged => &[Caller],
        Kind::UserAdded => &[Caller, SeatDecisions, Groups],
        Kind::UserChanged => &[Caller, SeatDecisions, GivenToUser, FreedSeats],
        Kind::UserSuspended => &[Caller, SeatDecisions, FreedSeats],
        Kind::UserDeleted => &[Caller, SeatDecisions, Groups, FreedSeats, LicenseRequests],
        Kind::GroupMemberAdded | Kind::GroupMemberRemoved => &[Caller, SeatDecisions, GivenToUser, Groups],
        Kind::GroupManagersChanged => &[Caller, SeatDecisions, Groups],
        Kind::GroupAdded | Kind::GroupChanged | Kind::GroupDeleted => &[SeatDecisions, Groups],
        Kind::GroupLicenseGranted | Kind::GroupLicenseRevoked => &[SeatDecisions, GivenByGroup, Groups],
        Kind::GroupLimitsChanged => &[SeatDecisions, GroupSeats],
        Kind::ProductAdded => &[Products, SeatDecisions],
        Kind::ProductChanged => &[Products, SeatDecisions, FreedSeats],
        Kind::LicenseAdded | Kind::LicenseChanged | Kind::LicenseExpiring => &[SeatDecisions],
        Kind::LicenseTermsChanged => &[SeatDecisions, GroupSeats, FreedSeats],
        Kind::SeatsChanged => &[FreedSeats],
        Kind::LicenseGranted => &[SeatDecisions, Assignments, LicenseRequests],
        Kind::GrantEndChanged => &[SeatDecisions, Assignments],
        Kind::LicenseRequested | Kind::LicenseRequestWithdrawn | Kind::LicenseRequestApproved => &[LicenseRequests],
        // The requester's own requests are shown beside their licenses.
        Kind::LicenseRequestDeclined => &[Assignments, LicenseRequests],
        Kind::LicenseRevoked => &[SeatDecisions, Assignments, FreedSeats],
        Kind::SessionEnded => &[EndedSession],
        Kind::TicketTaken | Kind::TicketOffered | Kind::TicketOfferTakenBack | Kind::TicketMoved | Kind::TicketOver => {
            &[Queues]
        }
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
        | Kind::SessionCreated
        | Kind::SessionConnected
        | Kind::SessionRefused
        | Kind::SessionEndAnnounced
        | Kind::SessionEndCalledOff
        | Kind::SessionIdle
        | Kind::SessionIdleCalledOff
        | Kind::SessionProtected
        | Kind::SessionBorrowed
        | Kind::SessionContinued
        | Kind::CoolDownStarted
        | Kind::ViewShared
        | Kind::SharedViewChanged
        | Kind::SharedViewRemoved
        | Kind::UnusedSeatKept
        | Kind::UnusedSeatExceptionRemoved => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_of_a_newer_server_concerns_everything() {
        let newer = EventSubject { kind: None, license: None, user: None, session: None };
        assert!(newer.concerns(Topic::AllCallers) && newer.concerns(Topic::Queues));
        let known = EventSubject { kind: Some(Kind::SessionEnded), ..newer };
        assert!(known.concerns(Topic::EndedSession) && !known.concerns(Topic::AllCallers));
    }

    #[test]
    fn the_callers_of_a_product_keep_their_rights() {
        let about_a_product = Kind::ALL.iter().filter(|kind| topics(**kind).contains(&Topic::Products));
        assert!(about_a_product.clone().count() > 0);
        for kind in about_a_product {
            assert!(!topics(*kind).contains(&Topic::AllCallers), "{kind}");
        }
    }
}
