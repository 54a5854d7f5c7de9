//! `seatkeeper login` and `logout`: checks a token at a server and stores both for the other commands.

use super::{
    config::{self, StoredLogin},
    failure::{Exit, Failure},
    output::{errln, outln},
};
use clap::Args;
use seatkeeper_client::Client;
use serde_json::json;
use std::{io::IsTerminal as _, process::ExitCode};

/// Arguments of `seatkeeper login`.
#[derive(Debug, Args)]
pub struct LoginArgs {
    /// The address of the server, for example https://seats.example.org; the stored one if absent.
    #[arg(env = "SEATKEEPER_URL")]
    url: Option<String>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `seatkeeper logout`.
#[derive(Debug, Args)]
pub struct LogoutArgs {
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Reads a token, checks it at the server, and stores it.
///
/// # Errors
/// Returns an error if there is no token or the server refuses it; nothing is stored then.
pub async fn login(args: LoginArgs) -> Result<ExitCode, Failure> {
    let url = match args.url.as_deref().map(config::normalize_url) {
        Some(url) => url,
        None => config::read()?.map(|stored| stored.url).ok_or_else(|| {
            Failure::new(Exit::Usage, "give the address of the server: `seatkeeper login https://seats.example.org`")
        })?,
    };
    let token = read_token(&url)?;
    let me = Client::new(&url)?.with_token(token.clone()).me().await?;
    let path = config::write(&StoredLogin { url: url.clone(), token })?;
    if args.json {
        outln!("{}", json!({ "url": url, "stored": path, "me": me }))?;
        return Ok(ExitCode::SUCCESS);
    }
    outln!("Logged in at {url} ({}) as {} <{}>.", me.account.name, me.name, me.email)?;
    outln!("The token is stored in {}, readable only by you.", path.display())?;
    if is_unencrypted(&url) {
        errln!("seatkeeper: {url} is not encrypted: the token can be read in transit. Use https:// if you can.");
    }
    Ok(ExitCode::SUCCESS)
}

/// Deletes the stored login. The token itself stays valid until its owner deletes it.
///
/// # Errors
/// Returns an error if the file cannot be deleted.
pub fn logout(args: &LogoutArgs) -> Result<ExitCode, Failure> {
    let was_stored = config::delete()?;
    match (args.json, was_stored) {
        (true, _) => outln!("{}", json!({ "logged_out": was_stored }))?,
        (false, true) => outln!("Logged out: the token is no longer stored here. It stays valid until you delete it.")?,
        (false, false) => outln!("Nothing was stored.")?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads the token from the environment, from a prompt without echo, or from the first line of standard input. Never
/// from an argument, since every user of the machine can see those.
fn read_token(url: &str) -> Result<String, Failure> {
    let read = match config::env_var(config::TOKEN_VARIABLE) {
        Some(token) => return Ok(token),
        None if std::io::stdin().is_terminal() => rpassword::prompt_password(format!("API token for {url}: ")),
        None => std::io::read_to_string(std::io::stdin()),
    };
    let read = read.map_err(|error| Failure::new(Exit::Usage, format!("the token cannot be read: {error}")))?;
    match read.lines().next().map(str::trim) {
        Some(token) if !token.is_empty() => Ok(token.to_owned()),
        _ => Err(Failure::new(Exit::Usage, "no token was given: type it, or pipe it in")),
    }
}

/// Whether a token would be sent unencrypted to another machine.
fn is_unencrypted(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://") else { return false };
    !["127.0.0.1", "localhost", "[::1]"].iter().any(|host| rest.starts_with(host))
}
