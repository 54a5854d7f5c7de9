//! A real server process that can be killed, paused and restarted at the same address.

use super::{SECRET_KEY, SETUP_TOKEN, found};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use std::{
    fs::File,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

/// A running `seatkeeper serve`. It is killed when dropped.
pub struct ServerProcess {
    /// The base URL of the server.
    pub url: String,
    child: Child,
}

impl ServerProcess {
    /// Starts a server on a database and waits until it is ready.
    pub async fn start(database: &str) -> Self {
        Self::start_at(free_address(), database, &[]).await.expect("the server starts")
    }

    /// Starts a server that also serves the app in this folder.
    pub async fn start_with_app(database: &str, dist: &Path) -> Self {
        let dist = dist.display().to_string();
        Self::start_at(free_address(), database, &[("SEATKEEPER_DIST", dist)]).await.expect("the server starts")
    }

    /// Starts a server at an address, with additional environment variables; `None` if it exits instead of serving.
    pub async fn start_at(address: SocketAddr, database: &str, environment: &[(&str, String)]) -> Option<Self> {
        let mut serve = serve(address, database);
        let child = serve.envs(environment.iter().cloned()).stdout(Stdio::null()).spawn().expect("the server starts");
        let mut process = Self { url: format!("http://{address}"), child };
        process.serves().await.then_some(process)
    }

    /// Wraps a server that was started in another way, and waits until it is ready.
    pub async fn from_child(child: Child, address: SocketAddr) -> Self {
        let mut process = Self { url: format!("http://{address}"), child };
        assert!(process.serves().await, "the server starts");
        process
    }

    /// Starts a server with this umask; its standard error is appended to a file.
    pub async fn start_with_umask(umask: &str, database: &str, log: &Path) -> Self {
        let address = free_address();
        let mut serve = through_a_shell(&format!("umask {umask}"), &serve(address, database));
        let said = File::options().create(true).append(true).open(log).expect("a file");
        let child = serve.stdout(Stdio::null()).stderr(said).spawn().expect("the server starts");
        let mut process = Self { url: format!("http://{address}"), child };
        assert!(process.serves().await, "{}", std::fs::read_to_string(log).unwrap_or_default());
        process
    }

    /// The output of a server that is expected to exit instead of serving, after a shell has executed `shell`.
    pub fn failed_start_after(shell: &str, database: &str) -> Output {
        through_a_shell(shell, &serve(free_address(), database)).output().expect("the server starts")
    }

    /// Starts a server with these options, which make it listen at `address`; `None` if it exits instead of serving.
    pub async fn start_with(address: &str, database: &str, options: &[&str]) -> Option<Self> {
        let mut serve = serve(free_address(), database);
        // Options on the command line take precedence over the environment.
        let child = serve.args(options).stdout(Stdio::null()).spawn().expect("the server starts");
        let mut process = Self { url: format!("http://{address}"), child };
        process.serves().await.then_some(process)
    }

    /// The output of a server that is expected to exit instead of serving.
    pub fn failed_start(database: &str) -> Output {
        serve(free_address(), database).output().expect("the server starts")
    }

    /// Like [`Self::failed_start`], with additional options.
    pub fn failed_start_with(database: &str, options: &[&str]) -> Output {
        serve(free_address(), database).args(options).output().expect("the server starts")
    }

    /// The output of another command of the binary on a database.
    pub fn run_command(command: &[&str], database: &str) -> Output {
        let mut process = Command::new(binary());
        process.env("SEATKEEPER_SECRET_KEYS", SECRET_KEY);
        process.args(command).args(["--database", database]).output().expect("the command starts")
    }

    async fn serves(&mut self) -> bool {
        let ready = format!("{}/readyz", self.url);
        found("the server is ready, or has exited", async || {
            if super::http::get(&ready).await.is_ok_and(|answer| answer.status().is_success()) {
                return Some(true);
            }
            self.child.try_wait().expect("it can be waited for").map(|_| false)
        })
        .await
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, signal: Signal) {
        kill(pid(&self.child), signal).expect("it has not been waited for, so it can be signalled");
    }

    /// Kills it with SIGKILL.
    pub fn kill(&mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it can be waited for");
    }

    /// Sends a signal that terminates it; returns its exit status.
    pub async fn stop_with(&mut self, signal: Signal) -> ExitStatus {
        self.signal(signal);
        let what = format!("the server exits after {signal}");
        found(&what, async || self.child.try_wait().expect("it can be waited for")).await
    }

    /// Sends SIGTERM and waits until it has exited.
    pub async fn stop(self) {
        self.signal(Signal::SIGTERM);
        tokio::task::spawn_blocking(move || {
            let mut process = self;
            process.child.wait().expect("it can be waited for");
        })
        .await
        .expect("nothing panics while waiting");
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // It may have exited already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The process id of a child, for signals.
pub fn pid(child: &Child) -> Pid {
    Pid::from_raw(i32::try_from(child.id()).expect("a process id"))
}

/// A loopback address on which nothing listens at this moment.
pub fn free_address() -> SocketAddr {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    loop {
        let number = std::process::id().wrapping_mul(10).wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        // Below the ports that the system gives to clients, so that no connection takes it meanwhile.
        let port = 20_000 + u16::try_from(number % 12_000).expect("a port");
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        if std::net::TcpListener::bind(address).is_ok() {
            return address;
        }
    }
}

fn serve(address: SocketAddr, database: &str) -> Command {
    let mut serve = Command::new(binary());
    serve
        .args(["serve", "--database", database])
        .env("SEATKEEPER_LISTEN", address.to_string())
        .env("SEATKEEPER_SETUP_TOKEN", SETUP_TOKEN)
        .env("SEATKEEPER_SECRET_KEYS", SECRET_KEY)
        .env("SEATKEEPER_SIGN_IN_BURST", "10000")
        .env("SEATKEEPER_LOG", "warn")
        .stdin(Stdio::null());
    serve
}

/// The same command, executed by a shell that has executed `first` before.
fn through_a_shell(first: &str, command: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("{first}; exec \"$@\""), "sh"]).arg(command.get_program()).args(command.get_args());
    shell
        .env("NO_COLOR", "1")
        .envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))))
        .stdin(Stdio::null());
    shell
}

/// The path of the server's binary. Builds it together with the examples, because the build of the tests does not.
pub fn binary() -> &'static PathBuf {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut build = Command::new(cargo);
        // Together with the tests, which are built already: on its own it would enable other features of its
        // dependencies, and these would be compiled twice.
        build.args(["build", "--quiet", "--workspace", "--exclude", "seatkeeper-frontend"]);
        build.args(["--bin", "seatkeeper", "--test", "stories", "--example", "seat", "--example", "borrow"]);
        // Without the variables that cargo sets for the tests: some build scripts would run again because of them.
        for (name, _) in std::env::vars_os() {
            if ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|start| name.to_string_lossy().starts_with(start)) {
                build.env_remove(name);
            }
        }
        let built = build.status();
        assert!(built.is_ok_and(|status| status.success()), "the server does not build");
        let tests = std::env::current_exe().expect("the test's own path");
        let folder = tests.parent().and_then(|deps| deps.parent()).expect("target/debug/deps");
        folder.join("seatkeeper")
    })
}
