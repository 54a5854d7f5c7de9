//! Opening a PostgreSQL database: directly, or through a pooler that gives each transaction another connection.

use super::{Db, Endpoint, JUST_NOW, OpenError, Plans, endpoint, schema};
use sqlx::{
    ConnectOptions as _, Connection as _, PgConnection,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use std::{io::ErrorKind, str::FromStr as _, time::Duration};
use tokio::time::{Instant, sleep, timeout};

/// How long a database may take to start when the server starts with it.
const START_TIMEOUT: Duration = Duration::from_secs(10);
const RETRY: Duration = Duration::from_millis(250);
/// A setting that only a connection of one's own has. Poolers refuse it or leave it out.
const MARK: &str = "seatkeeper.direct";
const HAS_MARK: &str = "SELECT 1 WHERE current_setting('seatkeeper.direct', true) = 'on'";
/// Whoever brings the tables up to date holds this lock; transaction-wide, since a pooler has no sessions.
const LOCK_MIGRATIONS: &str = "SELECT pg_advisory_xact_lock(6819573291430172921)";
/// A pooler's connections may have statements of ours from an earlier start; those of this one must not stay.
const FORGET_STATEMENTS: &str = "DEALLOCATE ALL";

/// Opens it and brings its tables up to date.
pub(super) async fn open(address: &str) -> Result<Db, OpenError> {
    let (options, endpoint) = reach(address).await?;
    let mut connection = connect(&options).await.map_err(|error| unreachable(&options, &error))?;
    migrate(&mut connection, &endpoint).await?;
    // What matters is done.
    let _ = connection.close().await;
    let plans = Plans::default();
    let pool = PgPoolOptions::new()
        .max_connections(12)
        .acquire_timeout(Duration::from_secs(10))
        // Asking a connection whether it lives takes as long as a small question itself: not if it just answered one.
        .test_before_acquire(false)
        .before_acquire(move |connection, about| {
            let forget = plans.are_old();
            Box::pin(async move {
                let is_well = match forget {
                    true => sqlx::Executor::execute(connection, "DISCARD PLANS").await.is_ok(),
                    false => about.idle_for < JUST_NOW || sqlx::Connection::ping(connection).await.is_ok(),
                };
                Ok(is_well)
            })
        })
        .connect_lazy_with(options);
    Ok(Db::Postgres { pool, endpoint })
}

/// Opens it only to read.
pub(super) async fn open_to_read(address: &str) -> Result<Db, OpenError> {
    let (mut options, endpoint) = reach(address).await?;
    // A pooler takes no such setting; there, each statement is in a transaction that is read-only.
    if !endpoint.is_behind_pooler() {
        options = options.options([("default_transaction_read_only", "on")]);
    }
    Ok(Db::Postgres { pool: PgPoolOptions::new().max_connections(2).connect_lazy_with(options), endpoint })
}

/// Finds out what is there, and whether a pooler stands before it.
async fn reach(address: &str) -> Result<(PgConnectOptions, Endpoint), OpenError> {
    let parsed = PgConnectOptions::from_str(address);
    let options = parsed.map_err(|error| OpenError::Unparsable(endpoint::reason(&error)))?;
    // Poolers refuse what they do not know, and nothing here depends on how fractions are written.
    let options = options.extra_float_digits(None);
    let is_direct = is_direct(&options).await.map_err(|error| unreachable(&options, &error))?;
    let endpoint = Endpoint::postgres(&options, !is_direct);
    if !is_direct {
        keeps_transactions(&options).await?;
        tracing::info!(
            database = endpoint.name(),
            "a connection pooler is in front of the database: statements are not kept, and servers look at the log instead of being woken"
        );
    }
    Ok((options, endpoint))
}

/// Whether settings of a connection reach PostgreSQL. A pooler says that it does not know such a thing, or ignores it.
async fn is_direct(options: &PgConnectOptions) -> Result<bool, sqlx::Error> {
    let marked = options.clone().options([(MARK, "on")]);
    let mut connection = match connect(&marked).await {
        Err(sqlx::Error::Database(error)) if error.message().contains("startup parameter") => return Ok(false),
        connected => connected?,
    };
    let has_mark = sqlx::raw_sql(HAS_MARK).fetch_optional(&mut connection).await?.is_some();
    let _ = connection.close().await;
    Ok(has_mark)
}

/// A pooler must not change the connection in the middle of a transaction.
async fn keeps_transactions(options: &PgConnectOptions) -> Result<(), OpenError> {
    let mut connection = connect(options).await.map_err(|error| unreachable(options, &error))?;
    if let Err(error) = sqlx::raw_sql("BEGIN").execute(&mut connection).await {
        return Err(match endpoint::reason(&error) {
            reason if reason.contains("statement pooling") => OpenError::StatementPooler(endpoint::name_of(options)),
            reason => OpenError::Database { database: endpoint::name_of(options), reason },
        });
    }
    let ended = sqlx::raw_sql("COMMIT").execute(&mut connection).await;
    ended.map_err(|error| unreachable(options, &error))?;
    let _ = connection.close().await;
    Ok(())
}

/// Connects; to a database that is just starting, after a moment.
async fn connect(options: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
    let (until, mut said) = (Instant::now() + START_TIMEOUT, false);
    loop {
        let connected = timeout(START_TIMEOUT, options.connect()).await.unwrap_or(Err(sqlx::Error::PoolTimedOut));
        match connected {
            Err(error) if may_be_starting(&error) && Instant::now() + RETRY < until => {
                if !said {
                    let (database, reason) = (endpoint::name_of(options), endpoint::reason(&error));
                    tracing::warn!(database, reason, "waiting for the database");
                    said = true;
                }
                sleep(RETRY).await;
            }
            connected => return connected,
        }
    }
}

fn may_be_starting(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(error) => [ErrorKind::ConnectionRefused, ErrorKind::ConnectionReset].contains(&error.kind()),
        // cannot_connect_now
        sqlx::Error::Database(error) => error.code().as_deref() == Some("57P03"),
        _ => false,
    }
}

