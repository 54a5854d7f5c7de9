//! The events of the audit log: their kinds with the data of each, their subject areas, and their origins.

pub mod changes;
mod data;
mod field;
mod reading;
#[cfg(test)]
mod tests;
mod value;

use crate::string_enum::string_enum;

pub use data::{EventData, RevocationReason, SignInFailureReason, SignInMethod};
pub use field::{Field, Readers};
pub use reading::{Fact, FieldName, read_facts};
pub use value::{Cleared, FactValue, Minutes, Seconds};

string_enum! {
    /// Where a change came from.
    Origin {
        /// The web app.
        App = "app",
        /// A program with an API token.
        Api = "api",
        /// A directory, through SCIM.
        Scim = "scim",
        /// An imported file.
        Import = "import",
        /// Seatkeeper itself.
        System = "system",
    }
}

string_enum! {
    /// The subject area of an event, for filters.
    Area {
        /// Signing in and out, tokens.
        Access = "access",
        /// Users, their roles and permissions.
        Users = "users",
        /// Groups, their members and managers.
        Groups = "groups",
        /// Products, licenses, assignments.
        Licenses = "licenses",
        /// Sessions and refusals.
        Sessions = "sessions",
        /// The queue.
        Queue = "queue",
        /// The account, its directories, and the log itself.
        Account = "account",
    }
}

