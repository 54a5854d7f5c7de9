//! Nobody reads what a command writes, or it cannot be written: no command panics, whichever it is.

use crate::world::{Database, Engine, Scene, process};
use clap::CommandFactory as _;
use nix::sys::signal::Signal;
use seatkeeper::cli::Cli;
use serde_json::json;
use std::{collections::BTreeSet, fs::File, process::Stdio};
use tokio::process::Command;

/// Where an output goes of which nobody reads anything.
fn unread() -> Stdio {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    writer.into()
}

fn full() -> Stdio {
    File::options().write(true).open("/dev/full").expect("the disk that is always full").into()
}

/// Its name, its arguments, and how it ends when nobody reads its output.
type Tried<'a> = (&'a str, Vec<&'a str>, i32);

/// How each command is tried: its name, its arguments, and how it ends when nobody reads its output.
fn tried<'a>([lease, keys, other]: [&'a str; 3], session: &'a str, database: &'a str) -> Vec<Tried<'a>> {
    let product = ["--product", "remote-support-v5"];
    vec![
        ("status", vec!["--once"], 141),
        ("status", vec!["--json"], 141),
        ("sessions list", vec![], 141),
        ("sessions list", vec!["--json"], 141),
        ("sessions end", vec![session], 141),
        // Its own output is the program's alone.
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
        // It fails before: no account is set up there.
        ("lease-key rotate", vec!["--database", other], 1),
        ("demo-agents", vec!["--setup-only"], 141),
        // What a server says at its start is nothing that it needs to say.
        ("serve", vec!["--database", database], 0),
    ]
}

/// All commands that have none below them.
fn leaves(command: &clap::Command, before: &str) -> Vec<String> {
    let name = |below: &clap::Command| format!("{before} {}", below.get_name()).trim().to_owned();
    let below = |below: &clap::Command| match below.has_subcommands() {
        true => leaves(below, &name(below)),
        false => vec![name(below)],
    };
    command.get_subcommands().filter(|command| command.get_name() != "help").flat_map(below).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_command_panics_when_nobody_reads_or_nothing_can_be_written() {
    let scene = Scene::start(Engine::Sqlite, 9, 1).await;
    let agent = &scene.agents[0];
    scene.admin.patch(&format!("/licenses/{}", scene.license), &json!({ "borrow_seconds": 86_400 })).await.ok();
    let path = |name: &str| scene.home().join(name).to_str().expect("a path").to_owned();
    let (lease, keys, database) = (path("lease.jwt"), path("keys.json"), scene.database_address());
    let other = format!("sqlite:{}", path("other.sqlite3"));
    let said = async |arguments: &[&str]| assert_eq!(scene.said(agent, arguments).await.status.code(), Some(0));
    said(&["lease", "keys", "--out", &keys]).await;
    let nobody = "00000000-0000-7000-8000-000000000000";
    let mut names = BTreeSet::new();
    for (name, arguments, code) in tried([&lease, &keys, &other], nobody, &database) {
        names.insert(name.to_owned());
        if name == "serve" {
            continue;
        }
        if ["lease verify", "return"].contains(&name) {
            said(&["borrow", "--product", "remote-support-v5", "--for", "1h", "--out", &lease]).await;
        }
        let whole: Vec<&str> = name.split(' ').chain(arguments).collect();
        for (closed, wanted) in
            [("out", code), ("full", if code == 141 { 74 } else { code }), ("err", -1), ("both", code)]
        {
            let mut command = scene.of(agent, &whole);
            command.env("SEATKEEPER_SERVER", &scene.url).stdout(Stdio::null()).stderr(Stdio::piped());
            match closed {
                "out" => command.stdout(unread()),
                "full" => command.stdout(full()),
                "err" => command.stderr(unread()),
                _ => command.stdout(unread()).stderr(unread()),
            };
            let ended = ends(command).await;
            let told = String::from_utf8_lossy(&ended.stderr);
            assert!(!told.contains("panicked") && ended.status.code() != Some(101), "{name} {closed}: {told}");
            let repeated = name == "return" && closed != "out";
            if wanted >= 0 && !repeated {
                assert_eq!(ended.status.code(), Some(wanted), "{name} {closed}: {told}");
            }
            // Which seat was borrowed is said besides: somebody may want to give it back.
            if closed == "out" && code == 141 && name != "borrow" {
                assert_eq!(told, "", "{name}: whoever stopped reading knows it");
            }
        }
    }
    assert_eq!(names, leaves(&Cli::command(), "").into_iter().collect(), "each command is tried");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_help_panics_when_nobody_reads_it() {
    let mut asked: Vec<Vec<String>> = leaves(&Cli::command(), "")
        .iter()
        .map(|name| name.split(' ').map(str::to_owned).chain(["--help".to_owned()]).collect())
        .collect();
    asked.extend([vec!["--help".to_owned()], vec!["--version".to_owned()], vec!["help".to_owned()]]);
    for arguments in asked {
        let mut command = Command::new(process::binary());
        command.args(&arguments).stdin(Stdio::null()).stdout(unread()).stderr(Stdio::piped());
        let ended = ends(command).await;
        assert_eq!((ended.status.code(), ended.stderr.as_slice()), (Some(141), &b""[..]), "{arguments:?}");
    }
    let mut wrong = Command::new(process::binary());
    wrong.args(["run", "--nonsense"]).stdin(Stdio::null()).stderr(unread());
    assert_eq!(ends(wrong).await.status.code(), Some(64));
}

/// What it says where that is heard, and how it ends.
async fn ends(mut command: Command) -> std::process::Output {
    command.kill_on_drop(true);
    let running = command.spawn().expect("it starts");
    tokio::time::timeout(std::time::Duration::from_secs(60), running.wait_with_output())
        .await
        .expect("it ends")
        .expect("it runs")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_nobody_reads_serves_and_logs() {
    let database = Database::create(Engine::Sqlite).await;
    let address = process::free_address();
    let mut serve = std::process::Command::new(process::binary());
    serve.args(["serve", "--listen", &address.to_string(), "--database", &database.address]);
    // Everything is logged, so that each request tries to.
    serve.env("SEATKEEPER_LOG", "trace").stdin(Stdio::null()).stdout(unread()).stderr(unread());
    let mut server = process::Process::of(serve.spawn().expect("it starts"), address).await;
    for _ in 0..20 {
        let answer = reqwest::get(format!("{}/api/v1/setup", server.url)).await.expect("an answer");
        assert_eq!(answer.status(), 200);
    }
    assert_eq!(server.ends_by(Signal::SIGTERM).await.code(), Some(0));
}
