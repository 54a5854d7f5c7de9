//! What happened, with all that the log records about it: one variant for each kind of event.

use super::{
    Kind,
    changes::{
        AccountChanges, ContractChanges, DeviceChanges, DirectoryRulesChanges, GrantEndChanges, GroupChanges,
        LimitsChanges, LocaleChanges, ManagersChanges, NameChanges, ProductChanges, ProviderChanges, RulesChanges,
        RulesState, SeatsChanges, SignInRulesChanges, UserChanges, ViewChanges,
    },
    value::{Cleared, FieldShape, Seconds},
};
use crate::{
    ids::{ImportId, LicenseId, Position, ProductId, RuleId, SessionId, TicketId},
    license::{Model, Price},
    people::{Permission, Role, UserStatus},
    problem::Code,
    scope::Scope,
    session::{EndReason, Mode, Platform},
    string_enum::string_enum,
    ticket::TicketEnd,
    wire::{
        imports::ImportState,
        providers::{EmailLinking, FindingCode, SignInFailure},
    },
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

string_enum! {
    /// How a user signed in, if not with a password alone or a provider.
    SignInMethod {
        /// A password and the code of an authenticator app.
        Code = "code",
        /// A password and a recovery code.
        RecoveryCode = "recovery_code",
        /// A passkey.
        Passkey = "passkey",
    }
}

string_enum! {
    /// Why a sign-in failed. Only the log has this: the response must not reveal which e-mail addresses exist.
    SignInFailureReason {
        /// No user has the e-mail address.
        UnknownEmail = "unknown_email",
        /// The password is wrong.
        WrongPassword = "wrong_password",
        /// The code is wrong.
        WrongCode = "wrong_code",
        /// The passkey was not accepted.
        WrongPasskey = "wrong_passkey",
        /// Only providers sign users in.
        PasswordsOff = "passwords_off",
        /// The user is suspended.
        Suspended = "suspended",
        /// At a provider: it took too long, or another sign-in was started meanwhile.
        Expired = "expired",
        /// The provider or its user refused.
        Refused = "refused",
        /// The provider does not respond.
        Unreachable = "unreachable",
        /// The provider's response is invalid, or does not match the settings here.
        Failed = "failed",
        /// The provider sent no e-mail address.
        NoEmail = "no_email",
        /// The provider does not confirm the e-mail address.
        EmailUnverified = "email_unverified",
        /// The provider's user is not known here.
        Unknown = "unknown",
        /// The user may not be linked, or is linked to another identity.
        NotLinked = "not_linked",
        /// There were too many attempts.
        TooMany = "too_many",
        /// There is no such provider, or it is not enabled.
        NoProvider = "no_provider",
        /// The server could not save at the moment.
        Unavailable = "unavailable",
    }
}

string_enum! {
    /// Why a license was revoked, if nobody did it.
    RevocationReason {
        /// The assignment had an end, which was reached.
        EndReached = "end_reached",
    }
}

impl From<SignInFailure> for SignInFailureReason {
    fn from(failure: SignInFailure) -> Self {
        match failure {
            SignInFailure::Expired => Self::Expired,
            SignInFailure::Refused => Self::Refused,
            SignInFailure::Unreachable => Self::Unreachable,
            SignInFailure::Failed => Self::Failed,
            SignInFailure::NoEmail => Self::NoEmail,
            SignInFailure::EmailUnverified => Self::EmailUnverified,
            SignInFailure::Unknown => Self::Unknown,
            SignInFailure::NotLinked => Self::NotLinked,
            SignInFailure::Suspended => Self::Suspended,
            SignInFailure::TooMany => Self::TooMany,
            SignInFailure::NoProvider => Self::NoProvider,
            SignInFailure::Unavailable => Self::Unavailable,
        }
    }
}

/// Defines the data of each kind of event. Fields after a semicolon are left out of the log if they have no value; the
/// others are always written, with `null` for no value.
macro_rules! event_data {
    ($($kind:ident {
        $($field:ident: $type:ty),* $(,)?
        $(; $($optional:ident: $optional_type:ty),* $(,)?)?
    })*) => {
        /// What happened. The variants are those of [`Kind`], whose fields [`Field`](super::Field) describes.
        #[derive(Clone, Debug, PartialEq)]
        #[expect(missing_docs, reason = "`Kind` and `Field` have the documentation")]
        pub enum EventData {
            $($kind { $($field: $type,)* $($($optional: Option<$optional_type>,)*)? },)*
        }

        impl EventData {
            /// The kind of the event.
            pub const fn kind(&self) -> Kind {
                match self {
                    $(Self::$kind { .. } => Kind::$kind,)*
                }
            }

            /// The facts as the log has them: a JSON object whose keys are in alphabetical order.
            pub fn facts(&self) -> Value {
                let mut facts = Facts(Map::new());
                match self {
                    $(Self::$kind { $($field,)* $($($optional,)*)? } => {
                        $(facts.set(stringify!($field), $field);)*
                        $($(facts.set_if_some(stringify!($optional), $optional.as_ref());)*)?
                    })*
                }
                facts.finish()
            }
        }

        /// The fields that events of this kind can have. Exhaustive, so that a kind without data does not compile.
        pub(super) const fn fields(kind: Kind) -> &'static [FieldShape] {
            match kind {
                $(Kind::$kind => const { &[
                    $(FieldShape::of::<$type>(stringify!($field)),)*
                    $($(FieldShape::of::<$optional_type>(stringify!($optional)),)*)?
                ] },)*
            }
        }
    };
}

