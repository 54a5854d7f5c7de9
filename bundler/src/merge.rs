//! Merges modules that the splitter wrote into one.
//!
//! They share a memory, a table and globals, which the main module exports and the others import, and call each other
//! through fixed slots of the table. So their functions, slots and data only need to be put one after the other. What
//! is in the same module afterwards is called directly.

use std::collections::{HashMap, HashSet};

use anyhow::{Context as _, Result, bail, ensure};
use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{
    CodeSection, ConstExpr, DataSection, ElementMode, ElementSection, ElementSegment, Elements, FunctionSection,
    ImportSection, Module, RawSection,
};
use wasmparser::{ElementKind, ExternalKind, FunctionBody, Operator, TypeRef};

use crate::module::{Import, ParsedModule};

/// The name of the module from which all others import what the main module exports.
const MAIN: &str = "__wasm_split";

/// Merges `modules`. The main module, if it is one of them, must be the first.
///
/// Slots outside `kept_slots` are not filled: nothing calls through them any more. So their functions can be optimized
/// like any others, and inlined.
pub fn merge(modules: &[ParsedModule], kept_slots: &HashSet<u32>) -> Result<Vec<u8>> {
    let first = modules.first().context("nothing to merge")?;
    for other in &modules[1..] {
        ensure!(other.types == first.types, "the modules come from different builds");
        ensure!(!other.is_main(), "only the first module may define the memory");
    }
    Plan::new(modules, kept_slots)?.write(modules)
}

/// Where everything goes.
struct Plan<'a> {
    imports: Vec<Import<'a>>,
    /// For each module, the indices in the merged module.
    indices: Vec<Indices>,
    /// The function in each slot of the table that one of the modules fills.
    slots: HashMap<u32, u32>,
    kept_slots: &'a HashSet<u32>,
}

/// The new indices of a module's functions, globals, tables and memories, by their old ones.
#[derive(Default)]
pub struct Indices {
    pub functions: Vec<u32>,
    pub globals: Vec<u32>,
    pub tables: Vec<u32>,
    pub memories: Vec<u32>,
}

