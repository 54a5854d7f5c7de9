//! Which server the command line talks to, and as whom: from the environment, or as `seatkeeper login` has stored it.

use super::failure::{Exit, Failure};
use crate::private_files;
use seatkeeper_client::Client;
use serde::{Deserialize, Serialize};
use std::{fs, io, path::PathBuf};

/// The environment variable with the address of the server.
pub const URL: &str = "SEATKEEPER_URL";
/// The environment variable with the API token.
pub const TOKEN: &str = "SEATKEEPER_TOKEN";

/// A server and the token for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    /// Where the server is.
    pub url: String,
    /// The API token.
    pub token: String,
}

/// A client of the server that the environment names, or that is stored.
///
/// # Errors
/// No server is known, or no token for it.
pub fn client() -> Result<Client, Failure> {
    let known = known(given(URL), given(TOKEN), read()?)?;
    Ok(Client::new(&known.url)?.with_token(known.token))
}

/// The environment comes first. A stored token is for the server that it was stored for, and never sent to another one.
fn known(url: Option<String>, token: Option<String>, stored: Option<Stored>) -> Result<Stored, Failure> {
    let config = |says: String| Failure::new(Exit::Config, says);
    let Some(url) = url.map(|url| tidy(&url)).or_else(|| stored.as_ref().map(|stored| stored.url.clone())) else {
        return Err(config(format!("no server is known yet: run `seatkeeper login URL`, or set {URL} and {TOKEN}")));
    };
    let own = stored.filter(|stored| stored.url == url).map(|stored| stored.token);
    match token.or(own) {
        Some(token) => Ok(Stored { url, token }),
        None => Err(config(format!("there is no token for {url}: run `seatkeeper login {url}`, or set {TOKEN}"))),
    }
}

/// A variable of the environment; an empty one is none.
pub fn given(name: &str) -> Option<String> {
    std::env::var(name).ok().map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

/// The address of a server as it is compared: without a slash at its end, HTTPS if nothing is said.
pub fn tidy(url: &str) -> String {
    let url = url.trim().trim_end_matches('/');
    if url.contains("://") { url.to_owned() } else { format!("https://{url}") }
}

/// Where it is stored: `seatkeeper/login.json` in the user's folder for configuration.
///
/// # Errors
/// The user has no home.
pub fn path() -> Result<PathBuf, Failure> {
    let folder = given("XDG_CONFIG_HOME").map(PathBuf::from).filter(|folder| folder.is_absolute());
    let folder = folder.or_else(|| Some(PathBuf::from(given("HOME")?).join(".config")));
    let folder =
        folder.ok_or_else(|| Failure::new(Exit::Config, format!("HOME is not set: set it, or {URL} and {TOKEN}")));
    Ok(folder?.join("seatkeeper/login.json"))
}

/// What is stored, if anything.
///
/// # Errors
/// It is there but cannot be read.
pub fn read() -> Result<Option<Stored>, Failure> {
    let path = path()?;
    let unreadable = |why: String| {
        let says = format!("{} cannot be read ({why}): delete it and run `seatkeeper login`", path.display());
        Failure::new(Exit::Config, says)
    };
    match fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| unreadable(error.to_string())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(error.to_string())),
    }
}

/// Stores it, for nobody but the user to read. Whoever looks meanwhile sees the old or the new one, never half of it.
///
/// # Errors
/// It cannot be written.
pub fn write(stored: &Stored) -> Result<PathBuf, Failure> {
    let path = path()?;
    let written = || -> io::Result<()> {
        if let Some(folder) = path.parent() {
            private_files::create_folders(folder)?;
        }
        private_files::replace(&path, &serde_json::to_vec_pretty(stored)?)
    };
    written().map_err(|error| Failure::new(Exit::Config, format!("cannot write {}: {error}", path.display())))?;
    Ok(path)
}

/// Forgets it; and whether there was anything.
///
/// # Errors
/// It cannot be deleted.
pub fn forget() -> Result<bool, Failure> {
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
    fn the_environment_comes_first_and_a_token_is_only_for_its_own_server() {
        let text = |text: &str| Some(text.to_owned());
        let stored = || Some(Stored { url: "https://a".to_owned(), token: "ta".to_owned() });
        let pair = |known: Result<Stored, Failure>| known.map(|known| (known.url, known.token)).ok();
        let both = |url: &str, token: &str| Some((url.to_owned(), token.to_owned()));
        assert_eq!(pair(known(None, None, stored())), both("https://a", "ta"));
        assert_eq!(pair(known(text("a/"), None, stored())), both("https://a", "ta"));
        assert_eq!(pair(known(None, text("tb"), stored())), both("https://a", "tb"));
        assert_eq!(pair(known(text("http://b"), text("tb"), stored())), both("http://b", "tb"));
        assert_eq!(pair(known(text("http://b"), None, stored())), None);
        assert_eq!(pair(known(None, text("tb"), None)), None);
    }
}
