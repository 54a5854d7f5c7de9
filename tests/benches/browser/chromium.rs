//! A headless Chromium for measurements, signed in with an API token.

use anyhow::Context as _;
use serde_json::{Value, json};
use std::{
    env,
    net::{Ipv4Addr, TcpListener},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;
use thirtyfour::prelude::*;

const START_TIMEOUT: Duration = Duration::from_secs(20);
/// How long a page may take to appear; a throttled line is slow.
const PAGE_TIMEOUT: Duration = Duration::from_secs(120);
/// "Fast 3G" of Chromium's developer tools: the latency in milliseconds, and bytes per second.
pub const THROTTLED_LINE: (f64, f64) = (562.5, 180_000.0);

/// A window. The browser is killed when dropped.
pub struct Window {
    driver: WebDriver,
    // Dropped in this order: the processes before the profile's folder.
    _process: DriverProcess,
    _profile: TempDir,
}

/// A chromedriver in a process group of its own, with the browser that it started.
struct DriverProcess(Child);

impl Drop for DriverProcess {
    fn drop(&mut self) {
        // Fails if it has exited.
        let group = format!("-{}", self.0.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
        let _ = self.0.wait();
    }
}

/// What a page still occupies after garbage collection.
#[derive(Clone, Copy, Debug)]
pub struct PageMemory {
    /// JavaScript memory in use, in megabytes.
    pub heap: f64,
    /// Nodes that are kept, in and out of the document.
    pub nodes: f64,
    /// Memory of the renderer process, with that of WebAssembly, in megabytes.
    pub resident: f64,
}

impl Window {
    /// Opens an empty window that sends this token, if any, with every request.
    pub async fn open(token: Option<&str>) -> anyhow::Result<Self> {
        let profile = tempfile::tempdir().context("no folder for the profile")?;
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let mut command = Command::new(program("SEATKEEPER_TEST_CHROMEDRIVER")?);
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command.arg(format!("--port={port}")).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let process = DriverProcess(command.spawn().context("chromedriver does not start")?);
        let driver = start(port, &profile).await?;
        let window = Self { driver, _process: process, _profile: profile };
        window.cdp("Network.enable", json!({})).await?;
        if let Some(token) = token {
            let headers = json!({ "headers": { "Authorization": format!("Bearer {token}") } });
            window.cdp("Network.setExtraHTTPHeaders", headers).await?;
        }
        // The CPU time of the thread: another process that takes the processor does not count.
        window.cdp("Performance.enable", json!({ "timeDomain": "threadTicks" })).await?;
        // The plain page is written by a script.
        window.cdp("Page.setBypassCSP", json!({ "enabled": true })).await?;
        Ok(window)
    }

    /// Throttles the line, and forgets what has been loaded.
    pub async fn throttle(&self) -> anyhow::Result<()> {
        let (latency, rate) = THROTTLED_LINE;
        let line =
            json!({ "offline": false, "latency": latency, "downloadThroughput": rate, "uploadThroughput": rate });
        self.cdp("Network.emulateNetworkConditions", line).await?;
        self.cdp("Network.setCacheDisabled", json!({ "cacheDisabled": true })).await
    }

    /// Opens a page.
    pub async fn go(&self, address: &str) -> anyhow::Result<()> {
        Ok(self.driver.goto(address).await?)
    }

    /// The value of a JavaScript expression; that of its promise, if it is one.
    pub async fn value(&self, expression: &str) -> anyhow::Result<Value> {
        let script =
            format!("const done = arguments[0]; Promise.resolve({expression}).then(done, e => done(String(e)));");
        Ok(self.driver.execute_async(script, vec![]).await?.json().clone())
    }

    /// Runs a script.
    pub async fn run(&self, script: &str) -> anyhow::Result<()> {
        self.driver.execute(script, vec![]).await?;
        Ok(())
    }

    /// Waits until a JavaScript expression is true.
    pub async fn wait_for(&self, expression: &str) -> anyhow::Result<()> {
        let until = Instant::now() + PAGE_TIMEOUT;
        while self.value(expression).await? != json!(true) {
            anyhow::ensure!(Instant::now() < until, "the page does not come to: {expression}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// The CPU time that the page's main thread has spent in tasks so far, in seconds.
    pub async fn task_seconds(&self) -> anyhow::Result<f64> {
        self.metric("TaskDuration").await
    }

    /// The memory of the page after a garbage collection.
    pub async fn memory(&self) -> anyhow::Result<PageMemory> {
        self.cdp("HeapProfiler.collectGarbage", json!({})).await?;
        Ok(PageMemory {
            heap: self.metric("JSHeapUsedSize").await? / 1_048_576.0,
            nodes: self.metric("Nodes").await?,
            resident: self.renderer_memory().unwrap_or(f64::NAN),
        })
    }

    async fn metric(&self, name: &str) -> anyhow::Result<f64> {
        let metrics = self.driver.cdp().send_raw("Performance.getMetrics", json!({})).await?;
        let all = metrics["metrics"].as_array();
        let metric = all.and_then(|all| all.iter().find(|metric| metric["name"] == name)?["value"].as_f64());
        metric.with_context(|| format!("the browser does not measure {name}"))
    }

    /// The resident memory of the largest renderer of this browser, in megabytes; on Linux only.
    fn renderer_memory(&self) -> Option<f64> {
        let profile = self._profile.path().to_str()?.to_owned();
        let processes = std::fs::read_dir("/proc").ok()?.filter_map(Result::ok);
        let memory = |entry: std::fs::DirEntry| {
            let command = std::fs::read_to_string(entry.path().join("cmdline")).ok()?;
            if !(command.contains("--type=renderer") && command.contains(&profile)) {
                return None;
            }
            let status = std::fs::read_to_string(entry.path().join("status")).ok()?;
            let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
            Some(line.trim().strip_suffix(" kB")?.parse::<f64>().ok()? / 1_024.0)
        };
        processes.filter_map(memory).max_by(f64::total_cmp)
    }

    async fn cdp(&self, command: &str, parameters: Value) -> anyhow::Result<()> {
        self.driver.cdp().send_raw(command, parameters).await.with_context(|| format!("{command} failed"))?;
        Ok(())
    }
}

fn program(variable: &str) -> anyhow::Result<String> {
    env::var(variable).with_context(|| format!("{variable} is not set: run this with `cargo xtask bench`"))
}

async fn start(port: u16, profile: &TempDir) -> anyhow::Result<WebDriver> {
    let mut capabilities = DesiredCapabilities::chrome();
    capabilities.set_binary(&program("SEATKEEPER_TEST_CHROMIUM")?)?;
    for flag in [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--window-size=1480,900",
        "--lang=en",
        &format!("--user-data-dir={}", profile.path().display()),
    ] {
        capabilities.add_arg(flag)?;
    }
    let until = Instant::now() + START_TIMEOUT;
    loop {
        match WebDriver::new(format!("http://127.0.0.1:{port}"), capabilities.clone()).await {
            Ok(driver) => {
                driver.set_script_timeout(PAGE_TIMEOUT).await?;
                driver.set_page_load_timeout(PAGE_TIMEOUT).await?;
                // The processes are killed instead: to quit when dropped would block this thread, which has to send it.
                driver.clone().leak()?;
                return Ok(driver);
            }
            Err(problem) if Instant::now() > until => return Err(problem).context("the browser does not start"),
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}
