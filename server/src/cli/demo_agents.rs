//! `seatkeeper demo-agents`: sets up a sample account and lets its agents work, all through the public API.

mod account;
mod agent;

use super::output::outln;
use account::{PASSWORD, agents, people};
use anyhow::Context as _;
use clap::Args;
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use seatkeeper_client::Client;
use std::time::Duration;

/// How the demo runs.
#[derive(Debug, Args)]
pub struct DemoAgents {
    /// The server, just started on an empty database.
    #[arg(long, env = "SEATKEEPER_SERVER", default_value = "http://127.0.0.1:8080")]
    server: String,
    /// The token of the setup link.
    #[arg(long, env = "SEATKEEPER_SETUP_TOKEN", hide_env_values = true)]
    setup_token: Option<String>,
    /// How many times faster than real agents these work: their sessions last some minutes divided by this.
    #[arg(long, default_value_t = 10.0)]
    speed: f64,
    /// Only set up the account, without agents at work.
    #[arg(long)]
    setup_only: bool,
    /// The chance of everything; the same number gives the same day.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Sets up the account if that is still to be done, says how to sign in, and works until it is stopped.
///
/// # Errors
/// The server is away, or has another account already.
pub async fn run(options: DemoAgents) -> anyhow::Result<()> {
    let client = Client::new(&options.server)?;
    let state = reach(&client).await?;
    if state.needed {
        let token = options.setup_token.as_deref().context("the server is not set up yet: give --setup-token")?;
        account::set_up(&client, token).await?;
    }
    outln!("Sample account at {}. Everybody's password is: {PASSWORD}", options.server)?;
    for person in people().iter().filter(|p| p.shown) {
        outln!("  {:<14} {}", person.what, person.email())?;
    }
    if options.setup_only {
        return Ok(());
    }
    outln!("The other agents are at work: seats fill, wait, crash and come back. Ctrl-C ends them.")?;
    let mut chance = StdRng::seed_from_u64(options.seed);
    let mut work = tokio::task::JoinSet::new();
    for person in agents() {
        let (server, seed) = (options.server.clone(), chance.random());
        work.spawn(agent::work(server, person, options.speed.max(0.1), seed));
    }
    while let Some(done) = work.join_next().await {
        done?.context("an agent stopped")?;
    }
    Ok(())
}

/// The server may still be starting.
async fn reach(client: &Client) -> anyhow::Result<seatkeeper_shared::wire::account::SetupState> {
    let mut tries = 0;
    loop {
        match client.setup_state().await {
            Ok(state) => return Ok(state),
            Err(error) if tries == 50 => return Err(error).context("the server does not answer"),
            Err(_) => tries += 1,
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
