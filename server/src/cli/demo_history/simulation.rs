//! The simulation: what happens next, in order of time, with the server's clock set to each moment.

use super::behavior::{self, AfterRefusal, Shift};
use crate::{
    actor::{Actor, Origin},
    app::App,
    cli::demo_agents::account::{SampleAccount, SampleLicense, SampleUser},
    pool::{NewSession, SeatRequest},
    seats::{
        CreateOutcome, SeatsError,
        command::{EndOptions, OwnerFilter, WantedSeat},
    },
    store,
};
use anyhow::Context as _;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;
use rand::{Rng as _, SeedableRng as _, rngs::StdRng, seq::IndexedRandom as _};
use seatkeeper_shared::{
    ids::{ProductId, SessionId, TicketId, UserId},
    session::{Mode, SessionState},
    ticket::TicketState,
    wire::licenses::ChangeLicense,
};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
};

/// How often clients renew the leases of their sessions.
const HEARTBEAT_INTERVAL: TimeDelta = TimeDelta::seconds(100);
/// How often they look for an offer while somebody waits.
const QUEUE_INTERVAL: TimeDelta = TimeDelta::seconds(40);
/// After how many days two more seats are bought.
const PURCHASE_AFTER: TimeDelta = TimeDelta::days(13);
const SEATS_IN_THE_END: i64 = 10;
/// The only agent who has a named license and never works.
const UNUSED: &str = "Marek Nowak";

/// An agent of the simulation, by their place in the list.
type AgentIndex = usize;

/// What happens at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    /// An agent wants a seat, after this many refusals.
    Want(AgentIndex, u32),
    /// A customer entered the key.
    Connect(AgentIndex, SessionId),
    /// An agent ends a session.
    Finish(AgentIndex, SessionId),
    /// A client dies: the session gets no heartbeats any more.
    Crash(AgentIndex, SessionId),
    /// The clients send their heartbeats.
    Heartbeats,
    /// The admin buys two more seats.
    BuySeats,
}

struct Agent {
    id: UserId,
    user: SampleUser,
    shift: Shift,
    /// The session or ticket that the agent's client keeps alive.
    work: Work,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Work {
    None,
    Session(SessionId),
    Waiting { ticket: TicketId, until: DateTime<Utc> },
}

/// The simulated agents, at a server whose clock they move.
pub struct Simulation {
    app: App,
    account: SampleAccount,
    agents: Vec<Agent>,
    /// The earliest step first; steps at the same time in the order in which they were added.
    steps: BinaryHeap<Reverse<(DateTime<Utc>, u64, Step)>>,
    added: u64,
    rng: StdRng,
    now: DateTime<Utc>,
    sessions: u64,
}

impl Simulation {
    pub fn new(app: App, account: SampleAccount, seed: u64) -> Self {
        let now = app.clock.now();
        let works = |user: &SampleUser| {
            let has_license = !user.licenses.is_empty();
            has_license && user.name != UNUSED
        };
        let agents = account.users.iter().filter(|(_, user)| works(user));
        let agents = agents.map(|(id, user)| {
            let (id, user, shift) = (*id, user.clone(), Shift { from: now, to: now });
            Agent { id, user, shift, work: Work::None }
        });
        let agents = agents.collect();
        let rng = StdRng::seed_from_u64(seed);
        Self { app, account, agents, steps: BinaryHeap::new(), added: 0, rng, now, sessions: 0 }
    }

    /// Simulates this time. Returns the number of sessions.
    ///
    /// # Errors
    /// Returns an error if the server cannot save.
    pub async fn run(mut self, from: DateTime<Utc>, to: DateTime<Utc>) -> anyhow::Result<u64> {
        self.now = from;
        self.add(from, Step::Heartbeats);
        self.add(from + PURCHASE_AFTER, Step::BuySeats);
        for agent in 0..self.agents.len() {
            self.begin_next_shift(agent);
        }
        while let Some(Reverse((at, _, step))) = self.steps.pop() {
            if at >= to {
                break;
            }
            self.now = at;
            self.app.clock.set(at);
            self.carry_out(step).await?;
        }
        self.app.clock.set(to);
        self.finish_all().await?;
        Ok(self.sessions)
    }

