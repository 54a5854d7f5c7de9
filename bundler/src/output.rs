//! Writes the app's files, with their compressed forms beside them.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::thread;

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

/// Files by their paths.
pub type Files = BTreeMap<String, Vec<u8>>;

/// A hash of names and contents, for the name of a folder.
pub fn hash(files: &Files) -> String {
    let mut hasher = Sha256::new();
    for (name, content) in files {
        hasher.update(name.len().to_le_bytes());
        hasher.update(name);
        hasher.update(content.len().to_le_bytes());
        hasher.update(content);
    }
    hasher.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// Creates the folder, or removes what is in it.
pub fn empty(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    create(folder)
}

/// Writes the files into the emptied folder, each also as `.br` and `.gz`; returns the sizes of the former.
pub fn write(folder: &Path, files: &Files) -> Result<BTreeMap<String, usize>> {
    empty(folder)?;
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let list: Vec<_> = files.iter().collect();
    let shares: Vec<Vec<_>> =
        (0..threads).map(|share| list.iter().copied().skip(share).step_by(threads).collect()).collect();
    thread::scope(|scope| {
        let write_share = |share: Vec<(&String, &Vec<u8>)>| -> Result<Vec<(String, usize)>> {
            let write =
                |(name, content): (&String, &Vec<u8>)| Ok((name.clone(), write_one(&folder.join(name), content)?));
            share.into_iter().map(write).collect()
        };
        let running: Vec<_> = shares.into_iter().map(|share| scope.spawn(move || write_share(share))).collect();
        let mut sizes = BTreeMap::new();
        for thread in running {
            sizes.extend(thread.join().expect("no panic in the thread")?);
        }
        Ok(sizes)
    })
}

/// Writes a file and its compressed forms; returns the size of the smallest.
fn write_one(path: &Path, content: &[u8]) -> Result<usize> {
    if let Some(folder) = path.parent() {
        create(folder)?;
    }
    let mut brotli = Vec::new();
    brotli::CompressorWriter::new(&mut brotli, 1 << 16, 11, 22).write_all(content)?;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(content)?;
    for (path, content) in [
        (path.to_path_buf(), content),
        (path.with_added_extension("br"), &brotli),
        (path.with_added_extension("gz"), &gzip.finish()?),
    ] {
        fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(brotli.len())
}

fn create(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))
}
