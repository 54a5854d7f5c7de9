//! Shortens the names of the functions that the main module imports from its script. wasm-bindgen's end in hashes,
//! which no compression makes smaller, and stand in both files.

use std::collections::HashMap;

use anyhow::{Result, anyhow};
use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{ImportSection, Module};
use wasmparser::{ImportSectionReader, Parser};

/// The same module and script, with short names.
pub fn shortened(wasm: &[u8], script: &str) -> Result<(Vec<u8>, String)> {
    let mut names = HashMap::new();
    let mut short_script = String::with_capacity(script.len());
    for line in script.lines() {
        // A property of the object that is handed to the module.
        match line.split_once(": function(").filter(|(name, _)| is_name(name)) {
            Some((name, rest)) => {
                let short = format!("i{:x}", names.len());
                short_script.push_str(&format!("{short}: function({rest}\n"));
                names.insert(name.to_owned(), short);
            }
            None => {
                short_script.push_str(line);
                short_script.push('\n');
            }
        }
    }
    let mut module = Module::new();
    let mut renaming = Renaming { names };
    renaming.parse_core_module(&mut module, Parser::new(0), wasm).map_err(|problem| anyhow!("{problem}"))?;
    Ok((module.finish(), short_script))
}

fn is_name(text: &str) -> bool {
    text.starts_with("__wb") && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

struct Renaming {
    /// The short names by the long ones.
    names: HashMap<String, String>,
}

impl Reencode for Renaming {
    type Error = std::convert::Infallible;

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        section: ImportSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        for import in section.into_imports() {
            let import = import?;
            let name = self.names.get(import.name).cloned();
            let name = name.as_deref().unwrap_or(import.name);
            imports.import(import.module, name, self.entity_type(import.ty)?);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::shortened;
    use crate::module::ParsedModule;

    #[test]
    fn module_and_script_get_the_same_names() {
        let wasm = wat::parse_str(
            r#"(module (import "./app.js" "__wbg_new_cd43" (func)) (import "./app.js" "other" (func))
                (import "./app.js" "__wbindgen_throw" (func)))"#,
        )
        .unwrap();
        let script =
            "const a = {\n__wbindgen_throw: function(a) {\n},\n__wbg_new_cd43: function() {\n},\nother: 1,\n};\n";
        let (wasm, script) = shortened(&wasm, script).unwrap();
        assert_eq!(script, "const a = {\ni0: function(a) {\n},\ni1: function() {\n},\nother: 1,\n};\n");
        let module = ParsedModule::parse(&wasm).unwrap();
        assert_eq!(module.imports.iter().map(|import| import.name).collect::<Vec<_>>(), ["i1", "other", "i0"]);
    }
}
