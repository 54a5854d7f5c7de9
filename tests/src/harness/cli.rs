//! Tests of the command line: real processes against a real server that can be killed and restarted.

use super::{Database, Engine, Person, ServerProcess, eventually, person::Answer, process, seed, within};
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
    time::timeout,
};

/// The longest time a command, or a state to wait for, may take.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(60);
/// The shortest lease a license allows.
pub const LEASE_SECONDS: u32 = 10;

/// Runs each test of the command line once on each engine.
macro_rules! at_the_command_line {
    ($($(#[$meta:meta])* async fn $name:ident($engine:ident: Engine) $body:block)*) => {$(
        $(#[$meta])*
        async fn $name($engine: $crate::harness::Engine) $body

        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::$name($crate::harness::Engine::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                super::$name($crate::harness::Engine::Postgres).await;
            }
        }
    )*};
}
pub(crate) use at_the_command_line;

/// A server process, a license of Remote Support with a short lease, and agents with tokens.
pub struct CliFixture {
    pub admin: Person,
    /// Agents with tokens, to whom the license is assigned.
    pub agents: Vec<Person>,
    pub license: LicenseId,
    /// The base URL of the server.
    pub url: String,
    address: SocketAddr,
    server: Option<ServerProcess>,
    home: TempDir,
    database: Database,
}

impl CliFixture {
    /// Starts a server with one license of `seats` seats.
    pub async fn start(engine: Engine, seats: usize, agents: usize) -> Self {
        let database = Database::migrated(engine).await;
        let (admin, people) = seed::people(&database.address, agents).await;
        let address = process::free_address();
        let server = ServerProcess::start_at(address, &database.address, &[]).await.expect("the server starts");
        let url = server.url.clone();
        let admin = admin.at(&url);
        let agents: Vec<_> = people.iter().map(|person| person.at(&url)).collect();
        let license = seed::pool(&admin, &agents, seats, LEASE_SECONDS).await;
        let home = super::database::private_folder();
        Self { admin, agents, license, url, address, server: Some(server), home, database }
    }

    /// Kills the server with SIGKILL.
    pub fn kill_server(&mut self) {
        self.server.take().expect("the server runs").kill();
    }

    /// Starts the server again, at the same address.
    pub async fn start_server(&mut self) {
        self.server = ServerProcess::start_at(self.address, &self.database.address, &[]).await;
        assert!(self.server.is_some(), "the server starts again");
    }

    /// The `--database` option of the server.
    pub fn database_address(&self) -> String {
        self.database.address.clone()
    }

    /// The only child of a command, which is process 1 of a PID namespace: its id outside of the namespace.
    pub async fn namespace_init(&self, run: &RunningCommand) -> Pid {
        let pid = run.pid();
        let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).expect("the command runs");
        Pid::from_raw(children.trim().parse().expect("one child"))
    }

    /// The home directory of the commands.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// A `seatkeeper` command with only these variables in its environment.
    pub fn command(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Command {
        let mut command = Command::new(process::binary());
        command.args(arguments);
        self.isolate(&mut command, environment);
        command
    }

    /// Like [`Self::command`], with the URL and the agent's token in the environment.
    pub fn command_as(&self, agent: &Person, arguments: &[&str]) -> Command {
        self.command(arguments, &[("SEATKEEPER_URL", &self.url), ("SEATKEEPER_TOKEN", agent.secret())])
    }

    /// Replaces the environment of a process: `PATH`, a home of its own, and these variables.
    pub fn isolate(&self, command: &mut Command, environment: &[(&str, &str)]) {
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", self.home());
        command.envs(environment.iter().copied()).stdin(Stdio::null()).kill_on_drop(true);
    }

    /// Runs a command as an agent to its end.
    pub async fn output_of(&self, agent: &Person, arguments: &[&str]) -> Output {
        output(self.command_as(agent, arguments)).await
    }

    /// Starts `seatkeeper run` with a program.
    pub fn run(&self, agent: &Person, options: &[&str], program: &[&str]) -> RunningCommand {
        let arguments = [&["run", "--product", "remote-support-v5"], options, &["--"], program].concat();
        RunningCommand::start(self.command_as(agent, &arguments))
    }

    /// The occupied and waiting counts of the license.
    pub async fn usage(&self) -> Value {
        self.admin.get(&format!("/licenses/{}", self.license)).await.ok()["use"].clone()
    }

    /// Waits until this many seats are occupied and this many tickets wait.
    pub async fn wait_for_usage(&self, occupied: i64, waiting: i64) {
        let holds = async || {
            let usage = self.usage().await;
            (usage["occupied"].as_i64(), usage["waiting"].as_i64()) == (Some(occupied), Some(waiting))
        };
        eventually(&format!("{occupied} occupied, {waiting} waiting"), holds).await;
    }

    /// The only live session; panics if there is not exactly one.
    pub async fn session(&self) -> Value {
        let mut list = self.admin.get("/sessions?state=live").await.ok();
        assert_eq!(list["total"], 1, "{list:#}");
        list["items"][0].take()
    }

    /// The end of the newest session.
    pub async fn last_end(&self) -> Value {
        self.admin.get("/sessions?state=ended").await.ok()["items"][0]["ended"].clone()
    }

    /// Ends the only live session as the admin.
    pub async fn end_session(&self, body: Value) -> Answer {
        let id = self.session().await["id"].as_str().expect("an id").to_owned();
        self.admin.post(&format!("/sessions/{id}/end"), &body).await
    }
}

/// Runs a command to its end.
pub async fn output(mut command: Command) -> Output {
    timeout(COMMAND_TIMEOUT, command.output()).await.expect("the command ends in time").expect("the command starts")
}

/// A running command, in a process group of its own, as an interactive shell would start it.
pub struct RunningCommand {
    child: Child,
    out: CapturedOutput,
    err: CapturedOutput,
}

/// What a process has written to a pipe so far.
struct CapturedOutput {
    text: Arc<Mutex<String>>,
    reading: JoinHandle<()>,
}

impl CapturedOutput {
    fn read_from(pipe: impl AsyncRead + Unpin + Send + 'static) -> Self {
        let text = Arc::<Mutex<String>>::default();
        let heard = text.clone();
        let reading = tokio::spawn(async move {
            let mut lines = BufReader::new(pipe).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                heard.lock().expect("no thread panicked with the lock").push_str(&(line + "\n"));
            }
        });
        Self { text, reading }
    }

    fn text(&self) -> String {
        self.text.lock().expect("no thread panicked with the lock").clone()
    }
}

