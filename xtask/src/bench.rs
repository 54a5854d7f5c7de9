//! `cargo xtask bench`: measures the promises about speed against a private PostgreSQL with durable settings.

use anyhow::{Context as _, Result, bail};
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::postgres::Cluster;
use crate::process::{self, Running, cargo, say};
use crate::workspace;

#[derive(clap::Args)]
pub struct Options {
    /// Measure this scenario only.
    #[arg(long)]
    only: Option<String>,
}

/// Builds server and bench in release, without the app, and measures; an error if a number is missed.
pub fn run(options: &Options) -> Result<()> {
    say("building server and bench (some minutes the first time)");
    // Both in one go, and the bench with the same choice again: another choice of packages means other features of
    // the dependencies, and these would be compiled twice.
    let packages = ["--package", "seatkeeper", "--package", "seatkeeper-tests"];
    process::run(cargo().args(["build", "--release", "--bin", "seatkeeper", "--bench", "speed"]).args(packages))?;
    allow_many_connections()?;
    let cluster = Cluster::start()?;
    let mut bench = cargo();
    bench.args(["bench", "--quiet", "--bench", "speed"]).args(packages).arg("--");
    if let Some(name) = &options.only {
        bench.args(["--only", name]);
    }
    bench.env("SEATKEEPER_BENCH_SERVER", workspace::target()?.join("release/seatkeeper"));
    bench.env("SEATKEEPER_TEST_POSTGRES", cluster.url());
    if !Running::start(&mut bench)?.wait()?.success() {
        bail!("not everything is as fast as promised, or it could not be measured; see above");
    }
    Ok(())
}

/// A thousand viewers are a thousand open files at either end; the usual limit is 1,024. Children inherit it.
fn allow_many_connections() -> Result<()> {
    // More than is needed, and as much as every system grants.
    const ENOUGH: u64 = 10_240;
    let (now, most) = getrlimit(Resource::RLIMIT_NOFILE).context("cannot ask how many files may be open")?;
    setrlimit(Resource::RLIMIT_NOFILE, now.max(most.min(ENOUGH)), most)
        .context("cannot raise how many files may be open")
}