    fn add(&mut self, at: DateTime<Utc>, step: Step) {
        self.added += 1;
        self.steps.push(Reverse((at.max(self.now), self.added, step)));
    }

    async fn carry_out(&mut self, step: Step) -> anyhow::Result<()> {
        match step {
            Step::Want(agent, refusals) => self.want(agent, refusals).await,
            Step::Connect(agent, session) => self.connect(agent, session).await,
            Step::Finish(agent, session) => self.finish(agent, session).await,
            Step::Crash(agent, session) => {
                if self.agent(agent)?.work == Work::Session(session) {
                    self.set_work(agent, Work::None);
                    self.pause(agent);
                }
                Ok(())
            }
            Step::Heartbeats => self.heartbeats().await,
            Step::BuySeats => self.buy_seats().await,
        }
    }

    fn agent(&self, agent: AgentIndex) -> anyhow::Result<&Agent> {
        self.agents.get(agent).context("no such agent")
    }

    fn set_work(&mut self, agent: AgentIndex, work: Work) {
        if let Some(agent) = self.agents.get_mut(agent) {
            agent.work = work;
        }
    }

    fn begin_next_shift(&mut self, agent: AgentIndex) {
        let shift = behavior::next_shift(self.now, &mut self.rng);
        if let Some(agent) = self.agents.get_mut(agent) {
            agent.shift = shift;
        }
        let first_call = shift.from + behavior::pause(shift.from, &mut self.rng) / 2;
        self.add(first_call, Step::Want(agent, 0));
    }

    /// The agent pauses, and then wants another seat; tomorrow if the shift is over by then.
    fn pause(&mut self, agent: AgentIndex) {
        let next = self.now + behavior::pause(self.now, &mut self.rng);
        match self.agents.get(agent) {
            Some(found) if next < found.shift.to => self.add(next, Step::Want(agent, 0)),
            _ => self.begin_next_shift(agent),
        }
    }

