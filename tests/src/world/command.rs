//! The command line as people use it: real processes at a real server that can be killed and started anew.

use super::{Database, Engine, Person, Process, person::Answer, process, seed};
use nix::{
    sys::signal::{Signal, kill, killpg},
    unistd::Pid,
};
use seatkeeper_shared::ids::LicenseId;
use serde_json::Value;
use std::{
    net::SocketAddr,
    path::Path,
    process::{Output, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, AsyncWriteExt as _, BufReader},
    process::{Child, Command},
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};

/// The longest that anything may take here.
const PATIENCE: Duration = Duration::from_secs(60);
/// The shortest lease that a license can have.
pub const LEASE_SECONDS: u32 = 10;

/// Tells a story of the command line once on each engine.
macro_rules! at_the_command_line {
    ($($(#[$meta:meta])* async fn $name:ident($engine:ident: Engine) $body:block)*) => {$(
        $(#[$meta])*
        async fn $name($engine: $crate::world::Engine) $body

        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::$name($crate::world::Engine::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                super::$name($crate::world::Engine::Postgres).await;
            }
        }
    )*};
}
pub(crate) use at_the_command_line;

/// A server process, a license of Remote Support with a short lease, and agents with tokens.
pub struct Scene {
    /// Its admin.
    pub admin: Person,
    /// Agents to whom the license is assigned.
    pub agents: Vec<Person>,
    /// The license.
    pub license: LicenseId,
    /// Where the server is.
    pub url: String,
    address: SocketAddr,
    server: Option<Process>,
    home: TempDir,
    database: Database,
}

impl Scene {
    /// With so many seats.
    pub async fn start(engine: Engine, seats: usize, agents: usize) -> Self {
        let database = Database::create(engine).await;
        let (admin, people) = seed::people(&database.address, agents).await;
        let address = process::free_address();
        let server = Process::start_at(address, &database.address, &[]).await.expect("the server starts");
        let url = server.url.clone();
        let admin = admin.at(&url);
        let agents: Vec<_> = people.iter().map(|person| person.at(&url)).collect();
        let license = seed::pool(&admin, &agents, seats, LEASE_SECONDS).await;
        let home = super::database::private_folder();
        Self { admin, agents, license, url, address, server: Some(server), home, database }
    }

    /// The server dies.
    pub fn kill_server(&mut self) {
        self.server.take().expect("it runs").kill();
    }

    /// The server runs again, at the same address.
    pub async fn start_server(&mut self) {
        self.server = Process::start_at(self.address, &self.database.address, &[]).await;
        assert!(self.server.is_some(), "the server starts again");
    }

    /// The server's database.
    pub fn database_address(&self) -> String {
        self.database.address.clone()
    }

    /// The only child of a command, which is the first process of a namespace: its number as seen from here.
    pub async fn first_in_namespace(&self, run: &Started) -> Pid {
        let pid = run.pid();
        let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).expect("it runs");
        Pid::from_raw(children.trim().parse().expect("one child"))
    }

    /// The home of whoever sits at the command line.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// A command line with this in its environment, and nothing else of ours.
    pub fn command(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Command {
        let mut command = Command::new(process::binary());
        command.args(arguments);
        self.tidy(&mut command, environment);
        command
    }

    /// The same of an agent who is logged in by his environment.
    pub fn of(&self, agent: &Person, arguments: &[&str]) -> Command {
        self.command(arguments, &[("SEATKEEPER_URL", &self.url), ("SEATKEEPER_TOKEN", agent.secret())])
    }

    /// Gives a process a home and environment of its own.
    pub fn tidy(&self, command: &mut Command, environment: &[(&str, &str)]) {
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", self.home());
        command.envs(environment.iter().copied()).stdin(Stdio::null()).kill_on_drop(true);
    }

    /// What a command says, and how it ends.
    pub async fn said(&self, agent: &Person, arguments: &[&str]) -> Output {
        output(self.of(agent, arguments)).await
    }

    /// Runs a program with a seat.
    pub fn run(&self, agent: &Person, options: &[&str], program: &[&str]) -> Started {
        let arguments = [&["run", "--product", "remote-support-v5"], options, &["--"], program].concat();
        Started::start(self.of(agent, &arguments))
    }

    /// How things stand at the license.
    pub async fn usage(&self) -> Value {
        self.admin.get(&format!("/licenses/{}", self.license)).await.ok()["use"].clone()
    }

    /// Waits until so many seats are occupied and so many wait.
    pub async fn until_used(&self, occupied: i64, waiting: i64) {
        let is_so = async || {
            let usage = self.usage().await;
            (usage["occupied"].as_i64(), usage["waiting"].as_i64()) == (Some(occupied), Some(waiting))
        };
        eventually(&format!("{occupied} occupied, {waiting} waiting"), is_so).await;
    }

    /// The only live session.
    pub async fn session(&self) -> Value {
        let mut list = self.admin.get("/sessions?state=live").await.ok();
        assert_eq!(list["total"], 1, "{list:#}");
        list["items"][0].take()
    }

    /// How the newest session ended.
    pub async fn last_end(&self) -> Value {
        self.admin.get("/sessions?state=ended").await.ok()["items"][0]["ended"].clone()
    }

    /// The admin ends the only live session.
    pub async fn end_session(&self, body: Value) -> Answer {
        let id = self.session().await["id"].as_str().expect("an id").to_owned();
        self.admin.post(&format!("/sessions/{id}/end"), &body).await
    }
}

/// Waits until something is so.
pub async fn eventually(what: &str, is_so: impl AsyncFn() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !is_so().await {
        assert!(Instant::now() < until, "it never came to this: {what}");
        sleep(Duration::from_millis(30)).await;
    }
}

/// What a command says, and how it ends.
pub async fn output(mut command: Command) -> Output {
    timeout(PATIENCE, command.output()).await.expect("it ends").expect("it starts")
}

/// A running command of the command line, in a process group of its own as a shell would start it.
pub struct Started {
    child: Child,
    out: Heard,
    err: Heard,
}

/// What a process has said so far.
struct Heard {
    text: Arc<Mutex<String>>,
    listening: JoinHandle<()>,
}

impl Heard {
    fn listen(pipe: impl AsyncRead + Unpin + Send + 'static) -> Self {
        let text = Arc::<Mutex<String>>::default();
        let heard = text.clone();
        let listening = tokio::spawn(async move {
            let mut lines = BufReader::new(pipe).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                heard.lock().expect("nobody panicked here").push_str(&(line + "\n"));
            }
        });
        Self { text, listening }
    }

    fn text(&self) -> String {
        self.text.lock().expect("nobody panicked here").clone()
    }
}

