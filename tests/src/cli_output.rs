//! No command panics when its output is closed or cannot be written.

use crate::harness::{CliFixture, Database, Engine, http, process};
use clap::CommandFactory as _;
use nix::sys::signal::Signal;
use seatkeeper::cli::Cli;
use serde_json::json;
use std::{collections::BTreeSet, fs::File, process::Stdio};
use tokio::process::Command;

/// An output whose reader has closed.
fn closed_output() -> Stdio {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    writer.into()
}

fn full_output() -> Stdio {
    File::options().write(true).open("/dev/full").expect("the device that is always full").into()
}

/// A command, its arguments, and its exit code when its output is closed.
type Case<'a> = (&'a str, Vec<&'a str>, i32);

/// A case for each command.
fn cases<'a>([lease, keys, other]: [&'a str; 3], session: &'a str, database: &'a str) -> Vec<Case<'a>> {
    let product = ["--product", "remote-support-v5"];
    vec![
        ("status", vec!["--once"], 141),
        ("status", vec!["--json"], 141),
        ("sessions list", vec![], 141),
        ("sessions list", vec!["--json"], 141),
        ("sessions end", vec![session], 141),
        // Only the program writes to this output.
        ("run", [&product[..], &["--", "true"]].concat(), 0),
        ("borrow", [&product[..], &["--for", "1h"]].concat(), 141),
        ("lease keys", vec![], 141),
        ("lease verify", vec![lease, "--keys", keys], 141),
        ("return", vec![lease], 141),
        ("completions", vec!["bash"], 141),
        ("completions", vec!["zsh"], 141),
        ("login", vec![], 141),
        ("logout", vec![], 141),
        ("audit verify", vec!["--database", database], 141),
        ("secrets new-key", vec!["--database", other], 141),
        ("secrets rotate", vec!["--database", other], 141),
        // It fails earlier, because no account is set up there.
        ("lease-key rotate", vec!["--database", other], 1),
        ("demo-agents", vec!["--setup-only"], 141),
        // It fails earlier, because the database has an account.
        ("demo-history", vec!["--database", database], 1),
        // The server's startup message is optional.
        ("serve", vec!["--database", database], 0),
    ]
}

/// The full names of all commands without subcommands.
fn leaf_commands(command: &clap::Command, before: &str) -> Vec<String> {
    let name = |below: &clap::Command| format!("{before} {}", below.get_name()).trim().to_owned();
    let below = |below: &clap::Command| match below.has_subcommands() {
        true => leaf_commands(below, &name(below)),
        false => vec![name(below)],
    };
    command.get_subcommands().filter(|command| command.get_name() != "help").flat_map(below).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_command_panics_on_a_closed_or_full_output() {
    let fixture = CliFixture::start(Engine::Sqlite, 9, 1).await;
    let agent = &fixture.agents[0];
    fixture.admin.patch(&format!("/licenses/{}", fixture.license), &json!({ "borrow_seconds": 86_400 })).await.ok();
    let path = |name: &str| fixture.home().join(name).to_str().expect("a path").to_owned();
    let (lease, keys, database) = (path("lease.jwt"), path("keys.json"), fixture.database_address());
    let other = format!("sqlite:{}", path("other.sqlite3"));
    let run_successfully =
        async |arguments: &[&str]| assert_eq!(fixture.output_of(agent, arguments).await.status.code(), Some(0));
    run_successfully(&["lease", "keys", "--out", &keys]).await;
    let unknown = "00000000-0000-7000-8000-000000000000";
    let mut names = BTreeSet::new();
    for (name, arguments, code) in cases([&lease, &keys, &other], unknown, &database) {
        names.insert(name.to_owned());
        if name == "serve" {
            continue;
        }
        if ["lease verify", "return"].contains(&name) {
            run_successfully(&["borrow", "--product", "remote-support-v5", "--for", "1h", "--out", &lease]).await;
        }
        let command_line: Vec<&str> = name.split(' ').chain(arguments).collect();
        for (closed, expected) in
            [("out", code), ("full", if code == 141 { 74 } else { code }), ("err", -1), ("both", code)]
        {
            let mut command = fixture.command_as(agent, &command_line);
            command.env("SEATKEEPER_SERVER", &fixture.url).stdout(Stdio::null()).stderr(Stdio::piped());
            match closed {
                "out" => command.stdout(closed_output()),
                "full" => command.stdout(full_output()),
                "err" => command.stderr(closed_output()),
                _ => command.stdout(closed_output()).stderr(closed_output()),
            };
            let ended = run_to_end(command).await;
            let stderr = String::from_utf8_lossy(&ended.stderr);
            assert!(!stderr.contains("panicked") && ended.status.code() != Some(101), "{name} {closed}: {stderr}");
            let repeated = name == "return" && closed != "out";
            if expected >= 0 && !repeated {
                assert_eq!(ended.status.code(), Some(expected), "{name} {closed}: {stderr}");
            }
            // `borrow` also prints the session to stderr, so that its seat can be returned.
            if closed == "out" && code == 141 && name != "borrow" {
                assert_eq!(stderr, "", "{name}: a closed output is not an error to report");
            }
        }
    }
    assert_eq!(names, leaf_commands(&Cli::command(), "").into_iter().collect(), "each command has a case");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_help_panics_on_a_closed_output() {
    let mut command_lines: Vec<Vec<String>> = leaf_commands(&Cli::command(), "")
        .iter()
        .map(|name| name.split(' ').map(str::to_owned).chain(["--help".to_owned()]).collect())
        .collect();
    command_lines.extend([vec!["--help".to_owned()], vec!["--version".to_owned()], vec!["help".to_owned()]]);
    for arguments in command_lines {
        let mut command = Command::new(process::binary());
        command.args(&arguments).stdin(Stdio::null()).stdout(closed_output()).stderr(Stdio::piped());
        let ended = run_to_end(command).await;
        assert_eq!((ended.status.code(), ended.stderr.as_slice()), (Some(141), &b""[..]), "{arguments:?}");
    }
    let mut wrong = Command::new(process::binary());
    wrong.args(["run", "--nonsense"]).stdin(Stdio::null()).stderr(closed_output());
    assert_eq!(run_to_end(wrong).await.status.code(), Some(64));
}

/// Runs the command to its end, within a minute.
async fn run_to_end(mut command: Command) -> std::process::Output {
    command.kill_on_drop(true);
    let running = command.spawn().expect("it starts");
    tokio::time::timeout(std::time::Duration::from_secs(60), running.wait_with_output())
        .await
        .expect("it ends")
        .expect("it runs")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_with_a_closed_output_serves_and_logs() {
    let database = Database::migrated(Engine::Sqlite).await;
    let address = process::free_address();
    let mut serve = std::process::Command::new(process::binary());
    serve.args(["serve", "--listen", &address.to_string(), "--database", &database.address]);
    // With everything logged, each request tries to write.
    serve.env("SEATKEEPER_LOG", "trace").stdin(Stdio::null()).stdout(closed_output()).stderr(closed_output());
    let mut server = process::ServerProcess::from_child(serve.spawn().expect("it starts"), address).await;
    for _ in 0..20 {
        let answer = http::get(format!("{}/api/v1/setup", server.url)).await.expect("an answer");
        assert_eq!(answer.status(), 200);
    }
    assert_eq!(server.stop_with(Signal::SIGTERM).await.code(), Some(0));
}
