//! `seatkeeper serve`: the server.

mod addresses;

use super::{config::env_var, output::outln, run::signals::is_ignored};
use crate::{
    api,
    app::{App, Options},
    audit::retention::MIN_RETENTION_DAYS,
    auth::{
        oidc::probe,
        throttle::{self, Throttle},
    },
    clock::Clock,
    db::Db,
    egress::{AllowedAddress, PROXY_VARIABLES},
    http::{
        client_ip,
        connections::{self, limits::LimitOptions},
        listen,
    },
    mail::Mailer,
    secrets::key_source::{KEYS_VARIABLE, KeySource},
    store,
};
use anyhow::Context as _;
use clap::Args;
use ipnet::IpNet;
use std::{path::PathBuf, time::Duration};
use tokio::signal::unix::{self, Signal, SignalKind};

/// How long requests in progress may still take when the server stops.
const REQUEST_DRAIN_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a running import may take to finish the chunk that it is writing, and to store that it was interrupted.
const IMPORT_STOP_TIMEOUT: Duration = Duration::from_secs(5);
/// How long work beside requests may take to finish after the last request.
const TASK_STOP_TIMEOUT: Duration = Duration::from_secs(2);

/// Arguments of `seatkeeper serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// The address to listen on, as an IP address or name and a port, for example `127.0.0.1:8080`, `[::]:8080` or
    /// `localhost:8080`.
    #[arg(long, env = "SEATKEEPER_LISTEN", default_value = "127.0.0.1:8080")]
    listen: String,
    /// The database: `sqlite:FILE`, or `postgres://USER@HOST/NAME` for any number of servers.
    #[arg(long, env = "SEATKEEPER_DATABASE", default_value = "sqlite:data/seatkeeper.sqlite3")]
    database: String,
    #[command(flatten)]
    keys: KeySource,
    /// The URL at which browsers reach the server, for example `https://seats.example.org`, if it differs from
    /// `--listen`.
    #[arg(long, env = "SEATKEEPER_PUBLIC_URL", value_parser = addresses::public_url)]
    public_url: Option<String>,
    /// A domain that this server shares with applications behind its gate, for example `example.org`: browsers then
    /// send the session cookie to every host of the domain, so all of them must be trusted.
    #[arg(long, env = "SEATKEEPER_COOKIE_DOMAIN", requires = "public_url", value_parser = addresses::cookie_domain)]
    cookie_domain: Option<String>,
    /// The folder with the built app; the app embedded in the binary if absent.
    #[arg(long, env = "SEATKEEPER_DIST")]
    dist: Option<PathBuf>,
    /// The proxies in front of the server, as a comma-separated list of addresses or networks, for example
    /// `127.0.0.1,10.0.3.7`. Only these proxies' `X-Forwarded-For` headers are trusted, so a network must contain
    /// nothing but proxies.
    #[arg(long, env = "SEATKEEPER_TRUSTED_PROXIES", value_delimiter = ',', value_parser = client_ip::parse_network)]
    trusted_proxies: Vec<IpNet>,
    /// A comma-separated list of private hosts, addresses and networks to which this server may send requests for
    /// sign-ins, for example `keycloak.internal,10.0.3.0/24`. Requests to any other private address are blocked,
    /// whatever an admin enters.
    #[arg(long, env = "SEATKEEPER_ALLOW_PRIVATE_ADDRESSES", value_delimiter = ',')]
    allow_private_addresses: Vec<AllowedAddress>,
    /// How many sign-ins one network (an IPv4 address, or a /48 IPv6 prefix) may attempt at once; raise it where many
    /// users share one.
    #[arg(long, env = "SEATKEEPER_SIGN_IN_BURST", default_value_t = throttle::SIGN_IN_BURST)]
    sign_in_burst: u32,
    /// The token of the setup link; random if absent.
    #[arg(long, env = "SEATKEEPER_SETUP_TOKEN", hide_env_values = true)]
    setup_token: Option<String>,
    /// How many days the audit log is kept, at least 31; forever if absent. Reports reach back no further.
    #[arg(long, env = "SEATKEEPER_AUDIT_RETENTION_DAYS",
          value_parser = clap::value_parser!(u32).range(i64::from(MIN_RETENTION_DAYS)..=36_500))]
    audit_retention_days: Option<u32>,
    /// The mail server for invitations and password resets, for example `smtps://USER:PASSWORD@mail.example.org` or
    /// `smtp://localhost:25`; if absent, links are shown to the admin who creates them.
    #[arg(long, env = "SEATKEEPER_SMTP_URL", hide_env_values = true, requires_all = ["smtp_from", "public_url"])]
    smtp_url: Option<String>,
    /// The sender of e-mails, for example `Seatkeeper <seats@example.org>`.
    #[arg(long, env = "SEATKEEPER_SMTP_FROM")]
    smtp_from: Option<String>,
    #[command(flatten)]
    limits: LimitOptions,
}

