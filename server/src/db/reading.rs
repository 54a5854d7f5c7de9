//! Opening a database only to read it, beside a server that uses it: for checks from the command line.

use super::{Db, OpenError, Readers, Writer};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use std::{fs, path::Path, str::FromStr as _, sync::Arc};

impl Db {
    /// Opens `sqlite:FILE` or `postgres://…` as it is: nothing is made, nothing brought up to date, and nothing can be written.
    ///
    /// # Errors
    /// It is not there, or cannot be read.
    pub async fn open_to_read(address: &str) -> Result<Self, OpenError> {
        if let Some(file) = address.strip_prefix("sqlite:") {
            read_file(Path::new(file.trim_start_matches("//")))
        } else if address.starts_with("postgres://") || address.starts_with("postgresql://") {
            let options = PgConnectOptions::from_str(address)?.options([("default_transaction_read_only", "on")]);
            Ok(Self::Postgres(PgPoolOptions::new().max_connections(2).connect_with(options).await?))
        } else {
            Err(OpenError::Address(address.to_owned()))
        }
    }
}

fn read_file(file: &Path) -> Result<Db, OpenError> {
    let path = file.display().to_string();
    // Stands where a server keeps others out; nobody is kept out by a reader.
    let opened = fs::File::open(file).map_err(|source| OpenError::File { path: path.clone(), source })?;
    let readers = Readers::open(file, 2).map_err(|source| OpenError::Reader { path, source })?;
    Ok(Db::Sqlite { writer: Writer::none(), readers, lock: Arc::new(opened) })
}
