//! Reads columns by name into domain types.

use super::{DbError, log_text};
use chrono::{DateTime, Utc};
use rusqlite::types::Value as Cell;
use seatkeeper_shared::{
    ids::{
        DirectoryId, GroupId, ImportId, LicenseId, LicenseRequestId, PasskeyId, Position, ProductId, RuleId,
        SavedViewId, SessionId, SignInId, TicketId, TokenId, UserId,
    },
    license::{Model, SeatRule, SecondDevice},
    people::{Locale, Role, UserStatus},
    problem::Code,
    scope::Scope,
    session::{EndReason, Mode, Platform, SessionState},
    ticket::{TicketEnd, TicketState},
    wire::{
        account::SecondFactorRule,
        imports::{ImportFailure, ImportState, RowOutcome},
        license_requests::RequestOutcome,
        views::ViewPage,
    },
};
use sqlx::{Row as _, postgres::PgRow};
use std::sync::Arc;
use uuid::Uuid;

/// A row of either engine.
#[derive(Debug)]
pub enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

/// A row of SQLite: the names of its columns, shared by all rows of a result, and their values.
#[derive(Debug)]
pub struct SqliteRow {
    pub(super) columns: Arc<[String]>,
    pub(super) values: Vec<Cell>,
}

impl SqliteRow {
    fn cell(&self, column: &str) -> Result<&Cell, DbError> {
        let index = self.columns.iter().position(|name| name == column);
        index.and_then(|index| self.values.get(index)).ok_or_else(|| unreadable(column, "does not exist"))
    }

    fn int(&self, column: &str) -> Result<Option<i64>, DbError> {
        match self.cell(column)? {
            Cell::Integer(v) => Ok(Some(*v)),
            Cell::Null => Ok(None),
            _ => Err(unreadable(column, "is not an integer")),
        }
    }

    fn text(&self, column: &str) -> Result<Option<&str>, DbError> {
        match self.cell(column)? {
            Cell::Text(v) => Ok(Some(v)),
            Cell::Null => Ok(None),
            _ => Err(unreadable(column, "is not text")),
        }
    }

    fn id(&self, column: &str) -> Result<Option<Uuid>, DbError> {
        match self.cell(column)? {
            Cell::Blob(v) => Uuid::from_slice(v).map(Some).map_err(|problem| unreadable(column, problem)),
            Cell::Null => Ok(None),
            _ => Err(unreadable(column, "is not an id")),
        }
    }
}

impl Row {
    /// The value of a column that is not NULL.
    ///
    /// # Errors
    /// Returns an error if the column does not exist, is NULL, or has a value of another type.
    pub fn get<T: Column>(&self, column: &str) -> Result<T, DbError> {
        self.opt(column)?.ok_or_else(|| unreadable(column, "is NULL"))
    }

    /// The value of a column that may be NULL.
    ///
    /// # Errors
    /// Returns an error if the column does not exist or has a value of another type.
    pub fn opt<T: Column>(&self, column: &str) -> Result<Option<T>, DbError> {
        T::read(self, column)
    }
}

fn unreadable(column: &str, problem: impl ToString) -> DbError {
    DbError::Unreadable { column: column.to_owned(), problem: problem.to_string() }
}

/// A type that a column can be read as; NULL is `None`.
pub trait Column: Sized {
    /// Reads the column.
    ///
    /// # Errors
    /// Returns an error if the column does not exist or has a value of another type.
    fn read(row: &Row, column: &str) -> Result<Option<Self>, DbError>;
}

impl Column for i64 {
    fn read(row: &Row, column: &str) -> Result<Option<Self>, DbError> {
        Ok(match row {
            Row::Sqlite(row) => row.int(column)?,
            Row::Postgres(row) => row.try_get(column)?,
        })
    }
}

impl Column for bool {
    fn read(row: &Row, column: &str) -> Result<Option<Self>, DbError> {
        Ok(match row {
            Row::Sqlite(row) => row.int(column)?.map(|v| v != 0),
            Row::Postgres(row) => row.try_get(column)?,
        })
    }
}

