//! The fields that the log compares when something changed.

use super::value::{FieldShape, Minutes, Recorded, Seconds, Shape};
use crate::{
    license::{GroupLimit, Price, Rules, SeatRule, SecondDevice},
    people::{Locale, Permission, Role, UserStatus},
    wire::{
        account::{AccountView, SecondFactorRule},
        directory::RuleView,
        providers::{EmailLinking, SignInRules},
    },
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::collections::BTreeSet;

/// Defines the changes of something: for each field that changed, its values before and after. With `of`, also the
/// fields as they are at one time, which can be compared.
macro_rules! changes {
    ($($(#[doc = $doc:literal])* $changes:ident $(of $state:ident)? = $fields:tt)*) => {
        $(
            changes!(@changes $(#[doc = $doc])* $changes $fields);
            $(changes!(@state $changes $state $fields);)?
        )*
    };
    (@changes $(#[doc = $doc:literal])* $changes:ident { $($field:ident: $type:ty,)* }) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, Default, PartialEq, Serialize)]
        pub struct $changes {
            $(
                #[doc = concat!("`", stringify!($field), "` before and after, if it changed.")]
                #[serde(skip_serializing_if = "Option::is_none")]
                pub $field: Option<($type, $type)>,
            )*
        }

        impl Recorded for $changes {
            const SHAPE: Shape = Shape::Changes(&[$(FieldShape::of::<$type>(stringify!($field)),)*]);
        }
    };
    (@state $changes:ident $state:ident { $($field:ident: $type:ty,)* }) => {
        #[doc = concat!("The fields that [`", stringify!($changes), "`] compares.")]
        #[derive(Clone, Debug, PartialEq, Serialize)]
        pub struct $state {
            $(#[doc = concat!("The value of `", stringify!($field), "`.")] pub $field: $type,)*
        }

        impl $state {
            /// The fields that differ from those afterwards.
            pub fn changes(self, after: Self) -> $changes {
                $changes {
                    $($field: (self.$field != after.$field).then_some((self.$field, after.$field)),)*
                }
            }
        }

        impl Recorded for $state {
            const SHAPE: Shape = Shape::Nested(&[$(FieldShape::of::<$type>(stringify!($field)),)*]);
        }
    };
}

changes! {
    /// Changes of the settings of the account.
    AccountChanges of AccountState = {
        name: String,
        time_zone: String,
        locale: Locale,
        password_min: u64,
        idle_minutes: Minutes,
        session_minutes: Minutes,
        second_factor: SecondFactorRule,
    }
    /// Changes of a sign-in provider.
    ProviderChanges of ProviderState = {
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
    /// Changes of the rules for signing in with a password. The emergency access is the name of the user.
    SignInRulesChanges of SignInRulesState = {
        providers_only: bool,
        emergency: Option<String>,
    }
    /// Changes of a user. The managed groups are their names.
    UserChanges of UserState = {
        name: String,
        email: String,
        role: Role,
        permissions: BTreeSet<Permission>,
        status: UserStatus,
        limited_to_groups: bool,
        manages: Vec<String>,
    }
    /// Another language of a user.
    LocaleChanges = {
        locale: Option<Locale>,
    }
    /// Another name.
    NameChanges = {
        name: String,
    }
    /// Changes of a shared view.
    ViewChanges of ViewState = {
        name: String,
        address: String,
    }
    /// Changes of a group, and of what a directory knows of it.
    GroupChanges of GroupState = {
        name: String,
        external_id: Option<String>,
        directory: bool,
    }
    /// Other managers of a group, by name.
    ManagersChanges = {
        managers: Vec<String>,
    }
    /// Other rules of a directory.
    DirectoryRulesChanges = {
        rules: Vec<RuleView>,
    }
    /// Changes of a product.
    ProductChanges of ProductState = {
        name: String,
        key_seconds: Seconds,
        archived: bool,
        gate_origins: String,
        agent_link: Option<String>,
        customer_link: Option<String>,
        link_secret: Option<String>,
    }
    /// Changes of the rules of a license.
    RulesChanges of RulesState = {
        seat_rule: SeatRule,
        second_device: SecondDevice,
        lease_seconds: Seconds,
        overdraft: i64,
        offer_seconds: Seconds,
        idle_seconds: Seconds,
        idle_warning_seconds: Seconds,
        idle_ends_connected: bool,
        cool_down_seconds: Seconds,
        borrow_seconds: Seconds,
        borrow_seats: i64,
    }
    /// Changes of the period and the contract of a license.
    ContractChanges of ContractState = {
        starts_at: Option<DateTime<Utc>>,
        ends_at: Option<DateTime<Utc>>,
        archived: bool,
        notes: Option<String>,
        order_number: Option<String>,
        price_per_seat: Option<Price>,
    }
    /// Another end of an assignment.
    GrantEndChanges = {
        ends_at: Option<DateTime<Utc>>,
    }
    /// Another number of seats.
    SeatsChanges = {
        seats: i64,
    }
    /// Other group limits of a license.
    LimitsChanges = {
        limits: Vec<GroupLimit>,
    }
    /// Another device of an agent.
    DeviceChanges = {
        device: String,
    }
}

impl From<AccountView> for AccountState {
    fn from(account: AccountView) -> Self {
        let AccountView { name, time_zone, locale, password_min, idle_minutes, session_minutes, second_factor } =
            account;
        Self {
            name,
            time_zone,
            locale,
            password_min: u64::try_from(password_min).unwrap_or(u64::MAX),
            idle_minutes: Minutes(idle_minutes),
            session_minutes: Minutes(session_minutes),
            second_factor,
        }
    }
}

impl From<SignInRules> for SignInRulesState {
    fn from(rules: SignInRules) -> Self {
        let SignInRules { providers_only, emergency } = rules;
        Self { providers_only, emergency: emergency.map(|user| user.name) }
    }
}

impl From<Rules> for RulesState {
    fn from(rules: Rules) -> Self {
        let Rules {
            seat_rule,
            second_device,
            lease_seconds,
            overdraft,
            offer_seconds,
            idle_seconds,
            idle_warning_seconds,
            idle_ends_connected,
            cool_down_seconds,
            borrow_seconds,
            borrow_seats,
        } = rules;
        Self {
            seat_rule,
            second_device,
            lease_seconds: Seconds(lease_seconds),
            overdraft,
            offer_seconds: Seconds(offer_seconds),
            idle_seconds: Seconds(idle_seconds),
            idle_warning_seconds: Seconds(idle_warning_seconds),
            idle_ends_connected,
            cool_down_seconds: Seconds(cool_down_seconds),
            borrow_seconds: Seconds(borrow_seconds),
            borrow_seats,
        }
    }
}
