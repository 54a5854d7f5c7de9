//! Orders the functions of a module by their sizes. Functions of one size are often the same code for different types,
//! and compress better when they follow each other: by 2 %, measured on the whole app.

use anyhow::{Result, anyhow};
use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{CodeSection, FunctionSection, Module};
use wasmparser::{BinaryReaderError, CodeSectionReader, CustomSectionReader, FunctionSectionReader, Parser};

use crate::module::ParsedModule;

/// The same module, with its functions from the smallest to the largest.
pub fn by_size(wasm: &[u8]) -> Result<Vec<u8>> {
    let module = ParsedModule::parse(wasm)?;
    let mut order: Vec<usize> = (0..module.bodies.len()).collect();
    order.sort_by_key(|function| module.bodies[*function].as_bytes().len());
    let imported = module.imported_functions();
    let mut new_indices: Vec<u32> = (0..imported).collect();
    new_indices.resize(imported as usize + order.len(), 0);
    for (new, old) in (imported..).zip(&order) {
        new_indices[imported as usize + old] = new;
    }
    let mut ordered = Module::new();
    let mut ordering = Ordering { order, new_indices };
    ordering.parse_core_module(&mut ordered, Parser::new(0), wasm).map_err(|problem| anyhow!("{problem}"))?;
    Ok(ordered.finish())
}

struct Ordering {
    /// The old positions of the defined functions, in their new order.
    order: Vec<usize>,
    /// The new index of each function, also of the imported ones, by its old index.
    new_indices: Vec<u32>,
}

impl Reencode for Ordering {
    type Error = std::convert::Infallible;

    fn function_index(&mut self, old: u32) -> Result<u32, Error<Self::Error>> {
        Ok(self.new_indices[old as usize])
    }

    /// Without the sections that no browser needs. The names of functions would have to be sorted, too.
    fn parse_custom_section(&mut self, _: &mut Module, _: CustomSectionReader<'_>) -> Result<(), Error<Self::Error>> {
        Ok(())
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        let types = section.into_iter().collect::<Result<Vec<_>, BinaryReaderError>>()?;
        for old in &self.order {
            functions.function(types[*old]);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: CodeSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        let bodies = section.into_iter().collect::<Result<Vec<_>, BinaryReaderError>>()?;
        for old in self.order.clone() {
            self.parse_function_body(code, bodies[old].clone())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use wasmi::{Engine, Linker, Module, Store};

    use super::by_size;
    use crate::module::ParsedModule;

    #[test]
    fn functions_are_sorted_and_everything_still_finds_them() {
        let wasm = wat::parse_str(
            r#"(module (type $get (func (result i32))) (import "host" "ten" (func $ten (type $get)))
                (table 1 funcref) (elem (i32.const 0) func $large)
                (global $seen (mut i32) (i32.const 0))
                (func $large (type $get) (i32.add (call $small) (i32.add (call $ten) (i32.const 300))))
                (func $start (global.set $seen (i32.const 1000)))
                (func $small (type $get) (global.get $seen))
                (func (export "ask") (type $get) (call_indirect (type $get) (i32.const 0)))
                (start $start))"#,
        )
        .unwrap();
        let ordered = by_size(&wasm).unwrap();
        let module = ParsedModule::parse(&ordered).unwrap();
        assert!(module.bodies.is_sorted_by_key(|body| body.as_bytes().len()));
        let engine = Engine::default();
        let mut store = Store::new(&engine, ());
        let mut linker = Linker::new(&engine);
        linker.func_wrap("host", "ten", || 10).unwrap();
        let instance = linker.instantiate_and_start(&mut store, &Module::new(&engine, &ordered).unwrap()).unwrap();
        let ask = instance.get_typed_func::<(), i32>(&store, "ask").unwrap();
        assert_eq!(ask.call(&mut store, ()).unwrap(), 1310);
    }
}
