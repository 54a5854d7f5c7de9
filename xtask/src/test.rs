//! `cargo xtask test`: runs all tests, on both databases and in a real browser, and prints a summary.

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use anyhow::{Result, bail};

use crate::packages::{SystemDependency, ensure, on_path};
use crate::postgres::{Cluster, Durability};
use crate::process::{self, cargo, command, interrupted, output, say};
use crate::suite::{self, Plan};
use crate::{app, browser, tools};

#[derive(clap::Args)]
pub struct TestArgs {
    /// Run only this suite; may be given several times.
    #[arg(long)]
    only: Vec<Suite>,
    /// Run only tests whose names contain this. Use with --only, since a suite without tests fails.
    name: Option<String>,
}

#[derive(Clone, Copy, PartialEq, clap::ValueEnum)]
enum Suite {
    /// The unit and documentation tests of the server, the client and the shared rules.
    Unit,
    /// The tests through the API and the command line.
    Api,
    /// Requests that Schemathesis generates from the OpenAPI document.
    Schema,
    /// The unit tests of the app, in a browser.
    Wasm,
    /// The tests of the built app, in a browser, with a server.
    E2e,
}

const ALL_SUITES: [Suite; 5] = [Suite::Unit, Suite::Api, Suite::Schema, Suite::Wasm, Suite::E2e];

/// Runs the suites one after the other, even after one has failed.
pub fn run(args: &TestArgs) -> Result<()> {
    let is_selected = |suite: &Suite| args.only.is_empty() || args.only.contains(suite);
    let suites: Vec<Suite> = ALL_SUITES.into_iter().filter(is_selected).collect();
    let cluster =
        if suites.iter().any(|suite| suite.needs_postgres()) { Some(Cluster::start(Durability::None)?) } else { None };
    let mut outcomes = Vec::new();
    for suite in suites {
        outcomes.push(suite::run(suite.name(), || {
            let mut plan = suite.plan(args.name.as_deref())?;
            if let Some(cluster) = &cluster {
                for command in &mut plan.commands {
                    command.env("SEATKEEPER_TEST_POSTGRES", cluster.url());
                }
            }
            Ok(plan)
        }));
        if interrupted() {
            bail!("interrupted");
        }
    }
    drop(cluster);
    say("summary");
    for outcome in &outcomes {
        process::print(outcome.line());
    }
    if outcomes.iter().any(suite::Outcome::has_failed) {
        bail!("not all tests passed");
    }
    if !outcomes.iter().any(suite::Outcome::has_run) {
        bail!("no test ran");
    }
    Ok(())
}

impl Suite {
    fn name(self) -> &'static str {
        match self {
            Self::Unit => "unit",
            Self::Api => "api",
            Self::Schema => "schema",
            Self::Wasm => "wasm",
            Self::E2e => "e2e",
        }
    }

    fn needs_postgres(self) -> bool {
        self != Self::Wasm
    }

    fn plan(self, name: Option<&str>) -> Result<Plan> {
        let mut plan = match self {
            Self::Unit => Plan::of(vec![host(&["--lib", "--bins", "--"]), host(&["--doc", "--"])]),
            Self::Api => api(),
            Self::Schema => schema(),
            Self::Wasm => Plan::of(vec![wasm()?]),
            Self::E2e => Plan::of(vec![e2e()?]),
        };
        // The test filter matches any of several names, so a given name replaces the module.
        let module = match self {
            Self::Schema => Some("schema::"),
            Self::E2e => Some("e2e::"),
            _ => None,
        };
        for command in &mut plan.commands {
            command.args(name.or(module));
        }
        Ok(plan)
    }
}

/// The tests of the API. A few need other programs; without these they are skipped, and the summary says so.
fn api() -> Plan {
    // Many tests wait most of the time: for leases, other processes, or the database.
    let threads = 2 * thread::available_parallelism().map_or(1, NonZero::get);
    let mut cargo = host(&["--test", "*", "--", "--skip", "e2e::", "--skip", "schema::"]);
    cargo.args(["--test-threads", &threads.to_string()]);
    let programs = [
        (Some("SEATKEEPER_TEST_NGINX"), "gate_proxies::nginx::", "the gate behind nginx", nginx()),
        (Some("SEATKEEPER_TEST_CADDY"), "gate_proxies::caddy::", "the gate behind Caddy", caddy()),
        (Some("SEATKEEPER_TEST_TRAEFIK"), "gate_proxies::traefik::", "the gate behind Traefik", tools::traefik()),
        (Some("SEATKEEPER_TEST_PGBOUNCER"), "pooler::", "PostgreSQL behind a pooler", pgbouncer()),
        (Some("SEATKEEPER_TEST_SCIM2"), "scim::validators::", "the SCIM validator", tools::scim2()),
        (None, "cli_examples::", "the examples for integrators", examples()),
    ];
    let mut skipped = Vec::new();
    for (variable, module, what, program) in programs {
        match program {
            Ok(program) => {
                cargo.envs(variable.map(|variable| (variable, program)));
            }
            Err(problem) => {
                cargo.args(["--skip", module]);
                skipped.push(format!("{what}: {problem:#}"));
            }
        }
    }
    Plan { commands: vec![cargo], skipped: (!skipped.is_empty()).then(|| skipped.join("; ")) }
}

