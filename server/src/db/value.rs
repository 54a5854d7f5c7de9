//! Arguments of statements: a closed set of types, so that an absent value keeps its type.

use super::log_text;
use chrono::{DateTime, Utc};
use rusqlite::{ToSql, types::ToSqlOutput};
use seatkeeper_shared::{
    ids::{
        DirectoryId, GroupId, ImportId, LicenseId, LicenseRequestId, PasskeyId, Position, ProductId, RuleId,
        SavedViewId, SessionId, SignInId, TicketId, TokenId, UserId,
    },
    license::{Model, SeatRule, SecondDevice},
    people::{Locale, Role, UserStatus},
    scope::Scope,
    session::{EndReason, Mode, Platform, SessionState},
    ticket::TicketEnd,
    wire::{account::SecondFactorRule, license_requests::RequestOutcome},
};
use serde::{Serialize, Serializer};
use uuid::Uuid;

/// An argument of a statement.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Bool(Option<bool>),
    Int(Option<i64>),
    Text(Option<String>),
    /// A kind or facts of an event, which SQLite stores in a short form (`db/log_text.rs`).
    LogText(String),
    Time(Option<DateTime<Utc>>),
    Id(Option<Uuid>),
    /// A set of rows.
    Rows(Vec<Fields>),
}

impl Value {
    /// Whether the value is present, or the set is not empty.
    pub fn is_given(&self) -> bool {
        match self {
            Self::Bool(v) => v.is_some(),
            Self::Int(v) => v.is_some(),
            Self::Text(v) => v.is_some(),
            Self::LogText(_) => true,
            Self::Time(v) => v.is_some(),
            Self::Id(v) => v.is_some(),
            Self::Rows(rows) => !rows.is_empty(),
        }
    }
}

/// A row of a set: its columns by name, with their values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fields(pub Vec<(&'static str, Value)>);

impl Fields {
    /// Adds columns, which replace those of the same name.
    #[must_use]
    pub fn with(mut self, more: Self) -> Self {
        for (name, value) in more.0 {
            match self.0.iter_mut().find(|(other, _)| *other == name) {
                Some(field) => field.1 = value,
                None => self.0.push((name, value)),
            }
        }
        self
    }

    /// The value of a column. `index` is its likely position, which makes the lookup faster.
    pub(super) fn at(&self, index: usize, column: &str) -> &Value {
        let expected = self.0.get(index).filter(|(name, _)| *name == column);
        let found = expected.or_else(|| self.0.iter().find(|(name, _)| *name == column));
        found.map_or(&ABSENT, |(_, value)| value)
    }
}

static ABSENT: Value = Value::Text(None);

/// Builds a row of a set from the names and values of its columns.
macro_rules! fields {
    ($($name:literal: $value:expr),* $(,)?) => {
        $crate::db::Fields(vec![$(($name, $crate::db::Value::from($value))),*])
    };
}
pub(crate) use fields;

/// A set of rows as an array of objects, for SQLite: JSON has no blobs, so ids are written in hex.
fn json(rows: &[Fields]) -> String {
    serde_json::to_string(rows).unwrap_or_default()
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Bool(v) => v.serialize(to),
            Self::Int(v) => v.serialize(to),
            Self::Text(v) => v.serialize(to),
            Self::LogText(v) => log_text::shorten(v).serialize(to),
            Self::Time(v) => v.as_ref().map(DateTime::timestamp_micros).serialize(to),
            Self::Id(v) => v.map(Uuid::simple).serialize(to),
            Self::Rows(v) => v.serialize(to),
        }
    }
}

/// In SQLite, a time is an integer, microseconds since 1970, and an id is a blob of 16 bytes.
impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        use rusqlite::types::{Value as SqliteValue, ValueRef};
        Ok(match self {
            Self::Bool(Some(v)) => ToSqlOutput::Owned(SqliteValue::Integer((*v).into())),
            Self::Int(Some(v)) => ToSqlOutput::Owned(SqliteValue::Integer(*v)),
            Self::Text(Some(v)) => ToSqlOutput::Borrowed(ValueRef::Text(v.as_bytes())),
            Self::LogText(v) => ToSqlOutput::Owned(SqliteValue::Text(log_text::shorten(v))),
            Self::Time(Some(v)) => ToSqlOutput::Owned(SqliteValue::Integer(v.timestamp_micros())),
            Self::Id(Some(v)) => ToSqlOutput::Borrowed(ValueRef::Blob(v.as_bytes())),
            Self::Rows(rows) => ToSqlOutput::Owned(SqliteValue::Text(json(rows))),
            Self::Bool(None) | Self::Int(None) | Self::Text(None) | Self::Time(None) | Self::Id(None) => {
                ToSqlOutput::Owned(SqliteValue::Null)
            }
        })
    }
}

/// Builds the arguments of a statement, in the order of `$1`, `$2`, ….
macro_rules! args {
    ($($value:expr),* $(,)?) => { vec![$($crate::db::Value::from($value)),*] };
}
pub(crate) use args;

impl From<&Value> for Value {
    fn from(value: &Value) -> Self {
        value.clone()
    }
}

macro_rules! into_value {
    ($($kind:ident($($from:ty => |$v:ident| $into:expr),* $(,)?))*) => {$($(
        impl From<$from> for Value {
            fn from($v: $from) -> Self {
                Self::$kind(Some($into))
            }
        }
        impl From<Option<$from>> for Value {
            fn from(v: Option<$from>) -> Self {
                Self::$kind(v.map(|$v| $into))
            }
        }
    )*)*};
}

into_value! {
    Bool(bool => |v| v)
    Int(i64 => |v| v, Position => |v| v.0)
    Time(DateTime<Utc> => |v| v)
    Text(
        String => |v| v,
        &str => |v| v.to_owned(),
        &String => |v| v.clone(),
        Model => |v| v.as_str().to_owned(),
        SeatRule => |v| v.as_str().to_owned(),
        SecondDevice => |v| v.as_str().to_owned(),
        Role => |v| v.as_str().to_owned(),
        UserStatus => |v| v.as_str().to_owned(),
        SecondFactorRule => |v| v.as_str().to_owned(),
        Scope => |v| v.as_str().to_owned(),
        Locale => |v| v.as_str().to_owned(),
        SessionState => |v| v.as_str().to_owned(),
        Mode => |v| v.as_str().to_owned(),
        Platform => |v| v.as_str().to_owned(),
        EndReason => |v| v.as_str().to_owned(),
        TicketEnd => |v| v.as_str().to_owned(),
        RequestOutcome => |v| v.as_str().to_owned(),
    )
    Id(
        Uuid => |v| v,
        &UserId => |v| v.0,
        &ProductId => |v| v.0,
        &LicenseId => |v| v.0,
        &SessionId => |v| v.0,
        &TicketId => |v| v.0,
        &GroupId => |v| v.0,
        UserId => |v| v.0,
        ProductId => |v| v.0,
        LicenseId => |v| v.0,
        SessionId => |v| v.0,
        TokenId => |v| v.0,
        SignInId => |v| v.0,
        PasskeyId => |v| v.0,
        TicketId => |v| v.0,
        GroupId => |v| v.0,
        ImportId => |v| v.0,
        DirectoryId => |v| v.0,
        RuleId => |v| v.0,
        SavedViewId => |v| v.0,
        LicenseRequestId => |v| v.0,
        &LicenseRequestId => |v| v.0,
    )
}
