//! What the fields of events contain: written as JSON, and read as values that the app can show.

use super::{
    Field,
    data::{RevocationReason, SignInFailureReason, SignInMethod},
};
use crate::{
    ids::{ImportId, LicenseId, Position, ProductId, RuleId, SessionId, TicketId},
    license::{GroupLimit, Model, Price, SeatRule, SecondDevice},
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
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::collections::BTreeSet;
use uuid::Uuid;

/// A number of seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seconds(pub i64);

/// A number of minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Minutes(pub i64);

/// A value that a change has cleared. The log has `null`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cleared;

/// How a field is read.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// One value.
    One(Reader),
    /// A list of values.
    List(Reader),
    /// An object whose fields are shown like those of the event.
    Nested(&'static [FieldShape]),
    /// Changed fields, each with its values before and after.
    Changes(&'static [FieldShape]),
}

/// Reads a value; `None` if another server wrote something else.
pub type Reader = fn(&Value) -> Option<FactValue>;

/// A field and how it is read.
#[derive(Clone, Copy, Debug)]
pub struct FieldShape {
    /// The name.
    pub field: Field,
    /// What it contains.
    pub shape: Shape,
}

impl FieldShape {
    pub(super) const fn of<T: Recorded>(name: &str) -> Self {
        Self { field: Field::named(name), shape: T::SHAPE }
    }
}

/// What a field of an event can contain.
pub trait Recorded: Serialize {
    /// How it is read.
    const SHAPE: Shape;
}

impl<T: Recorded> Recorded for Option<T> {
    // No value has a shape: `null` is read before the shape is looked at.
    const SHAPE: Shape = T::SHAPE;
}

impl<T: Recorded> Recorded for Box<T> {
    const SHAPE: Shape = T::SHAPE;
}

impl<T: Recorded> Recorded for Vec<T> {
    const SHAPE: Shape = list_of(T::SHAPE);
}

impl<T: Recorded> Recorded for BTreeSet<T> {
    const SHAPE: Shape = list_of(T::SHAPE);
}

const fn list_of(shape: Shape) -> Shape {
    match shape {
        Shape::One(reader) => Shape::List(reader),
        _ => panic!("only lists of single values can be shown"),
    }
}

fn read<T: DeserializeOwned>(value: &Value) -> Option<T> {
    T::deserialize(value).ok()
}

/// Defines the values that a field can have, each with the type that is written.
macro_rules! fact_values {
    ($($(#[doc = $doc:literal])* $variant:ident($inner:ty) $(of { $($type:ty: $convert:expr,)* })?,)*) => {
        /// A value of a field, of which the app knows how to show it.
        #[derive(Clone, Debug, PartialEq)]
        pub enum FactValue {
            /// No value.
            Nothing,
            /// Several values.
            List(Vec<Self>),
            /// A value that this version does not know.
            Unknown(Value),
            $($(#[doc = $doc])* $variant($inner),)*
        }

        $(fact_values!(@types $variant $inner $({ $($type: $convert,)* })?);)*
    };
    (@types $variant:ident $inner:ty) => {
        impl Recorded for $inner {
            const SHAPE: Shape = Shape::One(|value| read(value).map(FactValue::$variant));
        }
    };
    (@types $variant:ident $inner:ty { $($type:ty: $convert:expr,)* }) => {
        $(impl Recorded for $type {
            const SHAPE: Shape = Shape::One(|value| read::<$type>(value).map($convert).map(FactValue::$variant));
        })*
    };
}

fact_values! {
    /// Text as a user or another system wrote it.
    Text(String),
    /// Yes or no.
    Flag(bool),
    /// A number.
    Number(i64) of { i64: |number| number, u64: u64::cast_signed, Position: |position| position.0, },
    /// A time span in seconds.
    Seconds(i64) of { Seconds: |seconds| seconds.0, },
    /// A time span in minutes.
    Minutes(i64) of { Minutes: |minutes| minutes.0, },
    /// A time.
    Time(DateTime<Utc>),
    /// The id of something that has no name in the log.
    Id(Uuid) of {
        ImportId: |id| id.0, LicenseId: |id| id.0, ProductId: |id| id.0, RuleId: |id| id.0, SessionId: |id| id.0,
        TicketId: |id| id.0,
    },
    /// A role.
    Role(Role),
    /// A permission.
    Permission(Permission),
    /// The status of a user.
    Status(UserStatus),
    /// A language.
    Locale(Locale),
    /// The model of a license.
    Model(Model),
    /// The mode of a session.
    Mode(Mode),
    /// A platform.
    Platform(Platform),
    /// What occupies a seat.
    SeatRule(SeatRule),
    /// What happens on a second device.
    SecondDevice(SecondDevice),
    /// Who must have a second factor.
    SecondFactor(SecondFactorRule),
    /// When identities are linked by e-mail address.
    EmailLinking(EmailLinking),
    /// The scope of a token.
    Scope(Scope),
    /// How a user signed in.
    SignInMethod(SignInMethod),
    /// Why a sign-in failed.
    SignInFailure(SignInFailureReason),
    /// Why a license was revoked.
    RevocationReason(RevocationReason),
    /// Why a session ended.
    SessionEnd(EndReason),
    /// Why a ticket is over.
    TicketEnd(TicketEnd),
    /// The result of an import.
    ImportState(ImportState),
    /// What a provider's answer lacks.
    Finding(FindingCode),
    /// Why something was refused.
    Refusal(Code),
    /// A price.
    Price(Price),
    /// The limits of a group.
    Limit(GroupLimit),
    /// A rule of a directory.
    DirectoryRule(RuleView),
}

impl Recorded for Cleared {
    const SHAPE: Shape = Shape::One(|_| None);
}
