use super::*;
use crate::monotonic::MonotonicClock;
use tempfile::TempDir;
use uuid::Uuid;

static BASICS: Sql = statement!(
    "INSERT INTO users (id, name, name_key, email, email_key, role, permissions, billing_contact, status, created_at)
     SELECT unhex(printf('%032x', value)), value, value, value, value, 'agent', '[]', 0, 'active', 0
     FROM json_each('[0, 1, 2]')"
);
static PRODUCT: Sql =
    statement!("INSERT INTO products (id, slug, name, key_seconds, created_at) VALUES (x'01', 'p', 'P', 1, 0)");
static LICENSE: Sql = statement!(
    "INSERT INTO licenses (id, product_id, model, seats, seat_rule, lease_seconds, created_at)
     VALUES (x'02', x'01', 'named', 1, 'agent', 1, 0)"
);
/// Sessions of three users, not in the order of their times, every fifth with a remote device.
static SESSIONS: Sql = statement!(
    "WITH RECURSIVE number(n) AS (SELECT $1 UNION ALL SELECT n + 1 FROM number WHERE n < $2)
     INSERT INTO sessions (id, license_id, user_id, device, state, mode, created_at, last_seen_at, lease_until,
                           remote_device)
     SELECT unhex(printf('%032x', n)), x'02', unhex(printf('%032x', n % 3)), 'd', 'connected', 'attended',
            (n * 7919) % 10007, 0, 0,
            CASE WHEN n % 5 = 0 THEN 'r' || n % 4 END
     FROM number"
);
/// What the view lacks, has twice or has wrong.
static DIFFERENCES: Sql = statement!(
    "SELECT COUNT(*) AS count
     FROM (SELECT user_id, created_at, session_id, remote_device, 1 AS n FROM user_sessions
           UNION ALL
           SELECT user_id, created_at, id, remote_device, -1 FROM sessions)
     GROUP BY user_id, created_at, session_id, remote_device
     HAVING SUM(n) <> 0"
);
static UNFILED: Sql = statement!("SELECT COUNT(*) AS count FROM unfiled_sessions");

struct File {
    db: Db,
    _folder: TempDir,
}

impl File {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let address = format!("sqlite:{}", folder.path().join("db").display());
        let db = Db::open(&address, &MonotonicClock::default()).await.expect("a database");
        let file = Self { db, _folder: folder };
        for sql in [&BASICS, &PRODUCT, &LICENSE] {
            file.run(sql, args![]).await;
        }
        file
    }

    async fn run(&self, sql: &'static Sql, args: Vec<Value>) {
        let mut tx = self.db.begin().await.expect("a transaction");
        tx.run(sql, args).await.expect("the statement succeeds");
        tx.commit().await.expect("committed");
    }

    async fn unfiled(&self) -> i64 {
        self.db.one(&UNFILED, args![]).await.expect("an answer").expect("a row").get("count").expect("a number")
    }

    async fn assert_complete(&self, when: &str) {
        assert_eq!(self.db.all(&DIFFERENCES, args![]).await.expect("an answer").len(), 0, "{when}");
    }

    async fn file_run(&self) -> bool {
        self.db.file_run().await.expect("it is filed")
    }
}

#[tokio::test]
async fn each_session_is_found_once_while_runs_are_filed() {
    let file = File::new().await;
    assert!(!file.file_run().await, "there is nothing to file");
    file.run(&SESSIONS, args![1_i64, SESSIONS_PER_RUN - 1]).await;
    file.assert_complete("before").await;
    assert!(!file.file_run().await, "the newest session is never filed, so that its number is not used again");
    file.run(&SESSIONS, args![SESSIONS_PER_RUN, 2 * SESSIONS_PER_RUN + 99]).await;
    for run in 0..2 {
        assert!(file.file_run().await, "run {run} is full");
        file.assert_complete("after a run").await;
    }
    assert!(!file.file_run().await);
    assert_eq!(file.unfiled().await, 100);
    file.run(&SESSIONS, args![2 * SESSIONS_PER_RUN + 100, 3 * SESSIONS_PER_RUN]).await;
    assert!(file.file_run().await);
    file.assert_complete("after later sessions").await;
    assert_eq!(file.unfiled().await, 1);
}

#[tokio::test]
async fn a_run_whose_filing_was_interrupted_is_filed_again() {
    let file = File::new().await;
    file.run(&SESSIONS, args![1_i64, SESSIONS_PER_RUN]).await;
    let created = DateTime::from_timestamp_micros(7_919).expect("a time");
    let copied = fields! {
        "run": SESSIONS_PER_RUN - 1, "user_id": Uuid::from_u128(1), "created_at": created,
        "session_id": Uuid::from_u128(1),
        "remote_device": None::<String>,
    };
    file.run(&FILE, args![Value::Rows(vec![copied])]).await;
    file.assert_complete("what was copied does not count yet").await;
    assert!(file.file_run().await);
    file.assert_complete("it is not there twice").await;
    assert_eq!(file.unfiled().await, 1);
}
