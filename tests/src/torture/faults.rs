//! Fault injection: kills, stops and pauses processes, cuts connections, fills disks.

use super::clients::Run;
use crate::harness::{Cluster, Proxy, ServerProcess, SmallDisk};
use nix::sys::signal::Signal;
use std::{collections::BTreeMap, net::SocketAddr, sync::Mutex, time::Duration};

/// Longer than a lease, and than the gap that the server treats as an outage.
const OUTAGE_DURATION: Duration = Duration::from_secs(12);

/// The number of injected faults by kind.
#[derive(Default)]
pub struct FaultCounts(Mutex<BTreeMap<&'static str, usize>>);

impl FaultCounts {
    fn note(&self, fault: &'static str) {
        *self.0.lock().expect("no thread panicked with the lock").entry(fault).or_default() += 1;
    }

    pub fn counts(&self) -> BTreeMap<&'static str, usize> {
        self.0.lock().expect("no thread panicked with the lock").clone()
    }
}

/// A server process that is restarted again and again at the same address.
pub struct RestartableServer {
    address: SocketAddr,
    database: String,
    environment: Vec<(&'static str, String)>,
    process: Option<ServerProcess>,
}

impl RestartableServer {
    /// Starts the server for the first time.
    pub async fn start(address: SocketAddr, database: String, environment: Vec<(&'static str, String)>) -> Self {
        // Without logs, which would only report the injected faults.
        let mut all_variables =
            vec![("SEATKEEPER_LOG", std::env::var("SEATKEEPER_LOG").unwrap_or_else(|_| "off".to_owned()))];
        all_variables.extend(environment);
        let mut machine = Self { address, database, environment: all_variables, process: None };
        machine.start_server().await;
        machine
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Starts the server; retries if it exits because the database is not available.
    pub async fn start_server(&mut self) {
        for _ in 0..600 {
            if self.process.is_some() {
                return;
            }
            self.process = ServerProcess::start_at(self.address, &self.database, &self.environment).await;
            if self.process.is_none() {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        panic!("the server at {} does not start", self.address);
    }

    /// Kills the server with SIGKILL.
    fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill();
        }
    }

    /// Stops the server with SIGTERM.
    pub async fn stop_server(&mut self) {
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

/// Injects faults on the only server of a SQLite file.
pub async fn inject_on_single_server(
    run: &Run,
    machine: &mut RestartableServer,
    disk: &SmallDisk,
    fault_counts: &FaultCounts,
    mut rng: fastrand::Rng,
) {
    while wait_between_faults(run, &mut rng).await {
        if run.is_long() && rng.u8(..) < 4 {
            fault_counts.note("outage of 12 s");
            machine.kill();
            tokio::time::sleep(OUTAGE_DURATION).await;
            machine.start_server().await;
        } else if rng.u8(..) < 70 && disk.is_limited() {
            full_disk(machine, disk, fault_counts, &mut rng).await;
        } else {
            inject_on_server(machine, fault_counts, &mut rng).await;
        }
    }
}

/// Fills the disk for a while; sometimes kills the server meanwhile.
async fn full_disk(
    machine: &mut RestartableServer,
    disk: &SmallDisk,
    fault_counts: &FaultCounts,
    rng: &mut fastrand::Rng,
) {
    fault_counts.note("full disk");
    disk.fill();
    random_delay(rng, 1_500).await;
    if rng.bool() {
        fault_counts.note("kill -9 with a full disk");
        machine.kill();
    }
    disk.clear();
    machine.start_server().await;
}

/// Injects faults on servers that share a database.
pub async fn inject_on_servers(
    run: &Run,
    machines: &mut [RestartableServer],
    front: &Proxy,
    fault_counts: &FaultCounts,
    mut rng: fastrand::Rng,
) {
    while wait_between_faults(run, &mut rng).await {
        let chosen = rng.usize(0..machines.len());
        if rng.u8(..) < 50 {
            fault_counts.note("connections of clients cut");
            front.cut();
        } else {
            inject_on_server(&mut machines[chosen], fault_counts, &mut rng).await;
        }
    }
}

async fn inject_on_server(machine: &mut RestartableServer, fault_counts: &FaultCounts, rng: &mut fastrand::Rng) {
    match rng.u8(0..10) {
        0..6 => {
            fault_counts.note("kill -9");
            machine.kill();
            random_delay(rng, 400).await;
        }
        6..8 => {
            fault_counts.note("stop");
            machine.stop_server().await;
        }
        _ => {
            fault_counts.note("pause");
            machine.pause(Duration::from_millis(rng.u64(100..2_000))).await;
        }
    }
    machine.start_server().await;
}

/// Injects faults on the shared database and the connections to it.
pub async fn inject_on_database(
    run: &Run,
    cluster: &mut Cluster,
    proxies: &[Proxy],
    fault_counts: &FaultCounts,
    mut rng: fastrand::Rng,
) {
    while wait_between_faults(run, &mut rng).await {
        match rng.u8(0..12) {
            0 if run.is_long() && rng.u8(..) < 50 => {
                fault_counts.note("outage of PostgreSQL for 12 s");
                cluster.stop(Signal::SIGINT);
                tokio::time::sleep(OUTAGE_DURATION).await;
            }
            0..3 => {
                fault_counts.note("immediate stop of PostgreSQL");
                cluster.stop(Signal::SIGQUIT);
                random_delay(&mut rng, 500).await;
            }
            3..5 => {
                fault_counts.note("restart of PostgreSQL");
                cluster.stop(Signal::SIGINT);
            }
            5..7 => {
                fault_counts.note("kill -9 of a backend");
                cluster.kill_random_backend().await;
            }
            7..9 if cluster.disk.is_limited() => {
                fault_counts.note("full disk of PostgreSQL");
                cluster.disk.fill();
                random_delay(&mut rng, 1_500).await;
                cluster.disk.clear();
            }
            _ => {
                fault_counts.note("connections to PostgreSQL cut");
                proxies[rng.usize(0..proxies.len())].cut();
            }
        }
        cluster.start_again().await;
    }
}

/// Waits until the next fault; returns false when the run is over.
async fn wait_between_faults(run: &Run, rng: &mut fastrand::Rng) -> bool {
    tokio::time::sleep(Duration::from_millis(rng.u64(200..1_500))).await;
    !run.is_over()
}

async fn random_delay(rng: &mut fastrand::Rng, most: u64) {
    tokio::time::sleep(Duration::from_millis(rng.u64(0..=most))).await;
}
