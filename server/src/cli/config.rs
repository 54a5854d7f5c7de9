//! The server and API token that commands use: from the environment, or as stored by `seatkeeper login`.

use super::failure::{Exit, Failure};
use crate::private_files;
use seatkeeper_client::Client;
use serde::{Deserialize, Serialize};
use std::{fs, io, path::PathBuf};

/// The environment variable with the address of the server.
pub const URL_VARIABLE: &str = "SEATKEEPER_URL";
/// The environment variable with the API token.
pub const TOKEN_VARIABLE: &str = "SEATKEEPER_TOKEN";

/// The address of a server and an API token for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredLogin {
    pub url: String,
    pub token: String,
}

/// Creates a client for the configured server.
///
/// # Errors
/// Returns an error if no server is configured, or there is no token for it.
pub fn client() -> Result<Client, Failure> {
    let login = resolve(env_var(URL_VARIABLE), env_var(TOKEN_VARIABLE), read()?)?;
    Ok(Client::new(&login.url)?.with_token(login.token))
}

/// The environment takes precedence. A stored token is never sent to another server than the one it was stored for.
fn resolve(url: Option<String>, token: Option<String>, stored: Option<StoredLogin>) -> Result<StoredLogin, Failure> {
    let failure = |message: String| Failure::new(Exit::Config, message);
    let url = url.map(|url| normalize_url(&url));
    let Some(url) = url.or_else(|| stored.as_ref().map(|stored| stored.url.clone())) else {
        return Err(failure(format!(
            "no server is configured: run `seatkeeper login URL`, or set {URL_VARIABLE} and {TOKEN_VARIABLE}"
        )));
    };
    let stored_token = stored.filter(|stored| stored.url == url).map(|stored| stored.token);
    match token.or(stored_token) {
        Some(token) => Ok(StoredLogin { url, token }),
        None => {
            Err(failure(format!("there is no token for {url}: run `seatkeeper login {url}`, or set {TOKEN_VARIABLE}")))
        }
    }
}

/// An environment variable, trimmed; `None` if it is empty.
#[expect(clippy::disallowed_methods, reason = "the only place that reads the environment, besides clap")]
pub fn env_var(name: &str) -> Option<String> {
    std::env::var(name).ok().map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

/// Normalizes the address of a server: without a trailing slash, with `https://` if it has no scheme.
pub fn normalize_url(url: &str) -> String {
    let url = url.trim().trim_end_matches('/');
    if url.contains("://") { url.to_owned() } else { format!("https://{url}") }
}

/// The path of the stored login: `seatkeeper/login.json` in the user's configuration folder.
///
/// # Errors
/// Returns an error if neither `XDG_CONFIG_HOME` nor `HOME` is set.
pub fn path() -> Result<PathBuf, Failure> {
    let folder = env_var("XDG_CONFIG_HOME").map(PathBuf::from).filter(|folder| folder.is_absolute());
    let folder = folder.or_else(|| Some(PathBuf::from(env_var("HOME")?).join(".config")));
    let folder = folder.ok_or_else(|| {
        let message = format!("HOME is not set: set it, or {URL_VARIABLE} and {TOKEN_VARIABLE}");
        Failure::new(Exit::Config, message)
    });
    Ok(folder?.join("seatkeeper/login.json"))
}

/// Reads the stored login; `None` if there is none.
///
/// # Errors
/// Returns an error if the file exists but cannot be read.
pub fn read() -> Result<Option<StoredLogin>, Failure> {
    let path = path()?;
    let unreadable = |why: String| {
        let message = format!("{} cannot be read ({why}): delete it and run `seatkeeper login`", path.display());
        Failure::new(Exit::Config, message)
    };
    match fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| unreadable(error.to_string())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(error.to_string())),
    }
}

/// Stores a login in a file that only the user can read, replaced atomically.
///
/// # Errors
/// Returns an error if the file cannot be written.
pub fn write(stored: &StoredLogin) -> Result<PathBuf, Failure> {
    let path = path()?;
    let written = || -> io::Result<()> {
        if let Some(folder) = path.parent() {
            private_files::create_directories(folder)?;
        }
        private_files::replace(&path, &serde_json::to_vec_pretty(stored)?)
    };
    written().map_err(|error| Failure::new(Exit::Config, format!("cannot write {}: {error}", path.display())))?;
    Ok(path)
}

/// Deletes the stored login; returns whether there was one.
///
/// # Errors
/// Returns an error if the file cannot be deleted.
pub fn delete() -> Result<bool, Failure> {
    let path = path()?;
    match fs::remove_file(&path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Failure::new(Exit::Config, format!("cannot delete {}: {error}", path.display()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_takes_precedence_and_a_token_is_sent_only_to_its_own_server() {
        let text = |text: &str| Some(text.to_owned());
        let stored = || Some(StoredLogin { url: "https://a".to_owned(), token: "ta".to_owned() });
        let pair = |login: Result<StoredLogin, Failure>| login.map(|login| (login.url, login.token)).ok();
        let both = |url: &str, token: &str| Some((url.to_owned(), token.to_owned()));
        assert_eq!(pair(resolve(None, None, stored())), both("https://a", "ta"));
        assert_eq!(pair(resolve(text("a/"), None, stored())), both("https://a", "ta"));
        assert_eq!(pair(resolve(None, text("tb"), stored())), both("https://a", "tb"));
        assert_eq!(pair(resolve(text("http://b"), text("tb"), stored())), both("http://b", "tb"));
        assert_eq!(pair(resolve(text("http://b"), None, stored())), None);
        assert_eq!(pair(resolve(None, text("tb"), None)), None);
    }
}
