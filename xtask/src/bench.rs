//! `cargo xtask bench`: checks the performance limits against a private PostgreSQL with durable settings.

use anyhow::{Context as _, Result, bail};
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::postgres::{Cluster, Durability};
use crate::process::{self, RunningProcess, cargo, say};
use crate::{app, browser, workspace};

#[derive(clap::Args)]
pub struct BenchArgs {
    /// Run only this scenario.
    #[arg(long)]
    only: Option<String>,
}

/// Builds server and benchmarks in release, the app only if it is measured, and runs them; an error if a limit is
/// missed.
pub fn run(args: &BenchArgs) -> Result<()> {
    let mut bench = cargo();
    bench.args(["bench", "--quiet", "--bench", "speed"]);
    let mut build = cargo();
    build.args(["build", "--release", "--bin", "seatkeeper", "--bench", "speed"]);
    // With the same packages in both commands: another selection would enable other features of the dependencies, and
    // compile them twice.
    let packages = ["--package", "seatkeeper", "--package", "seatkeeper-tests"];
    build.args(packages);
    bench.args(packages);
    if args.only.as_deref().is_none_or(|name| name.starts_with("browser")) {
        bench.env("SEATKEEPER_TEST_CHROMIUM", browser::chromium()?);
        bench.env("SEATKEEPER_TEST_CHROMEDRIVER", browser::chromedriver()?);
        app::build()?;
        // As it ships: compressed.
        let embedded = ["--features", "seatkeeper/embed"];
        build.args(embedded);
        bench.args(embedded);
    }
    say("building the server and the benchmarks (some minutes the first time)");
    process::run(&mut build)?;
    raise_open_file_limit()?;
    let cluster = Cluster::start(Durability::Full)?;
    bench.arg("--");
    if let Some(name) = &args.only {
        bench.args(["--only", name]);
    }
    bench.env("SEATKEEPER_BENCH_SERVER", workspace::target()?.join("release/seatkeeper"));
    bench.env("SEATKEEPER_TEST_POSTGRES", cluster.url());
    if !RunningProcess::start(&mut bench)?.wait()?.success() {
        bail!("a performance limit was missed, or could not be measured; see above");
    }
    Ok(())
}

/// Raises the limit of open files, which child processes inherit: a thousand viewers need a thousand sockets at either
/// end, and the usual limit is 1,024.
fn raise_open_file_limit() -> Result<()> {
    // More than needed, and allowed by every system.
    const OPEN_FILES: u64 = 10_240;
    let (current, maximum) = getrlimit(Resource::RLIMIT_NOFILE).context("cannot read the limit of open files")?;
    setrlimit(Resource::RLIMIT_NOFILE, current.max(maximum.min(OPEN_FILES)), maximum)
        .context("cannot raise the limit of open files")
}
