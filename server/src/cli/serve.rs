//! `seatkeeper serve`: the server.

mod addresses;

use super::{output::outln, run::signals::is_ignored};
use crate::{
    api,
    app::{App, Options},
    audit::retention::FEWEST_DAYS,
    auth::{
        oidc::probe,
        throttle::{self, Throttle},
    },
    db::Db,
    egress::AllowedAddress,
    http::{
        client,
        connections::{self, limits::LimitOptions},
        listen,
    },
    mail::Mailer,
    secrets::source::KeySource,
    store,
};
use anyhow::Context as _;
use clap::Args;
use ipnet::IpNet;
use std::{path::PathBuf, time::Duration};
use tokio::signal::unix::{self, Signal, SignalKind};

/// How long answers that are under way may still take when the server stops.
const LAST_ANSWERS: Duration = Duration::from_secs(2);
/// How long an import may still take to finish the rows that it is writing, and to say that it has stopped.
const LAST_ROWS: Duration = Duration::from_secs(5);

/// How to run the server.
#[derive(Debug, Args)]
pub struct Serve {
    /// Where to listen: an address or a name, and a port, for example `127.0.0.1:8080`, `[::]:8080` or `localhost:8080`.
    #[arg(long, env = "SEATKEEPER_LISTEN", default_value = "127.0.0.1:8080")]
    listen: String,
    /// The database: `sqlite:FILE`, or `postgres://USER@HOST/NAME` for any number of servers.
    #[arg(long, env = "SEATKEEPER_DATABASE", default_value = "sqlite:data/seatkeeper.sqlite3")]
    database: String,
    #[command(flatten)]
    keys: KeySource,
    /// Where browsers reach the server, for example `https://seats.example.org`, if that is not where it listens.
    #[arg(long, env = "SEATKEEPER_PUBLIC_URL", value_parser = addresses::public_url)]
    public_url: Option<String>,
    /// A domain that this server shares with applications behind its gate, for example `example.org`: browsers then show their
    /// sign-in to all of its hosts. Its hosts must all be trusted.
    #[arg(long, env = "SEATKEEPER_COOKIE_DOMAIN", requires = "public_url", value_parser = addresses::cookie_domain)]
    cookie_domain: Option<String>,
    /// The folder with the built app; if absent, the app in the binary.
    #[arg(long, env = "SEATKEEPER_DIST")]
    dist: Option<PathBuf>,
    /// The proxies in front of the server, as addresses or networks with commas between, for example `127.0.0.1,10.0.3.7`: of
    /// them alone it is believed in `X-Forwarded-For` whom they speak for. In a network there must be nobody but proxies.
    #[arg(long, env = "SEATKEEPER_TRUSTED_PROXIES", value_delimiter = ',', value_parser = client::network)]
    trusted_proxies: Vec<IpNet>,
    /// Hosts, addresses and networks, with commas between, that this server may ask for sign-ins although they are
    /// not public, for example `keycloak.internal,10.0.3.0/24`. Nothing else inside is asked, whatever an admin
    /// enters.
    #[arg(long, env = "SEATKEEPER_ALLOW_PRIVATE_ADDRESSES", value_delimiter = ',')]
    allow_private_addresses: Vec<AllowedAddress>,
    /// How many sign-ins one network (an IPv4 address, or the first 48 bits of an IPv6 address) may try at once; more where many
    /// people come from one.
    #[arg(long, env = "SEATKEEPER_SIGN_IN_BURST", default_value_t = throttle::BURST)]
    sign_in_burst: u32,
    /// The token of the setup link; drawn by chance if absent.
    #[arg(long, env = "SEATKEEPER_SETUP_TOKEN", hide_env_values = true)]
    setup_token: Option<String>,
    /// For how many days the audit log is kept, 31 at least; for ever if absent. Reports reach back no further.
    #[arg(long, env = "SEATKEEPER_AUDIT_RETENTION_DAYS",
          value_parser = clap::value_parser!(u32).range(i64::from(FEWEST_DAYS)..=36_500))]
    audit_retention_days: Option<u32>,
    /// The mail server for invitations and forgotten passwords, for example `smtps://USER:PASSWORD@mail.example.org` or
    /// `smtp://localhost:25`; if absent, links are shown to the admin who makes them.
    #[arg(long, env = "SEATKEEPER_SMTP_URL", hide_env_values = true, requires_all = ["smtp_from", "public_url"])]
    smtp_url: Option<String>,
    /// From whom e-mails come, for example `Seatkeeper <seats@example.org>`.
    #[arg(long, env = "SEATKEEPER_SMTP_FROM")]
    smtp_from: Option<String>,
    #[command(flatten)]
    limits: LimitOptions,
}