string_enum! {
    /// The kind of an event.
    Kind {
        /// The account and its first admin were created.
        AccountSetUp = "account_set_up",
        /// The settings of the account changed.
        AccountChanged = "account_changed",
        /// A signing key for leases of borrowed seats was created.
        BorrowKeyMade = "borrow_key_made",
        /// Old events were removed from the log.
        AuditPruned = "audit_pruned",
        /// A user signed in.
        SignedIn = "signed_in",
        /// A sign-in failed.
        SignInFailed = "sign_in_failed",
        /// A user signed out.
        SignedOut = "signed_out",
        /// A user was invited to set their first password.
        InvitationMade = "invitation_made",
        /// A link for setting a new password was created.
        PasswordLinkMade = "password_link_made",
        /// A user requested such a link because they forgot their password.
        PasswordForgotten = "password_forgotten",
        /// A user set their password with a link; all their browsers were signed out.
        PasswordSet = "password_set",
        /// A user changed their password; their other browsers were signed out.
        PasswordChanged = "password_changed",
        /// A user signed out one or all of their other browsers.
        SignInsEnded = "sign_ins_ended",
        /// A sign-in provider was added.
        SignInProviderAdded = "sign_in_provider_added",
        /// A sign-in provider was changed.
        SignInProviderChanged = "sign_in_provider_changed",
        /// A sign-in provider was deleted.
        SignInProviderDeleted = "sign_in_provider_deleted",
        /// The rules for signing in with a password changed.
        SignInRulesChanged = "sign_in_rules_changed",
        /// A user was linked to a sign-in provider.
        IdentityLinked = "identity_linked",
        /// A provider's group claim could not be applied; the user's groups stayed unchanged.
        ProviderGroupsKept = "provider_groups_kept",
        /// A user's links to sign-in providers were removed.
        IdentitiesUnlinked = "identities_unlinked",
        /// A user set up a second factor.
        SecondFactorSet = "second_factor_set",
        /// A second factor was removed.
        SecondFactorRemoved = "second_factor_removed",
        /// A user created new recovery codes, which replace the old ones.
        RecoveryCodesMade = "recovery_codes_made",
        /// A passkey was added.
        PasskeyAdded = "passkey_added",
        /// A passkey was renamed.
        PasskeyRenamed = "passkey_renamed",
        /// A passkey was removed.
        PasskeyRemoved = "passkey_removed",
        /// An API token was created.
        CreatedToken = "token_made",
        /// An API token was deleted.
        TokenDeleted = "token_deleted",
        /// A user was added.
        UserAdded = "user_added",
        /// A user was changed.
        UserChanged = "user_changed",
        /// A user was suspended.
        UserSuspended = "user_suspended",
        /// An import of users started.
        ImportStarted = "import_started",
        /// An import of users ended.
        ImportEnded = "import_ended",
        /// A user was deleted.
        UserDeleted = "user_deleted",
        /// A directory was added.
        DirectoryAdded = "directory_added",
        /// A directory got a new token, which replaces the old one.
        DirectoryTokenMade = "directory_token_made",
        /// A directory was deleted; its users and groups stay.
        DirectoryDeleted = "directory_deleted",
        /// The rules of a directory changed.
        DirectoryRulesChanged = "directory_rules_changed",
        /// A directory sent another e-mail address for an admin or manager, who keeps the old one.
        DirectoryEmailKept = "directory_email_kept",
        /// A directory rule failed for a user.
        DirectoryRuleFailed = "directory_rule_failed",
        /// A directory rule assigned a license after an earlier failure.
        DirectoryRuleMadeUp = "directory_rule_made_up",
        /// A user chose another language.
        LocaleChanged = "locale_changed",
        /// A group was added.
        GroupAdded = "group_added",
        /// A group was renamed.
        GroupChanged = "group_changed",
        /// A group was deleted.
        GroupDeleted = "group_deleted",
        /// The managers of a group changed.
        GroupManagersChanged = "group_managers_changed",
        /// A user joined a group.
        GroupMemberAdded = "group_member_added",
        /// A user left a group.
        GroupMemberRemoved = "group_member_removed",
        /// The group limits of a license changed.
        GroupLimitsChanged = "group_limits_changed",
        /// A license was assigned to a group, and so to its members.
        GroupLicenseGranted = "group_license_granted",
        /// A license was revoked from a group.
        GroupLicenseRevoked = "group_license_revoked",
        /// A product was added.
        ProductAdded = "product_added",
        /// A product was renamed, changed or archived.
        ProductChanged = "product_changed",
        /// A license was added.
        LicenseAdded = "license_added",
        /// The rules of a license changed.
        LicenseChanged = "license_changed",
        /// The dates or the contract of a license changed, or it was archived.
        LicenseTermsChanged = "license_terms_changed",
        /// A license ends soon.
        LicenseExpiring = "license_expiring",
        /// The number of seats of a license changed.
        SeatsChanged = "seats_changed",
        /// A license was assigned.
        LicenseGranted = "license_granted",
        /// An assignment ends at another time, or no longer ends by itself.
        GrantEndChanged = "grant_end_changed",
        /// A license was revoked.
        LicenseRevoked = "license_revoked",
        /// A user requested a license.
        LicenseRequested = "license_requested",
        /// A user withdrew a request for a license.
        LicenseRequestWithdrawn = "license_request_withdrawn",
        /// A request for a license was approved: the license was assigned.
        LicenseRequestApproved = "license_request_approved",
        /// A request for a license was declined.
        LicenseRequestDeclined = "license_request_declined",
        /// A named seat is kept although it is not used.
        UnusedSeatKept = "unused_seat_kept",
        /// A named seat is no longer kept although it is not used.
        UnusedSeatExceptionRemoved = "unused_seat_exception_removed",
        /// A saved view was shared with everybody who may see its page.
        ViewShared = "view_shared",
        /// A shared view was changed.
        SharedViewChanged = "shared_view_changed",
        /// A shared view was deleted, or is private again.
        SharedViewRemoved = "shared_view_removed",
        /// A session was created; it occupies a seat.
        SessionCreated = "session_created",
        /// A customer connected.
        SessionConnected = "session_connected",
        /// A request for a seat was refused.
        SessionRefused = "session_refused",
        /// A session ended.
        SessionEnded = "session_ended",
        /// The end of a session was scheduled.
        SessionEndAnnounced = "session_end_announced",
        /// The scheduled end of a session was cancelled.
        SessionEndCalledOff = "session_end_called_off",
        /// An agent was warned that their session will end due to inactivity.
        SessionIdle = "session_idle",
        /// The end due to inactivity was cancelled, because the rules changed.
        SessionIdleCalledOff = "session_idle_called_off",
        /// The protection of a session was set or removed.
        SessionProtected = "session_protected",
        /// The seat of a session was borrowed for work offline.
        SessionBorrowed = "session_borrowed",
        /// An agent continued a session on another device.
        SessionContinued = "session_continued",
        /// A cool-down started: the user gets no seat for a while.
        CoolDownStarted = "cool_down_started",
        /// An agent joined the queue.
        TicketTaken = "ticket_taken",
        /// A free seat was offered to a ticket.
        TicketOffered = "ticket_offered",
        /// The offer of a seat was withdrawn.
        TicketOfferTakenBack = "ticket_offer_taken_back",
        /// A ticket was moved in the queue.
        TicketMoved = "ticket_moved",
        /// A ticket is over.
        TicketOver = "ticket_over",
    }
}