    async fn want(&mut self, agent: AgentIndex, refusals: u32) -> anyhow::Result<()> {
        let wanted = self.seat_request(agent)?;
        let actor = self.actor(agent)?;
        match self.app.seats.create(&actor, wanted).await {
            Ok(CreateOutcome::New(session)) => self.begin(agent, session.id, session.state),
            Ok(CreateOutcome::Ticket(ticket)) => {
                let until = self.now + behavior::patience(&mut self.rng);
                self.set_work(agent, Work::Waiting { ticket: ticket.id, until });
            }
            Ok(CreateOutcome::Repeated(_)) => self.pause(agent),
            Err(SeatsError::Refused(_)) => match behavior::after_refusal(refusals + 1, &mut self.rng) {
                AfterRefusal::AskAgain(after) | AfterRefusal::TryLater(after) => {
                    self.add(self.now + after, Step::Want(agent, refusals + 1));
                }
                AfterRefusal::GiveUp => self.pause(agent),
            },
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    fn seat_request(&mut self, agent: AgentIndex) -> anyhow::Result<WantedSeat> {
        let Agent { id, user, .. } = self.agent(agent)?;
        let (user_id, licenses, device) = (*id, user.licenses, device_of(user.name));
        let license = licenses.choose(&mut self.rng).copied().context("an agent without a license")?;
        let mode = if self.rng.random_ratio(1, 5) { Mode::Unattended } else { Mode::Attended };
        let (random, now) = (&self.app.random, self.now);
        let mut request = SeatRequest::new(SessionId(random.id(now)), device, mode, random.support_key());
        if mode == Mode::Unattended {
            request.platform = Some(behavior::platform(&mut self.rng));
        }
        // Some prefer to wait in the queue.
        request.ticket = self.rng.random_ratio(2, 5).then(|| TicketId(random.id(now)));
        Ok(WantedSeat { user: user_id, product: self.product(license), request })
    }

    fn product(&self, license: SampleLicense) -> ProductId {
        match license {
            SampleLicense::RemoteNamed | SampleLicense::RemoteShared => self.account.remote,
            SampleLicense::DeskNamed | SampleLicense::DeskShared => self.account.desk,
        }
    }

    fn actor(&self, agent: AgentIndex) -> anyhow::Result<Actor> {
        let Agent { id, user, .. } = self.agent(agent)?;
        Ok(Actor { id: Some(*id), name: Some(user.name.to_owned()), origin: Origin::Api, address: None })
    }

    /// An agent has a seat.
    fn begin(&mut self, agent: AgentIndex, session: SessionId, state: SessionState) {
        self.sessions += 1;
        self.set_work(agent, Work::Session(session));
        if state == SessionState::Connected {
            return self.plan_end(agent, session);
        }
        // One customer in fourteen never enters the key: the agent gives up after some minutes, or the key expires.
        if self.rng.random_ratio(1, 14) {
            let given_up = self.now + TimeDelta::seconds(self.rng.random_range(200..800));
            self.add(given_up, Step::Finish(agent, session));
        } else {
            let connected = self.now + behavior::connect_delay(&mut self.rng);
            self.add(connected, Step::Connect(agent, session));
        }
    }

    fn plan_end(&mut self, agent: AgentIndex, session: SessionId) {
        let end = self.now + behavior::session_length(&mut self.rng);
        let step =
            if self.rng.random_ratio(1, 60) { Step::Crash(agent, session) } else { Step::Finish(agent, session) };
        self.add(end, step);
    }

    async fn connect(&mut self, agent: AgentIndex, session: SessionId) -> anyhow::Result<()> {
        let (actor, user) = (self.actor(agent)?, self.agent(agent)?.id);
        let platform = behavior::platform(&mut self.rng);
        match self.app.seats.connect(&actor, user, session, platform).await {
            Ok(_) => self.plan_end(agent, session),
            // It has ended meanwhile.
            Err(SeatsError::Failed(_)) => self.give_up(agent),
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    fn give_up(&mut self, agent: AgentIndex) {
        self.set_work(agent, Work::None);
        self.pause(agent);
    }

    async fn finish(&mut self, agent: AgentIndex, session: SessionId) -> anyhow::Result<()> {
        let (actor, user) = (self.actor(agent)?, self.agent(agent)?.id);
        self.app.seats.end(&actor, vec![session], OwnerFilter::Own(user), EndOptions::default()).await?;
        self.give_up(agent);
        Ok(())
    }

    /// All clients renew their leases, and those who wait look for an offer. What has expired ends.
    async fn heartbeats(&mut self) -> anyhow::Result<()> {
        self.renew_sessions().await?;
        for agent in 0..self.agents.len() {
            if let Work::Waiting { ticket, until } = self.agent(agent)?.work {
                self.look_at_ticket(agent, ticket, until).await?;
            }
        }
        self.app.seats.sweep().await?;
        self.add(self.next_heartbeat(), Step::Heartbeats);
        Ok(())
    }

    /// All at once, since they are saved together.
    async fn renew_sessions(&self) -> anyhow::Result<()> {
        let mut renewals = Vec::new();
        for (index, agent) in self.agents.iter().enumerate() {
            if let Work::Session(session) = agent.work {
                let (actor, user, seats) = (self.actor(index)?, agent.id, &self.app.seats);
                renewals.push(async move { seats.renew(&actor, user, session, true).await });
            }
        }
        for renewed in join_all(renewals).await {
            match renewed {
                // A step that ends it follows; until then, its key may have expired.
                Ok(_) | Err(SeatsError::Failed(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// At night, nothing is to be kept alive.
    fn next_heartbeat(&self) -> DateTime<Utc> {
        let is_waiting = |agent: &Agent| matches!(agent.work, Work::Waiting { .. });
        let next_step = self.steps.peek().map_or(self.now, |Reverse((at, ..))| *at);
        if self.agents.iter().any(is_waiting) {
            self.now + QUEUE_INTERVAL
        } else if self.agents.iter().all(|agent| agent.work == Work::None) {
            next_step.max(self.now + HEARTBEAT_INTERVAL)
        } else {
            self.now + HEARTBEAT_INTERVAL
        }
    }

    async fn look_at_ticket(
        &mut self,
        agent: AgentIndex,
        ticket: TicketId,
        until: DateTime<Utc>,
    ) -> anyhow::Result<()> {
        let (actor, user) = (self.actor(agent)?, self.agent(agent)?.id);
        if self.now > until {
            match self.app.seats.leave_queue(&actor, ticket, OwnerFilter::Own(user)).await {
                Ok(()) | Err(SeatsError::Failed(_)) => {}
                Err(error) => return Err(error.into()),
            }
            self.give_up(agent);
            return Ok(());
        }
        let seen = store::queue::get(&self.app.db, ticket).await?;
        match seen.map(|ticket| ticket.state) {
            // One agent in ten is not at the desk when the offer comes.
            Some(TicketState::Offered) if self.rng.random_ratio(9, 10) => {
                let (random, now) = (&self.app.random, self.now);
                let new = NewSession { id: SessionId(random.id(now)), support_key: random.support_key() };
                match self.app.seats.accept_offer(&actor, user, ticket, new).await {
                    Ok(session) => self.begin(agent, session.id, session.state),
                    Err(SeatsError::Refused(_) | SeatsError::Failed(_)) => self.give_up(agent),
                    Err(error) => return Err(error.into()),
                }
            }
            Some(TicketState::Offered | TicketState::Waiting) => {
                match self.app.seats.renew_ticket(&actor, user, ticket).await {
                    Ok(()) => {}
                    Err(SeatsError::Failed(_)) => self.give_up(agent),
                    Err(error) => return Err(error.into()),
                }
            }
            Some(TicketState::Over) | None => self.give_up(agent),
        }
        Ok(())
    }

    async fn buy_seats(&mut self) -> anyhow::Result<()> {
        let (admin, user) = self.account.users.first().context("no admin")?;
        let actor = Actor { id: Some(*admin), name: Some(user.name.to_owned()), origin: Origin::App, address: None };
        let license = *self.account.licenses.get(&SampleLicense::RemoteShared).context("no license")?;
        let change = ChangeLicense { seats: Some(SEATS_IN_THE_END), ..ChangeLicense::default() };
        self.app.seats.change(&actor, license, change, None).await?;
        Ok(())
    }

    /// Ends all work, so that the agents of today find free seats.
    async fn finish_all(&mut self) -> anyhow::Result<()> {
        let mut live = BTreeMap::new();
        for agent in 0..self.agents.len() {
            live.insert(agent, self.agent(agent)?.work);
        }
        for (agent, work) in live {
            let (actor, owner) = (self.actor(agent)?, OwnerFilter::Own(self.agent(agent)?.id));
            match work {
                Work::None => {}
                Work::Session(session) => {
                    self.app.seats.end(&actor, vec![session], owner, EndOptions::default()).await?;
                }
                Work::Waiting { ticket, .. } => match self.app.seats.leave_queue(&actor, ticket, owner).await {
                    Ok(()) | Err(SeatsError::Failed(_)) => {}
                    Err(error) => return Err(error.into()),
                },
            }
        }
        self.app.seats.sweep().await?;
        Ok(())
    }
}

/// Each agent always works at the same notebook.
fn device_of(name: &str) -> String {
    let number = name.bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    format!("NB-{:04}", number % 1_000)
}
