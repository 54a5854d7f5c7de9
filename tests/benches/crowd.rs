//! An account as large as lists have to bear: 100,000 users in groups and on licenses, and what they did until now.

use crate::account::{Account, Agent, Pool, id, license, row};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper::db::{Fields, Sql};
use seatkeeper_shared::license::SeatRule;
use uuid::Uuid;

/// How many users there are.
pub const USERS: usize = 100_000;
/// How many events are in the log, and sessions in the history; 5,000 more are live.
const PAST: usize = 200_000;
const LIVE: usize = 5_000;
const GROUPS: usize = 50;
const LICENSES: usize = 10;
/// The agent who works every day, and what part of all that was done he did.
const BUSY: usize = 77;
const BUSY_EVERY: usize = 400;
/// Of the events, one in so many is not about seats.
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
/// As if all had been sealed when it happened.
static SEALED: Sql = Sql::new(|| "UPDATE seal_head SET position = $1, pruned = $1".into());

/// Who is in it.
pub struct Crowd {
    /// Sees everything.
    pub admin: Agent,
    /// The agents, the first added first.
    pub agents: Vec<Agent>,
    /// The licenses, each of a product of its own.
    pub pools: Vec<Pool>,
}

/// Writes the account.
pub async fn write(account: &Account) -> anyhow::Result<Crowd> {
    let pools = account.pools(LICENSES, i64::try_from(USERS)?, SeatRule::Agent).await?;
    let (admin, agents) = (account.admin().await?, account.agents(USERS).await?);
    account.assign(agents.iter().enumerate().map(|(place, agent)| (pool(place), agent.user))).await?;
    account.sessions(agents.iter().enumerate().take(LIVE).map(|(place, agent)| (pool(place), agent.user))).await?;
    let crowd = Crowd { admin, agents, pools };
    crowd.join_groups(account).await?;
    crowd.have_been_active(account).await?;
    crowd.have_worked(account).await?;
    Ok(crowd)
}

/// The license of the agent with this number.
fn pool(place: usize) -> seatkeeper_shared::ids::LicenseId {
    license(place % LICENSES)
}

/// The id of the group with this number.
pub fn group(place: usize) -> Uuid {
    id(5, place)
}

impl Crowd {
    async fn join_groups(&self, account: &Account) -> anyhow::Result<()> {
        let at = account.now;
        let groups = (0..GROUPS).map(|place| row! { "id": group(place), "name": format!("group {place}"), "at": at });
        account.write(&GROUP, groups, vec![]).await?;
        let member =
            |(place, agent): (usize, &Agent)| row! { "group_id": group(place % GROUPS), "user_id": agent.user };
        account.write(&MEMBERS, self.agents.iter().enumerate().map(member), vec![]).await
    }

    /// Each a minute before the one before him.
    async fn have_been_active(&self, account: &Account) -> anyhow::Result<()> {
        let active = |(minutes, agent): (i64, &Agent)| row! { "id": agent.user, "at": account.now - TimeDelta::minutes(minutes) };
        account.write(&ACTIVE, (1..).zip(&self.agents).map(active), vec![]).await
    }

    /// The latest session and the latest event were a minute ago.
    async fn have_worked(&self, account: &Account) -> anyhow::Result<()> {
        let done = |place: usize| account.now - TimeDelta::minutes(i64::try_from(PAST - place).unwrap_or_default());
        let session = |place: usize| {
            let (user, at) = (self.who_did(place).user, done(place));
            let ended = at + TimeDelta::seconds(30);
            row! { "id": id(6, place), "license_id": pool(place), "user_id": user, "at": at, "ended_at": ended }
        };
        account.write(&SESSIONS, (0..PAST).map(session), vec![]).await?;
        let event = |place: usize| self.event(place, done(place));
        account.write(&EVENTS, (0..PAST).map(event), vec![]).await?;
        account.run(&HEAD, vec![i64::try_from(PAST)?.into()]).await?;
        account.run(&SEALED, vec![i64::try_from(PAST)?.into()]).await
    }

    /// An agent with a history as long as those have who work every day; the others did next to nothing.
    pub fn busy(&self) -> &Agent {
        &self.agents[BUSY]
    }

    fn who_did(&self, place: usize) -> &Agent {
        if place.is_multiple_of(BUSY_EVERY) { self.busy() } else { &self.agents[place % USERS] }
    }

    fn event(&self, place: usize, at: DateTime<Utc>) -> Fields {
        let (position, user) = (i64::try_from(place + 1).unwrap_or_default(), self.who_did(place / 2).user);
        if place.is_multiple_of(PLAIN_EVERY) {
            return row! { "position": position, "at": at, "kind": "user_changed", "user_id": user };
        }
        let kind = if place.is_multiple_of(2) { "session_created" } else { "session_ended" };
        row! { "position": position, "at": at, "kind": kind, "license_id": pool(place / 2), "user_id": user, "occupied": 1_i64 }
    }
}
