//! What goes wrong: processes are killed, stopped and paused, connections are cut, disks are full.

use super::clients::Run;
use crate::world::{Cluster, Ground, Process, Proxy};
use nix::sys::signal::Signal;
use std::{collections::BTreeMap, net::SocketAddr, sync::Mutex, time::Duration};

/// Longer than a lease and than what the server takes for an outage.
const OUTAGE: Duration = Duration::from_secs(12);

/// How many faults there were of each kind.
#[derive(Default)]
pub struct Tally(Mutex<BTreeMap<&'static str, usize>>);

impl Tally {
    /// Counts one.
    fn note(&self, fault: &'static str) {
        *self.0.lock().expect("nobody panicked here").entry(fault).or_default() += 1;
    }

    /// All that were counted.
    pub fn counts(&self) -> BTreeMap<&'static str, usize> {
        self.0.lock().expect("nobody panicked here").clone()
    }
}

/// A server that is started again and again, always at the same address.
pub struct Machine {
    address: SocketAddr,
    database: String,
    environment: Vec<(&'static str, String)>,
    process: Option<Process>,
}

impl Machine {
    /// Switched on for the first time.
    pub async fn start(address: SocketAddr, database: String, environment: Vec<(&'static str, String)>) -> Self {
        // It will complain about everything that is done to it.
        let mut complaints =
            vec![("SEATKEEPER_LOG", std::env::var("SEATKEEPER_LOG").unwrap_or_else(|_| "off".to_owned()))];
        complaints.extend(environment);
        let mut machine = Self { address, database, environment: complaints, process: None };
        machine.switch_on().await;
        machine
    }

    /// Where it serves.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same for clients.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Starts its server, and again if that stops because the database is away.
    pub async fn switch_on(&mut self) {
        for _ in 0..600 {
            if self.process.is_some() {
                return;
            }
            self.process = Process::start_at(self.address, &self.database, &self.environment).await;
            if self.process.is_none() {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        panic!("the server at {} does not start any more", self.address);
    }

    /// `kill -9`.
    fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill();
        }
    }

    /// Stopped as an operator stops it.
    pub async fn switch_off(&mut self) {
        if let Some(process) = self.process.take() {
            process.stop().await;
        }
    }

    async fn pause(&self, time: Duration) {
        let Some(process) = &self.process else { return };
        process.signal(Signal::SIGSTOP);
        tokio::time::sleep(time).await;
        process.signal(Signal::SIGCONT);
    }
}

/// What befalls the one server of a SQLite file.
pub async fn on_one_server(run: &Run, machine: &mut Machine, ground: &Ground, tally: &Tally, mut luck: fastrand::Rng) {
    while calm(run, &mut luck).await {
        if run.is_long() && luck.u8(..) < 4 {
            tally.note("outage of 12 s");
            machine.kill();
            tokio::time::sleep(OUTAGE).await;
            machine.switch_on().await;
        } else if luck.u8(..) < 70 && ground.is_small() {
            full_disk(machine, ground, tally, &mut luck).await;
        } else {
            on_a_server(machine, tally, &mut luck).await;
        }
    }
}

/// The disk is full for a while; now and then the server is killed meanwhile.
async fn full_disk(machine: &mut Machine, ground: &Ground, tally: &Tally, luck: &mut fastrand::Rng) {
    tally.note("full disk");
    ground.fill();
    a_while(luck, 1_500).await;
    if luck.bool() {
        tally.note("kill -9 with a full disk");
        machine.kill();
    }
    ground.clear();
    machine.switch_on().await;
}

/// What befalls servers that share a database.
pub async fn on_servers(run: &Run, machines: &mut [Machine], front: &Proxy, tally: &Tally, mut luck: fastrand::Rng) {
    while calm(run, &mut luck).await {
        let chosen = luck.usize(0..machines.len());
        if luck.u8(..) < 50 {
            tally.note("connections of clients cut");
            front.cut();
        } else {
            on_a_server(&mut machines[chosen], tally, &mut luck).await;
        }
    }
}

async fn on_a_server(machine: &mut Machine, tally: &Tally, luck: &mut fastrand::Rng) {
    match luck.u8(0..10) {
        0..6 => {
            tally.note("kill -9");
            machine.kill();
            a_while(luck, 400).await;
        }
        6..8 => {
            tally.note("stop");
            machine.switch_off().await;
        }
        _ => {
            tally.note("pause");
            machine.pause(Duration::from_millis(luck.u64(100..2_000))).await;
        }
    }
    machine.switch_on().await;
}

/// What befalls the database of several servers and the connections to it.
pub async fn on_the_database(run: &Run, cluster: &mut Cluster, ways: &[Proxy], tally: &Tally, mut luck: fastrand::Rng) {
    while calm(run, &mut luck).await {
        match luck.u8(0..12) {
            0 if run.is_long() && luck.u8(..) < 50 => {
                tally.note("outage of PostgreSQL for 12 s");
                cluster.stop(Signal::SIGINT);
                tokio::time::sleep(OUTAGE).await;
            }
            0..3 => {
                tally.note("immediate stop of PostgreSQL");
                cluster.stop(Signal::SIGQUIT);
                a_while(&mut luck, 500).await;
            }
            3..5 => {
                tally.note("restart of PostgreSQL");
                cluster.stop(Signal::SIGINT);
            }
            5..7 => {
                tally.note("kill -9 of a backend");
                cluster.kill_a_backend().await;
            }
            7..9 if cluster.ground.is_small() => {
                tally.note("full disk of PostgreSQL");
                cluster.ground.fill();
                a_while(&mut luck, 1_500).await;
                cluster.ground.clear();
            }
            _ => {
                tally.note("connections to PostgreSQL cut");
                ways[luck.usize(0..ways.len())].cut();
            }
        }
        cluster.start_again().await;
    }
}

/// A time without faults of this kind; false when the run is over.
async fn calm(run: &Run, luck: &mut fastrand::Rng) -> bool {
    tokio::time::sleep(Duration::from_millis(luck.u64(200..1_500))).await;
    !run.is_over()
}

async fn a_while(luck: &mut fastrand::Rng, most: u64) {
    tokio::time::sleep(Duration::from_millis(luck.u64(0..=most))).await;
}
