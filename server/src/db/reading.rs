//! Opening a database only to read it, beside a server that uses it: for checks from the command line.

use super::{Db, Endpoint, OpenError, Readers, Writer, file, postgres};
use std::path::Path;

impl Db {
    /// Opens `sqlite:FILE` or `postgres://…` as it is: nothing is made, nothing brought up to date, and nothing can be written.
    ///
    /// # Errors
    /// It is not there, or cannot be read.
    pub async fn open_to_read(address: &str) -> Result<Self, OpenError> {
        if let Some(file) = address.strip_prefix("sqlite:") {
            read_file(Path::new(file.trim_start_matches("//")))
        } else if address.starts_with("postgres://") || address.starts_with("postgresql://") {
            postgres::open_to_read(address).await
        } else {
            Err(OpenError::Address)
        }
    }
}

/// By the same path as the server: whoever came by another name would not see the journal beside it. Nobody is kept out by a reader.
fn read_file(named: &Path) -> Result<Db, OpenError> {
    let file = file::resolve(named)?;
    let opened = Readers::open(&file, 2);
    let readers = opened.map_err(|reason| OpenError::Reader { path: file.display().to_string(), reason })?;
    Ok(Db::Sqlite { writer: Writer::none(), readers, lock: None, endpoint: Endpoint::file(&file) })
}