impl Column for String {
    fn read(row: &Row, column: &str) -> Result<Option<Self>, DbError> {
        Ok(match row {
            Row::Sqlite(row) => row.text(column)?.map(str::to_owned),
            Row::Postgres(row) => row.try_get(column)?,
        })
    }
}

/// A kind or facts of an event, as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogText(pub String);

impl LogText {
    /// The text that SQLite stores in this form.
    pub fn restored(stored: &str) -> Self {
        Self(log_text::restore(stored))
    }
}

impl Column for LogText {
    fn read(row: &Row, column: &str) -> Result<Option<Self>, DbError> {
        Ok(match row {
            Row::Sqlite(row) => row.text(column)?.map(Self::restored),
            Row::Postgres(row) => row.try_get::<Option<String>, _>(column)?.map(Self),
        })
    }
}

impl Column for DateTime<Utc> {
    fn read(row: &Row, column: &str) -> Result<Option<Self>, DbError> {
        let time = |micros| DateTime::from_timestamp_micros(micros).ok_or_else(|| unreadable(column, "is not a time"));
        match row {
            Row::Sqlite(row) => row.int(column)?.map(time).transpose(),
            Row::Postgres(row) => Ok(row.try_get(column)?),
        }
    }
}

impl Column for Uuid {
    fn read(row: &Row, column: &str) -> Result<Option<Self>, DbError> {
        match row {
            Row::Sqlite(row) => row.id(column),
            Row::Postgres(row) => Ok(row.try_get(column)?),
        }
    }
}

macro_rules! columns {
    (ids: $($id:ident)*; words: $($word:ty)*) => {
        $(impl Column for $id {
            fn read(row: &Row, column: &str) -> Result<Option<Self>, DbError> {
                Ok(Uuid::read(row, column)?.map(Self))
            }
        })*
        $(impl Column for $word {
            fn read(row: &Row, column: &str) -> Result<Option<Self>, DbError> {
                String::read(row, column)?
                    .map(|text| text.parse().map_err(|problem| unreadable(column, problem)))
                    .transpose()
            }
        })*
    };
}

columns! {
    ids: UserId ProductId LicenseId SessionId SignInId TokenId TicketId GroupId ImportId DirectoryId RuleId PasskeyId
        SavedViewId LicenseRequestId;
    words: Model SeatRule SecondDevice Role UserStatus Locale Scope SecondFactorRule SessionState Mode Platform
        EndReason TicketState TicketEnd ImportState ImportFailure RowOutcome Code
        ViewPage RequestOutcome
}

impl Column for Position {
    fn read(row: &Row, column: &str) -> Result<Option<Self>, DbError> {
        Ok(i64::read(row, column)?.map(Self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: Column>(cell: Cell) -> Result<Option<T>, String> {
        let row = Row::Sqlite(SqliteRow { columns: Arc::from(["it".to_owned()]), values: vec![cell] });
        row.opt("it").map_err(|error| error.to_string())
    }

    #[test]
    fn an_id_or_time_of_another_type_is_not_read_on_sqlite() {
        let id = Uuid::from_u128(7);
        assert_eq!(read(Cell::Blob(id.as_bytes().to_vec())), Ok(Some(id)));
        assert_eq!(read::<Uuid>(Cell::Null), Ok(None));
        for wrong in [Cell::Blob(vec![0; 15]), Cell::Text(id.to_string()), Cell::Integer(7)] {
            assert!(read::<Uuid>(wrong.clone()).is_err(), "{wrong:?}");
        }
        let at = DateTime::from_timestamp_micros(1_000_002);
        assert_eq!(read(Cell::Integer(1_000_002)), Ok(at));
        for wrong in [Cell::Integer(i64::MAX), Cell::Text("1970-01-01T00:00:01.000002Z".to_owned()), Cell::Real(1.0)] {
            assert!(read::<DateTime<Utc>>(wrong.clone()).is_err(), "{wrong:?}");
        }
    }
}