impl Kind {
    /// Whether the event belongs to a license, so that it records the occupied seats. Most events do.
    pub const fn is_about_seats(self) -> bool {
        matches!(self.area(), Area::Sessions | Area::Queue)
            || matches!(
                self,
                Self::GroupLimitsChanged
                    | Self::LicenseChanged
                    | Self::SeatsChanged
                    | Self::LicenseGranted
                    | Self::GrantEndChanged
                    | Self::LicenseRevoked
            )
    }

    /// The subject area of this kind.
    pub const fn area(self) -> Area {
        match self {
            Self::AccountSetUp
            | Self::AccountChanged
            | Self::AuditPruned
            | Self::BorrowKeyMade
            | Self::DirectoryAdded
            | Self::DirectoryTokenMade
            | Self::DirectoryDeleted
            | Self::DirectoryRulesChanged
            | Self::ViewShared
            | Self::SharedViewChanged
            | Self::SharedViewRemoved => Area::Account,
            Self::SignedIn
            | Self::SignInFailed
            | Self::SignedOut
            | Self::InvitationMade
            | Self::PasswordLinkMade
            | Self::PasswordForgotten
            | Self::PasswordSet
            | Self::PasswordChanged
            | Self::SignInsEnded
            | Self::SignInProviderAdded
            | Self::SignInProviderChanged
            | Self::SignInProviderDeleted
            | Self::SignInRulesChanged
            | Self::IdentityLinked
            | Self::IdentitiesUnlinked
            | Self::SecondFactorSet
            | Self::SecondFactorRemoved
            | Self::RecoveryCodesMade
            | Self::PasskeyAdded
            | Self::PasskeyRenamed
            | Self::PasskeyRemoved
            | Self::CreatedToken
            | Self::TokenDeleted => Area::Access,
            Self::UserAdded
            | Self::UserChanged
            | Self::UserSuspended
            | Self::UserDeleted
            | Self::ImportStarted
            | Self::ImportEnded
            | Self::DirectoryEmailKept
            | Self::DirectoryRuleFailed
            | Self::DirectoryRuleMadeUp
            | Self::LocaleChanged => Area::Users,
            Self::GroupAdded
            | Self::GroupChanged
            | Self::GroupDeleted
            | Self::GroupManagersChanged
            | Self::GroupMemberAdded
            | Self::GroupMemberRemoved
            | Self::ProviderGroupsKept
            | Self::GroupLicenseGranted
            | Self::GroupLicenseRevoked
            | Self::GroupLimitsChanged => Area::Groups,
            Self::ProductAdded
            | Self::ProductChanged
            | Self::LicenseAdded
            | Self::LicenseChanged
            | Self::LicenseTermsChanged
            | Self::LicenseExpiring
            | Self::SeatsChanged
            | Self::LicenseGranted
            | Self::GrantEndChanged
            | Self::LicenseRevoked
            | Self::LicenseRequested
            | Self::LicenseRequestWithdrawn
            | Self::LicenseRequestApproved
            | Self::LicenseRequestDeclined
            | Self::UnusedSeatKept
            | Self::UnusedSeatExceptionRemoved => Area::Licenses,
            Self::SessionCreated
            | Self::SessionConnected
            | Self::SessionRefused
            | Self::SessionEnded
            | Self::SessionEndAnnounced
            | Self::SessionEndCalledOff
            | Self::SessionIdle
            | Self::SessionIdleCalledOff
            | Self::SessionProtected
            | Self::SessionBorrowed
            | Self::SessionContinued
            | Self::CoolDownStarted => Area::Sessions,
            Self::TicketTaken
            | Self::TicketOffered
            | Self::TicketOfferTakenBack
            | Self::TicketMoved
            | Self::TicketOver => Area::Queue,
        }
    }
}