/// Brings the tables up to date in one transaction, so that it is all done over one connection, and done or not.
async fn migrate(connection: &mut PgConnection, endpoint: &Endpoint) -> Result<(), OpenError> {
    let failed = |error: sqlx::Error| OpenError::Migration {
        database: endpoint.name().to_owned(),
        reason: endpoint::reason(&error),
    };
    let mut tx = connection.begin().await.map_err(failed)?;
    sqlx::raw_sql(LOCK_MIGRATIONS).execute(&mut *tx).await.map_err(failed)?;
    if endpoint.is_behind_pooler() {
        sqlx::raw_sql(FORGET_STATEMENTS).execute(&mut *tx).await.map_err(failed)?;
    }
    let mut migrator = sqlx::migrate!("../migrations/postgres");
    migrator.set_locking(false);
    let done = migrator.run(&mut *tx).await;
    done.map_err(|error| schema::not_up_to_date(endpoint.name(), &migrator, error))?;
    if endpoint.is_behind_pooler() {
        sqlx::raw_sql(FORGET_STATEMENTS).execute(&mut *tx).await.map_err(failed)?;
    }
    tx.commit().await.map_err(failed)
}

fn unreachable(options: &PgConnectOptions, error: &sqlx::Error) -> OpenError {
    OpenError::Database { database: endpoint::name_of(options), reason: endpoint::reason(error) }
}

/// Why a database that was reached once does not answer now; nothing if it does.
pub(super) async fn failure(options: &PgConnectOptions, patience: Duration) -> Option<String> {
    match timeout(patience, options.connect()).await {
        Ok(Ok(connection)) => {
            let _ = connection.close().await;
            None
        }
        Ok(Err(error)) => Some(endpoint::reason(&error)),
        Err(_) => Some("it does not answer".to_owned()),
    }
}