impl RunningCommand {
    pub fn start(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let mut child = command.spawn().expect("the command starts");
        let out = CapturedOutput::read_from(child.stdout.take().expect("it is a pipe"));
        let err = CapturedOutput::read_from(child.stderr.take().expect("it is a pipe"));
        Self { child, out, err }
    }

    /// Its process id, which is also the id of its process group.
    fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id().expect("it runs")).expect("a process id"))
    }

    /// Writes to its standard input.
    pub async fn type_text(&mut self, text: &str) {
        let input = self.child.stdin.as_mut().expect("it is a pipe");
        input.write_all(text.as_bytes()).await.expect("its standard input is open");
        input.flush().await.expect("its standard input is open");
    }

    /// Closes its standard input.
    pub fn close_stdin(&mut self) {
        drop(self.child.stdin.take());
    }

    pub fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).expect("it runs");
    }

    /// Sends a signal to its process group.
    pub fn signal_group(&self, signal: Signal) {
        killpg(self.pid(), signal).expect("it runs");
    }

    /// Its standard output so far.
    pub fn out(&self) -> String {
        self.out.text()
    }

    /// Its standard error so far.
    pub fn err(&self) -> String {
        self.err.text()
    }

    /// Waits until a condition holds for its standard output.
    pub async fn wait_for_stdout(&mut self, what: &str, holds: impl Fn(&str) -> bool) {
        eventually(what, async || holds(&self.out())).await;
    }

    /// Waits until its standard output or standard error contains a text; panics if it ends before.
    pub async fn wait_for_output(&mut self, text: &str) {
        let message = || format!("it prints \"{text}\"\nout: {}\nerr: {}", self.out.text(), self.err.text());
        let printed = async || {
            if self.out.text().contains(text) || self.err.text().contains(text) {
                return true;
            }
            let ended = self.child.try_wait().expect("it can be waited for");
            assert!(ended.is_none(), "it has ended: {ended:?}; {}", message());
            false
        };
        within(COMMAND_TIMEOUT, message, printed).await;
    }

    /// Kills it with SIGKILL; its children keep running.
    pub async fn kill(&mut self) {
        self.child.kill().await.expect("it runs");
    }

    /// Waits until it ends and its output is read; returns the exit code.
    pub async fn code(&mut self) -> i32 {
        let status = timeout(COMMAND_TIMEOUT, self.child.wait()).await;
        let status = status.unwrap_or_else(|_| panic!("it does not end\n{}{}", self.out(), self.err()));
        for heard in [&mut self.out, &mut self.err] {
            // Closed by now, unless a child still runs and keeps the pipe open.
            let _ = timeout(Duration::from_secs(1), &mut heard.reading).await;
        }
        status.expect("it can be waited for").code().unwrap_or_else(|| panic!("a signal terminated it"))
    }
}
