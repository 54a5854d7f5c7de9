//! Accounts of any size, written straight into the tables, because the API would take too long for 100,000 users.

use crate::database::BenchDatabase;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use seatkeeper::{
    auth::secret,
    clock::Clock,
    db::{Db, Fields, Sql, Value},
};
use seatkeeper_shared::{
    ids::{LicenseId, UserId},
    license::SeatRule,
};
use uuid::Uuid;

/// Builds a row for [`Account::write`].
macro_rules! row {
    ($($name:literal: $value:expr),* $(,)?) => {
        seatkeeper::db::Fields(vec![$(($name, seatkeeper::db::Value::from($value))),*])
    };
}
pub(crate) use row;

/// The number of rows written by one statement.
const ROWS_PER_STATEMENT: usize = 5_000;
/// The lease of every license, in seconds: the default of the API.
const LEASE_SECONDS: i64 = 120;

static ACCOUNT: Sql = Sql::new(|| {
    "INSERT INTO account (id, name, time_zone, created_at) VALUES (1, 'Muster Support GmbH', 'UTC', $1)".into()
});
static USERS: Sql = Sql::new(|| {
    "INSERT INTO users (id, name, name_key, email, email_key, role, permissions, billing_contact, status, created_at)
     SELECT id, name, name_key, email, email, role, '[]', $2, 'active', at
     FROM ROWS($1: id uuid, name text, name_key text, email text, role text, at time)"
        .into()
});
static TOKENS: Sql = Sql::new(|| {
    "INSERT INTO api_tokens (id, user_id, name, secret_hash, created_at, expires_at)
     SELECT id, id, 'Bench', secret_hash, at, expires_at
     FROM ROWS($1: id uuid, secret_hash text, at time, expires_at time)"
        .into()
});
static PRODUCTS: Sql = Sql::new(|| {
    "INSERT INTO products (id, slug, name, key_seconds, created_at)
     SELECT id, slug, slug, 600, at
     FROM ROWS($1: id uuid, slug text, at time)"
        .into()
});
static LICENSES: Sql = Sql::new(|| {
    "INSERT INTO licenses (id, product_id, model, seats, seat_rule, lease_seconds, created_at)
     SELECT id, id, 'concurrent', seats, seat_rule, lease, at
     FROM ROWS($1: id uuid, seats int, seat_rule text, lease int, at time)"
        .into()
});
static ASSIGNMENTS: Sql = Sql::new(|| {
    "INSERT INTO assignments (license_id, user_id, created_at)
     SELECT license_id, user_id, at
     FROM ROWS($1: license_id uuid, user_id uuid, at time)"
        .into()
});
static SESSIONS: Sql = Sql::new(|| {
    "INSERT INTO sessions (id, license_id, user_id, device, state, mode, created_at, connected_at, last_seen_at,
                           lease_until)
     SELECT id, license_id, user_id, 'Bench', 'connected', 'unattended', at, at, at, lease_until
     FROM ROWS($1: id uuid, license_id uuid, user_id uuid, at time, lease_until time)"
        .into()
});
static VACUUM: Sql = Sql::new(|| "VACUUM ANALYZE".into());
static CHECKPOINT: Sql = Sql::new(|| "CHECKPOINT".into());

/// An agent and the product they use.
#[derive(Clone, Debug)]
pub struct Agent {
    pub user: UserId,
    /// The API token.
    pub token: String,
    /// The slug of the product.
    pub product: String,
}

/// A concurrent license, with a product of its own.
#[derive(Clone, Debug)]
pub struct Pool {
    pub license: LicenseId,
    /// The slug of the product.
    pub product: String,
    pub seats: i64,
}

impl Agent {
    /// The same agent, using the product of another license.
    pub fn with_product_of(&self, pool: &Pool) -> Self {
        Self { product: pool.product.clone(), ..self.clone() }
    }
}

/// Writes an account. The rows of each kind are numbered from 0.
pub struct Account {
    db: Db,
    /// The time at which it is written.
    pub now: DateTime<Utc>,
}

impl Account {
    /// The database.
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// Creates an account without users.
    pub async fn create(database: &BenchDatabase) -> anyhow::Result<Self> {
        let account = Self { db: database.open().await?, now: Clock::default().now() };
        let mut tx = account.db.begin().await?;
        tx.run(&ACCOUNT, vec![account.now.into()]).await?;
        tx.commit().await?;
        Ok(account)
    }

    /// Writes agents with a token each; their product is still empty.
    pub async fn agents(&self, number: usize) -> anyhow::Result<Vec<Agent>> {
        self.people("agent", number).await
    }

    /// Writes an admin with a token.
    pub async fn admin(&self) -> anyhow::Result<Agent> {
        Ok(self.people("admin", 1).await?.remove(0))
    }

