//! A wrong system clock for a server process, by libfaketime.

/// The environment variables that shift a process's clock, by `+7m` for example; `None` without libfaketime.
pub fn environment(offset: &str) -> Option<Vec<(&'static str, String)>> {
    let Some(library) = libfaketime() else {
        println!("libfaketime is not installed (on Debian: faketime): tests with a wrong clock are skipped");
        return None;
    };
    // Shift the wall clock only, not the monotonic clock. The variable has been renamed, so set both.
    let monotonic = ["DONT_FAKE_MONOTONIC", "FAKETIME_DONT_FAKE_MONOTONIC"].map(|name| (name, "1".to_owned()));
    let mut environment = vec![("LD_PRELOAD", library), ("FAKETIME", offset.to_owned())];
    environment.extend(monotonic);
    Some(environment)
}

/// The library's path on Debian.
fn libfaketime() -> Option<String> {
    let mut folders = std::fs::read_dir("/usr/lib").ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    let library = folders.find_map(|at| Some(at.join("faketime/libfaketime.so.1")).filter(|file| file.is_file()));
    library?.to_str().map(str::to_owned)
}
