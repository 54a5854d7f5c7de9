//! An example of each kind of event.

use super::{
    super::{
        changes::{
            AccountChanges, ContractChanges, DeviceChanges, DirectoryRulesChanges, GrantEndChanges, GroupChanges,
            LimitsChanges, LocaleChanges, ManagersChanges, NameChanges, ProductChanges, ProviderChanges, RulesChanges,
            SeatsChanges, SignInRulesChanges, UserChanges, ViewChanges,
        },
        *,
    },
    AT, text,
};
use crate::{
    ids::{GroupId, ImportId, LicenseId, Position, ProductId, RuleId, SessionId, TicketId},
    license::{GroupLimit, Model, Price, Rules},
    people::{Locale, Permission, Role, UserStatus},
    problem::Code,
    scope::Scope,
    session::{EndReason, Mode, Platform},
    ticket::TicketEnd,
    wire::{
        account::SecondFactorRule,
        directory::RuleView,
        imports::ImportState,
        providers::{EmailLinking, FindingCode},
    },
};
use chrono::{DateTime, Utc};
use uuid::Uuid;

fn id() -> Uuid {
    Uuid::from_u128(7)
}

fn at() -> DateTime<Utc> {
    AT.parse().expect("a time")
}

/// An example of each kind of event, with what it writes. `ID` and `AT` stand for an id and a time.
pub(super) fn examples() -> Vec<(EventData, &'static str)> {
    use EventData as E;
    vec![
        (
            E::AccountSetUp { account: text("Nord"), time_zone: text("UTC"), name: text("Ada"), email: text("a@n.de") },
            r#"{"account":"Nord","email":"a@n.de","name":"Ada","time_zone":"UTC"}"#,
        ),
        (
            E::AccountChanged {
                changes: Box::new(AccountChanges {
                    password_min: Some((10, 12)),
                    second_factor: Some((SecondFactorRule::Optional, SecondFactorRule::Admins)),
                    idle_minutes: Some((Minutes(720), Minutes(60))),
                    ..AccountChanges::default()
                }),
            },
            concat!(
                r#"{"changes":{"idle_minutes":[720,60],"password_min":[10,12],"second_factor":["optional","#,
                r#""admins"]}}"#
            ),
        ),
        (E::BorrowKeyMade { replaces: None, until: None }, "{}"),
        (E::BorrowKeyMade { replaces: Some(None), until: Some(at()) }, r#"{"replaces":null,"until":"AT"}"#),
        (E::BorrowKeyMade { replaces: Some(Some(text("k"))), until: Some(at()) }, r#"{"replaces":"k","until":"AT"}"#),
        (
            E::AuditPruned { position: Position(41), hash: text("ab"), events: 40, before: at() },
            r#"{"before":"AT","events":40,"hash":"ab","position":41}"#,
        ),
        (E::SignedIn { by: None, provider: None }, "{}"),
        (E::SignedIn { by: Some(SignInMethod::RecoveryCode), provider: None }, r#"{"by":"recovery_code"}"#),
        (E::SignedIn { by: None, provider: Some(text("Okta")) }, r#"{"provider":"Okta"}"#),
        (
            E::SignInFailed {
                reason: SignInFailureReason::WrongPassword,
                provider: None,
                finding: None,
                claim: None,
                setting: None,
                detail: None,
            },
            r#"{"reason":"wrong_password"}"#,
        ),
        (
            E::SignInFailed {
                reason: SignInFailureReason::Failed,
                provider: Some(text("Okta")),
                finding: Some(FindingCode::TokenIssuer),
                claim: Some(text("iss")),
                setting: Some(text("issuer")),
                detail: Some(text("https://a")),
            },
            concat!(
                r#"{"claim":"iss","detail":"https://a","finding":"token_issuer","provider":"Okta","#,
                r#""reason":"failed","setting":"issuer"}"#
            ),
        ),
        (E::SignedOut { replaced_by_sign_in: None }, "{}"),
        (E::SignedOut { replaced_by_sign_in: Some(true) }, r#"{"replaced_by_sign_in":true}"#),
        (E::InvitationMade { expires_at: at() }, r#"{"expires_at":"AT"}"#),
        (E::PasswordLinkMade { expires_at: at() }, r#"{"expires_at":"AT"}"#),
        (E::PasswordForgotten { expires_at: at() }, r#"{"expires_at":"AT"}"#),
        (E::PasswordSet {}, "{}"),
        (E::PasswordChanged {}, "{}"),
        (E::SignInsEnded { sign_ins: Some(2), by_provider: None }, r#"{"sign_ins":2}"#),
        (E::SignInsEnded { sign_ins: None, by_provider: Some(true) }, r#"{"by_provider":true}"#),
        (
            E::SignInProviderAdded {
                name: text("Okta"),
                issuer: text("https://a"),
                client_id: text("c"),
                scopes: text("email"),
                link_by_email: EmailLinking::Never,
                create_users: true,
                group_claim: None,
                form_post: false,
                enabled: true,
            },
            concat!(
                r#"{"client_id":"c","create_users":true,"enabled":true,"form_post":false,"group_claim":null,"#,
                r#""issuer":"https://a","link_by_email":"never","name":"Okta","scopes":"email"}"#
            ),
        ),
        (
            E::SignInProviderChanged {
                changes: Box::new(ProviderChanges {
                    group_claim: Some((None, Some(text("groups")))),
                    ..ProviderChanges::default()
                }),
                new_secret: Some(false),
            },
            r#"{"changes":{"group_claim":[null,"groups"]},"new_secret":false}"#,
        ),
        (E::SignInProviderDeleted {}, "{}"),
        (
            E::SignInRulesChanged {
                changes: SignInRulesChanges {
                    providers_only: Some((false, true)),
                    emergency: Some((None, Some(text("Ada")))),
                },
            },
            r#"{"changes":{"emergency":[null,"Ada"],"providers_only":[false,true]}}"#,
        ),
        (E::IdentityLinked { provider: text("Okta"), subject: text("7") }, r#"{"provider":"Okta","subject":"7"}"#),
        (
            E::ProviderGroupsKept {
                provider: text("Okta"),
                finding: FindingCode::TokenMalformed,
                claim: Some(text("groups")),
                setting: None,
                detail: None,
            },
            r#"{"claim":"groups","finding":"token_malformed","provider":"Okta"}"#,
        ),
        (E::IdentitiesUnlinked { issuers: vec![text("https://a")] }, r#"{"issuers":["https://a"]}"#),
        (E::SecondFactorSet {}, "{}"),
        (E::SecondFactorRemoved { passkeys: None }, "{}"),
        (E::SecondFactorRemoved { passkeys: Some(2) }, r#"{"passkeys":2}"#),
        (E::RecoveryCodesMade {}, "{}"),
        (E::PasskeyAdded {}, "{}"),
        (
            E::PasskeyRenamed { changes: NameChanges { name: Some((text("A"), text("B"))) } },
            r#"{"changes":{"name":["A","B"]}}"#,
        ),
        (E::PasskeyRemoved {}, "{}"),
        (E::CreatedToken { expires_at: at(), scope: Scope::Read }, r#"{"expires_at":"AT","scope":"read"}"#),
        (E::TokenDeleted {}, "{}"),
        (
            E::UserAdded {
                name: text("Ada"),
                email: text("a@n.de"),
                role: Role::Manager,
                permissions: Some([Permission::ManageUsers].into()),
                status: None,
                import: None,
                provider: None,
            },
            r#"{"email":"a@n.de","name":"Ada","permissions":["manage_users"],"role":"manager"}"#,
        ),
        (
            E::UserAdded {
                name: text("Ada"),
                email: text("a@n.de"),
                role: Role::Agent,
                permissions: None,
                status: Some(UserStatus::Active),
                import: Some(ImportId(id())),
                provider: None,
            },
            r#"{"email":"a@n.de","import":"ID","name":"Ada","role":"agent","status":"active"}"#,
        ),
        (
            E::UserChanged {
                changes: Box::new(UserChanges {
                    role: Some((Role::Agent, Role::Manager)),
                    permissions: Some(([].into(), [Permission::ManageUsers].into())),
                    manages: Some((Vec::new(), vec![text("Nacht")])),
                    ..UserChanges::default()
                }),
                import: Some(ImportId(id())),
                access_reset: Some(true),
            },
            concat!(
                r#"{"access_reset":true,"changes":{"manages":[[],["Nacht"]],"permissions":[[],"#,
                r#"["manage_users"]],"role":["agent","manager"]},"import":"ID"}"#
            ),
        ),
        (E::UserChanged { changes: Box::default(), import: None, access_reset: None }, r#"{"changes":{}}"#),
        (E::UserSuspended {}, "{}"),
        (E::ImportStarted { import: ImportId(id()), rows: 3 }, r#"{"import":"ID","rows":3}"#),
        (
            E::ImportEnded { import: ImportId(id()), state: ImportState::Cancelled },
            r#"{"import":"ID","state":"cancelled"}"#,
        ),
        (E::UserDeleted {}, "{}"),
        (E::DirectoryAdded {}, "{}"),
        (E::DirectoryTokenMade {}, "{}"),
        (E::DirectoryDeleted {}, "{}"),
        (
            E::DirectoryRulesChanged {
                changes: DirectoryRulesChanges {
                    rules: Some((
                        Vec::new(),
                        vec![RuleView {
                            id: RuleId(id()),
                            group_id: GroupId(id()),
                            group_name: text("Nacht"),
                            license_ids: vec![LicenseId(id())],
                            role: None,
                        }],
                    )),
                },
            },
            concat!(
                r#"{"changes":{"rules":[[],[{"group_id":"ID","group_name":"Nacht","id":"ID","#,
                r#""license_ids":["ID"]}]]}}"#
            ),
        ),
        (E::DirectoryEmailKept { email: text("a@n.de") }, r#"{"email":"a@n.de"}"#),
        (
            E::DirectoryRuleFailed { code: Code::LastAdmin, license: None, rule: Some(RuleId(id())) },
            r#"{"code":"last_admin","license":null,"rule":"ID"}"#,
        ),
        (E::DirectoryRuleMadeUp { license: Some(LicenseId(id())), since: at() }, r#"{"license":"ID","since":"AT"}"#),
        (
            E::LocaleChanged { changes: LocaleChanges { locale: Some((None, Some(Locale::De))) } },
            r#"{"changes":{"locale":[null,"de"]}}"#,
        ),
        (E::GroupAdded {}, "{}"),
        (
            E::GroupChanged {
                changes: GroupChanges {
                    external_id: Some((None, Some(text("x")))),
                    directory: Some((false, true)),
                    ..GroupChanges::default()
                },
            },
            r#"{"changes":{"directory":[false,true],"external_id":[null,"x"]}}"#,
        ),
        (E::GroupDeleted {}, "{}"),
        (
            E::GroupManagersChanged { changes: ManagersChanges { managers: Some((Vec::new(), vec![text("Ada")])) } },
            r#"{"changes":{"managers":[[],["Ada"]]}}"#,
        ),
        (E::GroupMemberAdded {}, "{}"),
        (E::GroupMemberRemoved {}, "{}"),
        (
            E::GroupLimitsChanged {
                changes: LimitsChanges {
                    limits: Some((
                        vec![GroupLimit { group_id: GroupId(id()), floor: 1, cap: None }],
                        vec![GroupLimit { group_id: GroupId(id()), floor: 0, cap: Some(2) }],
                    )),
                },
            },
            r#"{"changes":{"limits":[[{"floor":1,"group_id":"ID"}],[{"cap":2,"floor":0,"group_id":"ID"}]]}}"#,
        ),
        (E::GroupLicenseGranted {}, "{}"),
        (E::GroupLicenseRevoked {}, "{}"),
        (E::ProductAdded { slug: text("remote"), key_seconds: Seconds(600) }, r#"{"key_seconds":600,"slug":"remote"}"#),
        (
            E::ProductChanged {
                changes: Box::new(ProductChanges {
                    archived: Some((false, true)),
                    link_secret: Some((None, Some(text("0123abcd")))),
                    ..ProductChanges::default()
                }),
            },
            r#"{"changes":{"archived":[false,true],"link_secret":[null,"0123abcd"]}}"#,
        ),
        (
            E::LicenseAdded {
                product: ProductId(id()),
                model: Model::Concurrent,
                seats: 2,
                starts_at: None,
                ends_at: Some(at()),
                rules: Box::new(Rules::default().into()),
                notes: None,
                order_number: None,
                price_per_seat: Some(Price { minor: 990, currency: text("EUR") }),
            },
            concat!(
                r#"{"ends_at":"AT","model":"concurrent","notes":null,"order_number":null,"#,
                r#""price_per_seat":{"currency":"EUR","minor":990},"product":"ID","rules":{"borrow_seats":0,"#,
                r#""borrow_seconds":0,"cool_down_seconds":0,"idle_ends_connected":false,"idle_seconds":0,"#,
                r#""idle_warning_seconds":60,"lease_seconds":120,"offer_seconds":60,"overdraft":0,"#,
                r#""seat_rule":"agent","second_device":"share"},"seats":2,"starts_at":null}"#
            ),
        ),
        (
            E::LicenseChanged {
                changes: Box::new(RulesChanges {
                    overdraft: Some((0, 1)),
                    idle_seconds: Some((Seconds(0), Seconds(60))),
                    ..RulesChanges::default()
                }),
            },
            r#"{"changes":{"idle_seconds":[0,60],"overdraft":[0,1]}}"#,
        ),
        (
            E::LicenseTermsChanged {
                changes: Box::new(ContractChanges {
                    ends_at: Some((None, Some(at()))),
                    price_per_seat: Some((Some(Price { minor: 990, currency: text("EUR") }), None)),
                    ..ContractChanges::default()
                }),
            },
            r#"{"changes":{"ends_at":[null,"AT"],"price_per_seat":[{"currency":"EUR","minor":990},null]}}"#,
        ),
        (E::LicenseExpiring { days: 30, ends_at: at() }, r#"{"days":30,"ends_at":"AT"}"#),
        (E::SeatsChanged { changes: SeatsChanges { seats: Some((2, 3)) } }, r#"{"changes":{"seats":[2,3]}}"#),
        (E::LicenseGranted { ends_at: None }, "{}"),
        (E::LicenseGranted { ends_at: Some(at()) }, r#"{"ends_at":"AT"}"#),
        (
            E::GrantEndChanged { changes: GrantEndChanges { ends_at: Some((None, Some(at()))) } },
            r#"{"changes":{"ends_at":[null,"AT"]}}"#,
        ),
        (E::LicenseRevoked { reason: None }, "{}"),
        (E::LicenseRevoked { reason: Some(RevocationReason::EndReached) }, r#"{"reason":"end_reached"}"#),
        (E::LicenseRequested { reason: text("Migration") }, r#"{"reason":"Migration"}"#),
        (E::LicenseRequestWithdrawn {}, "{}"),
        (E::LicenseRequestApproved { ends_at: None }, "{}"),
        (E::LicenseRequestApproved { ends_at: Some(at()) }, r#"{"ends_at":"AT"}"#),
        (E::LicenseRequestDeclined { message: None }, "{}"),
        (E::LicenseRequestDeclined { message: Some(text("Next year")) }, r#"{"message":"Next year"}"#),
        (E::UnusedSeatKept { until: Some(at()) }, r#"{"until":"AT"}"#),
        (E::UnusedSeatExceptionRemoved {}, "{}"),
        (E::ViewShared { address: text("/audit?q=a") }, r#"{"address":"/audit?q=a"}"#),
        (
            E::SharedViewChanged { changes: ViewChanges { name: Some((text("A"), text("B"))), address: None } },
            r#"{"changes":{"name":["A","B"]}}"#,
        ),
        (E::SharedViewRemoved {}, "{}"),
        (
            E::SessionCreated { device: text("pc"), mode: Mode::Attended, platform: None },
            r#"{"device":"pc","mode":"attended","platform":null}"#,
        ),
        (E::SessionConnected { platform: Platform::Windows }, r#"{"platform":"windows"}"#),
        (E::SessionRefused { code: Code::PoolFull, product: None, device: None }, r#"{"code":"pool_full"}"#),
        (
            E::SessionRefused { code: Code::PoolFull, product: None, device: Some("pc".to_owned()) },
            r#"{"code":"pool_full","device":"pc"}"#,
        ),
        (
            E::SessionRefused { code: Code::NotAssigned, product: Some(ProductId(id())), device: None },
            r#"{"code":"not_assigned","product":"ID"}"#,
        ),
        (E::SessionEnded { reason: EndReason::Idle, message: None }, r#"{"message":null,"reason":"idle"}"#),
        (E::SessionEndAnnounced { ends_at: at(), message: None }, r#"{"ends_at":"AT","message":null}"#),
        (E::SessionEndCalledOff { ends_at: Cleared, message: Cleared }, r#"{"ends_at":null,"message":null}"#),
        (E::SessionIdle { ends_at: at() }, r#"{"ends_at":"AT"}"#),
        (E::SessionIdleCalledOff { ends_at: Cleared }, r#"{"ends_at":null}"#),
        (E::SessionProtected { protected: true }, r#"{"protected":true}"#),
        (E::SessionBorrowed { borrowed_until: at() }, r#"{"borrowed_until":"AT"}"#),
        (
            E::SessionContinued { changes: DeviceChanges { device: Some((text("pc"), text("tablet"))) } },
            r#"{"changes":{"device":["pc","tablet"]}}"#,
        ),
        (E::CoolDownStarted { until: at() }, r#"{"until":"AT"}"#),
        (
            E::TicketTaken { ticket: TicketId(id()), device: text("pc"), place: 4 },
            r#"{"device":"pc","place":4,"ticket":"ID"}"#,
        ),
        (E::TicketOffered { ticket: TicketId(id()), until: at() }, r#"{"ticket":"ID","until":"AT"}"#),
        (E::TicketOfferTakenBack { ticket: TicketId(id()), until: Cleared }, r#"{"ticket":"ID","until":null}"#),
        (E::TicketMoved { ticket: TicketId(id()), place: 4 }, r#"{"place":4,"ticket":"ID"}"#),
        (
            E::TicketOver { ticket: TicketId(id()), reason: TicketEnd::Seated, session: Some(SessionId(id())) },
            r#"{"reason":"seated","session":"ID","ticket":"ID"}"#,
        ),
    ]
}
