//! Transactions that are begun before there is something to do in them: one that follows soon need not wait for the server to
//! begin it. Until its first statement such a transaction sees and holds nothing but its connection.

use super::{Db, DbError, Endpoint, Engine, Tx, nesting, own::Home};
use std::time::{Duration, Instant};
use tokio::{sync::oneshot, time::sleep};

/// How soon one must follow another, and how long one waits for that.
const SOON: Duration = Duration::from_millis(50);

/// Begins transactions that go to single rows of large tables, one after the other.
#[derive(Debug)]
pub struct Ahead {
    at: At,
    begun: Option<oneshot::Sender<oneshot::Sender<Tx>>>,
    last: Option<Instant>,
}

#[derive(Debug)]
enum At {
    /// SQLite, which has one writer and begins in no time.
    Sqlite(Db),
    Postgres(Home, Endpoint),
}

impl Ahead {
    /// Nothing is begun yet.
    pub fn new(db: &Db) -> Self {
        let at = match db {
            Db::Sqlite { .. } => At::Sqlite(db.clone()),
            Db::Postgres { pool, endpoint } => {
                At::Postgres(Home::new(pool.connect_options().as_ref().clone()), endpoint.clone())
            }
        };
        Self { at, begun: None, last: None }
    }

    /// Begins one in advance if the last one followed soon on another. Call it while that is being committed.
    pub fn prepare(&mut self) {
        let before = self.last.replace(Instant::now());
        let At::Postgres(home, endpoint) = &self.at else { return };
        if before.is_none_or(|before| before.elapsed() > SOON) {
            return;
        }
        let (begun, wanted) = oneshot::channel::<oneshot::Sender<Tx>>();
        let (home, endpoint) = (home.clone(), endpoint.clone());
        tokio::spawn(async move {
            let Ok(own) = home.begin().await else { return };
            let tx = Tx::on(Engine::Own(own), endpoint);
            tokio::select! {
                wanted = wanted => if let Ok(wanted) = wanted { drop(wanted.send(tx)) },
                () = sleep(SOON) => {}
            }
        });
        self.begun = Some(begun);
    }

    /// The one that was begun, if it still waits, or else a new one.
    ///
    /// # Errors
    /// The database is away or busy for too long.
    pub async fn take(&mut self) -> Result<Tx, DbError> {
        nesting::ask();
        if let At::Postgres(_, endpoint) = &self.at {
            endpoint.may_write()?;
        }
        let (wanted, tx) = oneshot::channel();
        if self.begun.take().is_some_and(|begun| begun.send(wanted).is_ok())
            && let Ok(tx) = tx.await
        {
            return Ok(tx.handed_over());
        }
        match &self.at {
            At::Sqlite(db) => db.begin().await,
            At::Postgres(home, endpoint) => {
                let own = home.begin().await.map_err(|error| endpoint.locate(error))?;
                Ok(Tx::on(Engine::Own(own), endpoint.clone()))
            }
        }
    }
}
