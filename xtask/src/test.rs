//! `cargo xtask test`: all tests, on both databases and in a real browser, and a summary.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::packages::{Needed, ensure, on_path};
use crate::postgres::Cluster;
use crate::process::{self, cargo, command, interrupted, output, say};
use crate::suite::{self, Plan};
use crate::{app, browser, tools};

#[derive(clap::Args)]
pub struct Options {
    /// Run this suite only; may be given more than once.
    #[arg(long)]
    only: Vec<Suite>,
    /// Run the tests with this in their names only; goes with --only, since a suite without tests has failed.
    name: Option<String>,
}

#[derive(Clone, Copy, PartialEq, clap::ValueEnum)]
enum Suite {
    /// The tests beside the code of server and shared rules, and the examples in its documentation.
    Unit,
    /// The tests of the API.
    Api,
    /// Requests made up from the description of the API, by Schemathesis.
    Schema,
    /// The tests of the app's parts, in a browser.
    Wasm,
    /// The tests of the app as it ships, in a browser, with a server.
    E2e,
}

const ALL: [Suite; 5] = [Suite::Unit, Suite::Api, Suite::Schema, Suite::Wasm, Suite::E2e];

/// Runs the suites one after the other; a failed one does not stop the others.
pub fn run(options: &Options) -> Result<()> {
    let wanted = |suite: &Suite| options.only.is_empty() || options.only.contains(suite);
    let suites: Vec<Suite> = ALL.into_iter().filter(wanted).collect();
    let cluster = if suites.iter().any(|suite| suite.needs_postgres()) { Some(Cluster::start()?) } else { None };
    let mut outcomes = Vec::new();
    for suite in suites {
        outcomes.push(suite::run(suite.name(), || {
            let mut plan = suite.plan(options.name.as_deref())?;
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
        // Several names widen the choice, they do not narrow it: the module gives way to the name.
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

/// All but a few of these tests can do without programs of others. Those without theirs are left out, and that stands in the summary.
fn api() -> Plan {
    let mut cargo = host(&["--test", "*", "--", "--skip", "e2e::", "--skip", "schema::"]);
    let programs = [
        (Some("SEATKEEPER_TEST_NGINX"), "gate_proxies::nginx::", "the gate behind nginx", nginx()),
        (Some("SEATKEEPER_TEST_CADDY"), "gate_proxies::caddy::", "the gate behind Caddy", caddy()),
        (Some("SEATKEEPER_TEST_TRAEFIK"), "gate_proxies::traefik::", "the gate behind Traefik", tools::traefik()),
        (Some("SEATKEEPER_TEST_PGBOUNCER"), "pooler::", "PostgreSQL behind a pooler", pgbouncer()),
        (Some("SEATKEEPER_TEST_SCIM2"), "scim::validators::", "what a validator says of SCIM", tools::scim2()),
        (None, "cli_examples::", "the examples for integrators", examples()),
    ];
    let mut untried = Vec::new();
    for (variable, module, what, program) in programs {
        match program {
            Ok(program) => {
                cargo.envs(variable.map(|variable| (variable, program)));
            }
            Err(problem) => {
                cargo.args(["--skip", module]);
                untried.push(format!("{what}: {problem:#}"));
            }
        }
    }
    Plan { commands: vec![cargo], untried: (!untried.is_empty()).then(|| untried.join("; ")) }
}

/// A proxy in front of which the gate is tried.
fn nginx() -> Result<PathBuf> {
    ensure(&Needed { name: "nginx", debian: &["nginx-light"] }, || service("nginx"))
}

/// The pooler behind which PostgreSQL is tried.
fn pgbouncer() -> Result<PathBuf> {
    ensure(&Needed { name: "PgBouncer", debian: &["pgbouncer"] }, || service("pgbouncer"))
}

/// Debian keeps what serves off the PATH of users.
fn service(name: &str) -> Option<PathBuf> {
    let off_path = || Some(Path::new("/usr/sbin").join(name)).filter(|program| program.is_file());
    on_path(&[name]).or_else(off_path)
}

/// Another.
fn caddy() -> Result<PathBuf> {
    ensure(&Needed { name: "caddy", debian: &["caddy"] }, || on_path(&["caddy"]))
}

/// Python with what the examples for integrators need beside it; they find it all by themselves.
fn examples() -> Result<PathBuf> {
    let needed = Needed {
        name: "curl, openssl and Python with cryptography",
        debian: &["curl", "openssl", "python3", "python3-cryptography"],
    };
    ensure(&needed, || {
        let python = on_path(&["curl"]).and(on_path(&["openssl"])).and(on_path(&["python3"]))?;
        output(command(&python).args(["-c", "import cryptography"])).map(|_| python)
    })
}

fn schema() -> Plan {
    match tools::schemathesis() {
        Err(problem) => Plan { commands: Vec::new(), untried: Some(format!("{problem:#}")) },
        Ok(program) => {
            let mut cargo = host(&["--test", "*", "--"]);
            cargo.env("SEATKEEPER_TEST_SCHEMATHESIS", program);
            Plan::of(vec![cargo])
        }
    }
}

/// The suites on the host choose among targets, not among packages: another choice of packages means other
/// features of the dependencies, and these would be compiled twice.
pub fn host(choice: &[&str]) -> Command {
    let mut cargo = cargo();
    cargo.args(["test", "--workspace", "--exclude", "seatkeeper-frontend", "--no-fail-fast"]);
    cargo.args(choice);
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
    // Seconds for the whole run, the start of the browser included; the default of 20 is short on a busy machine.
    cargo.env("WASM_BINDGEN_TEST_TIMEOUT", "180");
    Ok(cargo)
}

fn e2e() -> Result<Command> {
    browser::node()?;
    let mut cargo = host(&["--test", "*", "--"]);
    cargo.env("SEATKEEPER_TEST_CHROMIUM", browser::chromium()?);
    cargo.env("SEATKEEPER_TEST_CHROMEDRIVER", browser::chromedriver()?);
    cargo.env("SEATKEEPER_TEST_AXE", tools::axe()?);
    cargo.env("SEATKEEPER_TEST_OIDC_PROVIDER", tools::oidc_provider()?);
    cargo.env("SEATKEEPER_TEST_DIST", app::build()?);
    Ok(cargo)
}
