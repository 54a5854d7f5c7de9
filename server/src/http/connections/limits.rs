//! Connection limits and timeouts, from the command line and the system's limit on open files.

use clap::Args;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::time::Duration;

/// Open files reserved for the database, outgoing connections and the frontend; at most a quarter of the limit.
const RESERVED_FILES: u64 = 128;
/// The highest default limit, because connections also take memory.
const MAX_DEFAULT_CONNECTIONS: u64 = 20_000;
/// By default, one address may have this fraction of all connections.
const DEFAULT_PER_ADDRESS_DIVISOR: u64 = 4;

/// Connection limits and timeouts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The maximum number of connections.
    pub connections: usize,
    /// The maximum number of connections from one IPv4 address or one IPv6 /48 network.
    pub per_address: usize,
    /// How long a request head may take from its first byte, and how long a new connection may wait before it.
    pub header_timeout: Duration,
    /// How long the server waits for a request body.
    pub body_timeout: Duration,
    /// How long a connection may wait for another request.
    pub idle_timeout: Duration,
    /// How long a client may read nothing although data is pending.
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

/// The command line options for connections.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Connections")]
pub struct LimitOptions {
    /// Maximum number of simultaneous connections. Default: the system's limit on open files (at most 20,000) minus
    /// those reserved for the database and other uses.
    #[arg(long, env = "SEATKEEPER_MAX_CONNECTIONS", value_parser = clap::value_parser!(u32).range(1..))]
    max_connections: Option<u32>,
    /// Maximum number of connections from one IPv4 address or one IPv6 /48 network; a quarter of all by default. Does
    /// not apply to trusted proxies.
    #[arg(long, env = "SEATKEEPER_MAX_CONNECTIONS_PER_ADDRESS", value_parser = clap::value_parser!(u32).range(1..))]
    max_connections_per_address: Option<u32>,
    /// Seconds that a request head may take.
    #[arg(long, env = "SEATKEEPER_HEADER_TIMEOUT", default_value_t = 10, value_parser = seconds())]
    header_timeout: u32,
    /// Seconds that the server waits for a request body. A large body may take longer, at 1 KiB per second or faster.
    #[arg(long, env = "SEATKEEPER_BODY_TIMEOUT", default_value_t = 20, value_parser = seconds())]
    body_timeout: u32,
    /// Seconds that a connection may be idle between requests. Should exceed the idle timeout of a proxy in front.
    #[arg(long, env = "SEATKEEPER_IDLE_TIMEOUT", default_value_t = 180, value_parser = seconds())]
    idle_timeout: u32,
    /// Seconds that a client may read nothing although data is pending.
    #[arg(long, env = "SEATKEEPER_WRITE_TIMEOUT", default_value_t = 60, value_parser = seconds())]
    write_timeout: u32,
}

fn seconds() -> clap::builder::RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(1..=86_400)
}

impl LimitOptions {
    /// Raises the limit on open files and computes the limits.
    ///
    /// # Errors
    /// Returns an error if `--max-connections` exceeds what the limit on open files allows.
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

    /// The maximum number of connections, in total and per address, with this limit on open files.
    fn caps(&self, files: u64) -> anyhow::Result<(usize, usize)> {
        let reserved = RESERVED_FILES.min(files / 4);
        let possible = files.saturating_sub(reserved).max(1);
        let connections = self.max_connections.map_or(possible.min(MAX_DEFAULT_CONNECTIONS), u64::from);
        anyhow::ensure!(
            connections <= possible,
            "--max-connections {connections} is too high: the system allows this process {files} open files, of which \
             {reserved} are reserved for the database and other uses. Raise the limit (`ulimit -n`, systemd's \
             `LimitNOFILE=`), or use {possible} at most"
        );
        let per_address = (connections / DEFAULT_PER_ADDRESS_DIVISOR).max(1);
        let per_address = self.max_connections_per_address.map_or(per_address, u64::from);
        Ok((usize::try_from(connections)?, usize::try_from(per_address)?))
    }
}

/// Raises the soft limit on open files to the hard limit, and returns it.
fn raise_file_limit() -> u64 {
    // The default of most systems.
    const DEFAULT_FILE_LIMIT: u64 = 1_024;
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return DEFAULT_FILE_LIMIT };
    if soft < hard && setrlimit(Resource::RLIMIT_NOFILE, hard, hard).is_ok() { hard } else { soft }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{CommandFactory as _, FromArgMatches as _, Parser};

    #[derive(Parser)]
    struct Arguments {
        #[command(flatten)]
        options: LimitOptions,
    }

    fn options(arguments: &[&str]) -> LimitOptions {
        let arguments = [&["serve"], arguments].concat();
        Arguments::from_arg_matches(&Arguments::command().get_matches_from(arguments)).expect("options").options
    }

    #[test]
    fn caps_reserve_files_for_other_uses() {
        for (files, connections, per_address) in
            [(64, 48, 12), (600, 472, 118), (1_024, 896, 224), (1_048_576, 20_000, 5_000), (u64::MAX, 20_000, 5_000)]
        {
            assert_eq!(options(&[]).caps(files).expect("caps"), (connections, per_address), "{files} files");
        }
    }

    #[test]
    fn configured_caps_are_checked_against_the_file_limit() {
        let both = options(&["--max-connections", "300", "--max-connections-per-address", "20"]);
        assert_eq!(both.caps(1_024).expect("caps"), (300, 20));
        let message = options(&["--max-connections", "1000"]).caps(1_024).expect_err("too many").to_string();
        assert!(message.contains("--max-connections 1000") && message.contains("896 at most"), "{message}");
    }

    #[test]
    fn default_limits_match_the_command_line_defaults() {
        let limits = options(&[]).limits().expect("limits");
        let caps = Limits { connections: limits.connections, per_address: limits.per_address, ..Limits::default() };
        assert_eq!(limits, caps);
    }
}
