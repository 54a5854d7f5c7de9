//! A browser with a driver of its own; both are gone when it is dropped, also after a failure.

use crate::world::PASSWORD;
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;
use thirtyfour::prelude::*;

/// How long a page may take to show what it should.
const PATIENCE: Duration = Duration::from_secs(15);

/// A browser window.
pub struct Browser {
    /// What controls it.
    pub driver: WebDriver,
    url: String,
    // Dropped in this order: the driver's processes before the profile's folder.
    _process: Process,
    _profile: TempDir,
}

/// A chromedriver in a process group of its own, killed as a whole with the browsers that it started.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It may be gone already.
        let group = format!("-{}", self.0.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
        let _ = self.0.wait();
    }
}

fn named(variable: &str) -> PathBuf {
    match std::env::var_os(variable) {
        Some(path) => path.into(),
        None => panic!("{variable} is not set: run the tests with `cargo xtask test --only e2e`"),
    }
}

impl Browser {
    /// Opens a window on nothing yet, in this language.
    pub async fn open(url: &str, language: &str) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port();
        let mut command = Command::new(named("SEATKEEPER_TEST_CHROMEDRIVER"));
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let child = command
            .arg(format!("--port={port}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts");
        let process = Process(child);
        let profile = tempfile::tempdir().expect("a folder for the profile");
        let driver = start(port, profile.path(), language).await;
        Self { driver, url: url.to_owned(), _process: process, _profile: profile }
    }

    /// Opens a page.
    pub async fn go(&self, path: &str) {
        self.driver.goto(format!("{}{path}", self.url)).await.expect("the page opens");
    }

    /// Signs in on the page, as a person does.
    pub async fn sign_in(&self, email: &str) {
        self.go("/sign-in").await;
        self.type_into("input[name=email]", email).await;
        self.type_into("input[name=password]", &format!("{PASSWORD}{}", Key::Enter + "")).await;
        self.sees("nav").await;
    }

    /// Types into the field that this selector finds.
    pub async fn type_into(&self, selector: &str, text: &str) {
        self.element(selector).await.send_keys(text).await.expect("it takes keys");
    }

    /// Waits until the selector finds something that is shown.
    pub async fn sees(&self, selector: &str) {
        drop(self.element(selector).await);
    }

    /// The first shown element that the selector finds, as soon as there is one.
    pub async fn element(&self, selector: &str) -> WebElement {
        let until = Instant::now() + PATIENCE;
        loop {
            for found in self.driver.find_all(By::Css(selector)).await.unwrap_or_default() {
                if found.is_displayed().await.unwrap_or(false) {
                    return found;
                }
            }
            self.wait_a_bit(until, selector).await;
        }
    }

    /// Clicks the first shown button, link or label with this text.
    pub async fn click(&self, text: &str) {
        let path = format!(
            "//*[self::button or self::a or self::label or self::summary or @role='button'][contains(normalize-space(.), \"{text}\") or \
             contains(@aria-label, \"{text}\")]"
        );
        let until = Instant::now() + PATIENCE;
        loop {
            for found in self.driver.find_all(By::XPath(&path)).await.unwrap_or_default() {
                let shown = found.is_displayed().await.unwrap_or(false);
                let off = found.attr("aria-disabled").await.ok().flatten().as_deref() == Some("true");
                if shown && !off && found.click().await.is_ok() {
                    return;
                }
            }
            self.wait_a_bit(until, text).await;
        }
    }

    /// Presses Enter at what the selector finds, as somebody without a mouse does.
    pub async fn enter_at(&self, selector: &str) {
        let until = Instant::now() + PATIENCE;
        while self.element(selector).await.send_keys(Key::Enter + "").await.is_err() {
            self.wait_a_bit(until, selector).await;
        }
    }

    /// Presses Enter at the first shown button or link with this text.
    pub async fn enter(&self, text: &str) {
        let path = format!(
            "//*[self::button or self::a][contains(normalize-space(.), \"{text}\") or contains(@aria-label, \"{text}\")]"
        );
        let until = Instant::now() + PATIENCE;
        loop {
            for found in self.driver.find_all(By::XPath(&path)).await.unwrap_or_default() {
                let shown = found.is_displayed().await.unwrap_or(false);
                if shown && found.send_keys(Key::Enter + "").await.is_ok() {
                    return;
                }
            }
            self.wait_a_bit(until, text).await;
        }
    }

