//! Reading columns by name into the types of the domain.

use super::DbError;
use chrono::{DateTime, Utc};
use rusqlite::types::Value as Cell;
use seatkeeper_shared::{
    ids::{
        DirectoryId, GroupId, ImportId, LicenseId, PasskeyId, Position, ProductId, RuleId, SessionId, SignInId,
        TicketId, TokenId, UserId,
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
    },
};
use sqlx::{Row as _, postgres::PgRow};
use std::sync::Arc;
use uuid::Uuid;

/// A row of either engine.
#[derive(Debug)]
pub enum Row {
    /// From SQLite.
    Sqlite(Held),
    /// From PostgreSQL.
    Postgres(PgRow),
}

/// A row of SQLite, with its columns.
#[derive(Debug)]
pub struct Held {
    pub(super) columns: Arc<[String]>,
    pub(super) values: Vec<Cell>,
}

impl Held {
    fn cell(&self, column: &str) -> Result<&Cell, DbError> {
        let at = self.columns.iter().position(|name| name == column);
        at.and_then(|at| self.values.get(at)).ok_or_else(|| unreadable(column, "is not there"))
    }

    fn int(&self, column: &str) -> Result<Option<i64>, DbError> {
        match self.cell(column)? {
            Cell::Integer(v) => Ok(Some(*v)),
            Cell::Null => Ok(None),
            _ => Err(unreadable(column, "is no whole number")),
        }
    }

    fn text(&self, column: &str) -> Result<Option<&str>, DbError> {
        match self.cell(column)? {
            Cell::Text(v) => Ok(Some(v)),
            Cell::Null => Ok(None),
            _ => Err(unreadable(column, "is no text")),
        }
    }
}

impl Row {
    /// The value of a column.
    ///
    /// # Errors
    /// There is no such column, it is NULL where it must not be, or its value is not understood.
    pub fn get<T: Column>(&self, column: &str) -> Result<T, DbError> {
        self.opt(column)?.ok_or_else(|| unreadable(column, "is NULL"))
    }

    /// The value of a column that may be NULL.
    ///
    /// # Errors
    /// There is no such column, or its value is not understood.
    pub fn opt<T: Column>(&self, column: &str) -> Result<Option<T>, DbError> {
        T::read(self, column)
    }
}

fn unreadable(column: &str, problem: impl ToString) -> DbError {
    DbError::Unreadable { column: column.to_owned(), problem: problem.to_string() }
}

/// A type that a column can be read as; NULL is `None`.
pub trait Column: Sized {
    /// Reads it.
    ///
    /// # Errors
    /// There is no such column, or its value is not understood.
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

impl Column for DateTime<Utc> {
    fn read(row: &Row, column: &str) -> Result<Option<Self>, DbError> {
        // Written as RFC 3339, which is read faster than all that a moment may look like.
        let moment = |text| DateTime::parse_from_rfc3339(text).map_err(|problem| unreadable(column, problem));
        match row {
            Row::Sqlite(row) => Ok(row.text(column)?.map(moment).transpose()?.map(|at| at.to_utc())),
            Row::Postgres(row) => Ok(row.try_get(column)?),
        }
    }
}

impl Column for Uuid {
    fn read(row: &Row, column: &str) -> Result<Option<Self>, DbError> {
        match row {
            Row::Sqlite(row) => {
                row.text(column)?.map(|text| text.parse().map_err(|problem| unreadable(column, problem))).transpose()
            }
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
    ids: UserId ProductId LicenseId SessionId SignInId TokenId TicketId GroupId ImportId DirectoryId RuleId PasskeyId;
    words: Model SeatRule SecondDevice Role UserStatus Locale Scope SecondFactorRule SessionState Mode Platform EndReason TicketState
        TicketEnd ImportState ImportFailure RowOutcome Code
}

impl Column for Position {
    fn read(row: &Row, column: &str) -> Result<Option<Self>, DbError> {
        Ok(i64::read(row, column)?.map(Self))
    }
}
