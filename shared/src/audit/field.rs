//! The names of the fields of events.

use crate::string_enum::string_enum;

string_enum! {
    /// The name of a field of an event, as it stands in the log. What it contains depends on the kind of the event.
    Field {
        /// All credentials of the user were revoked.
        AccessReset = "access_reset",
        /// The name of the account.
        Account = "account",
        /// The address of a page with its filters.
        Address = "address",
        /// The link that opens the tool of the agent.
        AgentLink = "agent_link",
        /// Archived or in use.
        Archived = "archived",
        /// Events before this time.
        Before = "before",
        /// The billing contact; written by older servers.
        BillingContact = "billing_contact",
        /// The most seats that may be borrowed at once.
        BorrowSeats = "borrow_seats",
        /// The longest time for which a seat can be borrowed.
        BorrowSeconds = "borrow_seconds",
        /// Until when a seat is borrowed.
        BorrowedUntil = "borrowed_until",
        /// How a user signed in.
        By = "by",
        /// The provider signed the user out.
        ByProvider = "by_provider",
        /// The changed fields, each with its values before and after.
        Changes = "changes",
        /// The claim of a provider's token.
        Claim = "claim",
        /// The client id at a provider.
        ClientId = "client_id",
        /// Why something was refused.
        Code = "code",
        /// How long an agent gets no seat.
        CoolDownSeconds = "cool_down_seconds",
        /// A provider adds users.
        CreateUsers = "create_users",
        /// The link that opens the tool of the customer.
        CustomerLink = "customer_link",
        /// Days until the end of a license.
        Days = "days",
        /// Details of a finding.
        Detail = "detail",
        /// The agent's device.
        Device = "device",
        /// A directory owns the group.
        Directory = "directory",
        /// An e-mail address.
        Email = "email",
        /// Who may sign in with a password when all others must use a provider.
        Emergency = "emergency",
        /// In use or not.
        Enabled = "enabled",
        /// When something ends.
        EndsAt = "ends_at",
        /// The number of events.
        Events = "events",
        /// When something expires.
        ExpiresAt = "expires_at",
        /// The directory's own id.
        ExternalId = "external_id",
        /// What a provider's answer lacks.
        Finding = "finding",
        /// The response mode of a provider.
        FormPost = "form_post",
        /// The web applications that the gate protects.
        GateOrigins = "gate_origins",
        /// The claim with the names of groups.
        GroupClaim = "group_claim",
        /// The hash of a seal.
        Hash = "hash",
        /// Idleness also ends connected sessions.
        IdleEndsConnected = "idle_ends_connected",
        /// After how long without use a browser is signed out.
        IdleMinutes = "idle_minutes",
        /// After how long an idle session ends.
        IdleSeconds = "idle_seconds",
        /// How long before that the agent is warned.
        IdleWarningSeconds = "idle_warning_seconds",
        /// The id of an import.
        Import = "import",
        /// The issuer of a provider.
        Issuer = "issuer",
        /// The issuers of several providers.
        Issuers = "issuers",
        /// How long a support key is valid.
        KeySeconds = "key_seconds",
        /// How long a seat is kept without a heartbeat.
        LeaseSeconds = "lease_seconds",
        /// The id of a license.
        License = "license",
        /// The group limits of a license.
        Limits = "limits",
        /// A manager sees only their groups.
        LimitedToGroups = "limited_to_groups",
        /// When identities are linked by e-mail address.
        LinkByEmail = "link_by_email",
        /// A digest of the encrypted secret that signs launch links.
        LinkSecret = "link_secret",
        /// A language.
        Locale = "locale",
        /// The managers of a group.
        Managers = "managers",
        /// The groups that a user manages.
        Manages = "manages",
        /// What an admin wrote to the agent.
        Message = "message",
        /// The mode of a session.
        Mode = "mode",
        /// The model of a license.
        Model = "model",
        /// A name.
        Name = "name",
        /// The client secret was replaced or removed.
        NewSecret = "new_secret",
        /// The notes on a license.
        Notes = "notes",
        /// How long a seat is offered.
        OfferSeconds = "offer_seconds",
        /// The order number of a license.
        OrderNumber = "order_number",
        /// Seats beyond those bought.
        Overdraft = "overdraft",
        /// The number of passkeys.
        Passkeys = "passkeys",
        /// The shortest password.
        PasswordMin = "password_min",
        /// The permissions of a manager.
        Permissions = "permissions",
        /// The place in the queue.
        Place = "place",
        /// The platform of the device at the other end.
        Platform = "platform",
        /// The position of an event.
        Position = "position",
        /// The price of a seat.
        PricePerSeat = "price_per_seat",
        /// The id of a product.
        Product = "product",
        /// A session is protected.
        Protected = "protected",
        /// The name of a sign-in provider.
        Provider = "provider",
        /// Only providers sign users in.
        ProvidersOnly = "providers_only",
        /// Why something ended or failed.
        Reason = "reason",
        /// The browser was signed out because it was signed in again.
        ReplacedBySignIn = "replaced_by_sign_in",
        /// The key that was replaced.
        Replaces = "replaces",
        /// A role.
        Role = "role",
        /// The number of rows of an import.
        Rows = "rows",
        /// The id of a directory's rule.
        Rule = "rule",
        /// The rules of a license or of a directory.
        Rules = "rules",
        /// The scope of a token.
        Scope = "scope",
        /// The scopes that a provider is asked for.
        Scopes = "scopes",
        /// What occupies a seat.
        SeatRule = "seat_rule",
        /// The number of seats.
        Seats = "seats",
        /// What happens on a second device.
        SecondDevice = "second_device",
        /// Who must have a second factor.
        SecondFactor = "second_factor",
        /// The id of a session.
        Session = "session",
        /// After how long a browser must sign in again.
        SessionMinutes = "session_minutes",
        /// The setting to check.
        Setting = "setting",
        /// The number of browsers that were signed out.
        SignIns = "sign_ins",
        /// Since when.
        Since = "since",
        /// The short name of a product.
        Slug = "slug",
        /// When something starts.
        StartsAt = "starts_at",
        /// The result of an import.
        State = "state",
        /// The status of a user.
        Status = "status",
        /// The user's id at a provider.
        Subject = "subject",
        /// The id of a ticket.
        Ticket = "ticket",
        /// The time zone of the account.
        TimeZone = "time_zone",
        /// Until when.
        Until = "until",
    }
}

