//! `seatkeeper sessions`: lists them, ends them.

use super::{
    config,
    failure::{Exit, Failure},
    output::{self, outln},
    span,
    status::draw,
};
use clap::{Args, Subcommand};
use seatkeeper_client::{Client, Sessions as Asked};
use seatkeeper_shared::{
    ids::SessionId,
    wire::sessions::{EndResult, EndSessions, StateFilter},
};
use serde_json::json;
use std::{process::ExitCode, time::Duration};

/// Sessions.
#[derive(Debug, Args)]
pub struct Sessions {
    /// What to do.
    #[command(subcommand)]
    what: What,
    /// Answer as JSON.
    #[arg(long, global = true)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Lists sessions, the newest first; without the right to see others, your own.
    List(List),
    /// Ends sessions: their seats are free at once.
    End(End),
}

#[derive(Debug, Args)]
struct List {
    /// In this state: live, waiting, connected or ended.
    #[arg(long, default_value = "live")]
    state: StateFilter,
    /// With this in the agent's name or e-mail address.
    #[arg(long)]
    user: Option<String>,
    /// How many at most.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(i64).range(1..=500))]
    limit: i64,
}

#[derive(Debug, Args)]
struct End {
    /// Which, by their ids.
    #[arg(required = true)]
    ids: Vec<SessionId>,
    /// What their agents are told.
    #[arg(long)]
    message: Option<String>,
    /// Only in so much time, an hour at most; their agents see how long they have.
    #[arg(long = "in", value_name = "TIME", value_parser = span::parse)]
    after: Option<Duration>,
    /// End those that are protected as well.
    #[arg(long)]
    protected_too: bool,
}

/// Does it.
///
/// # Errors
/// The server says no.
pub async fn run(asked: Sessions) -> Result<ExitCode, Failure> {
    let client = config::client()?;
    match asked.what {
        What::List(list) => show(&client, list, asked.json).await,
        What::End(end) => finish(&client, end, asked.json).await,
    }
}

async fn show(client: &Client, list: List, json: bool) -> Result<ExitCode, Failure> {
    let asked = Asked { state: Some(list.state), q: list.user, limit: Some(list.limit), after: None };
    let page = client.sessions(&asked).await?;
    if json {
        outln!("{}", json!(page))?;
        return Ok(ExitCode::SUCCESS);
    }
    output::write(format_args!("{}", draw::table(&page.items)))?;
    let shown = i64::try_from(page.items.len()).unwrap_or(i64::MAX);
    if page.total > shown {
        outln!("… and {} more", page.total - shown)?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn finish(client: &Client, end: End, json: bool) -> Result<ExitCode, Failure> {
    let asked = EndSessions {
        ids: end.ids,
        message: end.message,
        in_seconds: end.after.map(|after| i64::try_from(after.as_secs()).unwrap_or(i64::MAX)),
        protected_too: end.protected_too,
    };
    let results = client.end_all(&asked).await?;
    if json {
        outln!("{}", json!({ "results": results }))?;
    } else {
        results.iter().try_for_each(|result| outln!("{}", became(result)))?;
    }
    let all = results.iter().all(|result| result.refused.is_none());
    Ok(if all { ExitCode::SUCCESS } else { Exit::Partly.into() })
}

fn became(result: &EndResult) -> String {
    let id = result.id;
    match (result.refused, &result.ending) {
        (Some(code), _) => format!("{id}  not ended: {}", code.title()),
        (None, Some(ending)) => format!("{id}  will be ended at {}", ending.at.format("%F %T UTC")),
        (None, None) => format!("{id}  ended"),
    }
}
