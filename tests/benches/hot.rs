//! One license that everybody wants at once, and beside it one with fewer seats than agents.

use crate::{
    account::{Account, Agent, Pool},
    check,
    database::{Database, Engine},
    load::Round,
    numbers::{grouped, median},
    table::{Demand, Table},
};
use seatkeeper_shared::license::SeatRule;

/// How often each of the servers that are compared has its turn.
pub const ROUNDS: usize = 5;
/// Seats of the pool that is too small.
const FEW: i64 = 10;

/// A database with the two licenses and agents who have both.
pub struct Hot {
    /// Where.
    pub database: Database,
    /// They work on the license that has a seat for each.
    pub agents: Vec<Agent>,
    pools: Vec<Pool>,
}

impl Hot {
    /// A new database with so many agents.
    pub async fn found(engine: Engine, agents: usize) -> anyhow::Result<Self> {
        let database = Database::create(engine).await?;
        let account = Account::found(&database).await?;
        let mut pools = account.pools(1, i64::try_from(agents)?, SeatRule::Agent).await?;
        let few = Pool { license: crate::account::license(1), product: "few".to_owned(), seats: FEW };
        account.sell(std::slice::from_ref(&few), SeatRule::Agent).await?;
        pools.push(few);
        let people = account.agents(agents).await?;
        for pool in &pools {
            account.assign(people.iter().map(|person| (pool.license, person.user))).await?;
        }
        account.close().await?;
        let agents = people.iter().map(|person| person.at(&pools[0])).collect();
        Ok(Self { database, agents, pools })
    }

    /// The agents at the license with too few seats.
    pub fn at_few_seats(&self, agents: usize) -> Vec<Agent> {
        self.agents.iter().take(agents).map(|agent| agent.at(&self.pools[1])).collect()
    }

    /// Looks for seats that were given twice: in the log, after the server was stopped, and in what the agents held.
    pub async fn check(&self, few: &Round, table: &mut Table) -> anyhow::Result<()> {
        let (mut over, mut seen) = (few.most_held.saturating_sub(FEW.unsigned_abs() as usize), Vec::new());
        for pool in &self.pools {
            let most = check::most_occupied(&self.database, pool).await?;
            over += usize::try_from(most - pool.seats).unwrap_or(0);
            seen.push(format!("{most} of {}", pool.seats));
        }
        let refused = grouped(few.refused as f64);
        let beside = format!("taken at most {}; {refused} refusals", seen.join(" and "));
        table.add("seats given that there are not", over as f64, Demand::None, beside);
        Ok(())
    }
}

/// The median of what the rounds of one server are to those of another, each beside each.
pub fn ratio(ours: &[Round], theirs: &[Round], of: impl Fn(&Round) -> f64) -> f64 {
    median(ours.iter().zip(theirs).map(|(ours, theirs)| of(ours) / of(theirs)))
}

/// The median of the rates, for people.
pub fn rate(rounds: &[Round]) -> String {
    grouped(median(rounds.iter().map(Round::rate)))
}

/// Counts what the servers failed to do; a refusal is a failure where there is a seat for each.
pub fn failures<'a>(rounds: impl IntoIterator<Item = &'a Round>, table: &mut Table) {
    let (mut failed, mut how) = (0, None);
    for round in rounds {
        failed += round.failed + round.refused;
        how = how.or(round.failure.as_deref());
    }
    let beside = how.map(|how| format!("the first: {how}")).unwrap_or_default();
    table.add("failed requests (5xx, broken connections)", failed as f64, Demand::None, beside);
}
