//! A browser with its own driver; both are stopped when dropped, also after a failed test.

use super::driver_client::DriverClient;
use crate::harness::{PASSWORD, process::free_address};
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;
use thirtyfour::prelude::*;

/// How long a page may take to reach the expected state.
const PAGE_TIMEOUT: Duration = Duration::from_secs(15);

/// A browser window.
pub struct Browser {
    pub driver: WebDriver,
    url: String,
    // Dropped in this order: the driver's processes before the profile's folder.
    _process: ChromedriverProcess,
    _profile: TempDir,
}

/// A chromedriver in a process group of its own, killed as a whole with the browsers that it started.
struct ChromedriverProcess(Child);

impl Drop for ChromedriverProcess {
    fn drop(&mut self) {
        // Fails if it has exited.
        let group = format!("-{}", self.0.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
        let _ = self.0.wait();
    }
}

fn path_from_env(variable: &str) -> PathBuf {
    match std::env::var_os(variable) {
        Some(path) => path.into(),
        None => panic!("{variable} is not set: run the tests with `cargo xtask test --only e2e`"),
    }
}

impl Browser {
    /// Opens an empty window in this language.
    pub async fn open(url: &str, language: &str) -> Self {
        let port = free_address().port();
        let mut command = Command::new(path_from_env("SEATKEEPER_TEST_CHROMEDRIVER"));
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let child = command
            .arg(format!("--port={port}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts");
        let process = ChromedriverProcess(child);
        let profile = tempfile::tempdir().expect("a folder for the profile");
        let driver = start(port, profile.path(), language).await;
        Self { driver, url: url.to_owned(), _process: process, _profile: profile }
    }

    /// Brings a tab to the front.
    pub async fn show(&self, tab: &WindowHandle) {
        self.driver.switch_to_window(tab.clone()).await.expect("the tab exists");
    }

    /// Opens a page.
    pub async fn go(&self, path: &str) {
        self.driver.goto(format!("{}{path}", self.url)).await.expect("the page opens");
    }

    /// Signs in on the sign-in page.
    pub async fn sign_in(&self, email: &str) {
        self.go("/sign-in").await;
        self.type_into("input[name=email]", email).await;
        self.type_into("input[name=password]", &format!("{PASSWORD}{}", Key::Enter + "")).await;
        self.sees("nav").await;
    }

    /// Types into the field with this selector.
    pub async fn type_into(&self, selector: &str, text: &str) {
        self.element(selector).await.send_keys(text).await.expect("the field accepts keys");
    }

    /// Waits until an element with this selector is visible.
    pub async fn sees(&self, selector: &str) {
        drop(self.element(selector).await);
    }

    /// Waits for the first visible element with this selector.
    pub async fn element(&self, selector: &str) -> WebElement {
        let until = Instant::now() + PAGE_TIMEOUT;
        loop {
            for found in self.driver.find_all(By::Css(selector)).await.unwrap_or_default() {
                if found.is_displayed().await.unwrap_or(false) {
                    return found;
                }
            }
            self.poll_again(until, selector).await;
        }
    }

    /// Clicks the first visible button, link or label with this text.
    pub async fn click(&self, text: &str) {
        let path = format!(
            "//*[self::button or self::a or self::label or self::summary or @role='button']\
             [contains(normalize-space(.), \"{text}\") or contains(@aria-label, \"{text}\")]"
        );
        let until = Instant::now() + PAGE_TIMEOUT;
        loop {
            for found in self.driver.find_all(By::XPath(&path)).await.unwrap_or_default() {
                let shown = found.is_displayed().await.unwrap_or(false);
                let is_disabled = found.attr("aria-disabled").await.ok().flatten().as_deref() == Some("true");
                if shown && !is_disabled && found.click().await.is_ok() {
                    return;
                }
            }
            self.poll_again(until, text).await;
        }
    }

    /// Presses Enter on the element with this selector, as keyboard users do.
    pub async fn enter_at(&self, selector: &str) {
        let until = Instant::now() + PAGE_TIMEOUT;
        while self.element(selector).await.send_keys(Key::Enter + "").await.is_err() {
            self.poll_again(until, selector).await;
        }
    }

    /// Presses Enter on the first visible button or link with this text.
    pub async fn enter(&self, text: &str) {
        let path = format!(
            "//*[self::button or self::a]\
             [contains(normalize-space(.), \"{text}\") or contains(@aria-label, \"{text}\")]"
        );
        let until = Instant::now() + PAGE_TIMEOUT;
        loop {
            for found in self.driver.find_all(By::XPath(&path)).await.unwrap_or_default() {
                let shown = found.is_displayed().await.unwrap_or(false);
                if shown && found.send_keys(Key::Enter + "").await.is_ok() {
                    return;
                }
            }
            self.poll_again(until, text).await;
        }
    }

    /// Waits until the page shows this text.
    pub async fn reads(&self, text: &str) {
        let until = Instant::now() + PAGE_TIMEOUT;
        while !self.text().await.contains(text) {
            self.poll_again(until, text).await;
        }
    }

    /// Waits until a JavaScript expression is true.
    pub async fn holds(&self, expression: &str) {
        let until = Instant::now() + PAGE_TIMEOUT;
        while self.value(expression).await != json!(true) {
            self.poll_again(until, expression).await;
        }
    }

    /// The value of a JavaScript expression.
    pub async fn value(&self, expression: &str) -> Value {
        let script = format!("return ({expression});");
        self.driver.execute(&script, vec![]).await.map_or(Value::Null, |value| value.json().clone())
    }

    /// The visible text of the page.
    pub async fn text(&self) -> String {
        self.value("document.body.innerText").await.as_str().unwrap_or_default().to_owned()
    }

    async fn poll_again(&self, until: Instant, what: &str) {
        if Instant::now() > until {
            self.screenshot("failure").await;
            panic!("the page does not show: {what}\n--- visible text:\n{}", self.text().await);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    /// Sets the size of the viewport in CSS pixels, with a device pixel ratio of 1.
    pub async fn resize(&self, width: u32, height: u32) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.driver
            .cdp()
            .send_raw("Emulation.setDeviceMetricsOverride", metrics)
            .await
            .expect("the viewport can be resized");
    }

    /// Forgets all downloaded files, but no cookies.
    pub async fn clear_cache(&self) {
        self.driver.cdp().send_raw("Network.clearBrowserCache", json!({})).await.expect("the cache can be cleared");
    }

    /// Lets requests for addresses with these patterns fail.
    pub async fn block(&self, patterns: &[&str]) {
        let cdp = self.driver.cdp();
        cdp.send_raw("Network.enable", json!({})).await.expect("requests can be watched");
        cdp.send_raw("Network.setBlockedURLs", json!({ "urls": patterns })).await.expect("requests can be blocked");
    }

    /// Opens pages from now on as a browser that is set to download little.
    pub async fn save_data(&self) {
        let source = "Object.defineProperty(navigator, 'connection', { value: { saveData: true } })";
        let cdp = self.driver.cdp();
        let added = cdp.send_raw("Page.addScriptToEvaluateOnNewDocument", json!({ "source": source })).await;
        added.expect("a script can be added");
    }

    /// Adds a virtual authenticator with passkeys, which always confirms the user.
    pub async fn add_authenticator(&self) {
        self.driver.cdp().send_raw("WebAuthn.enable", json!({})).await.expect("WebAuthn is supported");
        let options = json!({ "options": {
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": true, "hasUserVerification": true,
            "isUserVerified": true, "automaticPresenceSimulation": true,
        } });
        self.driver.cdp().send_raw("WebAuthn.addVirtualAuthenticator", options).await.expect("a device");
    }

    /// Sets the preferred color scheme: dark or light.
    pub async fn prefer_color_scheme(&self, scheme: &str) {
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.driver.cdp().send_raw("Emulation.setEmulatedMedia", media).await.expect("the color scheme can be set");
    }

    /// Replaces the colors of the page by those of the user's system, as high-contrast modes do.
    pub async fn force_colors(&self) {
        let media = json!({ "features": [{ "name": "forced-colors", "value": "active" }] });
        self.driver.cdp().send_raw("Emulation.setEmulatedMedia", media).await.expect("colors can be forced");
    }

    /// Saves what the window shows as a picture for the documents, if their folder is given.
    pub async fn picture(&self, name: &str) {
        match std::env::var_os("SEATKEEPER_PICTURES") {
            Some(folder) => {
                let file = Path::new(&folder).join(format!("{name}.png"));
                self.driver.screenshot(&file).await.expect("a screenshot");
            }
            None => self.screenshot(&format!("picture-{name}")).await,
        }
    }

    /// Saves a screenshot below `tests/screenshots`.
    pub async fn screenshot(&self, name: &str) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("screenshots");
        std::fs::create_dir_all(&folder).expect("a folder for screenshots");
        self.driver.screenshot(&folder.join(format!("{name}.png"))).await.expect("a screenshot");
    }

    /// The accessibility violations that axe finds on the page.
    pub async fn violations(&self) -> Vec<String> {
        let axe = std::fs::read_to_string(path_from_env("SEATKEEPER_TEST_AXE")).expect("axe can be read");
        self.driver.execute(&axe, vec![]).await.expect("axe loads");
        let script = "const done = arguments[0];
            axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
               .then(found => done(found.violations.map(v => v.id + ': ' + v.nodes.map(n => n.html + ' ' +
                   n.failureSummary).join(' | '))), error => done([String(error)]));";
        let found = self.driver.execute_async(script, vec![]).await.expect("axe runs");
        serde_json::from_value(found.json().clone()).expect("a list")
    }

    /// The warnings and errors on the console since the last call.
    pub async fn console_messages(&self) -> Vec<String> {
        let log = self.driver.browser_log().await.expect("a log");
        log.into_iter().filter(|entry| entry.level == "SEVERE" || entry.level == "WARNING").map(|e| e.message).collect()
    }
}

async fn start(port: u16, profile: &Path, language: &str) -> WebDriver {
    let mut capabilities = DesiredCapabilities::chrome();
    capabilities.set_binary(&path_from_env("SEATKEEPER_TEST_CHROMIUM").to_string_lossy()).expect("a path");
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
        capabilities.add_arg(flag).expect("a flag");
    }
    capabilities.add_experimental_option("prefs", json!({ "intl.accept_languages": language })).expect("an option");
    capabilities.set_browser_log_level(thirtyfour::LoggingPrefsLogLevel::All).expect("a level");
    let until = Instant::now() + PAGE_TIMEOUT;
    loop {
        let driver = WebDriver::builder(format!("http://127.0.0.1:{port}"), capabilities.clone());
        match driver.client(DriverClient::new()).connect().await {
            Ok(driver) => return driver,
            Err(error) if Instant::now() > until => panic!("the browser does not start: {error}"),
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}
