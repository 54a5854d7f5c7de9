//! The application: what all handlers share.

use crate::{
    audit::sealer,
    auth::{
        oidc::Known,
        password::Passwords,
        stream_guard::OpenStreams,
        throttle::Throttle,
        uses::{self, Uses},
    },
    bell::Bell,
    clock::{Clock, Dice},
    db::{self, Db, DbError},
    egress::{AllowedAddress, Egress},
    expiry, group_licenses,
    imports::recovery::{self, RunningImports},
    knocks,
    live::Feed,
    mail::Mailer,
    peaks::Peaks,
    readiness::Readiness,
    scim::{
        log::{self, DirectoryLog},
        rules,
    },
    seats::{Seats, prospects::Prospects, sweep},
    secrets::{self, Keyring, Place, Reseal, SecretsError, Stored},
    store,
};
use ipnet::IpNet;
use std::{ops::Deref, path::PathBuf, sync::Arc};
use tokio::{
    sync::Notify,
    task::{JoinHandle, JoinSet},
};

/// What all handlers share. Cheap to clone, which happens several times for each request.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What there is of it.
pub struct Parts {
    /// The database.
    pub db: Db,
    /// Time.
    pub clock: Clock,
    /// Chance.
    pub dice: Dice,
    /// The one way to a seat.
    pub seats: Seats,
    /// When seats can be expected.
    pub prospects: Prospects,
    /// The most seats that were used.
    pub peaks: Peaks,
    /// What changes, told to viewers.
    pub feed: Feed,
    /// What streams and long polls are open, which end with the credentials they were opened with.
    pub streams: OpenStreams,
    /// Rings when something was written to the event log; knows what is kept in memory.
    pub bell: Bell,
    /// What secrets in the database are encrypted with.
    pub keyring: Keyring,
    /// Password hashing.
    pub passwords: Passwords,
    /// What providers of sign-ins say of themselves.
    pub providers: Known,
    /// Who tries too often.
    pub throttle: Throttle,
    /// The last requests of directories, as far as they are not written yet.
    pub directory_log: DirectoryLog,
    /// The imports that run in this process.
    pub imports: RunningImports,
    /// Rings when what groups give may have to be settled.
    pub regroup: Notify,
    /// When cookies and tokens were last used, as far as that is not written yet.
    pub uses: Uses,
    /// Sends e-mails, if a mail server is configured.
    pub mailer: Option<Mailer>,
    /// The token of the setup link, while the first admin is missing.
    pub setup_token: Arc<str>,
    /// Where browsers reach us, if that is not where we listen.
    pub public_url: Option<Arc<str>>,
    /// The domain whose hosts all get the cookie, so that the gate knows browsers at other hosts; only ours if absent.
    pub cookie_domain: Option<Arc<str>>,
    /// The proxies that are believed when they say whom they speak for.
    pub trusted_proxies: Arc<[IpNet]>,
    /// For how many days the audit log is kept; for ever if absent.
    pub audit_days: Option<u32>,
    /// The folder with the built app, if it is not in the binary.
    pub dist: Option<Arc<PathBuf>>,
    /// Whether something can be written.
    pub readiness: Readiness,
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// What is decided from outside.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Time.
    pub clock: Clock,
    /// Chance.
    pub dice: Dice,
    /// The token of the setup link; drawn if absent.
    pub setup_token: Option<String>,
    /// Where browsers reach us.
    pub public_url: Option<String>,
    /// The domain whose hosts all get the cookie.
    pub cookie_domain: Option<String>,
    /// The proxies that are believed when they say whom they speak for.
    pub trusted_proxies: Vec<IpNet>,
    /// What secrets in the database are encrypted with.
    pub keyring: Keyring,
    /// What may be asked although its address is not public.
    pub private_addresses: Vec<AllowedAddress>,
    /// For how many days the audit log is kept.
    pub audit_days: Option<u32>,
    /// The folder with the built app.
    pub dist: Option<PathBuf>,
    /// Who tries too often.
    pub throttle: Throttle,
    /// Sends e-mails; without it links are shown to whoever makes them.
    pub mailer: Option<Mailer>,
    /// Hear of other processes only by looking at the log: for tests.
    pub only_look: bool,
    /// Hash passwords at the lowest cost: for tests.
    pub cheap_passwords: bool,
}

