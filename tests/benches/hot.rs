//! One license that all agents use at once, and one with fewer seats than agents.

use crate::{
    account::{Account, Agent, Pool},
    check,
    database::{BenchDatabase, BenchEngine},
    load::Round,
    statistics::{grouped, median},
    table::{Limit, Table},
};
use seatkeeper_shared::license::SeatRule;

/// The number of rounds for each of the compared servers, which take turns.
pub const ROUNDS: usize = 5;
/// The seats of the license with fewer seats than agents.
const SCARCE_SEATS: i64 = 10;

/// A database with the two licenses, and agents to whom both are assigned.
pub struct HotLicense {
    pub database: BenchDatabase,
    /// The agents, at the license that has a seat for each of them.
    pub agents: Vec<Agent>,
    pools: Vec<Pool>,
}

impl HotLicense {
    /// Creates a database with this number of agents, who have one session each.
    pub async fn create(engine: BenchEngine, agents: usize) -> anyhow::Result<Self> {
        Self::with_sessions(engine, agents, 1).await
    }

    /// Creates a database with this number of agents, and a seat for each of several sessions of theirs.
    pub async fn with_sessions(engine: BenchEngine, agents: usize, sessions: usize) -> anyhow::Result<Self> {
        let database = BenchDatabase::create(engine).await?;
        let account = Account::create(&database).await?;
        let rule = if sessions == 1 { SeatRule::Agent } else { SeatRule::Session };
        let mut pools = account.pools(1, i64::try_from(agents * sessions)?, rule).await?;
        let scarce = Pool { license: crate::account::license(1), product: "few".to_owned(), seats: SCARCE_SEATS };
        account.write_licenses(std::slice::from_ref(&scarce), SeatRule::Agent).await?;
        pools.push(scarce);
        let people = account.agents(agents).await?;
        for pool in &pools {
            account.assign(people.iter().map(|person| (pool.license, person.user))).await?;
        }
        account.close().await?;
        let agents = people.iter().map(|person| person.with_product_of(&pools[0])).collect();
        Ok(Self { database, agents, pools })
    }

    /// The agents at the license with too few seats.
    pub fn at_scarce_license(&self, agents: usize) -> Vec<Agent> {
        self.agents.iter().take(agents).map(|agent| agent.with_product_of(&self.pools[1])).collect()
    }

    /// Checks that no seat was given twice: in the event log, after the server has stopped, and in what the agents
    /// held.
    pub async fn check(&self, scarce_round: &Round, table: &mut Table) -> anyhow::Result<()> {
        let over = scarce_round.most_held.saturating_sub(SCARCE_SEATS.unsigned_abs() as usize);
        self.check_log((over, scarce_round.refused), table).await
    }

    /// As [`Self::check`], without a round at the license with too few seats.
    pub async fn check_without_scarce(&self, table: &mut Table) -> anyhow::Result<()> {
        self.check_log((0, 0), table).await
    }

    async fn check_log(&self, (held, refused): (usize, u64), table: &mut Table) -> anyhow::Result<()> {
        let (mut over, mut seen) = (held, Vec::new());
        for pool in &self.pools {
            let most = check::most_occupied(&self.database, pool).await?;
            over += usize::try_from(most - pool.seats).unwrap_or(0);
            seen.push(format!("{most} of {}", pool.seats));
        }
        let refused = grouped(refused as f64);
        let details = format!("at most {} occupied; {refused} refusals", seen.join(" and "));
        table.add("seats given twice", over as f64, Limit::Zero, details);
        Ok(())
    }
}

/// The median ratio of the rounds of one server to the corresponding rounds of another.
pub fn ratio(ours: &[Round], theirs: &[Round], of: impl Fn(&Round) -> f64) -> f64 {
    median(ours.iter().zip(theirs).map(|(ours, theirs)| of(ours) / of(theirs)))
}

/// The median of the rates, formatted.
pub fn rate(rounds: &[Round]) -> String {
    grouped(median(rounds.iter().map(Round::rate)))
}

/// Adds the number of failures, including refusals, which must not happen where there is a seat for each agent.
pub fn failures<'a>(rounds: impl IntoIterator<Item = &'a Round>, table: &mut Table) {
    let (mut failed, mut how) = (0, None);
    for round in rounds {
        failed += round.failed + round.refused;
        how = how.or(round.failure.as_deref());
    }
    let details = how.map(|how| format!("the first: {how}")).unwrap_or_default();
    table.add("failed requests (5xx, broken connections)", failed as f64, Limit::Zero, details);
}
