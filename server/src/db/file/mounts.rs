//! Refuses network file systems: SQLite's locks and shared memory do not work between machines.

use super::name;
use crate::db::OpenError;
use std::path::Path;

#[derive(Debug, PartialEq, Eq)]
enum FileSystem {
    Local,
    /// Other machines, or the host, may have the same files open. With the name of the file system.
    Network(&'static str),
    /// A FUSE file system of an unknown program.
    Unknown,
}

/// File systems by their numbers in statfs(2), with their names.
const NETWORK_FILE_SYSTEMS: [(i64, &str); 18] = [
    (0x6969, "NFS"),
    (0x517b, "SMB"),
    (0xff53_4d42, "CIFS"),
    (0xfe53_4d42, "SMB"),
    (0x0102_1997, "9p"),
    (0x00c3_6400, "Ceph"),
    (0x5346_414f, "AFS"),
    (0x6b41_4653, "AFS"),
    (0x7375_7245, "Coda"),
    (0x7461_636f, "OCFS2"),
    (0x0116_1970, "GFS2"),
    (0x0bd0_0bd0, "Lustre"),
    (0x4750_4653, "GPFS"),
    (0x1983_0326, "BeeGFS"),
    (0x2003_0528, "OrangeFS"),
    (0x564c, "NCP"),
    (0x786f_4256, "a folder shared by VirtualBox"),
    (0xbacb_acbc, "a folder shared by VMware"),
];
const FUSE_MAGIC: i64 = 0x6573_5546;

/// Refuses network file systems, and a file that is itself a mount point, whose journal would not be stored beside it.
#[cfg(target_os = "linux")]
pub fn check(path: &Path) -> Result<(), OpenError> {
    // Without /proc there is no information on mounts, and only the number of the file system is checked.
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    if path.is_file() && mount_points(&mounts).any(|(point, _)| Path::new(&point) == path) {
        return Err(OpenError::MountedFile(name(path)));
    }
    let folder = path.parent().unwrap_or(path);
    let Ok(about) = nix::sys::statfs::statfs(folder) else { return Ok(()) };
    // The width and sign of this type differ between platforms.
    let magic = i64::from(about.filesystem_type().0 as u32);
    let kind = mount_points(&mounts).filter(|(point, _)| folder.starts_with(point)).last().map(|(_, kind)| kind);
    match classify(magic, kind.as_deref().unwrap_or_default()) {
        FileSystem::Local => Ok(()),
        FileSystem::Network(kind) => Err(OpenError::NetworkFileSystem { path: name(path), kind }),
        FileSystem::Unknown => {
            tracing::warn!(
                path = %path.display(), kind,
                "the database is on an unknown FUSE file system; make sure that no other machine can open it"
            );
            Ok(())
        }
    }
}

/// Other systems have no such numbers, so that nothing is checked.
#[cfg(not(target_os = "linux"))]
pub fn check(_path: &Path) -> Result<(), OpenError> {
    Ok(())
}

fn classify(magic: i64, kind: &str) -> FileSystem {
    if let Some((_, name)) = NETWORK_FILE_SYSTEMS.iter().find(|(number, _)| *number == magic) {
        return FileSystem::Network(name);
    }
    if magic != FUSE_MAGIC {
        return FileSystem::Local;
    }
    match kind {
        "fuse.sshfs" => FileSystem::Network("sshfs"),
        "fuse.glusterfs" => FileSystem::Network("GlusterFS"),
        "fuse.rclone" => FileSystem::Network("rclone"),
        "fuse.s3fs" | "fuse.mountpoint-s3" => FileSystem::Network("S3"),
        "fuse.ceph" | "fuse.ceph-fuse" => FileSystem::Network("Ceph"),
        "fuse.juicefs" => FileSystem::Network("JuiceFS"),
        "fuse.davfs" | "fuse.davfs2" => FileSystem::Network("WebDAV"),
        "fuse.vmhgfs-fuse" => FileSystem::Network("a folder shared by VMware"),
        // File systems such as NTFS on a local disk.
        "fuseblk" => FileSystem::Local,
        _ => FileSystem::Unknown,
    }
}

/// The mount points and their types, in the order of mounting (proc_pid_mountinfo(5)).
#[cfg(target_os = "linux")]
fn mount_points(mounts: &str) -> impl Iterator<Item = (String, String)> {
    mounts.lines().filter_map(|line| {
        let (before, after) = line.split_once(" - ")?;
        Some((unescaped(before.split(' ').nth(4)?), after.split(' ').next()?.to_owned()))
    })
}

/// Decodes spaces and other characters that are written as three octal digits.
#[cfg(target_os = "linux")]
fn unescaped(text: &str) -> String {
    let replaced = [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")];
    replaced.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
90 22 0:41 / /srv/my\\040data rw,nosuid - fuse.sshfs me@host: rw
91 22 0:42 / /srv rw - tmpfs tmpfs rw
92 22 254:0 /x/db /data/db rw - ext4 /dev/vda rw";

    #[test]
    fn network_file_systems_are_recognised_by_number_or_name() {
        assert_eq!(classify(0xef53, "ext4"), FileSystem::Local);
        assert_eq!(classify(0x0102_1994, "tmpfs"), FileSystem::Local);
        assert_eq!(classify(0x9123_683e, "btrfs"), FileSystem::Local);
        assert_eq!(classify(0x6969, "nfs4"), FileSystem::Network("NFS"));
        assert_eq!(classify(0xfe53_4d42, "smb3"), FileSystem::Network("SMB"));
        assert_eq!(classify(0xff53_4d42, "cifs"), FileSystem::Network("CIFS"));
        assert_eq!(classify(0x0102_1997, "9p"), FileSystem::Network("9p"));
        assert_eq!(classify(FUSE_MAGIC, "fuse.sshfs"), FileSystem::Network("sshfs"));
        assert_eq!(classify(FUSE_MAGIC, "fuseblk"), FileSystem::Local);
        assert_eq!(classify(FUSE_MAGIC, "fuse.unheard-of"), FileSystem::Unknown);
        assert_eq!(classify(FUSE_MAGIC, "virtiofs"), FileSystem::Unknown);
    }

    #[test]
    fn mount_points_are_read_with_their_types() {
        let read: Vec<_> = mount_points(MOUNTS).collect();
        let pair = |point: &str, kind: &str| (point.to_owned(), kind.to_owned());
        let ext4 = [pair("/", "ext4"), pair("/data/db", "ext4")];
        assert_eq!(
            read,
            [&ext4[0], &pair("/srv/my data", "fuse.sshfs"), &pair("/srv", "tmpfs"), &ext4[1]].map(Clone::clone)
        );
    }

    #[test]
    fn a_local_folder_is_accepted() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(check(&folder.path().join("db")).is_ok());
    }
}
