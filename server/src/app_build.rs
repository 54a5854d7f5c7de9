//! The build of the frontend that this server delivers: embedded in the binary, or in the folder `dist`.

use base64::Engine as _;
use sha2::{Digest as _, Sha256};
use std::{path::PathBuf, sync::Arc};

/// An embedded file, uncompressed and compressed.
pub struct StaticFile {
    pub path: &'static str,
    pub hash: &'static str,
    pub plain: &'static [u8],
    pub br: &'static [u8],
    pub gz: &'static [u8],
}

/// The embedded files; none if the frontend is not embedded.
pub static EMBEDDED_FILES: &[StaticFile] = include!(concat!(env!("OUT_DIR"), "/static_files.rs"));

/// The build of the frontend that this server delivers.
#[derive(Clone, Debug)]
pub struct AppBuild(Option<Arc<PathBuf>>);

impl AppBuild {
    /// The build in the folder `dist`, or else the embedded one.
    pub fn new(dist: Option<Arc<PathBuf>>) -> Self {
        Self(dist)
    }

    /// The hash of its page, which names all its other files; `None` if the frontend is not built. A folder is read
    /// each time, because it can be rebuilt while the server runs.
    pub async fn id(&self) -> Option<String> {
        match &self.0 {
            Some(folder) => {
                let page = tokio::fs::read(folder.join("index.html")).await.ok()?;
                Some(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(Sha256::digest(page)))
            }
            None => EMBEDDED_FILES.iter().find(|file| file.path == "index.html").map(|file| file.hash.to_owned()),
        }
    }
}