impl<'a> Plan<'a> {
    fn new(modules: &[ParsedModule<'a>], kept_slots: &'a HashSet<u32>) -> Result<Self> {
        let first = &modules[0];
        let mut imports = first.imports.clone();
        let mut indices = Vec::new();
        let mut next_function = first.imported_functions();
        for (position, module) in modules.iter().enumerate() {
            let mut these =
                if position == 0 { first.own_indices() } else { shared_indices(module, first, &mut imports)? };
            let defined = u32::try_from(module.functions.len())?;
            these.functions.extend(next_function..next_function + defined);
            next_function += defined;
            indices.push(these);
        }
        let mut slots = HashMap::new();
        for (module, indices) in modules.iter().zip(&indices) {
            for (offset, functions) in module.slots()? {
                for (slot, function) in (offset..).zip(functions) {
                    slots.insert(slot, indices.functions[function as usize]);
                }
            }
        }
        Ok(Self { imports, indices, slots, kept_slots })
    }

    fn write(mut self, modules: &[ParsedModule]) -> Result<Vec<u8>> {
        self.call_directly(modules)?;
        let first = &modules[0];
        let mut merged = Module::new();
        merged.section(&RawSection { id: 1, data: first.types });
        let mut imports = ImportSection::new();
        for import in &self.imports {
            imports.import(import.module, import.name, reencode::RoundtripReencoder.entity_type(import.ty)?);
        }
        merged.section(&imports);
        let mut functions = FunctionSection::new();
        for ty in modules.iter().flat_map(|module| &module.functions) {
            functions.function(*ty);
        }
        merged.section(&functions);
        // Tables, memories, globals, exports and the start function, which only the main module has.
        for (id, data) in &first.definitions {
            merged.section(&RawSection { id: *id, data });
        }
        let mut sections = (ElementSection::new(), CodeSection::new(), DataSection::new());
        for (module, indices) in modules.iter().zip(&self.indices) {
            self.write_content(module, indices, &mut sections)?;
        }
        let (elements, code, data) = sections;
        merged.section(&elements).section(&code).section(&data);
        for custom in &first.customs {
            merged.section(custom);
        }
        Ok(merged.finish())
    }

    fn write_content(
        &self,
        module: &ParsedModule,
        indices: &Indices,
        (elements, code, data): &mut (ElementSection, CodeSection, DataSection),
    ) -> Result<()> {
        let mut reencoder = Renumbering(indices);
        for (offset, functions) in module.slots()? {
            let functions = functions.iter().map(|function| indices.functions[*function as usize]);
            self.fill_slots(elements, offset, functions);
        }
        for body in &module.bodies {
            reencoder.parse_function_body(code, body.clone())?;
        }
        for segment in module.data.iter().cloned() {
            // Kept empty where another module has the data; indices of segments are not used.
            if !segment.data.is_empty() {
                reencoder.parse_data(data, segment)?;
            }
        }
        Ok(())
    }

    /// Fills the kept slots of a range: one segment for each run of them.
    fn fill_slots(&self, elements: &mut ElementSection, offset: u32, functions: impl Iterator<Item = u32>) {
        let mut run = Vec::new();
        let mut end = offset;
        for (slot, function) in (offset..).zip(functions) {
            if self.kept_slots.contains(&slot) {
                run.push(function);
            } else if !run.is_empty() {
                fill(elements, slot - run.len() as u32, Elements::Functions(std::mem::take(&mut run).into()));
            }
            end = slot + 1;
        }
        if !run.is_empty() {
            fill(elements, end - run.len() as u32, Elements::Functions(run.into()));
        }
    }

    /// Lets calls of a shim, which calls through a slot, call the function in the slot if it is in the merged module.
    fn call_directly(&mut self, modules: &[ParsedModule]) -> Result<()> {
        for (module, indices) in modules.iter().zip(&mut self.indices) {
            let imported = indices.functions.len() - module.functions.len();
            for (position, (body, ty)) in module.bodies.iter().zip(&module.functions).enumerate() {
                if let Some(target) = shim_slot(body, *ty)?.and_then(|slot| self.slots.get(&slot)) {
                    indices.functions[imported + position] = *target;
                }
            }
        }
        Ok(())
    }
}

/// The indices of what a module imports: from the main module if that is the first, else from outside.
fn shared_indices<'a>(
    module: &ParsedModule<'a>,
    first: &ParsedModule,
    imports: &mut Vec<Import<'a>>,
) -> Result<Indices> {
    let mut indices = Indices::default();
    for import in &module.imports {
        ensure!(import.module == MAIN, "unexpected import of {} from {}", import.name, import.module);
        let (kind, list) = match import.ty {
            TypeRef::Global(_) => (ExternalKind::Global, &mut indices.globals),
            TypeRef::Table(_) => (ExternalKind::Table, &mut indices.tables),
            TypeRef::Memory(_) => (ExternalKind::Memory, &mut indices.memories),
            _ => bail!("unexpected kind of the import {}", import.name),
        };
        list.push(if first.is_main() { first.export(import.name, kind)? } else { import_index(import, imports) });
    }
    Ok(indices)
}

/// The index of an import among those of its kind; it is added if it is new.
fn import_index<'a>(import: &Import<'a>, imports: &mut Vec<Import<'a>>) -> u32 {
    let same_kind = |other: &&Import| std::mem::discriminant(&other.ty) == std::mem::discriminant(&import.ty);
    let known = imports.iter().filter(same_kind).position(|other| other.name == import.name);
    let index = known.unwrap_or_else(|| {
        let index = imports.iter().filter(same_kind).count();
        imports.push(import.clone());
        index
    });
    index as u32
}

fn fill(section: &mut ElementSection, offset: u32, elements: Elements) {
    let offset = ConstExpr::i32_const(offset.cast_signed());
    section.segment(ElementSegment { mode: ElementMode::Active { table: None, offset: &offset }, elements });
}

/// The slot that a function calls if it does nothing else: its parameters are passed on unchanged.
pub fn shim_slot(body: &FunctionBody, ty: u32) -> Result<Option<u32>> {
    if body.get_locals_reader()?.get_count() > 0 {
        return Ok(None);
    }
    let mut operators = body.get_operators_reader()?;
    let mut parameter = 0;
    let mut operator = operators.read()?;
    while let Operator::LocalGet { local_index } = operator {
        if local_index != parameter {
            return Ok(None);
        }
        parameter += 1;
        operator = operators.read()?;
    }
    let Operator::I32Const { value } = operator else { return Ok(None) };
    let Operator::CallIndirect { type_index, table_index: 0 } = operators.read()? else { return Ok(None) };
    let ends = matches!(operators.read()?, Operator::End);
    Ok((ends && type_index == ty).then(|| value.cast_unsigned()))
}

