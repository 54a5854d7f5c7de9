//! Runs wasm-bindgen and wasm-opt.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;

use anyhow::{Context as _, Result, ensure};

/// The programs that the build needs.
#[derive(Clone, Copy)]
pub struct Programs<'a> {
    pub wasm_bindgen: &'a Path,
    /// Without it, files stay as they are.
    pub wasm_opt: Option<&'a Path>,
}

impl Programs<'_> {
    /// Connects the main module with JavaScript; returns the module and its script.
    pub fn bind(self, main: &[u8], work: &Path) -> Result<(Vec<u8>, String)> {
        let (input, out) = (work.join("app.wasm"), work.join("bound"));
        write(&input, main)?;
        let mut bind = Command::new(self.wasm_bindgen);
        // The other modules need the linker's exports: the table of functions and the stack pointer.
        bind.args(["--target", "web", "--keep-lld-exports", "--no-demangle", "--no-typescript", "--out-name", "app"]);
        run(bind.arg("--out-dir").arg(&out).arg(&input))?;
        let script = String::from_utf8(read(&out.join("app.js"))?).context("the script is not text")?;
        Ok((read(&out.join("app_bg.wasm"))?, script))
    }

    /// Optimizes modules for size, two at a time.
    pub fn optimize(self, modules: Vec<Vec<u8>>, work: &Path) -> Result<Vec<Vec<u8>>> {
        let Some(wasm_opt) = self.wasm_opt else { return Ok(modules) };
        let mut optimized = Vec::new();
        for (pair, modules) in modules.chunks(2).enumerate() {
            let results: Vec<Result<Vec<u8>>> = thread::scope(|scope| {
                let mut running = Vec::new();
                for (index, module) in modules.iter().enumerate() {
                    running.push(scope.spawn(move || optimize(wasm_opt, module, work, 2 * pair + index)));
                }
                running.into_iter().map(|thread| thread.join().expect("no panic in the thread")).collect()
            });
            optimized.extend(results.into_iter().collect::<Result<Vec<_>>>()?);
        }
        Ok(optimized)
    }
}

fn optimize(wasm_opt: &Path, module: &[u8], work: &Path, index: usize) -> Result<Vec<u8>> {
    let (input, output) = (work.join(format!("{index}.wasm")), work.join(format!("{index}.optimized.wasm")));
    write(&input, module)?;
    // Without feature flags: with --all-features the result would use features that browsers lack.
    run(Command::new(wasm_opt).arg("-Oz").arg(&input).arg("-o").arg(&output))?;
    read(&output)
}

fn run(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command.status().with_context(|| format!("cannot start {program}"))?;
    ensure!(status.success(), "{program} failed ({status}); see its messages above");
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

fn write(path: &Path, content: &[u8]) -> Result<()> {
    fs::write(path, content).with_context(|| format!("cannot write {}", path.display()))
}
