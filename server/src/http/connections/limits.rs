//! How many connections there may be and how long each may take, from the command line and from what the system allows.

use clap::Args;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::time::Duration;

/// How many files are kept for the database, providers, mail and the app; of few files a quarter.
const RESERVED_FILES: u64 = 128;
/// As many connections as there are by default at most, since each takes memory, too.
const MOST_BY_DEFAULT: u64 = 20_000;
/// What one address may have by default: so many cannot use up all.
const PART_PER_ADDRESS: u64 = 4;

/// Caps and timeouts of connections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many there may be in all.
    pub connections: usize,
    /// How many there may be from one IPv4 address or one IPv6 network of 48 bits.
    pub per_address: usize,
    /// How long the head of a request may take, from its first byte, and a new connection until that comes.
    pub header_timeout: Duration,
    /// How long it may be waited for the body of a request.
    pub body_timeout: Duration,
    /// How long a connection may wait for another request.
    pub idle_timeout: Duration,
    /// How long a client may take nothing of what is sent to it.
    pub write_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 20_000,
            per_address: 20_000,
            header_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(20),
            idle_timeout: Duration::from_secs(180),
            write_timeout: Duration::from_secs(60),
        }
    }
}

/// What the command line says of connections.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Connections")]
pub struct LimitOptions {
    /// How many connections there may be at once. By default as many as the system's limit on open files allows (at most 20,000),
    /// without those kept for the database and other things.
    #[arg(long, env = "SEATKEEPER_MAX_CONNECTIONS", value_parser = clap::value_parser!(u32).range(1..))]
    max_connections: Option<u32>,
    /// How many of them one IPv4 address, or one IPv6 network (its first 48 bits), may have; a quarter by default. Trusted
    /// proxies may have any number.
    #[arg(long, env = "SEATKEEPER_MAX_CONNECTIONS_PER_ADDRESS", value_parser = clap::value_parser!(u32).range(1..))]
    max_connections_per_address: Option<u32>,
    /// How many seconds the head of a request may take.
    #[arg(long, env = "SEATKEEPER_HEADER_TIMEOUT", default_value_t = 10, value_parser = seconds())]
    header_timeout: u32,
    /// How many seconds the server waits for the body of a request. A large one may take longer, at 1 KiB in each second at least.
    #[arg(long, env = "SEATKEEPER_BODY_TIMEOUT", default_value_t = 20, value_parser = seconds())]
    body_timeout: u32,
    /// How many seconds a connection may wait for another request: more than the proxy in front keeps its connections.
    #[arg(long, env = "SEATKEEPER_IDLE_TIMEOUT", default_value_t = 180, value_parser = seconds())]
    idle_timeout: u32,
    /// How many seconds a client may take in nothing of what is sent to it.
    #[arg(long, env = "SEATKEEPER_WRITE_TIMEOUT", default_value_t = 60, value_parser = seconds())]
    write_timeout: u32,
}

fn seconds() -> clap::builder::RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(1..=86_400)
}

impl LimitOptions {
    /// The limits, with as many open files as the system lets us have.
    ///
    /// # Errors
    /// More connections are asked for than there can be.
    pub fn limits(&self) -> anyhow::Result<Limits> {
        let (connections, per_address) = self.caps(raise_file_limit())?;
        let seconds = |seconds: u32| Duration::from_secs(seconds.into());
        Ok(Limits {
            connections,
            per_address,
            header_timeout: seconds(self.header_timeout),
            body_timeout: seconds(self.body_timeout),
            idle_timeout: seconds(self.idle_timeout),
            write_timeout: seconds(self.write_timeout),
        })
    }

    /// How many there may be in all and per address, with so many open files.
    fn caps(&self, files: u64) -> anyhow::Result<(usize, usize)> {
        let reserved = RESERVED_FILES.min(files / 4);
        let possible = files.saturating_sub(reserved).max(1);
        let connections = self.max_connections.map_or(possible.min(MOST_BY_DEFAULT), u64::from);
        anyhow::ensure!(
            connections <= possible,
            "--max-connections {connections} is too much: the system lets this process open {files} files, and {reserved} are \
             kept for the database and other things. Allow it more (`ulimit -n`, `LimitNOFILE=` of systemd), or give \
             {possible} at most"
        );
        let per_address = (connections / PART_PER_ADDRESS).max(1);
        let per_address = self.max_connections_per_address.map_or(per_address, u64::from);
        Ok((usize::try_from(connections)?, usize::try_from(per_address)?))
    }
}

/// Lets the process open as many files as the system permits; how many that are.
fn raise_file_limit() -> u64 {
    // What most systems permit without asking.
    const USUAL: u64 = 1_024;
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return USUAL };
    if soft < hard && setrlimit(Resource::RLIMIT_NOFILE, hard, hard).is_ok() { hard } else { soft }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{CommandFactory as _, FromArgMatches as _, Parser};

    #[derive(Parser)]
    struct Given {
        #[command(flatten)]
        options: LimitOptions,
    }

    fn given(arguments: &[&str]) -> LimitOptions {
        let arguments = [&["serve"], arguments].concat();
        Given::from_arg_matches(&Given::command().get_matches_from(arguments)).expect("options").options
    }

    #[test]
    fn there_is_room_for_others_however_many_files_may_be_open() {
        for (files, connections, per_address) in
            [(64, 48, 12), (600, 472, 118), (1_024, 896, 224), (1_048_576, 20_000, 5_000), (u64::MAX, 20_000, 5_000)]
        {
            assert_eq!(given(&[]).caps(files).expect("caps"), (connections, per_address), "{files} files");
        }
    }

    #[test]
    fn an_operator_decides_as_far_as_it_is_possible() {
        let both = given(&["--max-connections", "300", "--max-connections-per-address", "20"]);
        assert_eq!(both.caps(1_024).expect("caps"), (300, 20));
        let said = given(&["--max-connections", "1000"]).caps(1_024).expect_err("too many").to_string();
        assert!(said.contains("--max-connections 1000") && said.contains("896 at most"), "{said}");
    }

    #[test]
    fn the_defaults_are_those_of_the_command_line() {
        let limits = given(&[]).limits().expect("limits");
        let caps = Limits { connections: limits.connections, per_address: limits.per_address, ..Limits::default() };
        assert_eq!(limits, caps);
    }
}
