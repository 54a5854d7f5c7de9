//! The application: the state that all handlers share, and the tasks that run beside requests.

use crate::{
    app_build::AppBuild,
    audit::sealer,
    auth::{
        caller_cache::CallerCache,
        last_used::{self, LastUsedBuffer},
        oidc::{DiscoveryCache, Oidc},
        password::Passwords,
        password_links::PasswordLinks,
        stream_guard::OpenStreams,
        throttle::Throttle,
    },
    clock::{Clock, Random},
    commit_hooks::{CommitHooks, CommitSubscriber, Wake},
    db::{Db, DbError},
    directory_log::{self, DirectoryLog},
    egress::{AllowedAddress, Egress},
    entitlements::{Entitlements, group_licenses, rules},
    events::topics::Topic,
    expiry,
    forward_auth::{Gate, session_cache::SessionCache},
    imports::{
        Imports,
        file_reader::FileReader,
        recovery::{self, RunningImports},
    },
    journal::Journal,
    lease_signing::LeaseKeys,
    live::{Feed, Live},
    mail::Mailer,
    overview::LicenseDays,
    pg_notify,
    product_cache::ProductCache,
    readiness::Readiness,
    schema_watch,
    seats::{Seats, StaleSeats, sweep, wait_estimate::WaitEstimates},
    secrets::{self, Keyring, Reseal, SecretLocation, SecretsError, StoredSecret},
    session_filing::{self, CreatedSessions},
    sizing::{DemandReader, Sizing},
    tasks::Tasks,
    usage_history::{PieceCache, rollups},
    usage_peaks::UsagePeaks,
};
use ipnet::IpNet;
use std::{ops::Deref, path::PathBuf, sync::Arc};

/// The shared state. Cheap to clone, which happens several times per request.
#[derive(Clone)]
pub struct App(Arc<AppState>);

/// The fields of [`App`].
pub struct AppState {
    pub db: Db,
    pub clock: Clock,
    pub random: Random,
    pub seats: Seats,
    pub wait_estimates: WaitEstimates,
    pub usage_peaks: UsagePeaks,
    pub sizing: Sizing,
    pub demand: DemandReader,
    pub license_days: LicenseDays,
    pub usage_pieces: PieceCache,
    pub feed: Feed,
    /// Open streams and long polls, which end with the credentials that opened them.
    pub streams: OpenStreams,
    pub commit_hooks: CommitHooks,
    pub caller_cache: CallerCache,
    pub product_cache: ProductCache,
    /// The keys that encrypt secrets in the database.
    pub keyring: Keyring,
    pub passwords: Passwords,
    /// Signs users in by providers.
    pub oidc: Oidc,
    pub password_links: PasswordLinks,
    pub lease_keys: LeaseKeys,
    pub journal: Journal,
    pub entitlements: Entitlements,
    pub gate: Gate,
    pub live: Live,
    pub throttle: Throttle,
    /// Recent requests of directories that are not written to the database yet.
    pub directory_log: DirectoryLog,
    pub imports: Imports,
    /// When cookies and tokens were last used, until that is written to the database.
    pub last_used: LastUsedBuffer,
    /// The token of the setup link, which works until there is an admin.
    pub setup_token: Arc<str>,
    /// The URL by which browsers reach the server, if it differs from the listening address.
    pub public_url: Option<Arc<str>>,
    /// The domain whose hosts all receive the session cookie, so that the gate recognises browsers at other hosts. If
    /// `None`, only this host does.
    pub cookie_domain: Option<Arc<str>>,
    /// Only these proxies' `X-Forwarded-For` headers are trusted.
    pub trusted_proxies: Arc<[IpNet]>,
    /// For how many days the audit log is kept. If `None`, for ever.
    pub audit_days: Option<u32>,
    /// The folder of the built frontend, if it is not embedded in the binary.
    pub dist: Option<Arc<PathBuf>>,
    pub readiness: Readiness,
}

impl Deref for App {
    type Target = AppState;

    fn deref(&self) -> &AppState {
        &self.0
    }
}

