//! A clock that is wrong, for a process that does not know of it.

/// The environment of a process whose clock is off by so much, for example `+7m`; nothing if libfaketime is not there.
pub fn environment(off: &str) -> Option<Vec<(&'static str, String)>> {
    let Some(library) = libfaketime() else {
        println!("libfaketime is not installed (on Debian: faketime): all clocks are right");
        return None;
    };
    // Only the time of day is wrong; pauses are as long as they should be. Its name for that changed.
    let steady = ["DONT_FAKE_MONOTONIC", "FAKETIME_DONT_FAKE_MONOTONIC"].map(|name| (name, "1".to_owned()));
    let mut environment = vec![("LD_PRELOAD", library), ("FAKETIME", off.to_owned())];
    environment.extend(steady);
    Some(environment)
}

/// Where Debian puts it.
fn libfaketime() -> Option<String> {
    let mut folders = std::fs::read_dir("/usr/lib").ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    let library = folders.find_map(|at| Some(at.join("faketime/libfaketime.so.1")).filter(|file| file.is_file()));
    library?.to_str().map(str::to_owned)
}