impl Serve {
    fn mailer(&self) -> anyhow::Result<Option<Mailer>> {
        let Some(url) = &self.smtp_url else { return Ok(None) };
        Mailer::new(url, self.smtp_from.as_deref().unwrap_or_default()).map(Some)
    }
}

/// Serves until it is told to stop; then finishes what is under way.
///
/// # Errors
/// The database or the address cannot be used.
pub async fn run(serve: Serve) -> anyhow::Result<()> {
    let mailer = serve.mailer()?;
    if let (Some(domain), Some(url)) = (&serve.cookie_domain, &serve.public_url) {
        addresses::within(domain, url)?;
    }
    let limits = serve.limits.limits()?;
    // First of all: who cannot listen must leave no database behind.
    let listening = listen::listen_at(&serve.listen).await?;
    let db = Db::open(&serve.database).await?;
    let keyring = serve.keys.load(&db, &serve.database).await?;
    let here = format!("http://{}", listening.host);
    let url = serve.public_url.clone().unwrap_or(here);
    let dist = serve.dist.or_else(|| (!cfg!(feature = "embed")).then(|| PathBuf::from("dist")));
    let options = Options {
        setup_token: serve.setup_token,
        public_url: serve.public_url,
        throttle: Throttle::new(serve.sign_in_burst),
        mailer,
        cookie_domain: serve.cookie_domain,
        dist,
        keyring,
        trusted_proxies: serve.trusted_proxies,
        private_addresses: serve.allow_private_addresses,
        audit_days: serve.audit_retention_days,
        ..Options::default()
    };
    let app = App::start(db.clone(), options).await?;
    let beside = [app.sweep(), app.seal(), app.note_uses()];
    tokio::spawn(probe::warn_of_blocked(app.clone()));
    say(format_args!("Seatkeeper serves on {url}"));
    if store::account::get(&db).await?.is_none() {
        say(format_args!("Set it up here, once: {url}/setup?token={}", app.setup_token));
    }
    let mut signals = StopSignals::catch()?;
    let stop = async move {
        signals.next().await;
        say(format_args!("Seatkeeper stops"));
        tokio::spawn(async move {
            let signal = signals.next().await;
            say(format_args!("Seatkeeper stops at once"));
            // All that was acknowledged is saved: this is no worse than a power failure.
            std::process::exit(128 + signal);
        });
    };
    connections::serve(listening.listeners, api::edge(&app, limits), stop, LAST_ANSWERS).await;
    // An import that cannot write its end within that time is ended by the next server.
    drop(tokio::time::timeout(LAST_ROWS, app.imports.stop()).await);
    for task in beside {
        task.abort();
    }
    db.close().await;
    Ok(())
}

/// Says how things stand. Whoever started the server may have stopped reading it.
fn say(text: std::fmt::Arguments<'_>) {
    let _ = outln!("{text}");
}

/// The signals at which the server stops: the first time in order, the second time at once. There is nothing that a server
/// could read anew, so SIGHUP stops it, too, as when its terminal is closed; unless it was started to ignore that (nohup).
struct StopSignals(Vec<(i32, Signal)>);

impl StopSignals {
    fn catch() -> anyhow::Result<Self> {
        use nix::sys::signal::Signal::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
        let wanted = [SIGINT, SIGTERM, SIGQUIT, SIGHUP].into_iter().filter(|signal| !is_ignored(*signal));
        let caught = wanted.map(|signal| Ok((signal as i32, unix::signal(SignalKind::from_raw(signal as i32))?)));
        caught.collect::<std::io::Result<_>>().map(Self).context("cannot watch for signals")
    }

    /// The number of the next one.
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