/// The configuration of an [`App`]. Fields of the same name have the same meaning as in [`AppState`].
#[derive(Clone, Debug, Default)]
pub struct Options {
    pub clock: Clock,
    pub random: Random,
    /// The token of the setup link. If `None`, a random one.
    pub setup_token: Option<String>,
    pub public_url: Option<String>,
    pub cookie_domain: Option<String>,
    pub trusted_proxies: Vec<IpNet>,
    pub keyring: Keyring,
    /// Addresses that the server may connect to although they are not public.
    pub private_addresses: Vec<AllowedAddress>,
    /// The values of the environment variables that name HTTP proxies.
    pub proxies: Vec<String>,
    pub audit_days: Option<u32>,
    pub dist: Option<PathBuf>,
    pub throttle: Throttle,
    /// Sends e-mails. Without it, links are shown to the admin who creates them.
    pub mailer: Option<Mailer>,
    /// Learn of other processes' commits only by polling the event log; for tests.
    pub poll_only: bool,
    /// Hash passwords at the lowest cost; for tests.
    pub cheap_passwords: bool,
}

impl App {
    /// Starts the application and the tasks that every server needs.
    ///
    /// # Errors
    /// Returns an error if the database cannot be used, or the key of its secrets is missing.
    pub async fn start(db: Db, options: Options) -> Result<Self, SecretsError> {
        let Options { clock, random, keyring, .. } = options;
        let resealed = secrets::reseal(&db, &keyring, &random, Reseal::Plain).await?;
        if resealed.sealed > 0 {
            tracing::info!(count = resealed.sealed, "secrets in the database were encrypted");
        }
        sweep::at_start(&db, &clock).await?;
        let tasks = Tasks::default();
        let caller_cache = CallerCache::default();
        if !db.has_other_writers() {
            caller_cache.set_single_process();
        }
        let (product_cache, session_cache) = (ProductCache::new(clock.monotonic().clone()), SessionCache::default());
        let (reconcile_requested, seat_freed) = (Wake::on_own(Topic::GroupSeats), Wake::on(Topic::FreedSeats));
        let (stale_seats, created_sessions) = (StaleSeats::default(), CreatedSessions::default());
        let commit_hooks = CommitHooks::new([
            Arc::new(caller_cache.clone()) as Arc<dyn CommitSubscriber>,
            Arc::new(product_cache.clone()),
            Arc::new(session_cache.clone()),
            Arc::new(reconcile_requested.clone()),
            Arc::new(seat_freed.clone()),
            Arc::new(stale_seats.clone()),
            Arc::new(created_sessions.clone()),
        ]);
        let seats =
            Seats::start(db.clone(), clock.clone(), random.clone(), commit_hooks.clone(), stale_seats, tasks.clone());
        tasks.spawn_until_stop(session_filing::run(db.clone(), created_sessions));
        let wait_estimates = WaitEstimates::new(db.clone(), clock.monotonic().clone());
        let dist = options.dist.map(Arc::new);
        let app_build = AppBuild::new(dist.clone());
        let feed =
            Feed::start(db.clone(), clock.clone(), wait_estimates.clone(), commit_hooks.clone(), app_build, &tasks)
                .await?;
        let streams = OpenStreams::start(db.clone(), clock.clone(), caller_cache.clone(), &tasks);
        if !options.poll_only {
            tasks.spawn_until_stop(pg_notify::run(db.clone(), commit_hooks.clone()));
        }
        let passwords =
            if options.cheap_passwords { Passwords::cheap(random.clone()) } else { Passwords::new(random.clone()) };
        let public_url: Option<Arc<str>> = options.public_url.map(Into::into);
        let journal = Journal::new(db.clone(), clock.clone(), commit_hooks.clone(), tasks.clone());
        let entitlements = Entitlements::new(journal, seats.clone(), reconcile_requested, seat_freed);
        let journal = entitlements.journal();
        let usage_pieces = PieceCache::default();
        let app = Self(Arc::new(AppState {
            setup_token: options.setup_token.unwrap_or_else(|| random.secret()).into(),
            cookie_domain: options.cookie_domain.map(Into::into),
            trusted_proxies: options.trusted_proxies.into(),
            audit_days: options.audit_days,
            dist,
            throttle: options.throttle,
            oidc: Oidc {
                journal: journal.clone(),
                random: random.clone(),
                keyring: keyring.clone(),
                metadata: DiscoveryCache::new(Egress::new(options.private_addresses, &options.proxies)),
            },
            password_links: PasswordLinks {
                journal: journal.clone(),
                random: random.clone(),
                passwords: passwords.clone(),
                mailer: options.mailer,
                public_url: public_url.clone(),
            },
            lease_keys: LeaseKeys { journal: journal.clone(), random: random.clone(), keyring: keyring.clone() },
            imports: Imports {
                entitlements: entitlements.clone(),
                random: random.clone(),
                running: RunningImports::default(),
                files: FileReader::default(),
            },
            gate: Gate {
                db: db.clone(),
                clock: clock.clone(),
                random: random.clone(),
                seats: seats.clone(),
                wait_estimates: wait_estimates.clone(),
                tasks: tasks.clone(),
                session_cache,
            },
            live: Live {
                journal: journal.clone(),
                seats: seats.clone(),
                feed: feed.clone(),
                wait_estimates: wait_estimates.clone(),
            },
            last_used: LastUsedBuffer::default(),
            directory_log: DirectoryLog::default(),
            public_url,
            journal,
            entitlements,
            keyring,
            passwords,
            readiness: Readiness::new(db.clone(), tasks.clone(), clock.monotonic().clone()),
            usage_peaks: UsagePeaks::new(db.clone()),
            sizing: Sizing::default(),
            demand: DemandReader::default(),
            license_days: LicenseDays::new(db.clone(), clock.monotonic().clone(), usage_pieces.clone()),
            usage_pieces,
            db,
            clock,
            random,
            seats,
            wait_estimates,
            feed,
            streams,
            commit_hooks,
            caller_cache,
            product_cache,
        }));
        let state = Arc::downgrade(&app.0);
        tasks.spawn_until_stop(schema_watch::watch(move || state.upgrade().map(|state| state.db.clone())));
        recovery::at_start(&app.imports).await;
        Ok(app)
    }