/// The offset of an active segment; `None` if it is not a constant.
pub fn offset(kind: &ElementKind) -> Result<Option<u32>> {
    let ElementKind::Active { offset_expr, .. } = kind else { return Ok(None) };
    let mut operators = offset_expr.get_operators_reader();
    Ok(match operators.read()? {
        Operator::I32Const { value } => Some(value.cast_unsigned()),
        _ => None,
    })
}

/// Writes code and segments with new indices.
struct Renumbering<'a>(&'a Indices);

/// An index that a module should not contain.
#[derive(Debug, thiserror::Error)]
#[error("unexpected index {0} of a {1}")]
struct UnexpectedIndex(u32, &'static str);

fn new_index(indices: &[u32], old: u32, of: &'static str) -> Result<u32, reencode::Error<UnexpectedIndex>> {
    indices.get(old as usize).copied().ok_or(reencode::Error::UserError(UnexpectedIndex(old, of)))
}

impl Reencode for Renumbering<'_> {
    type Error = UnexpectedIndex;

    fn function_index(&mut self, old: u32) -> Result<u32, reencode::Error<Self::Error>> {
        new_index(&self.0.functions, old, "function")
    }

    fn global_index(&mut self, old: u32) -> Result<u32, reencode::Error<Self::Error>> {
        new_index(&self.0.globals, old, "global")
    }

    fn table_index(&mut self, old: u32) -> Result<u32, reencode::Error<Self::Error>> {
        new_index(&self.0.tables, old, "table")
    }

    fn memory_index(&mut self, old: u32) -> Result<u32, reencode::Error<Self::Error>> {
        new_index(&self.0.memories, old, "memory")
    }

    fn data_index(&mut self, old: u32) -> Result<u32, reencode::Error<Self::Error>> {
        // Empty segments are left out, so none has an index.
        Err(reencode::Error::UserError(UnexpectedIndex(old, "data segment")))
    }
}

#[cfg(test)]
mod tests {
    use wasmi::{Engine, Linker, Module, Store};
    use wasmparser::Operator;

    use crate::module::ParsedModule;

    const TYPES: &str = "(type $call (func (param i32) (result i32))) (type $other (func))";

