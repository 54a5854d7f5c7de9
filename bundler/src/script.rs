//! The app's script: what wasm-bindgen wrote, with the loader of the other files in place of an import.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};

use crate::split::LOADER_MODULE;

/// Loads files once each, and reports to the app through its table of functions. A failed download is tried again at
/// the next call.
const LOADER: &str = "\
(() => {
    const files = {};
    const load = (name) => (files[name] ??= WebAssembly.instantiateStreaming(
        fetch(new URL(`${name}.wasm`, import.meta.url)), { __wasm_split: wasm }
    ).catch((problem) => { delete files[name]; throw problem; }));
    const loadAll = (names) => async (callback, data) => {
        const loaded = await Promise.all(names.map(load)).then(() => true, (problem) => (console.warn(problem), false));
        wasm.__indirect_function_table.get(callback)(data, loaded);
    };
    return {
";

/// Starts the app; says so in the page if that is impossible.
const START: &str = "\
__wbg_init({ module_or_path: new URL(\"main.wasm\", import.meta.url) }).catch((problem) => {
    document.documentElement.dataset.failed = \"\";
    throw problem;
});
";

/// Completes the script that wasm-bindgen wrote: which files each part of the app needs, and the start.
pub fn complete(script: &str, parts: &BTreeMap<String, Vec<String>>) -> Result<String> {
    let mut completed = String::new();
    let mut first = None;
    for line in code_lines(script) {
        match (imported_name(line), &first) {
            (Some(name), None) => {
                completed.push_str(&loader(name, parts));
                first = Some(name);
            }
            // There is an import for each function.
            (Some(name), Some(first)) => completed.push_str(&format!("const {name} = {first};\n")),
            (None, _) => {
                completed.push_str(line);
                completed.push('\n');
            }
        }
    }
    let loads = first.is_some() || parts.is_empty();
    ensure!(loads, "the app does not import its loader: was it built with the feature `split`?");
    completed.push_str(START);
    Ok(completed)
}

/// The lines without comments and indentation. The scripts have no text of several lines.
fn code_lines(script: &str) -> impl Iterator<Item = &str> {
    let mut in_comment = false;
    script.lines().map(str::trim).filter(move |line| {
        let is_comment = in_comment || line.starts_with("/*") || line.starts_with("//");
        in_comment = is_comment && (in_comment || line.starts_with("/*")) && !line.ends_with("*/");
        !is_comment && !line.is_empty()
    })
}

/// The name in `import * as NAME from "./__wasm_split.js"`.
fn imported_name(line: &str) -> Option<&str> {
    let (name, module) = line.strip_prefix("import * as ")?.split_once(" from ")?;
    (module.trim_end_matches(';').trim_matches(['"', '\'']) == LOADER_MODULE).then_some(name)
}

/// In a function of its own: wasm-bindgen names functions as it likes.
fn loader(name: &str, parts: &BTreeMap<String, Vec<String>>) -> String {
    let functions =
        parts.iter().map(|(part, files)| format!("        __wasm_split_load_{part}: loadAll({files:?}),\n"));
    format!("const {name} = {LOADER}{}    }};\n}})();\n", functions.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::{code_lines, complete};

    #[test]
    fn comments_and_indentation_go() {
        let comment = "/**\n * @returns {number}\n */\n";
        let function = "function one() {\n    // first\n    return 1; /* one */\n\n}\n";
        let script = format!("{comment}{function}/* all */\nlet b;\n");
        let lines: Vec<_> = code_lines(&script).collect();
        assert_eq!(lines, ["function one() {", "return 1; /* one */", "}", "let b;"]);
    }

    #[test]
    fn the_imports_are_replaced_by_the_loader() {
        let script =
            "import * as a1 from \"./__wasm_split.js\"\nimport * as a2 from \"./__wasm_split.js\"\nlet wasm;\n";
        let parts = [("join".to_owned(), vec!["part-1".to_owned()])].into();
        let completed = complete(script, &parts).unwrap();
        assert!(completed.starts_with("const a1 = (() => {\n"));
        let end = "        __wasm_split_load_join: loadAll([\"part-1\"]),\n    };\n})();\nconst a2 = a1;\nlet wasm;\n";
        assert!(completed.contains(end), "{completed}");
        assert!(complete("let wasm;\n", &parts).is_err());
        assert!(complete("let wasm;\n", &[].into()).is_ok());
    }
}
