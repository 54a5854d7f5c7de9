//! On which file systems a database may lie: SQLite's locks and its shared memory do not hold between the machines of a network.

use super::name;
use crate::db::OpenError;
use std::path::Path;

/// What is known of a file system.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    Local,
    /// Other machines or a host may have the same files open; with its name.
    Network(&'static str),
    /// Whether it is local depends on the program behind it.
    Unknown,
}

/// The numbers that statfs(2) gives, and the names of the file systems.
const NETWORK: [(i64, &str); 18] = [
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
const FUSE: i64 = 0x6573_5546;

/// Refuses network file systems, and a file that is mounted by itself: its journal would lie elsewhere than beside the file.
#[cfg(target_os = "linux")]
pub fn check(path: &Path) -> Result<(), OpenError> {
    // Elsewhere than in a usual system there is nothing to read; then nothing is known of mounts.
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    if path.is_file() && mount_points(&mounts).any(|(point, _)| Path::new(&point) == path) {
        return Err(OpenError::MountedFile(name(path)));
    }
    let folder = path.parent().unwrap_or(path);
    let Ok(about) = nix::sys::statfs::statfs(folder) else { return Ok(()) };
    // The type's width and sign are not the same on all machines.
    let magic = i64::from(about.filesystem_type().0 as u32);
    let kind = mount_points(&mounts).filter(|(point, _)| folder.starts_with(point)).last().map(|(_, kind)| kind);
    match place(magic, kind.as_deref().unwrap_or_default()) {
        Place::Local => Ok(()),
        Place::Network(kind) => Err(OpenError::NetworkFileSystem { path: name(path), kind }),
        Place::Unknown => {
            tracing::warn!(
                path = %path.display(), kind,
                "the database is on a FUSE file system: make sure that no other machine can open it"
            );
            Ok(())
        }
    }
}

/// Other systems have no such numbers.
#[cfg(not(target_os = "linux"))]
pub fn check(_path: &Path) -> Result<(), OpenError> {
    Ok(())
}

fn place(magic: i64, kind: &str) -> Place {
    if let Some((_, name)) = NETWORK.iter().find(|(number, _)| *number == magic) {
        return Place::Network(name);
    }
    if magic != FUSE {
        return Place::Local;
    }
    match kind {
        "fuse.sshfs" => Place::Network("sshfs"),
        "fuse.glusterfs" => Place::Network("GlusterFS"),
        "fuse.rclone" => Place::Network("rclone"),
        "fuse.s3fs" | "fuse.mountpoint-s3" => Place::Network("S3"),
        "fuse.ceph" | "fuse.ceph-fuse" => Place::Network("Ceph"),
        "fuse.juicefs" => Place::Network("JuiceFS"),
        "fuse.davfs" | "fuse.davfs2" => Place::Network("WebDAV"),
        "fuse.vmhgfs-fuse" => Place::Network("a folder shared by VMware"),
        // NTFS and the like on a disk of this machine.
        "fuseblk" => Place::Local,
        _ => Place::Unknown,
    }
}

/// Where something is mounted and of what kind it is (proc_pid_mountinfo(5)); what is mounted later stands later.
#[cfg(target_os = "linux")]
fn mount_points(mounts: &str) -> impl Iterator<Item = (String, String)> {
    mounts.lines().filter_map(|line| {
        let (before, after) = line.split_once(" - ")?;
        Some((unescaped(before.split(' ').nth(4)?), after.split(' ').next()?.to_owned()))
    })
}

/// Spaces and the like stand there as three octal digits.
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
    fn file_systems_of_networks_are_known_by_number_or_name() {
        assert_eq!(place(0xef53, "ext4"), Place::Local);
        assert_eq!(place(0x0102_1994, "tmpfs"), Place::Local);
        assert_eq!(place(0x9123_683e, "btrfs"), Place::Local);
        assert_eq!(place(0x6969, "nfs4"), Place::Network("NFS"));
        assert_eq!(place(0xfe53_4d42, "smb3"), Place::Network("SMB"));
        assert_eq!(place(0xff53_4d42, "cifs"), Place::Network("CIFS"));
        assert_eq!(place(0x0102_1997, "9p"), Place::Network("9p"));
        assert_eq!(place(FUSE, "fuse.sshfs"), Place::Network("sshfs"));
        assert_eq!(place(FUSE, "fuseblk"), Place::Local);
        assert_eq!(place(FUSE, "fuse.unheard-of"), Place::Unknown);
        assert_eq!(place(FUSE, "virtiofs"), Place::Unknown);
    }

    #[test]
    fn mounts_are_read_with_their_kinds() {
        let read: Vec<_> = mount_points(MOUNTS).collect();
        let pair = |point: &str, kind: &str| (point.to_owned(), kind.to_owned());
        let ext4 = [pair("/", "ext4"), pair("/data/db", "ext4")];
        assert_eq!(
            read,
            [&ext4[0], &pair("/srv/my data", "fuse.sshfs"), &pair("/srv", "tmpfs"), &ext4[1]].map(Clone::clone)
        );
    }

    #[test]
    fn a_folder_of_this_machine_may_be_used() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(check(&folder.path().join("db")).is_ok());
    }
}
