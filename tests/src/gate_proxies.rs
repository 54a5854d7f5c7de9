//! Real proxies in front of a web application, each with the recipe from the documentation, in which only addresses are
//! replaced.

mod application;
mod browser;
mod caddy;
mod nginx;
mod story;
mod traefik;

use crate::harness::eventually;
use std::{
    path::PathBuf,
    process::{Child, Command, Stdio},
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
        // It may have exited already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The addresses to put into a recipe.
struct Addresses {
    /// Where the proxy listens.
    port: u16,
    /// Seatkeeper: host and port.
    seatkeeper: String,
    /// The application: host and port.
    app: String,
}

impl ProxyServer {
    /// Starts a proxy with the files that `configure` writes into its folder.
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
        let output = std::fs::File::create(folder.path().join("output")).expect("a file");
        command
            .env("HOME", folder.path())
            .stdin(Stdio::null())
            .stdout(output.try_clone().expect("a file"))
            .stderr(output);
        let child = command.spawn().expect("the proxy starts");
        let mut proxy = Self { url: format!("http://127.0.0.1:{port}"), child, folder };
        eventually("the proxy serves", async || {
            let has_exited = proxy.child.try_wait().expect("its state can be read").is_some();
            assert!(!has_exited, "{}", proxy.output());
            tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok()
        })
        .await;
        proxy
    }

    fn output(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("output")).unwrap_or_default()
    }
}

/// The path of the program from an environment variable, or else from PATH.
fn find_program(variable: &str, name: &str, how: &str) -> PathBuf {
    if let Some(variable) = std::env::var_os(variable) {
        return variable.into();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into()]);
    let found = folders.map(|folder| folder.join(name)).find(|program| program.is_file());
    found.unwrap_or_else(|| panic!("{name} is installed ({how}; `cargo xtask test` does that)"))
}

fn free_port() -> u16 {
    crate::harness::process::free_address().port()
}

/// The recipe with each text replaced by another; each must occur in it.
#[track_caller]
fn substitute(recipe: &str, this: &[(&str, String)]) -> String {
    this.iter().fold(recipe.to_owned(), |text, (before, after)| {
        assert!(text.contains(before), "the recipe has no {before}");
        text.replace(before, after)
    })
}
