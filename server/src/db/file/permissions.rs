//! Warns at startup if other users of this machine can access the database, with the command that prevents it.

use std::{
    fs::{self, Metadata},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

/// The permission bits of everyone but the owner and the group.
const OTHERS: u32 = 0o007;
const GROUP_AND_OTHERS: u32 = 0o077;

/// Warns of files and of a folder that others can access. A group that is not the server's own counts as chosen on
/// purpose, and keeps its access.
pub fn warn_if_too_open(database: &Path) {
    let commands = chmod_commands(database, nix::unistd::getegid().as_raw());
    if !commands.is_empty() {
        let command = commands.join(" && ");
        tracing::warn!(command, "other users of this machine can access the database; run this command to prevent it");
    }
}

/// The commands that restrict permissions that are too open.
fn chmod_commands(database: &Path, own_group: u32) -> Vec<String> {
    let excess = |path: &Path| fs::metadata(path).ok().and_then(|found| excess_mode(&found, own_group));
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
            let mode = excess(&path)?;
            Some(format!("chmod {mode} '{}'", path.display().to_string().replace('\'', r"'\''")))
        })
        .collect()
}

/// The argument of chmod that removes the excess permissions. A folder with the sticky bit, such as `/tmp`, is left
/// alone, because others use it too; the files in it are checked by themselves.
fn excess_mode(found: &Metadata, own_group: u32) -> Option<&'static str> {
    const STICKY: u32 = 0o1000;
    if found.is_dir() && found.mode() & STICKY != 0 {
        return None;
    }
    let is_chosen_group = found.gid() != own_group;
    match found.mode() & if is_chosen_group { OTHERS } else { GROUP_AND_OTHERS } {
        0 => None,
        _ if is_chosen_group => Some("o-rwx"),
        _ => Some("go-rwx"),
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "these files imitate files that others create")]
mod tests {
    use super::*;
    use std::{fs::Permissions, os::unix::fs::PermissionsExt as _};

    #[test]
    fn access_of_others_is_reported_with_the_command_that_prevents_it() {
        let home = tempfile::tempdir().expect("a folder");
        let file = home.path().join("it's");
        let mode = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).expect("it is ours");
        fs::write(&file, "").expect("a file");
        mode(&file, 0o600);
        mode(home.path(), 0o700);
        let group = fs::metadata(&file).expect("it exists").gid();
        assert_eq!(chmod_commands(&file, group), [] as [String; 0]);
        mode(&file, 0o640);
        let quoted = file.display().to_string().replace('\'', r"'\''");
        assert_eq!(chmod_commands(&file, group), [format!("chmod go-rwx '{quoted}'")]);
        assert_eq!(chmod_commands(&file, group + 1), [] as [String; 0], "another group was chosen on purpose");
        mode(&file, 0o644);
        assert_eq!(chmod_commands(&file, group + 1), [format!("chmod o-rwx '{quoted}'")]);
        mode(home.path(), 0o755);
        assert_eq!(chmod_commands(&file, group).len(), 2);
    }
}