/// A proxy for the tests of the gate.
fn nginx() -> Result<PathBuf> {
    ensure(&SystemDependency { name: "nginx", debian: &["nginx-light"] }, || server_program("nginx"))
}

/// The connection pooler for the tests of PostgreSQL.
fn pgbouncer() -> Result<PathBuf> {
    ensure(&SystemDependency { name: "PgBouncer", debian: &["pgbouncer"] }, || server_program("pgbouncer"))
}

/// A program on PATH or in /usr/sbin, which Debian does not put on the PATH of users.
fn server_program(name: &str) -> Option<PathBuf> {
    let off_path = || Some(Path::new("/usr/sbin").join(name)).filter(|program| program.is_file());
    on_path(&[name]).or_else(off_path)
}

/// Another proxy for the tests of the gate.
fn caddy() -> Result<PathBuf> {
    ensure(&SystemDependency { name: "caddy", debian: &["caddy"] }, || on_path(&["caddy"]))
}

/// The programs that the examples for integrators call; returns the path of Python.
fn examples() -> Result<PathBuf> {
    let dependency = SystemDependency {
        name: "curl, openssl and Python with cryptography",
        debian: &["curl", "openssl", "python3", "python3-cryptography"],
    };
    ensure(&dependency, || {
        let python = on_path(&["curl"]).and(on_path(&["openssl"])).and(on_path(&["python3"]))?;
        output(command(&python).args(["-c", "import cryptography"])).map(|_| python)
    })
}

fn schema() -> Plan {
    match tools::schemathesis() {
        Err(problem) => Plan { commands: Vec::new(), skipped: Some(format!("{problem:#}")) },
        Ok(program) => {
            let mut cargo = host(&["--test", "*", "--"]);
            cargo.env("SEATKEEPER_TEST_SCHEMATHESIS", program);
            Plan::of(vec![cargo])
        }
    }
}

/// `cargo test` for the host, with a selection of targets. Not of packages: that would enable other features of the
/// dependencies, and compile them twice.
pub fn host(selection: &[&str]) -> Command {
    let mut cargo = cargo();
    cargo.args(["test", "--workspace", "--exclude", "seatkeeper-frontend", "--no-fail-fast"]);
    cargo.args(selection);
    cargo
}

fn wasm() -> Result<Command> {
    tools::wasm_target()?;
    browser::chromium()?;
    let chromedriver = browser::chromedriver()?;
    let test_runner = tools::wasm_bindgen()?.test_runner;
    let mut cargo = cargo();
    cargo.args(["test", "--package", "seatkeeper-frontend", "--target", tools::WASM, "--no-fail-fast", "--"]);
    cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", test_runner).env("CHROMEDRIVER", chromedriver);
    // Seconds for the whole run, including the start of the browser; the default of 20 is too short on a busy machine.
    cargo.env("WASM_BINDGEN_TEST_TIMEOUT", "180");
    Ok(cargo)
}

/// `cargo test` with the built app and the programs that the browser tests need.
pub fn e2e() -> Result<Command> {
    browser::node()?;
    let mut cargo = host(&["--test", "*", "--"]);
    cargo.env("SEATKEEPER_TEST_CHROMIUM", browser::chromium()?);
    cargo.env("SEATKEEPER_TEST_CHROMEDRIVER", browser::chromedriver()?);
    cargo.env("SEATKEEPER_TEST_AXE", tools::axe()?);
    cargo.env("SEATKEEPER_TEST_OIDC_PROVIDER", tools::oidc_provider()?);
    cargo.env("SEATKEEPER_TEST_DIST", app::build()?).env("SEATKEEPER_TEST_APP_SIZES", app::sizes()?);
    Ok(cargo)
}
