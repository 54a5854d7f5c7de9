//! A history checker in the spirit of Jepsen: clients record every response while faults are injected, and afterwards
//! the checker verifies that all responses, the event log and the tables agree.

mod checker;
mod clients;
mod evidence;
mod faults;
mod history;

use crate::harness::{Cluster, Person, Proxy, SmallDisk, faketime, process, seed};
use checker::Terms;
use clients::{Run, TargetLicense};
use faults::{FaultCounts, RestartableServer};
use seatkeeper_shared::{ids::LicenseId, license::SeatRule};
use serde_json::json;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::task::JoinSet;

/// The duration without SEATKEEPER_TORTURE_MINUTES.
const DEFAULT_DURATION: Duration = Duration::from_secs(15);
/// The shortest lease a license allows.
const LEASE_SECONDS: u32 = 10;
const AGENTS: usize = 10;
/// The number of agents whose assignments are revoked and restored.
const REASSIGNED_AGENTS: usize = 2;

/// The licenses: one with a seat for each agent, one for each session, and one whose number of seats keeps changing.
const LICENSES: [(&str, i64, SeatRule); 3] =
    [("Per agent", 4, SeatRule::Agent), ("Per session", 6, SeatRule::Session), ("Elastic", 5, SeatRule::Session)];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_stays_consistent_under_faults() {
    let torture = Torture::new();
    let disk = SmallDisk::create(torture.disk_megabytes());
    let database = format!("sqlite:{}", disk.path().join("seatkeeper.sqlite3").display());
    let people = seed::people(&database, AGENTS).await;
    let mut machine = RestartableServer::start(process::free_address(), database.clone(), Vec::new()).await;
    let fault_counts = FaultCounts::default();

    let url = machine.url();
    let run = torture.prepare(people, &url).await;
    let clients = run.start_clients();
    faults::inject_on_single_server(&run.run, &mut machine, &disk, &fault_counts, torture.rng(1)).await;
    clients.join_all().await;
    run.wait_until_seats_are_free(&[url]).await;
    machine.stop_server().await;
    run.check(&database, &fault_counts, torture.seed).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_with_three_servers_stays_consistent_under_faults() {
    let torture = Torture::new();
    let mut cluster = Cluster::start(torture.disk_megabytes() + 100).await;
    let database = Cluster::database_at(cluster.address);
    let people = seed::people(&database, AGENTS).await;
    let (mut machines, mut proxies) = (Vec::new(), Vec::new());
    for environment in [Vec::new(), Vec::new(), faketime::environment("+7m").unwrap_or_default()] {
        let proxy = Proxy::start(vec![cluster.address]).await;
        let database = Cluster::database_at(proxy.address);
        machines.push(RestartableServer::start(process::free_address(), database, environment).await);
        proxies.push(proxy);
    }
    let front = Proxy::start(machines.iter().map(RestartableServer::address).collect()).await;
    let fault_counts = FaultCounts::default();

    let run = torture.prepare(people, &format!("http://{}", front.address)).await;
    let clients = run.start_clients();
    tokio::join!(
        faults::inject_on_servers(&run.run, &mut machines, &front, &fault_counts, torture.rng(1)),
        faults::inject_on_database(&run.run, &mut cluster, &proxies, &fault_counts, torture.rng(2)),
    );
    clients.join_all().await;
    let urls: Vec<_> = machines.iter().map(RestartableServer::url).collect();
    run.wait_until_seats_are_free(&urls).await;
    for machine in &mut machines {
        machine.stop_server().await;
    }
    run.check(&database, &fault_counts, torture.seed).await;
}

/// The duration of the run, and the seed of its random choices.
struct Torture {
    time: Duration,
    seed: u64,
}

impl Torture {
    /// Reads the settings from the environment.
    fn new() -> Self {
        let number = |name| std::env::var(name).ok().and_then(|value| value.parse().ok());
        let time = number("SEATKEEPER_TORTURE_MINUTES")
            .map_or(DEFAULT_DURATION, |minutes: u64| Duration::from_secs(60 * minutes));
        let seed = number("SEATKEEPER_TORTURE_SEED").unwrap_or_else(|| fastrand::u64(..));
        println!("torture for {} s with SEATKEEPER_TORTURE_SEED={seed}", time.as_secs());
        Self { time, seed }
    }

    /// A random generator for one actor.
    fn rng(&self, actor: u64) -> fastrand::Rng {
        fastrand::Rng::with_seed(self.seed.wrapping_add(actor))
    }

    /// The size of a disk with enough space for the whole run.
    fn disk_megabytes(&self) -> u32 {
        64 + u32::try_from(self.time.as_secs()).unwrap_or(u32::MAX / 2)
    }

    /// Creates the licenses and assigns them to all agents.
    async fn prepare(&self, (admin, agents): (Person, Vec<Person>), url: &str) -> TortureRun {
        let admin = admin.at(url);
        let agents: Vec<_> = agents.iter().map(|agent| agent.at(url)).collect();
        let (mut targets, mut licenses) = (Vec::new(), BTreeMap::new());
        for (name, seats, seat_rule) in LICENSES {
            let target = create_license(&admin, name, seats, seat_rule).await;
            targets.push(target);
            licenses.insert(target.license, Terms { seats, seat_rule });
        }
        let run = Run::begin(self.time, targets);
        for target in &run.targets {
            for agent in &agents {
                clients::assign(&run, &admin, target.license, agent).await;
            }
        }
        TortureRun { run, admin, agents, licenses, seed: self.seed }
    }
}

/// A prepared run, except for its servers.
struct TortureRun {
    run: Arc<Run>,
    admin: Person,
    agents: Vec<Person>,
    licenses: BTreeMap<LicenseId, Terms>,
    seed: u64,
}

impl TortureRun {
    /// Starts two programs for each agent, and three admins.
    fn start_clients(&self) -> JoinSet<()> {
        let mut clients = JoinSet::new();
        let mut number = 100;
        let mut rng = || {
            number += 1;
            fastrand::Rng::with_seed(self.seed.wrapping_add(number))
        };
        for number in 0..2 * self.agents.len() {
            let person = self.agents[number / 2].clone();
            clients.spawn(clients::agent(self.run.clone(), person, number, rng()));
        }
        let (run, admin) = (|| self.run.clone(), || self.admin.clone());
        clients.spawn(clients::ender(run(), admin(), rng()));
        clients.spawn(clients::resizer(run(), admin(), (self.run.targets[2].license, LICENSES[2].1), rng()));
        clients.spawn(clients::assigner(run(), admin(), self.agents[..REASSIGNED_AGENTS].to_vec(), rng()));
        clients
    }

    /// Waits until all leases have expired after the last heartbeat; twice as long if an outage has just extended them.
    async fn wait_until_seats_are_free(&self, urls: &[String]) {
        let deadline = self.run.history.now() + Duration::from_secs(2 * u64::from(LEASE_SECONDS) + 10);
        let mut urls = urls.iter().peekable();
        while let Some(url) = urls.peek() {
            if all_free(&self.admin.at(url)).await {
                urls.next();
            } else {
                let late = self.run.history.now() > deadline;
                assert!(!late, "{url} still shows occupied seats long after the last heartbeat");
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }

    /// Prints the statistics; panics if the checker finds a violation.
    async fn check(self, database: &str, fault_counts: &FaultCounts, seed: u64) {
        let evidence = evidence::gather(database, &self.run.history, self.licenses).await;
        println!("{} operations: {:#?}", evidence.operations.len(), history::count(&evidence.operations));
        println!("{} faults: {:#?}", fault_counts.counts().values().sum::<usize>(), fault_counts.counts());
        println!("{} sessions, {} events", evidence.sessions.len(), evidence.log.len());
        let found = checker::violations(&evidence);
        println!("{} violations", found.len());
        assert!(found.is_empty(), "with SEATKEEPER_TORTURE_SEED={seed}: {:#?}", &found[..found.len().min(20)]);
        assert!(!evidence.sessions.is_empty() && !fault_counts.counts().is_empty(), "nothing happened");
    }
}

async fn create_license(admin: &Person, name: &str, seats: i64, seat_rule: SeatRule) -> TargetLicense {
    let product = json!({ "name": name, "key_seconds": 30 });
    let product = crate::harness::id_of(&admin.post("/products", &product).await.created());
    let license = json!({
        "product_id": product, "model": "concurrent", "seats": seats, "seat_rule": seat_rule,
        "lease_seconds": LEASE_SECONDS,
    });
    TargetLicense { product, license: crate::harness::id_of(&admin.post("/licenses", &license).await.created()) }
}

/// Whether this server reports no occupied seat and no live session.
async fn all_free(admin: &Person) -> bool {
    let licenses = admin.get("/licenses").await.ok();
    let sessions = admin.get("/sessions?state=live").await.ok();
    let free = |license: &serde_json::Value| license["use"]["occupied"] == 0;
    licenses.as_array().is_some_and(|all| all.iter().all(free)) && sessions["items"] == json!([])
}
