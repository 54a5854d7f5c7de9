//! Raw SQL for comparison: one connection, literal statements, and rows that are fetched but not decoded.

use crate::{
    database::{BenchDatabase, BenchEngine},
    sqlite_form::sqlite_form,
};
use rusqlite::{OpenFlags, types::ValueRef};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};

/// A database connection.
pub enum RawSql {
    Sqlite(Box<rusqlite::Connection>),
    Postgres(Box<PgConnection>),
}

impl RawSql {
    /// Connects to the database while the server uses it.
    pub async fn open(database: &BenchDatabase, engine: BenchEngine) -> anyhow::Result<Self> {
        Ok(match engine {
            BenchEngine::Sqlite => {
                let file = database.address.trim_start_matches("sqlite:");
                let connection = rusqlite::Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
                // The same settings as the server's.
                connection.execute_batch("PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY;")?;
                connection.set_prepared_statement_cache_capacity(200);
                Self::Sqlite(Box::new(connection))
            }
            BenchEngine::Postgres => Self::Postgres(Box::new(PgConnection::connect(&database.address).await?)),
        })
    }

    /// A statement with ids and times as PostgreSQL reads them, in the form of this engine.
    pub fn form(&self, sql: &str) -> String {
        match self {
            Self::Sqlite(_) => sqlite_form(sql),
            Self::Postgres(_) => sql.to_owned(),
        }
    }

    /// Runs a statement in the form of this engine and fetches all rows; returns their number.
    pub async fn run(&mut self, sql: &str) -> anyhow::Result<usize> {
        match self {
            Self::Sqlite(connection) => {
                let mut statement = connection.prepare_cached(sql)?;
                let columns = statement.column_count();
                let (mut rows, mut number) = (statement.query([])?, 0);
                while let Some(row) = rows.next()? {
                    for column in 0..columns {
                        std::hint::black_box(row.get_ref(column)?);
                    }
                    number += 1;
                }
                Ok(number)
            }
            Self::Postgres(connection) => Ok(sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut **connection).await?.len()),
        }
    }

    /// The texts in the first column.
    pub async fn first_column(&mut self, sql: &str) -> anyhow::Result<Vec<String>> {
        match self {
            Self::Sqlite(connection) => {
                let mut statement = connection.prepare(&sqlite_form(sql))?;
                let texts = statement.query_map([], |row| match row.get_ref(0)? {
                    ValueRef::Text(text) => Ok(String::from_utf8_lossy(text).into_owned()),
                    _ => Ok(String::new()),
                })?;
                Ok(texts.collect::<Result<_, _>>()?)
            }
            Self::Postgres(connection) => {
                let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut **connection).await?;
                Ok(rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?)
            }
        }
    }
}
