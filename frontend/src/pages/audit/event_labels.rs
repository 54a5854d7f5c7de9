//! Labels of event kinds, areas, origins and fields.

use crate::{format::Texts, i18n::*};
use seatkeeper_shared::audit::{Area, Field, Kind, Origin};

/// Makes the label of each kind from its text. The match is exhaustive: a new kind without a label does not compile.
macro_rules! kind_labels {
    ($($kind:ident: $text:ident,)*) => {
        /// Label of an event kind.
        pub fn kind(i18n: Texts, kind: Kind) -> &'static str {
            match kind {
                $(Kind::$kind => t_string!(i18n, audit_kind.$text),)*
            }
        }
    };
}

kind_labels! {
    AccountSetUp: account_set_up, BorrowKeyMade: borrow_key_made, AuditPruned: audit_pruned,
    SecondFactorSet: second_factor_set, SecondFactorRemoved: second_factor_removed,
    RecoveryCodesMade: recovery_codes_made, PasskeyAdded: passkey_added, PasskeyRenamed: passkey_renamed,
    PasskeyRemoved: passkey_removed, SignedIn: signed_in, SignInFailed: sign_in_failed, SignedOut: signed_out,
    AccountChanged: account_changed, InvitationMade: invitation_made, PasswordLinkMade: password_link_made,
    PasswordForgotten: password_forgotten, PasswordSet: password_set, PasswordChanged: password_changed,
    SignInsEnded: sign_ins_ended, SignInProviderAdded: sign_in_provider_added,
    SignInProviderChanged: sign_in_provider_changed, SignInProviderDeleted: sign_in_provider_deleted,
    SignInRulesChanged: sign_in_rules_changed, IdentityLinked: identity_linked,
    ProviderGroupsKept: provider_groups_kept, IdentitiesUnlinked: identities_unlinked, CreatedToken: token_made,
    TokenDeleted: token_deleted, UserAdded: user_added, UserChanged: user_changed, UserSuspended: user_suspended,
    UserDeleted: user_deleted, ImportStarted: import_started, ImportEnded: import_ended,
    DirectoryAdded: directory_added, DirectoryTokenMade: directory_token_made, DirectoryDeleted: directory_deleted,
    DirectoryRulesChanged: directory_rules_changed, DirectoryEmailKept: directory_email_kept,
    DirectoryRuleMadeUp: directory_rule_made_up, DirectoryRuleFailed: directory_rule_failed,
    LocaleChanged: locale_changed, GroupAdded: group_added, GroupChanged: group_changed, GroupDeleted: group_deleted,
    GroupManagersChanged: group_managers_changed, GroupMemberAdded: group_member_added,
    GroupMemberRemoved: group_member_removed, GroupLimitsChanged: group_limits_changed,
    GroupLicenseGranted: group_license_granted, GroupLicenseRevoked: group_license_revoked, ProductAdded: product_added,
    ProductChanged: product_changed, LicenseAdded: license_added, LicenseChanged: license_changed,
    LicenseTermsChanged: license_terms_changed, LicenseExpiring: license_expiring, SeatsChanged: seats_changed,
    LicenseGranted: license_granted, GrantEndChanged: grant_end_changed, LicenseRevoked: license_revoked,
    LicenseRequested: license_requested, LicenseRequestWithdrawn: license_request_withdrawn,
    LicenseRequestApproved: license_request_approved, LicenseRequestDeclined: license_request_declined,
    UnusedSeatKept: unused_seat_kept,
    UnusedSeatExceptionRemoved: unused_seat_exception_removed, ViewShared: view_shared,
    SharedViewChanged: shared_view_changed, SharedViewRemoved: shared_view_removed, SessionCreated: session_created,
    SessionConnected: session_connected, SessionRefused: session_refused, SessionEnded: session_ended,
    SessionEndAnnounced: session_end_announced, SessionEndCalledOff: session_end_called_off, SessionIdle: session_idle,
    SessionIdleCalledOff: session_idle_called_off, SessionProtected: session_protected,
    SessionBorrowed: session_borrowed, SessionContinued: session_continued, CoolDownStarted: cool_down_started,
    TicketTaken: ticket_taken, TicketOffered: ticket_offered, TicketOfferTakenBack: ticket_offer_taken_back,
    TicketMoved: ticket_moved, TicketOver: ticket_over,
}