    async fn people(&self, role: &str, number: usize) -> anyhow::Result<Vec<Agent>> {
        let kind = if role == "admin" { 1 } else { 2 };
        let people: Vec<Agent> = (0..number)
            .map(|index| {
                // As long as a real token.
                let token = format!("{role}-{index:0>37}");
                Agent { user: UserId(id(kind, index)), token, product: String::new() }
            })
            .collect();
        let (at, until) = (self.now, self.now + TimeDelta::days(1));
        let user = |(index, person): (usize, &Agent)| {
            let (name, key) = (format!("Agent {index}"), format!("agent {index}"));
            let email = format!("{role}{index}@example.org");
            row! { "id": person.user, "name": name, "name_key": key, "email": email, "role": role, "at": at }
        };
        self.write(&USERS, people.iter().enumerate().map(user), vec![(role == "admin").into()]).await?;
        let token = |person: &Agent| {
            let hash = secret::hash(&person.token);
            row! { "id": person.user, "secret_hash": hash, "at": at, "expires_at": until }
        };
        self.write(&TOKENS, people.iter().map(token), vec![]).await?;
        Ok(people)
    }

    /// Writes `number` licenses with `seats` seats each.
    pub async fn pools(&self, number: usize, seats: i64, rule: SeatRule) -> anyhow::Result<Vec<Pool>> {
        let pools: Vec<Pool> = (0..number)
            .map(|index| Pool { license: license(index), product: format!("product-{index}"), seats })
            .collect();
        self.write_licenses(&pools, rule).await?;
        Ok(pools)
    }

    /// Writes these licenses and their products.
    pub async fn write_licenses(&self, pools: &[Pool], rule: SeatRule) -> anyhow::Result<()> {
        let at = self.now;
        let product = |pool: &Pool| row! { "id": pool.license, "slug": &pool.product, "at": at };
        self.write(&PRODUCTS, pools.iter().map(product), vec![]).await?;
        let license = |pool: &Pool| {
            let lease = LEASE_SECONDS;
            row! { "id": pool.license, "seats": pool.seats, "seat_rule": rule, "lease": lease, "at": at }
        };
        self.write(&LICENSES, pools.iter().map(license), vec![]).await
    }

    /// Writes assignments.
    pub async fn assign(&self, pairs: impl Iterator<Item = (LicenseId, UserId)>) -> anyhow::Result<()> {
        let at = self.now;
        let rows = pairs.map(|(license, user)| row! { "license_id": license, "user_id": user, "at": at });
        self.write(&ASSIGNMENTS, rows, vec![]).await
    }

    /// Writes live sessions with fresh leases; the licenses must have enough seats.
    pub async fn sessions(&self, holders: impl Iterator<Item = (LicenseId, UserId)>) -> anyhow::Result<()> {
        self.sessions_for(TimeDelta::seconds(LEASE_SECONDS), holders).await
    }

    /// Writes live sessions that last this long without a heartbeat; the licenses must have enough seats.
    pub async fn sessions_for(
        &self,
        lease: TimeDelta,
        holders: impl Iterator<Item = (LicenseId, UserId)>,
    ) -> anyhow::Result<()> {
        let (at, until) = (self.now, self.now + lease);
        let rows = holders.enumerate().map(|(index, (license, user))| {
            let session = session(index);
            row! { "id": session, "license_id": license, "user_id": user, "at": at, "lease_until": until }
        });
        self.write(&SESSIONS, rows, vec![]).await
    }

    /// Closes the database, so that a server can open it. PostgreSQL first vacuums and checkpoints, and the sessions of
    /// SQLite are filed, which would otherwise be done during the measurement.
    pub async fn close(self) -> anyhow::Result<()> {
        while self.db.file_run().await? {}
        if self.db.has_other_writers() {
            self.db.one(&VACUUM, vec![]).await?;
            self.db.one(&CHECKPOINT, vec![]).await?;
        }
        self.db.close().await;
        Ok(())
    }

    /// Writes rows with a statement; `more` are its arguments after the rows.
    pub async fn write(
        &self,
        sql: &'static Sql,
        rows: impl Iterator<Item = Fields>,
        more: Vec<Value>,
    ) -> anyhow::Result<()> {
        let mut rows = rows.peekable();
        let mut tx = self.db.begin().await?;
        while rows.peek().is_some() {
            let set = Value::Rows(rows.by_ref().take(ROWS_PER_STATEMENT).collect());
            let args = std::iter::once(set).chain(more.clone()).collect();
            tx.run(sql, args).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Runs a statement.
    pub async fn run(&self, sql: &'static Sql, args: Vec<Value>) -> anyhow::Result<()> {
        let mut tx = self.db.begin().await?;
        tx.run(sql, args).await?;
        Ok(tx.commit().await?)
    }
}

/// The id of a license by number.
pub fn license(index: usize) -> LicenseId {
    LicenseId(id(3, index))
}

/// The id of a session by number.
pub fn session(index: usize) -> Uuid {
    id(4, index)
}

/// The id of a row by kind and number.
pub fn id(kind: u128, index: usize) -> Uuid {
    Uuid::from_u128(kind << 120 | index as u128)
}

/// Formats a time so that both engines can parse it.
pub fn sql_time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}