impl Started {
    /// Starts it.
    pub fn start(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let mut child = command.spawn().expect("it starts");
        let out = Heard::listen(child.stdout.take().expect("it is piped"));
        let err = Heard::listen(child.stderr.take().expect("it is piped"));
        Self { child, out, err }
    }

    /// Its number, which is also that of its process group.
    fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id().expect("it runs")).expect("a number of a process"))
    }

    /// Types into it.
    pub async fn typed(&mut self, text: &str) {
        let input = self.child.stdin.as_mut().expect("it is piped");
        input.write_all(text.as_bytes()).await.expect("it reads");
        input.flush().await.expect("it reads");
    }

    /// There is no more to read for it.
    pub fn hear_no_more(&mut self) {
        drop(self.child.stdin.take());
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).expect("it runs");
    }

    /// Sends it and all that it started a signal.
    pub fn signal_group(&self, signal: Signal) {
        killpg(self.pid(), signal).expect("it runs");
    }

    /// What it said on its standard output.
    pub fn out(&self) -> String {
        self.out.text()
    }

    /// What it said on its standard error.
    pub fn err(&self) -> String {
        self.err.text()
    }

    /// Waits until what it said on its standard output is as wished.
    pub async fn until_its_output(&mut self, what: &str, is_so: impl Fn(&str) -> bool) {
        eventually(what, async || is_so(&self.out())).await;
    }

    /// Waits until it has said something on either.
    pub async fn until_it_says(&mut self, text: &str) {
        let until = Instant::now() + PATIENCE;
        while !self.out().contains(text) && !self.err().contains(text) {
            let over = self.child.try_wait().expect("its state can be asked");
            let so_far = format!("out: {}\nerr: {}", self.out(), self.err());
            assert!(Instant::now() < until && over.is_none(), "it does not say \"{text}\" ({over:?})\n{so_far}");
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// `kill -9`; what it started lives on.
    pub async fn kill(&mut self) {
        self.child.kill().await.expect("it runs");
    }

    /// Waits until it ends; its exit code. The rest of what it said is heard then.
    pub async fn code(&mut self) -> i32 {
        let status = timeout(PATIENCE, self.child.wait()).await;
        let status = status.unwrap_or_else(|_| panic!("it does not end\n{}{}", self.out(), self.err()));
        for heard in [&mut self.out, &mut self.err] {
            // Closed by now, unless something that it started lives on and holds it open.
            let _ = timeout(Duration::from_secs(1), &mut heard.listening).await;
        }
        status.expect("it can be waited for").code().unwrap_or_else(|| panic!("a signal ended it"))
    }
}
