//! What can be given to a statement: a closed set of types, so that an absent value keeps its type.

use chrono::{DateTime, SecondsFormat, Utc};
use seatkeeper_shared::{
    ids::{GroupId, ImportId, LicenseId, Position, ProductId, SessionId, TicketId, TokenId, UserId},
    license::{Model, SeatRule, SecondDevice},
    people::{Locale, Role, UserStatus},
    session::{EndReason, Mode, Platform, SessionState},
};
use sqlx::{Postgres, Sqlite, postgres::PgArguments, query::Query, sqlite::SqliteArguments};
use uuid::Uuid;

/// An argument of a statement.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A truth value.
    Bool(Option<bool>),
    /// A whole number.
    Int(Option<i64>),
    /// Text; also sets of rows as JSON.
    Text(Option<String>),
    /// A moment.
    Time(Option<DateTime<Utc>>),
    /// An id.
    Id(Option<Uuid>),
    /// A set of rows, each a JSON object.
    Rows(Vec<serde_json::Value>),
}

/// The written form of a time in SQLite: of fixed width, so that the order of text is the order of time.
pub(super) fn time_text(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

pub(super) fn bind_sqlite<'q>(
    mut query: Query<'q, Sqlite, SqliteArguments>,
    args: Vec<Value>,
) -> Query<'q, Sqlite, SqliteArguments> {
    for arg in args {
        query = match arg {
            Value::Bool(v) => query.bind(v),
            Value::Int(v) => query.bind(v),
            Value::Text(v) => query.bind(v),
            Value::Time(v) => query.bind(v.map(time_text)),
            Value::Id(v) => query.bind(v.map(|id| id.to_string())),
            Value::Rows(rows) => query.bind(serde_json::Value::Array(rows).to_string()),
        };
    }
    query
}

/// Binds the columns of rows one by one, for a statement that has them spread out.
pub(super) fn bind_spread<'q>(
    mut query: Query<'q, Sqlite, SqliteArguments>,
    columns: &[String],
    rows: &[serde_json::Value],
) -> Query<'q, Sqlite, SqliteArguments> {
    for row in rows {
        for column in columns {
            query = match row.get(column) {
                None | Some(serde_json::Value::Null) => query.bind(None::<String>),
                Some(serde_json::Value::Bool(v)) => query.bind(*v),
                Some(serde_json::Value::Number(v)) => query.bind(v.as_i64()),
                Some(serde_json::Value::String(v)) => query.bind(v.clone()),
                Some(other) => query.bind(other.to_string()),
            };
        }
    }
    query
}

pub(super) fn bind_postgres<'q>(
    mut query: Query<'q, Postgres, PgArguments>,
    args: Vec<Value>,
) -> Query<'q, Postgres, PgArguments> {
    for arg in args {
        query = match arg {
            Value::Bool(v) => query.bind(v),
            Value::Int(v) => query.bind(v),
            Value::Text(v) => query.bind(v.map(without_nul)),
            Value::Time(v) => query.bind(v),
            Value::Id(v) => query.bind(v),
            Value::Rows(rows) => query.bind(without_nul(serde_json::Value::Array(rows).to_string())),
        };
    }
    query
}

/// PostgreSQL knows no NUL in text and would fail. What is stored has none, so what is looked for with one is not there.
fn without_nul(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
}

/// The arguments of a statement, in the order of `$1`, `$2`, ….
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
        Locale => |v| v.as_str().to_owned(),
        SessionState => |v| v.as_str().to_owned(),
        Mode => |v| v.as_str().to_owned(),
        Platform => |v| v.as_str().to_owned(),
        EndReason => |v| v.as_str().to_owned(),
    )
    Id(
        Uuid => |v| v,
        UserId => |v| v.0,
        ProductId => |v| v.0,
        LicenseId => |v| v.0,
        SessionId => |v| v.0,
        TokenId => |v| v.0,
        TicketId => |v| v.0,
        GroupId => |v| v.0,
        ImportId => |v| v.0,
    )
}