/// Who may read a field of an event, among those who see the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// All of them.
    All,
    /// Not managers who are limited to groups: they must not learn which other groups a user manages.
    NotLimitedManagers,
    /// Those who may read contracts.
    OfContracts,
}

impl Field {
    /// Who may read the field. Exhaustive, so that a new field does not compile until this is decided.
    pub const fn readers(self) -> Readers {
        match self {
            // An address may contain the ids of groups and users.
            Self::Address | Self::Manages => Readers::NotLimitedManagers,
            Self::Notes | Self::OrderNumber | Self::PricePerSeat => Readers::OfContracts,
            Self::AccessReset
            | Self::Account
            | Self::AgentLink
            | Self::Archived
            | Self::Before
            | Self::BillingContact
            | Self::BorrowSeats
            | Self::BorrowSeconds
            | Self::BorrowedUntil
            | Self::By
            | Self::ByProvider
            | Self::Changes
            | Self::Claim
            | Self::ClientId
            | Self::Code
            | Self::CoolDownSeconds
            | Self::CreateUsers
            | Self::CustomerLink
            | Self::Days
            | Self::Detail
            | Self::Device
            | Self::Directory
            | Self::Email
            | Self::Emergency
            | Self::Enabled
            | Self::EndsAt
            | Self::Events
            | Self::ExpiresAt
            | Self::ExternalId
            | Self::Finding
            | Self::FormPost
            | Self::GateOrigins
            | Self::GroupClaim
            | Self::Hash
            | Self::IdleEndsConnected
            | Self::IdleMinutes
            | Self::IdleSeconds
            | Self::IdleWarningSeconds
            | Self::Import
            | Self::Issuer
            | Self::Issuers
            | Self::KeySeconds
            | Self::LeaseSeconds
            | Self::License
            | Self::Limits
            | Self::LimitedToGroups
            | Self::LinkByEmail
            | Self::LinkSecret
            | Self::Locale
            | Self::Managers
            | Self::Message
            | Self::Mode
            | Self::Model
            | Self::Name
            | Self::NewSecret
            | Self::OfferSeconds
            | Self::Overdraft
            | Self::Passkeys
            | Self::PasswordMin
            | Self::Permissions
            | Self::Place
            | Self::Platform
            | Self::Position
            | Self::Product
            | Self::Protected
            | Self::Provider
            | Self::ProvidersOnly
            | Self::Reason
            | Self::ReplacedBySignIn
            | Self::Replaces
            | Self::Role
            | Self::Rows
            | Self::Rule
            | Self::Rules
            | Self::Scope
            | Self::Scopes
            | Self::SeatRule
            | Self::Seats
            | Self::SecondDevice
            | Self::SecondFactor
            | Self::Session
            | Self::SessionMinutes
            | Self::Setting
            | Self::SignIns
            | Self::Since
            | Self::Slug
            | Self::StartsAt
            | Self::State
            | Self::Status
            | Self::Subject
            | Self::Ticket
            | Self::TimeZone
            | Self::Until => Readers::All,
        }
    }

    /// The field with this name. Only for constants: an unknown name does not compile.
    pub(super) const fn named(name: &str) -> Self {
        let mut index = 0;
        while index < Self::ALL.len() {
            if is_same(Self::ALL[index].as_str().as_bytes(), name.as_bytes()) {
                return Self::ALL[index];
            }
            index += 1;
        }
        panic!("the field is missing from `Field`")
    }
}

const fn is_same(one: &[u8], other: &[u8]) -> bool {
    let mut index = 0;
    while index < one.len() && index < other.len() && one[index] == other[index] {
        index += 1;
    }
    index == one.len() && index == other.len()
}