    /// Slot 1 is its own; 2 and 3 are reserved. `ask` calls the function in slot 2.
    fn main_module() -> Vec<u8> {
        wat(r#"(import "host" "double" (func $double (type $call)))
            (memory (export "memory") 1)
            (table (export "__indirect_function_table") 4 4 funcref)
            (global (export "base") (mut i32) (i32.const 100))
            (func (export "ask") (type $call) (call $shim (local.get 0)))
            (func $shim (type $call) (call_indirect (type $call) (local.get 0) (i32.const 2)))
            (func $own (type $call) (call $double (local.get 0)))
            (elem (i32.const 1) func $own)
            (elem (i32.const 2) funcref (ref.null func))
            (elem (i32.const 3) funcref (ref.null func))
            (data (i32.const 0) "\01")"#)
    }

    /// Fills slot 2: adds the global, its data, and what slot 3 returns.
    fn caller() -> Vec<u8> {
        wat(r#"(import "__wasm_split" "memory" (memory 1))
            (import "__wasm_split" "__indirect_function_table" (table 4 funcref))
            (import "__wasm_split" "base" (global $base (mut i32)))
            (func $sum (type $call)
                (i32.add (global.get $base) (i32.add (i32.load8_u (i32.const 8)) (call $shim (local.get 0)))))
            (func $shim (type $call) (call_indirect (type $call) (local.get 0) (i32.const 3)))
            (elem (i32.const 2) func $sum)
            (data (i32.const 0) "") (data (i32.const 8) "\02")"#)
    }

    /// Fills slot 3: adds its data to what slot 1 returns. The imports have another order.
    fn callee() -> Vec<u8> {
        wat(r#"(import "__wasm_split" "__indirect_function_table" (table 4 funcref))
            (import "__wasm_split" "memory" (memory 1))
            (func $unused (type $other))
            (func $plus (type $call) (i32.add (i32.load8_u (i32.const 9)) (call $shim (local.get 0))))
            (func $shim (type $call) (call_indirect (type $call) (local.get 0) (i32.const 1)))
            (elem (i32.const 3) func $plus)
            (data (i32.const 9) "\03")"#)
    }

    fn wat(body: &str) -> Vec<u8> {
        wat::parse_str(format!("(module {TYPES} {body})")).unwrap()
    }

    /// Loads the main module and then the others; returns what `ask` returns for 5.
    fn run(main: &[u8], others: &[&[u8]]) -> i32 {
        let engine = Engine::default();
        let mut store = Store::new(&engine, ());
        let mut linker = Linker::new(&engine);
        linker.func_wrap("host", "double", |value: i32| 2 * value).unwrap();
        let main = linker.instantiate_and_start(&mut store, &Module::new(&engine, main).unwrap()).unwrap();
        let names = ["memory", "__indirect_function_table", "base"];
        let exports: Vec<_> = names.map(|name| main.get_export(&store, name).unwrap()).into();
        for (name, export) in names.iter().zip(exports) {
            linker.define("__wasm_split", name, export).unwrap();
        }
        for other in others {
            linker.instantiate_and_start(&mut store, &Module::new(&engine, other).unwrap()).unwrap();
        }
        main.get_typed_func::<i32, i32>(&store, "ask").unwrap().call(&mut store, 5).unwrap()
    }

    fn merge(modules: &[&[u8]], kept_slots: &[u32]) -> anyhow::Result<Vec<u8>> {
        let modules: Vec<_> = modules.iter().map(|wasm| ParsedModule::parse(wasm).unwrap()).collect();
        super::merge(&modules, &kept_slots.iter().copied().collect())
    }

    fn merge_all(modules: &[&[u8]]) -> Vec<u8> {
        merge(modules, &[1, 2, 3]).unwrap()
    }

    /// 100 (global) + 2 + 3 (data) + 2 · 5 (host).
    const ANSWER: i32 = 115;

    #[test]
    fn merged_modules_do_what_the_modules_did() {
        let (main, caller, callee) = (main_module(), caller(), callee());
        assert_eq!(run(&main, &[&caller, &callee]), ANSWER, "apart");
        assert_eq!(run(&main, &[&merge_all(&[&caller, &callee])]), ANSWER, "the others merged");
        assert_eq!(run(&main, &[&merge_all(&[&callee, &caller])]), ANSWER, "in another order");
        assert_eq!(run(&merge_all(&[&main, &callee]), &[&caller]), ANSWER, "one of them in main");
        assert_eq!(run(&merge_all(&[&main, &callee, &caller]), &[]), ANSWER, "all in main");
    }

    /// The functions that the first function calls.
    fn called(wasm: &[u8]) -> Vec<u32> {
        let operators = ParsedModule::parse(wasm).unwrap().bodies[0].get_operators_reader().unwrap();
        let call =
            |operator| if let Operator::Call { function_index } = operator { Some(function_index) } else { None };
        operators.into_iter().map(Result::unwrap).filter_map(call).collect()
    }

    #[test]
    fn functions_in_one_module_call_each_other_directly() {
        let merged = merge_all(&[&caller(), &callee()]);
        let alone = merge_all(&[&caller()]);
        // The global, the data and the sum are the same; the call goes to `$plus`, not to `$shim`.
        assert_eq!((called(&alone), called(&merged)), (vec![1], vec![3]));
    }

    #[test]
    fn slots_that_nothing_else_calls_stay_empty() {
        let (main, caller, callee) = (main_module(), caller(), callee());
        // From outside, only slot 2 is called; 3 is between the two.
        let merged = merge(&[&caller, &callee], &[2]).unwrap();
        assert_eq!(run(&main, &[&merged]), ANSWER);
        assert_eq!(ParsedModule::parse(&merged).unwrap().slots().unwrap().len(), 1);
        let merged = merge(&[&main, &caller, &callee], &[]).unwrap();
        assert_eq!(run(&merged, &[]), ANSWER);
        assert_eq!(ParsedModule::parse(&merged).unwrap().slots().unwrap().len(), 0);
    }

    #[test]
    fn modules_of_different_builds_are_refused() {
        let other = wat::parse_str(r#"(module (type (func)) (import "__wasm_split" "memory" (memory 1)))"#).unwrap();
        assert!(merge(&[&main_module(), &other], &[]).is_err());
        assert!(merge(&[&caller(), &main_module()], &[]).is_err());
    }
}
