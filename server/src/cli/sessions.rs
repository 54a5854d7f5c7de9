//! `seatkeeper sessions`: lists and ends sessions.

use super::{
    config, duration,
    failure::{Exit, Failure},
    output::{self, outln},
    status::draw,
};
use clap::{Args, Subcommand};
use seatkeeper_client::{Client, SessionQuery};
use seatkeeper_shared::{
    ids::SessionId,
    wire::sessions::{EndResult, EndSessions, StateFilter},
};
use serde_json::json;
use std::{process::ExitCode, time::Duration};

/// Arguments of `seatkeeper sessions`.
#[derive(Debug, Args)]
pub struct SessionsArgs {
    #[command(subcommand)]
    command: SessionsCommand,
    /// Print JSON.
    #[arg(long, global = true)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
enum SessionsCommand {
    /// Lists sessions, newest first; only your own, unless you may see those of others.
    List(ListArgs),
    /// Ends sessions; their seats become free at once.
    End(EndArgs),
}

#[derive(Debug, Args)]
struct ListArgs {
    /// Only sessions in this state: live, waiting, connected or ended.
    #[arg(long, default_value = "live")]
    state: StateFilter,
    /// Only sessions of agents whose name or e-mail address contains this.
    #[arg(long)]
    user: Option<String>,
    /// The maximum number of sessions.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(i64).range(1..=500))]
    limit: i64,
}

#[derive(Debug, Args)]
struct EndArgs {
    /// The ids of the sessions.
    #[arg(required = true)]
    ids: Vec<SessionId>,
    /// A message for their agents.
    #[arg(long)]
    message: Option<String>,
    /// End them after this time, at most an hour; their agents see the time left.
    #[arg(long = "in", value_name = "TIME", value_parser = duration::parse)]
    after: Option<Duration>,
    /// Also end protected sessions.
    #[arg(long)]
    protected_too: bool,
}

/// Runs the subcommand.
///
/// # Errors
/// Returns an error if the server refuses the request or cannot be reached.
pub async fn run(args: SessionsArgs) -> Result<ExitCode, Failure> {
    let client = config::client()?;
    match args.command {
        SessionsCommand::List(list) => print_list(&client, list, args.json).await,
        SessionsCommand::End(end) => end_sessions(&client, end, args.json).await,
    }
}

async fn print_list(client: &Client, list: ListArgs, json: bool) -> Result<ExitCode, Failure> {
    let query = SessionQuery { state: Some(list.state), q: list.user, limit: Some(list.limit), after: None };
    let page = client.sessions(&query).await?;
    if json {
        outln!("{}", json!(page))?;
        return Ok(ExitCode::SUCCESS);
    }
    output::write(format_args!("{}", draw::session_table(&page.items)))?;
    let shown = i64::try_from(page.items.len()).unwrap_or(i64::MAX);
    if page.total > shown {
        outln!("… and {} more", page.total - shown)?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn end_sessions(client: &Client, end: EndArgs, json: bool) -> Result<ExitCode, Failure> {
    let request = EndSessions {
        ids: end.ids,
        message: end.message,
        in_seconds: end.after.map(|after| i64::try_from(after.as_secs()).unwrap_or(i64::MAX)),
        protected_too: end.protected_too,
    };
    let results = client.end_sessions(&request).await?;
    if json {
        outln!("{}", json!({ "results": results }))?;
    } else {
        results.iter().try_for_each(|result| outln!("{}", result_line(result)))?;
    }
    let all_ended = results.iter().all(|result| result.refused.is_none());
    Ok(if all_ended { ExitCode::SUCCESS } else { Exit::Incomplete.into() })
}

fn result_line(result: &EndResult) -> String {
    let id = result.id;
    match (result.refused, &result.ending) {
        (Some(code), _) => format!("{id}  not ended: {}", code.title()),
        (None, Some(ending)) => format!("{id}  will be ended at {}", ending.at.format("%F %T UTC")),
        (None, None) => format!("{id}  ended"),
    }
}