/// Label of an area.
pub fn area(i18n: Texts, area: Area) -> &'static str {
    match area {
        Area::Access => t_string!(i18n, audit_area.access),
        Area::Users => t_string!(i18n, audit_area.users),
        Area::Groups => t_string!(i18n, audit_area.groups),
        Area::Licenses => t_string!(i18n, audit_area.licenses),
        Area::Sessions => t_string!(i18n, audit_area.sessions),
        Area::Queue => t_string!(i18n, audit_area.queue),
        Area::Account => t_string!(i18n, audit_area.account),
    }
}

/// Label of an origin.
pub fn origin(i18n: Texts, origin: Origin) -> &'static str {
    match origin {
        Origin::App => t_string!(i18n, audit.origin_app),
        Origin::Api => t_string!(i18n, audit.origin_api),
        Origin::Scim => t_string!(i18n, audit.origin_scim),
        Origin::Import => t_string!(i18n, audit.origin_import),
        Origin::System => t_string!(i18n, audit.origin_system),
    }
}

/// Makes the label of each field from its text. Exhaustive, as for kinds.
macro_rules! field_labels {
    ($($field:ident: $text:ident,)*) => {
        /// Label of a field.
        pub fn field(i18n: Texts, field: Field) -> &'static str {
            match field {
                Field::Changes => t_string!(i18n, audit.changes),
                $(Field::$field => t_string!(i18n, audit_field.$text),)*
            }
        }
    };
}

field_labels! {
    AccessReset: access_reset, Account: account, Address: address, AgentLink: agent_link, Archived: archived,
    Before: before,
    BillingContact: billing_contact, BorrowSeats: borrow_seats, BorrowSeconds: borrow_seconds,
    BorrowedUntil: borrowed_until, By: by, ByProvider: by_provider, Claim: claim, ClientId: client_id, Code: code,
    CoolDownSeconds: cool_down_seconds, CreateUsers: create_users, CustomerLink: customer_link, Days: days,
    Detail: detail, Device: device, Directory: directory, Email: email, Emergency: emergency, Enabled: enabled,
    EndsAt: ends_at, Events: events, ExpiresAt: expires_at, ExternalId: external_id, Finding: finding,
    FormPost: form_post, GateOrigins: gate_origins, GroupClaim: group_claim, Hash: hash,
    IdleEndsConnected: idle_ends_connected, IdleMinutes: idle_minutes, IdleSeconds: idle_seconds,
    IdleWarningSeconds: idle_warning_seconds, Import: import, Issuer: issuer, Issuers: issuers, KeySeconds: key_seconds,
    LeaseSeconds: lease_seconds, License: license, Limits: limits, LimitedToGroups: limited_to_groups,
    LinkByEmail: link_by_email, LinkSecret: link_secret, Locale: locale, Managers: managers, Manages: manages,
    Message: message, Mode: mode, Model: model, Name: name, NewSecret: new_secret, Notes: notes,
    OfferSeconds: offer_seconds, OrderNumber: order_number, Overdraft: overdraft, Passkeys: passkeys,
    PasswordMin: password_min, Permissions: permissions, Place: place, Platform: platform, Position: position,
    PricePerSeat: price_per_seat, Product: product, Protected: protected, Provider: provider,
    ProvidersOnly: providers_only, Reason: reason, ReplacedBySignIn: replaced_by_sign_in, Replaces: replaces,
    Role: role, Rows: rows, Rule: rule, Rules: rules, Scope: scope, Scopes: scopes, SeatRule: seat_rule, Seats: seats,
    SecondDevice: second_device, SecondFactor: second_factor, Session: session, SessionMinutes: session_minutes,
    Setting: setting, SignIns: sign_ins, Since: since, Slug: slug, StartsAt: starts_at, State: state, Status: status,
    Subject: subject, Ticket: ticket, TimeZone: time_zone, Until: until,
}
