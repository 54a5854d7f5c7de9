//! `seatkeeper demo-history`: fills an empty database with the sample account and some weeks of its work.
//!
//! The past is not written into the tables: the real server runs with its clock set back, and simulated agents work at
//! it while the clock moves on. So the history obeys every rule, and the audit log is complete.

mod behavior;
mod simulation;

use super::{
    demo_agents::account::{self, PASSWORD, SampleAccount, SampleTerms},
    output::outln,
};
use crate::{
    api,
    app::{App, Options},
    clock::{Clock, Random},
    db::Db,
    http::{
        connections::{self, Limits},
        listen,
    },
    store,
};
use anyhow::{Context as _, bail};
use chrono::TimeDelta;
use clap::Args;
use seatkeeper_client::Client;
use simulation::Simulation;
use std::time::Duration;
use tokio::sync::oneshot;

/// How long before the first session the account was set up. Named seats that nobody uses are reported after 45 days.
const SET_UP_BEFORE: TimeDelta = TimeDelta::days(30);
/// The seats of Remote Support v5 – Concurrent, until two more are bought.
const SEATS_AT_FIRST: i64 = 8;
/// How long requests and tasks may take at the end.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// Arguments of `seatkeeper demo-history`.
#[derive(Debug, Args)]
pub struct DemoHistoryArgs {
    /// The database, which must be empty: sqlite:FILE or postgres://….
    #[arg(long, env = "SEATKEEPER_DATABASE")]
    database: String,
    /// How many days the agents have worked.
    #[arg(long, default_value_t = 35, value_parser = clap::value_parser!(u32).range(1..=400))]
    days: u32,
    /// The seed of the simulation.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Sets up the sample account in the past and simulates its agents until now.
///
/// # Errors
/// Returns an error if the database cannot be used or is not empty.
pub async fn run(args: DemoHistoryArgs) -> anyhow::Result<()> {
    let now = Clock::default().now();
    let begin = now - TimeDelta::days(args.days.into());
    let clock = Clock::fixed(begin - SET_UP_BEFORE);
    let db = Db::open(&args.database, clock.monotonic()).await?;
    if store::account::get(&db).await?.is_some() {
        bail!("the database has an account already: the history of the sample account needs an empty one");
    }
    let options = Options {
        clock: clock.clone(),
        random: Random::default(),
        // The password of the sample account is public, so nobody needs to be kept from guessing it.
        cheap_passwords: true,
        ..Options::default()
    };
    let app = App::start(db.clone(), options).await?;
    // Before the account grew, its seats were too few.
    let desk_named_ends_at = Some(now + TimeDelta::days(28));
    let sample = set_up(&app, SampleTerms { remote_shared_seats: SEATS_AT_FIRST, desk_named_ends_at }).await?;
    let sessions = Simulation::new(app.clone(), sample, args.seed).run(begin, now).await?;
    app.journal.tasks.stop(STOP_TIMEOUT).await;
    db.close().await;
    outln!("Simulated {} days with {sessions} sessions. The password of every user is: {PASSWORD}", args.days)?;
    Ok(())
}

/// Sets up the account through the API, as its admin would.
async fn set_up(app: &App, terms: SampleTerms) -> anyhow::Result<SampleAccount> {
    let listening = listen::listen_at("127.0.0.1:0").await?;
    let client = Client::new(&format!("http://{}", listening.host))?;
    let (stop, stopped) = oneshot::channel::<()>();
    let config = api::server_config(app, Limits::default());
    let serving = connections::serve(listening.listeners, config, async move { drop(stopped.await) }, STOP_TIMEOUT);
    let setting_up = async {
        let sample = account::set_up(&client, &app.setup_token, terms).await;
        drop(stop);
        sample
    };
    let ((), sample) = tokio::join!(serving, setting_up);
    sample.context("cannot set the sample account up")
}
