//! `seatkeeper demo-agents`: sets up a sample account and simulates its agents, all through the public API.

pub(super) mod account;
mod agent;

use super::output::outln;
use crate::monotonic::MonotonicClock;
use account::{PASSWORD, SampleTerms, simulated_agents, users};
use anyhow::Context as _;
use clap::Args;
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use seatkeeper_client::Client;
use std::time::Duration;

/// Arguments of `seatkeeper demo-agents`.
#[derive(Debug, Args)]
pub struct DemoAgentsArgs {
    /// The URL of the server, which must run on an empty database or have the sample account already.
    #[arg(long, env = "SEATKEEPER_SERVER", default_value = "http://127.0.0.1:8080")]
    server: String,
    /// The token of the setup link.
    #[arg(long, env = "SEATKEEPER_SETUP_TOKEN", hide_env_values = true)]
    setup_token: Option<String>,
    /// How many times faster than real agents they work: the length of their sessions is divided by this.
    #[arg(long, default_value_t = 10.0)]
    speed: f64,
    /// Only set up the account, without simulating agents.
    #[arg(long)]
    setup_only: bool,
    /// The seed of the random generator.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Sets up the account unless it exists, prints how to sign in, and simulates its agents until stopped.
///
/// # Errors
/// Returns an error if the server cannot be reached or has another account.
#[expect(clippy::disallowed_methods, reason = "this set of tasks stops them")]
pub async fn run(args: DemoAgentsArgs) -> anyhow::Result<()> {
    let client = Client::new(&args.server)?;
    let state = wait_for_server(&client).await?;
    if state.needed {
        let token = args.setup_token.as_deref().context("the server is not set up yet: give --setup-token")?;
        account::set_up(&client, token, SampleTerms::default()).await?;
    }
    outln!("Sample account at {}. The password of every user is: {PASSWORD}", args.server)?;
    for user in users().iter().filter(|user| user.is_shown) {
        outln!("  {:<14} {}", user.description, user.email())?;
    }
    if args.setup_only {
        return Ok(());
    }
    outln!("Simulating the other agents. Stop with Ctrl-C.")?;
    let mut rng = StdRng::seed_from_u64(args.seed);
    let mut tasks = tokio::task::JoinSet::new();
    for user in simulated_agents() {
        let (server, seed) = (args.server.clone(), rng.random());
        tasks.spawn(agent::simulate(server, user, args.speed.max(0.1), (seed, MonotonicClock::default())));
    }
    while let Some(done) = tasks.join_next().await {
        done?.context("an agent stopped")?;
    }
    Ok(())
}

/// Waits up to 10 seconds for the server, which may still be starting.
async fn wait_for_server(client: &Client) -> anyhow::Result<seatkeeper_shared::wire::account::SetupState> {
    let mut attempts = 0;
    loop {
        match client.setup_state().await {
            Ok(state) => return Ok(state),
            Err(error) if attempts == 50 => return Err(error).context("the server does not answer"),
            Err(_) => attempts += 1,
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