impl App {
    /// Starts everything that runs beside the requests.
    ///
    /// # Errors
    /// The database does not answer, or the key of its secrets is missing.
    pub async fn start(db: Db, options: Options) -> Result<Self, SecretsError> {
        let Options { clock, dice, keyring, .. } = options;
        let resealed = secrets::reseal(&db, &keyring, &dice, Reseal::Plain).await?;
        if resealed.sealed > 0 {
            tracing::info!(sealed = resealed.sealed, "secrets in the database were encrypted");
        }
        sweep::at_start(&db, &clock).await?;
        let bell = Bell::default();
        if !db.is_shared() {
            bell.callers.are_of_this_process_alone();
        }
        let seats = Seats::start(db.clone(), clock.clone(), dice.clone(), bell.clone());
        let prospects = Prospects::new(db.clone());
        let feed = Feed::start(db.clone(), clock.clone(), prospects.clone(), bell.clone()).await?;
        let streams = OpenStreams::start(db.clone(), clock.clone(), bell.callers.clone());
        if !options.only_look {
            tokio::spawn(knocks::run(db.clone(), bell.clone()));
        }
        let passwords =
            if options.cheap_passwords { Passwords::cheap(dice.clone()) } else { Passwords::new(dice.clone()) };
        let app = Self(Arc::new(Parts {
            setup_token: options.setup_token.unwrap_or_else(|| dice.secret()).into(),
            public_url: options.public_url.map(Into::into),
            cookie_domain: options.cookie_domain.map(Into::into),
            trusted_proxies: options.trusted_proxies.into(),
            audit_days: options.audit_days,
            dist: options.dist.map(Arc::new),
            throttle: options.throttle,
            mailer: options.mailer,
            providers: Known::new(Egress::new(options.private_addresses)),
            imports: RunningImports::default(),
            regroup: Notify::new(),
            uses: Uses::default(),
            directory_log: DirectoryLog::default(),
            keyring,
            passwords,
            readiness: Readiness::new(db.clone()),
            peaks: Peaks::new(db.clone()),
            db,
            clock,
            dice,
            seats,
            prospects,
            feed,
            streams,
            bell,
        }));
        let parts = Arc::downgrade(&app.0);
        tokio::spawn(db::schema::watch(move || parts.upgrade().map(|parts| parts.db.clone())));
        recovery::at_start(&app).await;
        Ok(app)
    }

    /// Whether browsers reach us by HTTPS.
    pub fn is_https(&self) -> bool {
        self.public_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }

    /// Ends what is over, once a second, warns of what will be, lets licenses follow groups, and makes up for what rules could not do,
    /// for as long as the returned task lives.
    pub fn sweep(&self) -> JoinHandle<()> {
        let mut loops = JoinSet::new();
        loops.spawn(sweep::run(self.db.clone(), self.clock.clone(), self.seats.clone()));
        loops.spawn(expiry::run(self.clone()));
        loops.spawn(group_licenses::run(self.clone()));
        loops.spawn(rules::run(self.clone()));
        loops.spawn(recovery::run(self.clone()));
        side_by_side(loops)
    }

    /// Writes down when cookies and tokens were last used and what directories asked, for as long as the returned task lives.
    pub fn note_uses(&self) -> JoinHandle<()> {
        let mut loops = JoinSet::new();
        loops.spawn(uses::run(self.clone()));
        loops.spawn(log::run(self.clone()));
        side_by_side(loops)
    }

    /// Seals the audit log, once a second, for as long as the returned task lives.
    pub fn seal(&self) -> JoinHandle<()> {
        tokio::spawn(sealer::run(self.clone()))
    }

    /// Encrypts a secret for its place in the database.
    ///
    /// # Errors
    /// It is too large.
    pub fn seal_secret(&self, place: &Place, secret: &str) -> Result<Stored, DbError> {
        Ok(self.keyring.seal(&self.dice, place, secret)?)
    }

    /// The secret that is stored there.
    ///
    /// # Errors
    /// It cannot be decrypted.
    pub fn open_secret(&self, place: &Place, stored: &Stored) -> Result<String, DbError> {
        Ok(self.keyring.open(place, stored)?)
    }

    /// The same secret as it was stored before, or a new one encrypted.
    ///
    /// # Errors
    /// It is too large.
    pub fn changed_secret(&self, place: &Place, before: Option<&Stored>, secret: &str) -> Result<Stored, DbError> {
        match before {
            Some(stored) if self.keyring.open(place, stored).as_deref() == Ok(secret) => Ok(stored.clone()),
            _ => self.seal_secret(place, secret),
        }
    }

    /// Commits a transaction after writing its events. What is kept in memory and no longer so is forgotten, and the live
    /// feed hears of it.
    ///
    /// # Errors
    /// It is not saved.
    pub async fn commit(&self, mut tx: crate::db::Tx, events: &[crate::events::Event]) -> Result<(), DbError> {
        let now = self.clock.now_in(&mut tx).await?;
        store::events::append(&mut tx, now, events).await?;
        let stale = events.iter().any(|event| concerns_seats(event.kind));
        if stale {
            // Before anybody else has his turn: no decision may stand on what is changed here.
            self.seats.forget();
        }
        let saved = tx.commit().await;
        // Also if that failed: it may have been saved nevertheless.
        if stale {
            self.seats.forget();
        }
        self.bell.ring(events);
        if events.iter().any(|event| concerns_members(event.kind)) {
            self.regroup.notify_one();
        }
        saved
    }
}

/// Whether an entry of the log may be about who has what through groups.
fn concerns_members(kind: &str) -> bool {
    kind.starts_with("group_") || kind == "user_changed" || kind == "license_terms_changed"
}

/// Whether an entry of the log may be about what decisions over seats are made on.
fn concerns_seats(kind: &str) -> bool {
    ["user_", "license_", "product_", "group_"].iter().any(|prefix| kind.starts_with(prefix))
}

/// One task over loops, each in a task of its own: a fault in one does not stop the others. They end with it.
fn side_by_side(mut loops: JoinSet<()>) -> JoinHandle<()> {
    tokio::spawn(async move { while loops.join_next().await.is_some() {} })
}
