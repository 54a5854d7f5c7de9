//! The words of the audit log: what kinds of events there are, what they are about, and through which door they came in.

use crate::named::named;

named! {
    /// Through which door something came in.
    Door {
        /// The app in a browser.
        App = "app",
        /// A program with a token.
        Api = "api",
        /// The directory, through SCIM.
        Scim = "scim",
        /// A file that was imported.
        Import = "import",
        /// Seatkeeper itself.
        System = "system",
    }
}

named! {
    /// What an event is about, for filters.
    Area {
        /// Signing in and out, tokens.
        Access = "access",
        /// Users, their roles and permissions.
        Users = "users",
        /// Groups and who is in them.
        Groups = "groups",
        /// Products, licenses, assignments.
        Licenses = "licenses",
        /// Sessions and refusals.
        Sessions = "sessions",
        /// The queue.
        Queue = "queue",
        /// The account and the log itself.
        Account = "account",
    }
}

named! {
    /// What happened.
    Kind {
        /// The account and its first admin were made.
        AccountSetUp = "account_set_up",
        /// The settings of the account changed.
        AccountChanged = "account_changed",
        /// A key was made that leases of borrowed seats are signed with.
        BorrowKeyMade = "borrow_key_made",
        /// Old events were removed from the log.
        AuditPruned = "audit_pruned",
        /// Somebody signed in.
        SignedIn = "signed_in",
        /// Somebody tried to sign in and was turned away.
        SignInFailed = "sign_in_failed",
        /// Somebody signed out.
        SignedOut = "signed_out",
        /// Somebody was invited to set his first password.
        InvitationMade = "invitation_made",
        /// A link was made by which somebody sets a new password.
        PasswordLinkMade = "password_link_made",
        /// Somebody asked for such a link, because he forgot his password.
        PasswordForgotten = "password_forgotten",
        /// Somebody set his password by a link; all his browsers were signed out.
        PasswordSet = "password_set",
        /// Somebody changed his password; his other browsers were signed out.
        PasswordChanged = "password_changed",
        /// Somebody signed out one of his other browsers, or all of them.
        SignInsEnded = "sign_ins_ended",
        /// A provider of sign-ins was added.
        SignInProviderAdded = "sign_in_provider_added",
        /// A provider of sign-ins was changed.
        SignInProviderChanged = "sign_in_provider_changed",
        /// A provider of sign-ins was deleted.
        SignInProviderDeleted = "sign_in_provider_deleted",
        /// It was settled who may sign in with a password.
        SignInRulesChanged = "sign_in_rules_changed",
        /// A user signs in by a provider from now on.
        IdentityLinked = "identity_linked",
        /// A provider's group claim could not be followed; the user's groups stayed as they were.
        ProviderGroupsKept = "provider_groups_kept",
        /// A user's links with providers were removed.
        IdentitiesUnlinked = "identities_unlinked",
        /// Somebody set up a second factor.
        SecondFactorSet = "second_factor_set",
        /// A second factor was removed.
        SecondFactorRemoved = "second_factor_removed",
        /// Somebody had new recovery codes made; those of before are void.
        RecoveryCodesMade = "recovery_codes_made",
        /// A passkey was added.
        PasskeyAdded = "passkey_added",
        /// A passkey has another name.
        PasskeyRenamed = "passkey_renamed",
        /// A passkey was removed.
        PasskeyRemoved = "passkey_removed",
        /// An API token was made.
        TokenMade = "token_made",
        /// An API token was deleted.
        TokenDeleted = "token_deleted",
        /// A user was added.
        UserAdded = "user_added",
        /// A user was changed.
        UserChanged = "user_changed",
        /// A user was suspended.
        UserSuspended = "user_suspended",
        /// An import of users began.
        ImportStarted = "import_started",
        /// It is over.
        ImportEnded = "import_ended",
        /// A user was deleted.
        UserDeleted = "user_deleted",
        /// A directory was added.
        DirectoryAdded = "directory_added",
        /// A directory got a new token; the old one is void.
        DirectoryTokenMade = "directory_token_made",
        /// A directory was taken away; its users and groups stay.
        DirectoryDeleted = "directory_deleted",
        /// The rules of a directory changed.
        DirectoryRulesChanged = "directory_rules_changed",
        /// A directory told another e-mail address of an admin, who keeps his.
        DirectoryEmailKept = "directory_email_kept",
        /// A rule could not do what it should for a user.
        DirectoryRuleFailed = "directory_rule_failed",
        /// A license was assigned by a rule that could not be before.
        DirectoryRuleMadeUp = "directory_rule_made_up",
        /// Somebody chose another language.
        LocaleChanged = "locale_changed",
        /// A group was added.
        GroupAdded = "group_added",
        /// A group was renamed.
        GroupChanged = "group_changed",
        /// A group was deleted.
        GroupDeleted = "group_deleted",
        /// Other people manage a group.
        GroupManagersChanged = "group_managers_changed",
        /// A user is in a group from now on.
        GroupMemberAdded = "group_member_added",
        /// A user is no longer in a group.
        GroupMemberRemoved = "group_member_removed",
        /// A license keeps other seats for groups.
        GroupLimitsChanged = "group_limits_changed",
        /// A group gives a license to its members.
        GroupLicenseGranted = "group_license_granted",
        /// No longer.
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
        /// A license was taken away.
        LicenseRevoked = "license_revoked",
        /// A session was created; it occupies a seat.
        SessionCreated = "session_created",
        /// A customer connected.
        SessionConnected = "session_connected",
        /// Somebody got no seat.
        SessionRefused = "session_refused",
        /// A session ended.
        SessionEnded = "session_ended",
        /// The end of a session was announced.
        SessionEndAnnounced = "session_end_announced",
        /// It was called off.
        SessionEndCalledOff = "session_end_called_off",
        /// An agent was warned that his session ends for lack of activity.
        SessionIdle = "session_idle",
        /// No longer, because the rules changed.
        SessionIdleCalledOff = "session_idle_called_off",
        /// A session is protected, or no longer.
        SessionProtected = "session_protected",
        /// A session goes on offline until a fixed time.
        SessionBorrowed = "session_borrowed",
        /// An agent went on with a session at another device.
        SessionContinued = "session_continued",
        /// A user gets no seat for a while.
        CoolDownStarted = "cool_down_started",
        /// A place in the queue was taken.
        TicketTaken = "ticket_taken",
        /// A free seat is kept for a ticket.
        TicketOffered = "ticket_offered",
        /// No longer.
        TicketOfferTakenBack = "ticket_offer_taken_back",
        /// A ticket has another place.
        TicketMoved = "ticket_moved",
        /// A ticket is over.
        TicketOver = "ticket_over",
    }
}

impl Kind {
    /// Whether it is decided at a license, so that its entries say how many seats are occupied. These are nearly all of a log.
    pub const fn is_about_seats(self) -> bool {
        matches!(self.area(), Area::Sessions | Area::Queue)
            || matches!(
                self,
                Self::GroupLimitsChanged
                    | Self::LicenseChanged
                    | Self::SeatsChanged
                    | Self::LicenseGranted
                    | Self::LicenseRevoked
            )
    }

    /// What it is about.
    pub const fn area(self) -> Area {
        match self {
            Self::AccountSetUp
            | Self::AccountChanged
            | Self::AuditPruned
            | Self::BorrowKeyMade
            | Self::DirectoryAdded
            | Self::DirectoryTokenMade
            | Self::DirectoryDeleted
            | Self::DirectoryRulesChanged => Area::Account,
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
            | Self::TokenMade
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
            | Self::LicenseRevoked => Area::Licenses,
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
