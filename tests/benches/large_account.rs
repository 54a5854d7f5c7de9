//! An account as large as lists must support: 100,000 users with groups and licenses, and their history.

use crate::account::{Account, Agent, Pool, id, license, row};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper::db::{Fields, Sql, Value};
use seatkeeper_shared::license::SeatRule;
use uuid::Uuid;

pub const USERS: usize = 100_000;
/// The number of events in the log, and of sessions in the history.
const PAST_EVENTS: usize = 200_000;
const LIVE_SESSIONS: usize = 5_000;
const GROUPS: usize = 50;
const LICENSES: usize = 10;
/// The number of an agent with a long history, who did one in [`BUSY_EVERY`] of all actions.
const BUSY: usize = 77;
const BUSY_EVERY: usize = 400;
/// One in this many events does not concern seats.
const PLAIN_EVERY: usize = 20;

static GROUP: Sql = Sql::new(|| {
    "INSERT INTO groups (id, name, name_key, created_at)
     SELECT id, name, name, at
     FROM ROWS($1: id uuid, name text, at time)"
        .into()
});
static MEMBERS: Sql = Sql::new(|| {
    "INSERT INTO group_members (group_id, user_id)
     SELECT group_id, user_id
     FROM ROWS($1: group_id uuid, user_id uuid)"
        .into()
});
static ACTIVE: Sql = Sql::new(|| {
    "UPDATE users SET last_active_at = given.at
     FROM ROWS($1: id uuid, at time)
     WHERE users.id = given.id"
        .into()
});
static SESSIONS: Sql = Sql::new(|| {
    "INSERT INTO sessions (id, license_id, user_id, device, state, mode, created_at, connected_at, last_seen_at,
                           lease_until, ended_at, end_reason)
     SELECT id, license_id, user_id, 'Bench', 'ended', 'unattended', at, at, ended_at, ended_at, ended_at, 'finished'
     FROM ROWS($1: id uuid, license_id uuid, user_id uuid, at time, ended_at time)"
        .into()
});
static EVENTS: Sql = Sql::new(|| {
    "INSERT INTO events (position, at, kind, door, actor_id, actor_name, license_id, user_id, occupied, seats, facts)
     SELECT position, at, kind, 'api', user_id, 'Agent', license_id, user_id, occupied, 50, '{}'
     FROM ROWS($1: position int, at time, kind text, license_id uuid, user_id uuid, occupied int)"
        .into()
});
static HEAD: Sql = Sql::new(|| "UPDATE event_head SET position = $1".into());
/// Marks all events as sealed.
static SEALED: Sql = Sql::new(|| "UPDATE seal_head SET position = $1, pruned = $1".into());

/// The users and licenses of the account.
pub struct LargeAccount {
    pub admin: Agent,
    /// The agents, in the order of creation.
    pub agents: Vec<Agent>,
    /// The licenses, each of a product of its own.
    pub pools: Vec<Pool>,
}

/// Writes the account.
pub async fn write(account: &Account) -> anyhow::Result<LargeAccount> {
    let pools = account.pools(LICENSES, i64::try_from(USERS)?, SeatRule::Agent).await?;
    let (admin, agents) = (account.admin().await?, account.agents(USERS).await?);
    account.assign(agents.iter().enumerate().map(|(index, agent)| (pool(index), agent.user))).await?;
    account
        .sessions(agents.iter().enumerate().take(LIVE_SESSIONS).map(|(index, agent)| (pool(index), agent.user)))
        .await?;
    let large = LargeAccount { admin, agents, pools };
    large.join_groups(account).await?;
    large.write_activity(account).await?;
    large.write_history(account).await?;
    Ok(large)
}

/// The license of the agent with this number.
fn pool(index: usize) -> seatkeeper_shared::ids::LicenseId {
    license(index % LICENSES)
}

/// The id of a group by number.
pub fn group(index: usize) -> Uuid {
    id(5, index)
}

/// A kind of events, as the log stores it.
fn kind(name: &str) -> Value {
    Value::LogText(name.to_owned())
}

impl LargeAccount {
    async fn join_groups(&self, account: &Account) -> anyhow::Result<()> {
        let at = account.now;
        let groups = (0..GROUPS).map(|index| row! { "id": group(index), "name": format!("group {index}"), "at": at });
        account.write(&GROUP, groups, vec![]).await?;
        let member =
            |(index, agent): (usize, &Agent)| row! { "group_id": group(index % GROUPS), "user_id": agent.user };
        account.write(&MEMBERS, self.agents.iter().enumerate().map(member), vec![]).await
    }

    /// Sets the time of last activity, one minute earlier for each further agent.
    async fn write_activity(&self, account: &Account) -> anyhow::Result<()> {
        let active = |(minutes, agent): (i64, &Agent)| {
            row! { "id": agent.user, "at": account.now - TimeDelta::minutes(minutes) }
        };
        account.write(&ACTIVE, (1..).zip(&self.agents).map(active), vec![]).await
    }

    /// Writes past sessions and events, one for each minute up to now.
    async fn write_history(&self, account: &Account) -> anyhow::Result<()> {
        let age = |index: usize| i64::try_from(PAST_EVENTS - index).unwrap_or_default();
        let time = |index: usize| account.now - TimeDelta::minutes(age(index));
        let session = |index: usize| {
            let (user, at) = (self.actor(index).user, time(index));
            let ended = at + TimeDelta::seconds(30);
            row! { "id": id(6, index), "license_id": pool(index), "user_id": user, "at": at, "ended_at": ended }
        };
        account.write(&SESSIONS, (0..PAST_EVENTS).map(session), vec![]).await?;
        let event = |index: usize| self.event(index, time(index));
        account.write(&EVENTS, (0..PAST_EVENTS).map(event), vec![]).await?;
        account.run(&HEAD, vec![i64::try_from(PAST_EVENTS)?.into()]).await?;
        account.run(&SEALED, vec![i64::try_from(PAST_EVENTS)?.into()]).await
    }

    /// Writes further past sessions, one for each minute before all others, until there are this many of them in all.
    pub async fn write_older_sessions(&self, account: &Account, count: usize) -> anyhow::Result<()> {
        let session = |index: usize| {
            let minutes = i64::try_from(PAST_EVENTS + index + 1).unwrap_or_default();
            let (user, at) = (self.agents[index * 7 % USERS].user, account.now - TimeDelta::minutes(minutes));
            let ended = at + TimeDelta::seconds(30);
            row! { "id": id(7, index), "license_id": pool(index), "user_id": user, "at": at, "ended_at": ended }
        };
        account.write(&SESSIONS, (0..count - PAST_EVENTS - LIVE_SESSIONS).map(session), vec![]).await
    }

    /// An agent with a long history; those of the others are short.
    pub fn busy(&self) -> &Agent {
        &self.agents[BUSY]
    }

    fn actor(&self, index: usize) -> &Agent {
        if index.is_multiple_of(BUSY_EVERY) { self.busy() } else { &self.agents[index % USERS] }
    }

    fn event(&self, index: usize, at: DateTime<Utc>) -> Fields {
        let (position, user) = (i64::try_from(index + 1).unwrap_or_default(), self.actor(index / 2).user);
        if index.is_multiple_of(PLAIN_EVERY) {
            return row! { "position": position, "at": at, "kind": kind("user_changed"), "user_id": user };
        }
        let name = if index.is_multiple_of(2) { "session_created" } else { "session_ended" };
        row! {
            "position": position,
            "at": at,
            "kind": kind(name),
            "license_id": pool(index / 2),
            "user_id": user,
            "occupied": 1_i64,
        }
    }
}