    /// Waits until the page shows this text.
    pub async fn reads(&self, text: &str) {
        let until = Instant::now() + PATIENCE;
        while !self.text().await.contains(text) {
            self.wait_a_bit(until, text).await;
        }
    }

    /// Waits until an expression of the page is true.
    pub async fn holds(&self, expression: &str) {
        let until = Instant::now() + PATIENCE;
        while self.value(expression).await != json!(true) {
            self.wait_a_bit(until, expression).await;
        }
    }

    /// The value of an expression of the page.
    pub async fn value(&self, expression: &str) -> Value {
        let script = format!("return ({expression});");
        self.driver.execute(&script, vec![]).await.map_or(Value::Null, |value| value.json().clone())
    }

    /// All text that the page shows.
    pub async fn text(&self) -> String {
        self.value("document.body.innerText").await.as_str().unwrap_or_default().to_owned()
    }

    async fn wait_a_bit(&self, until: Instant, what: &str) {
        if Instant::now() > until {
            self.screenshot("failure").await;
            panic!("the page does not show: {what}\n--- it shows:\n{}", self.text().await);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    /// Makes the window this wide and high, as a phone's or a desk's; 1 CSS pixel is 1 pixel.
    pub async fn resize(&self, width: u32, height: u32) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.driver.cdp().send_raw("Emulation.setDeviceMetricsOverride", metrics).await.expect("it can be resized");
    }

    /// Gives the browser a device that holds passkeys and always says that it is its owner who asks.
    pub async fn passkeys(&self) {
        self.driver.cdp().send_raw("WebAuthn.enable", json!({})).await.expect("it has passkeys");
        let options = json!({ "options": {
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": true, "hasUserVerification": true,
            "isUserVerified": true, "automaticPresenceSimulation": true,
        } });
        self.driver.cdp().send_raw("WebAuthn.addVirtualAuthenticator", options).await.expect("a device");
    }

    /// Prefers dark or light.
    pub async fn prefer(&self, scheme: &str) {
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.driver.cdp().send_raw("Emulation.setEmulatedMedia", media).await.expect("it can be darkened");
    }

    /// Saves what the window shows below `tests/screenshots`.
    pub async fn screenshot(&self, name: &str) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("screenshots");
        std::fs::create_dir_all(&folder).expect("a folder for screenshots");
        self.driver.screenshot(&folder.join(format!("{name}.png"))).await.expect("a screenshot");
    }

    /// What axe finds wrong with the page for people who see, hear or move differently.
    pub async fn violations(&self) -> Vec<String> {
        let axe = std::fs::read_to_string(named("SEATKEEPER_TEST_AXE")).expect("axe is there");
        self.driver.execute(&axe, vec![]).await.expect("axe loads");
        let script = "const done = arguments[0];
            axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
               .then(found => done(found.violations.map(v => v.id + ': ' + v.nodes.map(n => n.html + ' ' +
                   n.failureSummary).join(' | '))), error => done([String(error)]));";
        let found = self.driver.execute_async(script, vec![]).await.expect("axe runs");
        serde_json::from_value(found.json().clone()).expect("a list")
    }

    /// What the console complained about since it was last asked.
    pub async fn complaints(&self) -> Vec<String> {
        let log = self.driver.browser_log().await.expect("a log");
        log.into_iter().filter(|entry| entry.level == "SEVERE" || entry.level == "WARNING").map(|e| e.message).collect()
    }
}

async fn start(port: u16, profile: &Path, language: &str) -> WebDriver {
    let mut wanted = DesiredCapabilities::chrome();
    wanted.set_binary(&named("SEATKEEPER_TEST_CHROMIUM").to_string_lossy()).expect("a path");
    for flag in [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--window-size=1280,900",
        &format!("--lang={language}"),
        &format!("--user-data-dir={}", profile.display()),
    ] {
        wanted.add_arg(flag).expect("a flag");
    }
    wanted.add_experimental_option("prefs", json!({ "intl.accept_languages": language })).expect("an option");
    wanted.set_browser_log_level(thirtyfour::LoggingPrefsLogLevel::All).expect("a level");
    let until = Instant::now() + PATIENCE;
    loop {
        match WebDriver::new(format!("http://127.0.0.1:{port}"), wanted.clone()).await {
            Ok(driver) => return driver,
            Err(error) if Instant::now() > until => panic!("the browser does not start: {error}"),
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}