impl ServeArgs {
    fn mailer(&self) -> anyhow::Result<Option<Mailer>> {
        let Some(url) = &self.smtp_url else { return Ok(None) };
        Mailer::new(url, self.smtp_from.as_deref().unwrap_or_default()).map(Some)
    }
}

/// Serves until a signal stops the server; then finishes the requests in progress.
///
/// # Errors
/// Returns an error if an option is invalid, or the database or the address cannot be used.
#[expect(clippy::disallowed_methods, reason = "it ends the process")]
pub async fn run(args: ServeArgs) -> anyhow::Result<()> {
    let mailer = args.mailer()?;
    if let (Some(domain), Some(url)) = (&args.cookie_domain, &args.public_url) {
        addresses::require_within(domain, url)?;
    }
    let limits = args.limits.limits()?;
    // Listen before opening the database, so that a server that cannot listen does not create one.
    let listening = listen::listen_at(&args.listen).await?;
    let clock = Clock::default();
    let db = Db::open(&args.database, clock.monotonic()).await?;
    let keyring = args.keys.load(&db, &args.database, env_var(KEYS_VARIABLE)).await?;
    let local_url = format!("http://{}", listening.host);
    let url = args.public_url.clone().unwrap_or(local_url);
    let dist = args.dist.or_else(|| (!cfg!(feature = "embed")).then(|| PathBuf::from("dist")));
    let options = Options {
        clock,
        setup_token: args.setup_token,
        public_url: args.public_url,
        throttle: Throttle::new(args.sign_in_burst),
        mailer,
        cookie_domain: args.cookie_domain,
        dist,
        keyring,
        trusted_proxies: args.trusted_proxies,
        private_addresses: args.allow_private_addresses,
        proxies: PROXY_VARIABLES.iter().filter_map(|name| env_var(name)).collect(),
        audit_days: args.audit_retention_days,
        ..Options::default()
    };
    let app = App::start(db.clone(), options).await?;
    app.start_maintenance();
    app.start_sealer();
    app.start_usage_history();
    app.start_usage_writers();
    let tasks = app.journal.tasks.clone();
    tasks.spawn_until_stop(probe::warn_about_blocked_providers(app.oidc.clone()));
    print_status(format_args!("Seatkeeper serves on {url}"));
    if store::account::get(&db).await?.is_none() {
        print_status(format_args!("Set it up once at {url}/setup?token={}", app.setup_token));
    }
    let mut signals = StopSignals::catch()?;
    let stop = async move {
        signals.next().await;
        print_status(format_args!("Seatkeeper stops"));
        tokio::spawn(async move {
            let signal = signals.next().await;
            print_status(format_args!("Seatkeeper stops at once"));
            // Everything acknowledged is committed, so this is no worse than a power failure.
            std::process::exit(128 + signal);
        });
    };
    connections::serve(listening.listeners, api::server_config(&app, limits), stop, REQUEST_DRAIN_TIMEOUT).await;
    // An import that cannot store its end within that time is ended by the next server.
    drop(tokio::time::timeout(IMPORT_STOP_TIMEOUT, app.imports.running.stop()).await);
    tasks.stop(TASK_STOP_TIMEOUT).await;
    db.close().await;
    Ok(())
}

/// Prints a status line. A closed standard output does not stop the server.
fn print_status(text: std::fmt::Arguments<'_>) {
    let _ = outln!("{text}");
}

/// The signals that stop the server: the first in order, the second at once. The server has no configuration to reload,
/// so SIGHUP stops it as well, as when its terminal is closed, unless the server was started to ignore it (nohup).
struct StopSignals(Vec<(i32, Signal)>);

impl StopSignals {
    fn catch() -> anyhow::Result<Self> {
        use nix::sys::signal::Signal::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
        let handled = [SIGINT, SIGTERM, SIGQUIT, SIGHUP].into_iter().filter(|signal| !is_ignored(*signal));
        let caught = handled.map(|signal| Ok((signal as i32, unix::signal(SignalKind::from_raw(signal as i32))?)));
        caught.collect::<std::io::Result<_>>().map(Self).context("cannot listen for signals")
    }

    /// Waits for the next signal; returns its number.
    async fn next(&mut self) -> i32 {
        if self.0.is_empty() {
            return std::future::pending().await;
        }
        let each = self.0.iter_mut().map(|(number, signal)| {
            Box::pin(async move {
                signal.recv().await;
                *number
            })
        });
        futures_util::future::select_all(each).await.0
    }
}