    /// Whether the public URL uses HTTPS.
    pub fn is_https(&self) -> bool {
        self.public_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }

    /// Starts periodic maintenance: ends expired sessions and tickets, warns of licenses that end soon, reconciles
    /// assignments with groups, retries failed directory rules, and recovers imports.
    pub fn start_maintenance(&self) {
        let tasks = &self.journal.tasks;
        tasks.spawn_until_stop(sweep::run(self.db.clone(), self.clock.clone(), self.seats.clone()));
        tasks.spawn_until_stop(expiry::run(self.journal.clone()));
        tasks.spawn_until_stop(group_licenses::run(self.entitlements.clone()));
        tasks.spawn_until_stop(rules::run(self.entitlements.clone()));
        tasks.spawn_until_stop(recovery::run(self.imports.clone()));
    }

    /// Starts writing to the database when cookies and tokens were last used, and the requests of directories.
    pub fn start_usage_writers(&self) {
        let tasks = &self.journal.tasks;
        tasks.spawn_until_stop(last_used::run(self.last_used.clone(), self.journal.clone()));
        tasks.spawn_until_stop(directory_log::run(self.directory_log.clone(), self.db.clone()));
    }

    /// Starts storing the usage history of finished days.
    pub fn start_usage_history(&self) {
        self.journal.tasks.spawn_until_stop(rollups::run(self.db.clone(), self.clock.clone()));
    }

    /// Starts sealing the audit log once a second.
    pub fn start_sealer(&self) {
        self.journal.tasks.spawn_until_stop(sealer::run(self.journal.clone(), self.audit_days));
    }

    /// Encrypts a secret for its location in the database.
    ///
    /// # Errors
    /// Returns an error if the secret is too large.
    pub fn seal_secret(&self, location: &SecretLocation, secret: &str) -> Result<StoredSecret, DbError> {
        Ok(self.keyring.seal(&self.random, location, secret)?)
    }

    /// Decrypts a stored secret.
    ///
    /// # Errors
    /// Returns an error if it cannot be decrypted.
    pub fn open_secret(&self, location: &SecretLocation, stored: &StoredSecret) -> Result<String, DbError> {
        Ok(self.keyring.open(location, stored)?)
    }

    /// Encrypts a secret, unless it equals the stored one, which is then returned unchanged.
    ///
    /// # Errors
    /// Returns an error if the secret is too large.
    pub fn changed_secret(
        &self,
        location: &SecretLocation,
        before: Option<&StoredSecret>,
        secret: &str,
    ) -> Result<StoredSecret, DbError> {
        match before {
            Some(stored) if self.keyring.open(location, stored).as_deref() == Ok(secret) => Ok(stored.clone()),
            _ => self.seal_secret(location, secret),
        }
    }

    /// Writes the events of a transaction and commits it. Then invalidates the affected caches and wakes the live feed.
    ///
    /// # Errors
    /// Returns an error if the transaction was not committed or its outcome is unknown.
    pub async fn commit(&self, tx: crate::db::Tx, events: &[crate::events::Event]) -> Result<(), DbError> {
        self.journal.commit(tx, events).await
    }
}
