//! Whether others on this machine can read the database: said once at the start, with the command that ends it.

use std::{
    fs::{self, Metadata},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

/// The group's rights, and everybody's.
const OTHERS: u32 = 0o007;
const GROUP_AND_OTHERS: u32 = 0o077;

/// Warns of files and of a folder that others may use. A group counts as chosen on purpose if it is not the server's own: then
/// only everybody else is warned of.
pub fn warn_of_wide(database: &Path) {
    let narrow = narrowing(database, nix::unistd::getegid().as_raw());
    if !narrow.is_empty() {
        let command = narrow.join(" && ");
        tracing::warn!(command, "others on this machine can use the database; run this command to keep them out");
    }
}

/// The commands that would narrow what is too wide.
fn narrowing(database: &Path, own_group: u32) -> Vec<String> {
    let wide = |path: &Path| fs::metadata(path).ok().and_then(|found| too_wide(&found, own_group));
    let beside = |suffix: &str| {
        let mut name = database.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    let folder = database.parent().map(Path::to_owned);
    folder
        .into_iter()
        .chain(["", "-wal", "-shm", ".lock"].map(beside))
        .filter_map(|path| {
            let take = wide(&path)?;
            Some(format!("chmod {take} '{}'", path.display().to_string().replace('\'', r"'\''")))
        })
        .collect()
}

/// The change of mode that takes away what is too much. A folder in which everybody may create files, but only their owner delete them,
/// such as `/tmp`, is nobody's to narrow; a folder of its own is better, and the files in it are looked at by themselves.
fn too_wide(found: &Metadata, own_group: u32) -> Option<&'static str> {
    const STICKY: u32 = 0o1000;
    if found.is_dir() && found.mode() & STICKY != 0 {
        return None;
    }
    let chosen = found.gid() != own_group;
    match found.mode() & if chosen { OTHERS } else { GROUP_AND_OTHERS } {
        0 => None,
        _ if chosen => Some("o-rwx"),
        _ => Some("go-rwx"),
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "these files are made as others make them")]
mod tests {
    use super::*;
    use std::{fs::Permissions, os::unix::fs::PermissionsExt as _};

    #[test]
    fn what_others_can_use_is_named_with_the_command_that_narrows_it() {
        let home = tempfile::tempdir().expect("a folder");
        let file = home.path().join("it's");
        let mode = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).expect("it is ours");
        fs::write(&file, "").expect("a file");
        mode(&file, 0o600);
        mode(home.path(), 0o700);
        let group = fs::metadata(&file).expect("it is there").gid();
        assert_eq!(narrowing(&file, group), [] as [String; 0]);
        mode(&file, 0o640);
        let quoted = file.display().to_string().replace('\'', r"'\''");
        assert_eq!(narrowing(&file, group), [format!("chmod go-rwx '{quoted}'")]);
        assert_eq!(narrowing(&file, group + 1), [] as [String; 0], "somebody chose this group");
        mode(&file, 0o644);
        assert_eq!(narrowing(&file, group + 1), [format!("chmod o-rwx '{quoted}'")]);
        mode(home.path(), 0o755);
        assert_eq!(narrowing(&file, group).len(), 2);
    }
}
