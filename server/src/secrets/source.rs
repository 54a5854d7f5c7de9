//! Where the keys come from: the environment, a file, or a file beside the SQLite database, which is made at the
//! first start.

use super::{Keyring, keyring};
use crate::{clock::Dice, db::Db, private_files, store};
use anyhow::{Context as _, ensure};
use clap::Args;
use std::{
    fs, io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

/// The environment variable with the keys. No option: those who list processes would see it.
pub const KEYS_VARIABLE: &str = "SEATKEEPER_SECRET_KEYS";
/// Who else may read a file.
const OTHERS: u32 = 0o077;
const HEADER: &str = "\
# Seatkeeper encrypts secrets in its database with the first of these keys and decrypts them with all.
# Without this file nobody can sign in with a code or by a provider, and no lease can be signed.
# Keep a copy where the database and its backups are not.
";

/// What the secrets in the database are encrypted with.
#[derive(Clone, Debug, Default, Args)]
pub struct KeySource {
    /// The file with the keys that secrets in the database are encrypted with, one in base64 a line, the one that
    /// encrypts first; or the keys themselves in SEATKEEPER_SECRET_KEYS, with commas between. If neither is given:
    /// for SQLite a file beside the database that ends in .key and is made at the first start; for PostgreSQL none.
    #[arg(long, env = "SEATKEEPER_SECRET_KEY_FILE", value_name = "FILE")]
    pub secret_key_file: Option<PathBuf>,
}

impl KeySource {
    /// The file with the keys, if there may be one.
    pub fn file(&self, database: &str) -> Option<PathBuf> {
        self.secret_key_file.clone().or_else(|| {
            let file = Path::new(database.strip_prefix("sqlite:")?.trim_start_matches("//"));
            Some(file.with_extension("key"))
        })
    }

    /// The keys. A file beside a SQLite database is made if no secret is encrypted yet.
    ///
    /// # Errors
    /// A key is none, a file cannot be read, or the key of what is encrypted already is missing. Nothing was changed
    /// then.
    pub async fn load(&self, db: &Db, database: &str) -> anyhow::Result<Keyring> {
        if let Some(keys) = std::env::var(KEYS_VARIABLE).ok().filter(|keys| !keys.trim().is_empty()) {
            return Keyring::of(keys.split(',').filter(|key| !key.trim().is_empty())).context(KEYS_VARIABLE);
        }
        let Some(file) = self.file(database) else {
            let lost = missing_key(db).await?;
            ensure!(
                lost.is_none(),
                "the secrets in the database are encrypted: give their key {} with --secret-key-file \
                or {KEYS_VARIABLE}; nothing was changed",
                lost.unwrap_or_default()
            );
            tracing::warn!(
                "secrets in the database are not encrypted: give a key with --secret-key-file or {KEYS_VARIABLE}"
            );
            return Ok(Keyring::default());
        };
        match read(&file) {
            Ok(keyring) => Ok(keyring),
            Err(error) if is_missing(&error) && self.secret_key_file.is_none() => {
                let lost = missing_key(db).await?;
                ensure!(
                    lost.is_none(),
                    "the secrets in the database are encrypted with the key {}, and the file with it, {}, \
                    is missing; nothing was changed. Put it back, or name it with --secret-key-file",
                    lost.unwrap_or_default(),
                    file.display()
                );
                add_key(&file, &Dice::default())?;
                read(&file)
            }
            Err(error) => Err(error),
        }
    }
}

/// The id of a key with which something in the database is encrypted.
async fn missing_key(db: &Db) -> anyhow::Result<Option<String>> {
    let mut tx = db.begin_read().await?;
    let all = store::secrets::all(&mut tx).await?;
    Ok(all.iter().find_map(|(_, stored)| keyring::key_id(stored)).map(str::to_owned))
}

fn is_missing(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::NotFound)
}

/// The keys in a file.
///
/// # Errors
/// It cannot be read, or has no key in it.
pub fn read(file: &Path) -> anyhow::Result<Keyring> {
    let name = || format!("the keys cannot be read from {}", file.display());
    let text = fs::read_to_string(file).with_context(name)?;
    let mode = fs::metadata(file).with_context(name)?.permissions().mode();
    if mode & OTHERS != 0 {
        tracing::warn!(file = %file.display(), mode = format!("{:o}", mode & 0o777), "others may read the key file: set its mode to 600");
    }
    let keyring = Keyring::of(keys_in(&text)).with_context(name)?;
    ensure!(!keyring.is_empty(), "there is no key in {}", file.display());
    Ok(keyring)
}

fn keys_in(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Puts a new key in front of those in a file, which is made if it is missing, for nobody but its owner to read.
/// Whoever reads meanwhile sees the old or the new file, never half of it.
///
/// # Errors
/// It cannot be written.
pub fn add_key(file: &Path, dice: &Dice) -> anyhow::Result<()> {
    let name = || format!("the key file {} cannot be written", file.display());
    let before = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error).with_context(name),
    };
    let mut text = format!("{HEADER}{}\n", dice.secret());
    for key in keys_in(&before) {
        text.push_str(key);
        text.push('\n');
    }
    let written = || -> io::Result<()> {
        private_files::replace(file, text.as_bytes())?;
        match file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            Some(folder) => fs::File::open(folder)?.sync_all(),
            None => Ok(()),
        }
    };
    written().with_context(name)
}
