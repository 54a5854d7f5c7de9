//! A history checker in the spirit of Jepsen: clients write down what they are told while everything around them fails, and
//! afterwards it must all have been true.

mod checker;
mod clients;
mod evidence;
mod faults;
mod history;

use crate::world::{Cluster, Ground, Person, Proxy, process, seed, wrong_clock};
use checker::Terms;
use clients::{Offer, Run};
use faults::{Machine, Tally};
use seatkeeper_shared::{ids::LicenseId, license::SeatRule};
use serde_json::json;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::task::JoinSet;

/// Without SEATKEEPER_TORTURE_MINUTES.
const SHORT: Duration = Duration::from_secs(15);
/// The shortest lease that a license can have.
const LEASE_SECONDS: u32 = 10;
const AGENTS: usize = 10;
/// How many of them lose their licenses now and then.
const UNSTEADY: usize = 2;

/// What there is to have: a pool of agents, a pool of sessions, and one whose seats are changed all the time.
const LICENSES: [(&str, i64, SeatRule); 3] =
    [("Per agent", 4, SeatRule::Agent), ("Per session", 6, SeatRule::Session), ("Elastic", 5, SeatRule::Session)];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_keeps_its_word_whatever_fails() {
    let torture = Torture::new();
    let ground = Ground::small(torture.megabytes());
    let database = format!("sqlite:{}", ground.path().join("seatkeeper.sqlite3").display());
    let people = seed::people(&database, AGENTS).await;
    let mut machine = Machine::start(process::free_address(), database.clone(), Vec::new()).await;
    let tally = Tally::default();

    let url = machine.url();
    let scene = torture.prepare(people, &url).await;
    let clients = scene.start_clients();
    faults::on_one_server(&scene.run, &mut machine, &ground, &tally, torture.luck(1)).await;
    clients.join_all().await;
    scene.wait_until_seats_are_free(&[url]).await;
    machine.switch_off().await;
    scene.judge(&database, &tally, torture.seed).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_and_three_servers_keep_their_word_whatever_fails() {
    let torture = Torture::new();
    let mut cluster = Cluster::start(torture.megabytes() + 100).await;
    let database = Cluster::database_at(cluster.address);
    let people = seed::people(&database, AGENTS).await;
    let (mut machines, mut ways) = (Vec::new(), Vec::new());
    for environment in [Vec::new(), Vec::new(), wrong_clock::environment("+7m").unwrap_or_default()] {
        let way = Proxy::start(vec![cluster.address]).await;
        let database = Cluster::database_at(way.address);
        machines.push(Machine::start(process::free_address(), database, environment).await);
        ways.push(way);
    }
    let front = Proxy::start(machines.iter().map(Machine::address).collect()).await;
    let tally = Tally::default();

    let scene = torture.prepare(people, &format!("http://{}", front.address)).await;
    let clients = scene.start_clients();
    tokio::join!(
        faults::on_servers(&scene.run, &mut machines, &front, &tally, torture.luck(1)),
        faults::on_the_database(&scene.run, &mut cluster, &ways, &tally, torture.luck(2)),
    );
    clients.join_all().await;
    let urls: Vec<_> = machines.iter().map(Machine::url).collect();
    scene.wait_until_seats_are_free(&urls).await;
    for machine in &mut machines {
        machine.switch_off().await;
    }
    scene.judge(&database, &tally, torture.seed).await;
}

/// How long, and with which luck.
struct Torture {
    time: Duration,
    seed: u64,
}

impl Torture {
    /// As the environment says.
    fn new() -> Self {
        let number = |name| std::env::var(name).ok().and_then(|value| value.parse().ok());
        let time = number("SEATKEEPER_TORTURE_MINUTES").map_or(SHORT, |minutes: u64| Duration::from_secs(60 * minutes));
        let seed = number("SEATKEEPER_TORTURE_SEED").unwrap_or_else(|| fastrand::u64(..));
        println!("torture for {} s with SEATKEEPER_TORTURE_SEED={seed}", time.as_secs());
        Self { time, seed }
    }

    /// The choices of one actor.
    fn luck(&self, actor: u64) -> fastrand::Rng {
        fastrand::Rng::with_seed(self.seed.wrapping_add(actor))
    }

    /// How large a disk must be on which everything has room.
    fn megabytes(&self) -> u32 {
        64 + u32::try_from(self.time.as_secs()).unwrap_or(u32::MAX / 2)
    }

    /// Buys the licenses and assigns them to all agents.
    async fn prepare(&self, (admin, agents): (Person, Vec<Person>), url: &str) -> Scene {
        let admin = admin.at(url);
        let agents: Vec<_> = agents.iter().map(|agent| agent.at(url)).collect();
        let (mut offers, mut licenses) = (Vec::new(), BTreeMap::new());
        for (name, seats, seat_rule) in LICENSES {
            let offer = buy(&admin, name, seats, seat_rule).await;
            offers.push(offer);
            licenses.insert(offer.license, Terms { seats, seat_rule });
        }
        let run = Run::begin(self.time, offers);
        for offer in &run.offers {
            for agent in &agents {
                clients::assign(&run, &admin, offer.license, agent).await;
            }
        }
        Scene { run, admin, agents, licenses, seed: self.seed }
    }
}

/// Everything that a run needs besides servers.
struct Scene {
    run: Arc<Run>,
    admin: Person,
    agents: Vec<Person>,
    licenses: BTreeMap<LicenseId, Terms>,
    seed: u64,
}

impl Scene {
    /// Two programs for each agent, and three admins.
    fn start_clients(&self) -> JoinSet<()> {
        let mut clients = JoinSet::new();
        let mut number = 100;
        let mut luck = || {
            number += 1;
            fastrand::Rng::with_seed(self.seed.wrapping_add(number))
        };
        for number in 0..2 * self.agents.len() {
            let person = self.agents[number / 2].clone();
            clients.spawn(clients::agent(self.run.clone(), person, number, luck()));
        }
        let (run, admin) = (|| self.run.clone(), || self.admin.clone());
        clients.spawn(clients::ender(run(), admin(), luck()));
        clients.spawn(clients::resizer(run(), admin(), (self.run.offers[2].license, LICENSES[2].1), luck()));
        clients.spawn(clients::assigner(run(), admin(), self.agents[..UNSTEADY].to_vec(), luck()));
        clients
    }

    /// Nobody sends heartbeats any more. The leases run out; once more if an outage has just extended them.
    async fn wait_until_seats_are_free(&self, urls: &[String]) {
        let patience = self.run.history.now() + Duration::from_secs(2 * u64::from(LEASE_SECONDS) + 10);
        let mut urls = urls.iter().peekable();
        while let Some(url) = urls.peek() {
            if all_free(&self.admin.at(url)).await {
                urls.next();
            } else {
                let late = self.run.history.now() > patience;
                assert!(!late, "{url} still shows occupied seats long after the last heartbeat");
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }

    /// Prints the numbers and fails if anything contradicts anything.
    async fn judge(self, database: &str, tally: &Tally, seed: u64) {
        let evidence = evidence::gather(database, &self.run.history, self.licenses).await;
        println!("{} operations: {:#?}", evidence.operations.len(), history::count(&evidence.operations));
        println!("{} faults: {:#?}", tally.counts().values().sum::<usize>(), tally.counts());
        println!("{} sessions, {} events", evidence.sessions.len(), evidence.log.len());
        let found = checker::violations(&evidence);
        println!("{} violations", found.len());
        assert!(found.is_empty(), "with SEATKEEPER_TORTURE_SEED={seed}: {:#?}", &found[..found.len().min(20)]);
        assert!(!evidence.sessions.is_empty() && !tally.counts().is_empty(), "nothing happened");
    }
}

async fn buy(admin: &Person, name: &str, seats: i64, seat_rule: SeatRule) -> Offer {
    let product = json!({ "name": name, "key_seconds": 30 });
    let product = crate::world::id_of(&admin.post("/products", &product).await.created());
    let license = json!({
        "product_id": product, "model": "concurrent", "seats": seats, "seat_rule": seat_rule,
        "lease_seconds": LEASE_SECONDS,
    });
    Offer { product, license: crate::world::id_of(&admin.post("/licenses", &license).await.created()) }
}

/// Whether no seat is occupied and no session lives, as this server sees it.
async fn all_free(admin: &Person) -> bool {
    let licenses = admin.get("/licenses").await.ok();
    let sessions = admin.get("/sessions?state=live").await.ok();
    let free = |license: &serde_json::Value| license["use"]["occupied"] == 0;
    licenses.as_array().is_some_and(|all| all.iter().all(free)) && sessions["items"] == json!([])
}
