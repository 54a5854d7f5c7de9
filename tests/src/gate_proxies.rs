//! Real proxies in front of a web application, each with the recipe of the documentation as it stands: only addresses are
//! exchanged.

mod application;
mod browser;
mod caddy;
mod nginx;
mod story;
mod traefik;

use std::{
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// A running proxy; killed when dropped.
struct ProxyServer {
    /// Where it serves.
    url: String,
    child: Child,
    folder: TempDir,
}

impl Drop for ProxyServer {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The addresses that are put into a recipe.
struct Addresses {
    /// Where the proxy listens.
    port: u16,
    /// Seatkeeper: host and port.
    seatkeeper: String,
    /// The application: host and port.
    app: String,
}

impl ProxyServer {
    /// Starts a proxy with what `configure` writes into its folder.
    async fn start(
        program: PathBuf,
        seatkeeper: &str,
        app: &str,
        configure: impl Fn(&mut Command, &TempDir, &Addresses),
    ) -> Self {
        let bare = |url: &str| url.trim_start_matches("http://").to_owned();
        let (folder, port) = (tempfile::tempdir().expect("a folder"), free_port());
        let mut command = Command::new(program);
        configure(&mut command, &folder, &Addresses { port, seatkeeper: bare(seatkeeper), app: bare(app) });
        let said = std::fs::File::create(folder.path().join("said")).expect("a file");
        command.env("HOME", folder.path()).stdin(Stdio::null()).stdout(said.try_clone().expect("a file")).stderr(said);
        let child = command.spawn().expect("the proxy starts");
        let mut proxy = Self { url: format!("http://127.0.0.1:{port}"), child, folder };
        let until = Instant::now() + Duration::from_secs(30);
        while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            let over = proxy.child.try_wait().expect("its state can be asked").is_some();
            assert!(!over && Instant::now() < until, "{}", proxy.said());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        proxy
    }

    fn said(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("said")).unwrap_or_default()
    }
}

/// The program that we were promised, or any.
fn installed(promised: &str, name: &str, how: &str) -> PathBuf {
    if let Some(promised) = std::env::var_os(promised) {
        return promised.into();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into()]);
    let found = folders.map(|folder| folder.join(name)).find(|program| program.is_file());
    found.unwrap_or_else(|| panic!("{name} is installed ({how}; `cargo xtask test` does that)"))
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port()
}

/// The recipe with this instead of that, which must stand in it.
#[track_caller]
fn exchanged(recipe: &str, this: &[(&str, String)]) -> String {
    this.iter().fold(recipe.to_owned(), |text, (before, after)| {
        assert!(text.contains(before), "the recipe has no {before}");
        text.replace(before, after)
    })
}
