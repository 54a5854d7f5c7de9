//! Loads the encryption keys from the environment, from a file, or from a file next to the SQLite database, which is
//! created at the first start.

use super::{Keyring, keyring};
use crate::{clock::Random, db::Db, private_files, store};
use anyhow::{Context as _, ensure};
use clap::Args;
use std::{
    fs, io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

/// The environment variable with the keys. There is no option, because other users can see a process's arguments.
pub const KEYS_VARIABLE: &str = "SEATKEEPER_SECRET_KEYS";
/// The permission bits of the group and others.
const GROUP_AND_OTHERS: u32 = 0o077;
const HEADER: &str = "\
# Seatkeeper encrypts secrets in its database with the first of these keys and decrypts them with all.
# Without this file, signing in with a code or by a provider fails, and no lease can be signed.
# Keep a copy, but not together with the database or its backups.
";

/// The source of the encryption keys.
#[derive(Clone, Debug, Default, Args)]
pub struct KeySource {
    /// The file with the keys that encrypt secrets in the database, in base64, one per line; the first key encrypts,
    /// all decrypt. Alternatively, set the keys in SEATKEEPER_SECRET_KEYS, separated by commas. By default, SQLite uses
    /// a .key file next to the database, created at the first start; PostgreSQL uses no encryption.
    #[arg(long, env = "SEATKEEPER_SECRET_KEY_FILE", value_name = "FILE")]
    pub secret_key_file: Option<PathBuf>,
}

impl KeySource {
    /// The key file; `None` for PostgreSQL without the option.
    pub fn file(&self, database: &str) -> Option<PathBuf> {
        self.secret_key_file.clone().or_else(|| {
            let file = Path::new(database.strip_prefix("sqlite:")?.trim_start_matches("//"));
            Some(file.with_extension("key"))
        })
    }

    /// Loads the keys: `keys`, the value of [`KEYS_VARIABLE`], or else the file. Creates the key file next to a SQLite
    /// database if no secret is encrypted yet.
    ///
    /// # Errors
    /// Returns an error if a key is invalid, if the file cannot be read, or if there are encrypted secrets but no keys.
    /// Nothing was changed then.
    pub async fn load(&self, db: &Db, database: &str, keys: Option<String>) -> anyhow::Result<Keyring> {
        if let Some(keys) = keys {
            return Keyring::parse(keys.split(',').filter(|key| !key.trim().is_empty())).context(KEYS_VARIABLE);
        }
        let Some(file) = self.file(database) else {
            let missing = used_key_id(db).await?;
            ensure!(
                missing.is_none(),
                "the secrets in the database are encrypted: provide the key {} with --secret-key-file \
                or {KEYS_VARIABLE}; nothing was changed",
                missing.unwrap_or_default()
            );
            tracing::warn!(
                "secrets in the database are not encrypted; set --secret-key-file or SEATKEEPER_SECRET_KEYS"
            );
            return Ok(Keyring::default());
        };
        match read(&file) {
            Ok(keyring) => Ok(keyring),
            Err(error) if is_missing(&error) && self.secret_key_file.is_none() => {
                let missing = used_key_id(db).await?;
                ensure!(
                    missing.is_none(),
                    "the secrets in the database are encrypted with the key {}, and its file {} is missing; \
                    nothing was changed. Restore the file, or pass its path with --secret-key-file",
                    missing.unwrap_or_default(),
                    file.display()
                );
                add_key(&file, &Random::default())?;
                read(&file)
            }
            Err(error) => Err(error),
        }
    }
}

/// The id of a key that encrypts a secret in the database; `None` if no secret is encrypted.
async fn used_key_id(db: &Db) -> anyhow::Result<Option<String>> {
    let mut tx = db.begin_read().await?;
    let all = store::secrets::all(&mut tx).await?;
    Ok(all.iter().find_map(|(_, stored)| keyring::key_id(stored)).map(str::to_owned))
}

fn is_missing(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::NotFound)
}

/// Reads the keys in a file.
///
/// # Errors
/// Returns an error if the file cannot be read, or contains an invalid key or none.
pub fn read(file: &Path) -> anyhow::Result<Keyring> {
    let name = || format!("cannot read the keys in {}", file.display());
    let text = fs::read_to_string(file).with_context(name)?;
    let mode = fs::metadata(file).with_context(name)?.permissions().mode();
    if mode & GROUP_AND_OTHERS != 0 {
        let mode = format!("{:o}", mode & 0o777);
        tracing::warn!(file = %file.display(), mode, "other users can read the key file; set its mode to 600");
    }
    let keyring = Keyring::parse(keys_in(&text)).with_context(name)?;
    ensure!(!keyring.is_empty(), "there is no key in {}", file.display());
    Ok(keyring)
}

fn keys_in(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Prepends a new key to a file, which is created if it is missing, readable by its owner only. The file is replaced
/// atomically.
///
/// # Errors
/// Returns an error if the file cannot be read or written.
pub fn add_key(file: &Path, random: &Random) -> anyhow::Result<()> {
    let name = || format!("cannot write the key file {}", file.display());
    let before = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error).with_context(name),
    };
    let mut text = format!("{HEADER}{}\n", random.secret());
    for key in keys_in(&before) {
        text.push_str(key);
        text.push('\n');
    }
    let written = || -> io::Result<()> {
        private_files::replace(file, text.as_bytes())?;
        match file.parent().filter(|directory| !directory.as_os_str().is_empty()) {
            Some(directory) => fs::File::open(directory)?.sync_all(),
            None => Ok(()),
        }
    };
    written().with_context(name)
}
