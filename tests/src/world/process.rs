//! A real server process, which can be killed.

use super::SETUP_TOKEN;
use std::{
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::OnceLock,
    time::Duration,
};

/// A running `seatkeeper serve`. It is killed when dropped.
pub struct Process {
    /// Where it serves.
    pub url: String,
    child: Child,
}

impl Process {
    /// Starts a server on a database and waits until it answers.
    pub async fn start(database: &str) -> Self {
        let port = free_port();
        let url = format!("http://127.0.0.1:{port}");
        let child = Command::new(binary())
            .args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--database", database])
            .env("SEATKEEPER_SETUP_TOKEN", SETUP_TOKEN)
            .env("SEATKEEPER_SIGN_IN_BURST", "10000")
            .env("SEATKEEPER_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("the server starts");
        let mut process = Self { url, child };
        process.wait_until_ready().await;
        process
    }

    async fn wait_until_ready(&mut self) {
        let ready = format!("{}/readyz", self.url);
        for _ in 0..300 {
            if reqwest::get(&ready).await.is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
            let gone = self.child.try_wait().expect("its state can be asked");
            assert!(gone.is_none(), "the server stopped: {gone:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the server did not become ready");
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it is gone");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

/// The server's binary, built if need be: the tests' own build does not make it.
fn binary() -> &'static PathBuf {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let built = Command::new(cargo).args(["build", "--quiet", "--package", "seatkeeper"]).status();
        assert!(built.is_ok_and(|status| status.success()), "the server does not build");
        let tests = std::env::current_exe().expect("the test's own path");
        let folder = tests.parent().and_then(|deps| deps.parent()).expect("target/debug/deps");
        folder.join("seatkeeper")
    })
}
