//! `seatkeeper login` and `logout`: whether a server takes a token, and keeping both for the other commands.

use super::{
    config::{self, Stored},
    failure::{Exit, Failure},
    output::{errln, outln},
};
use clap::Args;
use seatkeeper_client::Client;
use serde_json::json;
use std::{io::IsTerminal as _, process::ExitCode};

/// Where to log in.
#[derive(Debug, Args)]
pub struct Login {
    /// The address of the server, for example https://seats.example.org; the stored one if absent.
    #[arg(env = "SEATKEEPER_URL")]
    url: Option<String>,
    /// Answer as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Forgets the login.
#[derive(Debug, Args)]
pub struct Logout {
    /// Answer as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Reads a token, checks it at the server, and stores it.
///
/// # Errors
/// There is no token, or the server does not take it: then nothing is stored.
pub async fn login(asked: Login) -> Result<ExitCode, Failure> {
    let url = match asked.url.as_deref().map(config::tidy) {
        Some(url) => url,
        None => config::read()?.map(|stored| stored.url).ok_or_else(|| {
            Failure::new(Exit::Usage, "say at which server: `seatkeeper login https://seats.example.org`")
        })?,
    };
    let token = token(&url)?;
    let me = Client::new(&url)?.with_token(token.clone()).me().await?;
    let path = config::write(&Stored { url: url.clone(), token })?;
    if asked.json {
        outln!("{}", json!({ "url": url, "stored": path, "me": me }))?;
        return Ok(ExitCode::SUCCESS);
    }
    outln!("Logged in at {url} ({}) as {} <{}>.", me.account.name, me.name, me.email)?;
    outln!("The token is stored in {}, for you alone to read.", path.display())?;
    if in_the_clear(&url) {
        errln!("seatkeeper: {url} is not encrypted: everybody on the way can read the token. Use https:// if you can.");
    }
    Ok(ExitCode::SUCCESS)
}

/// Forgets the login. The token goes on to work elsewhere; deleting it is up to its owner.
///
/// # Errors
/// The file cannot be deleted.
pub fn logout(asked: &Logout) -> Result<ExitCode, Failure> {
    let was = config::forget()?;
    match (asked.json, was) {
        (true, _) => outln!("{}", json!({ "logged_out": was }))?,
        (false, true) => outln!("Logged out: the token is no longer stored here. It stays valid until you delete it.")?,
        (false, false) => outln!("Nothing was stored.")?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The token, from the environment, from a prompt that does not show it, or from the first line of what is piped in. Never
/// from an argument: those can be seen by everybody on the machine.
fn token(url: &str) -> Result<String, Failure> {
    let read = match config::given(config::TOKEN) {
        Some(token) => return Ok(token),
        None if std::io::stdin().is_terminal() => rpassword::prompt_password(format!("API token for {url}: ")),
        None => std::io::read_to_string(std::io::stdin()),
    };
    let read = read.map_err(|error| Failure::new(Exit::Usage, format!("the token cannot be read: {error}")))?;
    match read.lines().next().map(str::trim) {
        Some(token) if !token.is_empty() => Ok(token.to_owned()),
        _ => Err(Failure::new(Exit::Usage, "no token came: type it, or pipe it in")),
    }
}

/// Whether a token would travel in the clear to another machine.
fn in_the_clear(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://") else { return false };
    !["127.0.0.1", "localhost", "[::1]"].iter().any(|here| rest.starts_with(here))
}
