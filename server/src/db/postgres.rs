//! Opens a PostgreSQL database, directly or through a pooler in transaction mode.

use super::{Db, Endpoint, OpenError, PlanDiscardTimer, RECENTLY_USED, endpoint, schema};
use crate::monotonic::MonotonicClock;
use sqlx::{
    ConnectOptions as _, Connection as _, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use std::{io::ErrorKind, str::FromStr as _, time::Duration};
use tokio::time::{sleep, timeout};

/// How long to wait for a database that is still starting.
const START_TIMEOUT: Duration = Duration::from_secs(10);
const CONNECT_RETRY_INTERVAL: Duration = Duration::from_millis(250);
/// A setting that reaches PostgreSQL only over a direct connection. Poolers reject or drop it.
const DIRECT_SETTING: &str = "seatkeeper.direct";
const HAS_DIRECT_SETTING: &str = "SELECT 1 WHERE current_setting('seatkeeper.direct', true) = 'on'";
/// The lock of running migrations. It is held by the transaction, because a pooler keeps no sessions.
const LOCK_MIGRATIONS: &str = "SELECT pg_advisory_xact_lock(6819573291430172921)";
/// A pooler's connections may still have prepared statements of an earlier start, and must not keep those of this one.
const DEALLOCATE_STATEMENTS: &str = "DEALLOCATE ALL";

/// Opens the database and runs its migrations.
pub(super) async fn open(address: &str, monotonic: MonotonicClock) -> Result<Db, OpenError> {
    let (options, endpoint) = detect_endpoint(address).await?;
    let mut connection = connect(&options).await.map_err(|error| unreachable(&options, &error))?;
    migrate(&mut connection, &endpoint).await?;
    // The migrations are committed; a failure to close changes nothing.
    let _ = connection.close().await;
    let plan_discard = PlanDiscardTimer::new(monotonic);
    let pool = PgPoolOptions::new()
        .max_connections(12)
        .acquire_timeout(Duration::from_secs(10))
        // A ping takes as long as a small query, so a connection that was just used is not pinged.
        .test_before_acquire(false)
        .before_acquire(move |connection, about| {
            let is_due = plan_discard.take_due();
            Box::pin(async move {
                let is_alive = match is_due {
                    true => sqlx::Executor::execute(connection, "DISCARD PLANS").await.is_ok(),
                    false => about.idle_for < RECENTLY_USED || sqlx::Connection::ping(connection).await.is_ok(),
                };
                Ok(is_alive)
            })
        })
        .connect_lazy_with(options);
    Ok(Db::Postgres { pool, endpoint })
}

/// Opens the database only to read it.
pub(super) async fn open_read_only(address: &str) -> Result<Db, OpenError> {
    let (mut options, endpoint) = detect_endpoint(address).await?;
    // A pooler would reject the setting; behind one, every statement runs in a read-only transaction anyway.
    if !endpoint.is_behind_pooler() {
        options = options.options([("default_transaction_read_only", "on")]);
    }
    Ok(Db::Postgres { pool: PgPoolOptions::new().max_connections(2).connect_lazy_with(options), endpoint })
}

/// Connects once, to find out whether a pooler is in front of the database.
async fn detect_endpoint(address: &str) -> Result<(PgConnectOptions, Endpoint), OpenError> {
    let parsed = PgConnectOptions::from_str(address);
    let options = parsed.map_err(|error| OpenError::Unparsable(endpoint::reason(&error)))?;
    // Poolers reject settings that they do not know, and nothing here depends on how floating-point numbers are
    // written.
    let options = options.extra_float_digits(None);
    let is_direct = is_direct(&options).await.map_err(|error| unreachable(&options, &error))?;
    let endpoint = Endpoint::postgres(&options, !is_direct);
    if !is_direct {
        require_transactions(&options).await?;
        tracing::info!(
            database = endpoint.name(),
            "connection pooler detected; statements are not cached, and the event log is polled"
        );
    }
    Ok((options, endpoint))
}

/// Whether connection settings reach PostgreSQL. A pooler rejects or ignores those that it does not know.
async fn is_direct(options: &PgConnectOptions) -> Result<bool, sqlx::Error> {
    let with_setting = options.clone().options([(DIRECT_SETTING, "on")]);
    let mut connection = match connect(&with_setting).await {
        Err(sqlx::Error::Database(error)) if error.message().contains("startup parameter") => return Ok(false),
        connected => connected?,
    };
    let has_setting = sqlx::raw_sql(HAS_DIRECT_SETTING).fetch_optional(&mut connection).await?.is_some();
    let _ = connection.close().await;
    Ok(has_setting)
}

/// Checks that a pooler does not switch connections within a transaction.
async fn require_transactions(options: &PgConnectOptions) -> Result<(), OpenError> {
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

/// Connects, and retries for a while if the database is still starting.
async fn connect(options: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
    let (deadline, mut logged) = (sleep(START_TIMEOUT), false);
    tokio::pin!(deadline);
    loop {
        let connected = timeout(START_TIMEOUT, options.connect()).await.unwrap_or(Err(sqlx::Error::PoolTimedOut));
        match connected {
            Err(error) if may_be_starting(&error) => {
                if !logged {
                    let (database, reason) = (endpoint::name_of(options), endpoint::reason(&error));
                    tracing::warn!(database, reason, "waiting for the database");
                    logged = true;
                }
                tokio::select! {
                    biased;
                    () = &mut deadline => return Err(error),
                    () = sleep(CONNECT_RETRY_INTERVAL) => {}
                }
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

/// Begins a transaction, or runs a statement that only reads, on a pooled connection that is still open. A restart of
/// the database closes all of them, which is found out for one after another; nothing has run on them then.
pub(super) async fn on_live_connection<T, F: Future<Output = Result<T, sqlx::Error>>>(
    pool: &PgPool,
    run: impl Fn() -> F,
) -> Result<T, sqlx::Error> {
    for _ in 0..pool.num_idle() {
        match run().await {
            Err(error) if was_closed(&error) => {}
            done => return done,
        }
    }
    run().await
}

/// Whether the connection was closed before it was used again, as when the database has restarted since.
pub(super) fn was_closed(error: &sqlx::Error) -> bool {
    use ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    match error {
        sqlx::Error::Io(error) => {
            [BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof].contains(&error.kind())
        }
        // admin_shutdown and crash_shutdown, which the closing server has sent
        sqlx::Error::Database(error) => matches!(error.code().as_deref(), Some("57P01" | "57P02")),
        _ => false,
    }
}

/// Runs the migrations in one transaction, so that they all use one connection and apply completely or not at all.
async fn migrate(connection: &mut PgConnection, endpoint: &Endpoint) -> Result<(), OpenError> {
    let failed = |error: sqlx::Error| OpenError::Migration {
        database: endpoint.name().to_owned(),
        reason: endpoint::reason(&error),
    };
    let mut tx = connection.begin().await.map_err(failed)?;
    sqlx::raw_sql(LOCK_MIGRATIONS).execute(&mut *tx).await.map_err(failed)?;
    if endpoint.is_behind_pooler() {
        sqlx::raw_sql(DEALLOCATE_STATEMENTS).execute(&mut *tx).await.map_err(failed)?;
    }
    let mut migrator = sqlx::migrate!("../migrations/postgres");
    migrator.set_locking(false);
    let migrated = migrator.run(&mut *tx).await;
    migrated.map_err(|error| schema::migration_error(endpoint.name(), &migrator, error))?;
    if endpoint.is_behind_pooler() {
        sqlx::raw_sql(DEALLOCATE_STATEMENTS).execute(&mut *tx).await.map_err(failed)?;
    }
    tx.commit().await.map_err(failed)
}

fn unreachable(options: &PgConnectOptions, error: &sqlx::Error) -> OpenError {
    OpenError::Database { database: endpoint::name_of(options), reason: endpoint::reason(error) }
}

/// Why a database that was reachable before does not answer now. `None` if it does.
pub(super) async fn failure(options: &PgConnectOptions, answer_timeout: Duration) -> Option<String> {
    match timeout(answer_timeout, options.connect()).await {
        Ok(Ok(connection)) => {
            let _ = connection.close().await;
            None
        }
        Ok(Err(error)) => Some(endpoint::reason(&error)),
        Err(_) => Some("it does not answer".to_owned()),
    }
}