struct Facts(Map<String, Value>);

impl Facts {
    fn set(&mut self, name: &str, value: &impl Serialize) {
        // All keys are strings and all values can be written, so this never fails.
        self.0.insert(name.to_owned(), serde_json::to_value(value).unwrap_or_default());
    }

    fn set_if_some(&mut self, name: &str, value: Option<&impl Serialize>) {
        if let Some(value) = value {
            self.set(name, value);
        }
    }

    fn finish(self) -> Value {
        let mut facts = Value::Object(self.0);
        // The log is sealed by its bytes, which must not depend on how serde_json was compiled.
        facts.sort_all_objects();
        facts
    }
}

event_data! {
    AccountSetUp { account: String, time_zone: String, name: String, email: String }
    AccountChanged { changes: Box<AccountChanges> }
    BorrowKeyMade { ; replaces: Option<String>, until: DateTime<Utc> }
    AuditPruned { position: Position, hash: String, events: i64, before: DateTime<Utc> }
    SignedIn { ; by: SignInMethod, provider: String }
    SignInFailed {
        reason: SignInFailureReason;
        provider: String, finding: FindingCode, claim: String, setting: String, detail: String
    }
    SignedOut { ; replaced_by_sign_in: bool }
    InvitationMade { expires_at: DateTime<Utc> }
    PasswordLinkMade { expires_at: DateTime<Utc> }
    PasswordForgotten { expires_at: DateTime<Utc> }
    PasswordSet {}
    PasswordChanged {}
    SignInsEnded { ; sign_ins: u64, by_provider: bool }
    SignInProviderAdded {
        name: String,
        issuer: String,
        client_id: String,
        scopes: String,
        link_by_email: EmailLinking,
        create_users: bool,
        group_claim: Option<String>,
        form_post: bool,
        enabled: bool,
    }
    SignInProviderChanged { changes: Box<ProviderChanges>; new_secret: bool }
    SignInProviderDeleted {}
    SignInRulesChanged { changes: SignInRulesChanges }
    IdentityLinked { provider: String, subject: String }
    ProviderGroupsKept { provider: String, finding: FindingCode; claim: String, setting: String, detail: String }
    IdentitiesUnlinked { issuers: Vec<String> }
    SecondFactorSet {}
    SecondFactorRemoved { ; passkeys: u64 }
    RecoveryCodesMade {}
    PasskeyAdded {}
    PasskeyRenamed { changes: NameChanges }
    PasskeyRemoved {}
    CreatedToken { expires_at: DateTime<Utc>, scope: Scope }
    TokenDeleted {}
    UserAdded {
        name: String, email: String, role: Role;
        permissions: BTreeSet<Permission>, status: UserStatus, import: ImportId, provider: String
    }
    UserChanged { changes: Box<UserChanges>; import: ImportId, access_reset: bool }
    UserSuspended {}
    ImportStarted { import: ImportId, rows: i64 }
    ImportEnded { import: ImportId, state: ImportState }
    UserDeleted {}
    DirectoryAdded {}
    DirectoryTokenMade {}
    DirectoryDeleted {}
    DirectoryRulesChanged { changes: DirectoryRulesChanges }
    DirectoryEmailKept { email: String }
    DirectoryRuleFailed { code: Code, license: Option<LicenseId>, rule: Option<RuleId> }
    DirectoryRuleMadeUp { license: Option<LicenseId>, since: DateTime<Utc> }
    LocaleChanged { changes: LocaleChanges }
    GroupAdded {}
    GroupChanged { changes: GroupChanges }
    GroupDeleted {}
    GroupManagersChanged { changes: ManagersChanges }
    GroupMemberAdded {}
    GroupMemberRemoved {}
    GroupLimitsChanged { changes: LimitsChanges }
    GroupLicenseGranted {}
    GroupLicenseRevoked {}
    ProductAdded { slug: String, key_seconds: Seconds }
    ProductChanged { changes: Box<ProductChanges> }
    LicenseAdded {
        product: ProductId,
        model: Model,
        seats: i64,
        starts_at: Option<DateTime<Utc>>,
        ends_at: Option<DateTime<Utc>>,
        rules: Box<RulesState>,
        notes: Option<String>,
        order_number: Option<String>,
        price_per_seat: Option<Price>,
    }
    LicenseChanged { changes: Box<RulesChanges> }
    LicenseTermsChanged { changes: Box<ContractChanges> }
    LicenseExpiring { days: i64, ends_at: DateTime<Utc> }
    SeatsChanged { changes: SeatsChanges }
    LicenseGranted { ; ends_at: DateTime<Utc> }
    GrantEndChanged { changes: GrantEndChanges }
    LicenseRevoked { ; reason: RevocationReason }
    LicenseRequested { reason: String }
    LicenseRequestWithdrawn {}
    LicenseRequestApproved { ; ends_at: DateTime<Utc> }
    LicenseRequestDeclined { ; message: String }
    UnusedSeatKept { until: Option<DateTime<Utc>> }
    UnusedSeatExceptionRemoved {}
    ViewShared { address: String }
    SharedViewChanged { changes: ViewChanges }
    SharedViewRemoved {}
    SessionCreated { device: String, mode: Mode, platform: Option<Platform> }
    SessionConnected { platform: Platform }
    SessionRefused { code: Code; product: ProductId, device: String }
    SessionEnded { reason: EndReason, message: Option<String> }
    SessionEndAnnounced { ends_at: DateTime<Utc>, message: Option<String> }
    SessionEndCalledOff { ends_at: Cleared, message: Cleared }
    SessionIdle { ends_at: DateTime<Utc> }
    SessionIdleCalledOff { ends_at: Cleared }
    SessionProtected { protected: bool }
    SessionBorrowed { borrowed_until: DateTime<Utc> }
    SessionContinued { changes: DeviceChanges }
    CoolDownStarted { until: DateTime<Utc> }
    TicketTaken { ticket: TicketId, device: String, place: i64 }
    TicketOffered { ticket: TicketId, until: DateTime<Utc> }
    TicketOfferTakenBack { ticket: TicketId, until: Cleared }
    TicketMoved { ticket: TicketId, place: i64 }
    TicketOver { ticket: TicketId, reason: TicketEnd, session: Option<SessionId> }
}
