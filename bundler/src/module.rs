//! A parsed module, as far as merging needs it.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use anyhow::{Context as _, Result, bail};
use wasm_encoder::CustomSection;
use wasmparser::{
    BinaryReader, Data, ElementItems, ElementSectionReader, Export, ExternalKind, FunctionBody, Name,
    NameSectionReader, Parser, Payload, TypeRef,
};

use crate::merge::{Indices, offset, shim_slot};

/// An import of a module.
#[derive(Clone)]
pub struct Import<'a> {
    pub module: &'a str,
    pub name: &'a str,
    pub ty: TypeRef,
}

/// The sections of a module.
#[derive(Default)]
pub struct ParsedModule<'a> {
    /// The content of the type section, which is the same in all modules of a build.
    pub types: &'a [u8],
    pub imports: Vec<Import<'a>>,
    /// The types of the functions that it defines.
    pub functions: Vec<u32>,
    /// The sections that only the main module has, by their ids: tables, memories, globals, exports, start.
    pub definitions: Vec<(u8, &'a [u8])>,
    pub exports: Vec<Export<'a>>,
    pub elements: Vec<ElementSectionReader<'a>>,
    pub bodies: Vec<FunctionBody<'a>>,
    pub data: Vec<Data<'a>>,
    /// The custom sections, without the names, which are as large as the code.
    pub customs: Vec<CustomSection<'a>>,
    /// The names of functions.
    pub names: HashMap<u32, &'a str>,
    defined_globals: u32,
}

impl<'a> ParsedModule<'a> {
    pub fn parse(bytes: &'a [u8]) -> Result<Self> {
        let mut module = Self::default();
        for payload in Parser::new(0).parse_all(bytes) {
            module.add(bytes, payload?)?;
        }
        Ok(module)
    }

    fn add(&mut self, bytes: &'a [u8], payload: Payload<'a>) -> Result<()> {
        if let Some((id @ (4..=8), range)) = payload.as_section() {
            self.definitions.push((id, part(bytes, range)));
        }
        match payload {
            Payload::TypeSection(reader) => self.types = part(bytes, reader.range()),
            Payload::ImportSection(reader) => {
                for import in reader.into_imports() {
                    let import = import?;
                    self.imports.push(Import { module: import.module, name: import.name, ty: import.ty });
                }
            }
            Payload::FunctionSection(reader) => self.functions = reader.into_iter().collect::<Result<_, _>>()?,
            Payload::GlobalSection(reader) => self.defined_globals = reader.count(),
            Payload::ExportSection(reader) => self.exports = reader.into_iter().collect::<Result<_, _>>()?,
            Payload::ElementSection(reader) => self.elements.push(reader),
            Payload::CodeSectionEntry(body) => self.bodies.push(body),
            Payload::DataSection(reader) => self.data = reader.into_iter().collect::<Result<_, _>>()?,
            Payload::CustomSection(reader) if reader.name() == "name" => {
                self.names =
                    function_names(NameSectionReader::new(BinaryReader::new(reader.data(), reader.data_offset())))?;
            }
            Payload::CustomSection(reader) => {
                self.customs.push(CustomSection { name: reader.name().into(), data: reader.data().into() });
            }
            Payload::TagSection(_) => bail!("exceptions are not supported"),
            _ => {}
        }
        Ok(())
    }

    /// Whether this is the main module: it defines the memory.
    pub fn is_main(&self) -> bool {
        self.definitions.iter().any(|(id, _)| *id == 5)
    }

    /// The size of its code and data, in bytes.
    pub fn size(&self) -> usize {
        let code: usize = self.bodies.iter().map(|body| body.as_bytes().len()).sum();
        code + self.data.iter().map(|segment| segment.data.len()).sum::<usize>()
    }

    /// The number of imported functions.
    pub fn imported_functions(&self) -> u32 {
        self.imported(|ty| matches!(ty, TypeRef::Func(_)))
    }

    fn imported(&self, is_kind: impl Fn(&TypeRef) -> bool) -> u32 {
        self.imports.iter().filter(|import| is_kind(&import.ty)).count() as u32
    }

    /// The indices of the module itself, without those of the functions that it defines.
    pub fn own_indices(&self) -> Indices {
        let globals = self.imported(|ty| matches!(ty, TypeRef::Global(_))) + self.defined_globals;
        // A module has one memory, and, before wasm-bindgen has run, one table.
        Indices {
            functions: (0..self.imported_functions()).collect(),
            globals: (0..globals).collect(),
            tables: vec![0],
            memories: vec![0],
        }
    }

    /// The index of an export.
    pub fn export(&self, name: &str, kind: ExternalKind) -> Result<u32> {
        let found = self.exports.iter().find(|export| export.name == name && export.kind == kind);
        found.map(|export| export.index).with_context(|| format!("the main module does not export {name}"))
    }

    /// The slots of the table that it fills: where they begin, and their functions. The main module reserves the slots
    /// of the others with nulls, which they are anyway.
    pub fn slots(&self) -> Result<Vec<(u32, Vec<u32>)>> {
        let mut slots = Vec::new();
        for element in self.elements.iter().cloned().flatten() {
            let element = element?;
            let offset = offset(&element.kind)?.context("a segment of the table has no constant offset")?;
            if let ElementItems::Functions(functions) = element.items {
                slots.push((offset, functions.into_iter().collect::<Result<_, _>>()?));
            }
        }
        Ok(slots)
    }

    /// The slots that it calls through shims.
    pub fn called_slots(&self) -> Result<HashSet<u32>> {
        let mut called = HashSet::new();
        for (body, ty) in self.bodies.iter().zip(&self.functions) {
            called.extend(shim_slot(body, *ty)?);
        }
        Ok(called)
    }
}

fn function_names(sections: NameSectionReader<'_>) -> Result<HashMap<u32, &str>> {
    let mut names = HashMap::new();
    for section in sections {
        if let Name::Function(functions) = section? {
            for naming in functions {
                let naming = naming?;
                names.insert(naming.index, naming.name);
            }
        }
    }
    Ok(names)
}

fn part(bytes: &[u8], range: Range<u64>) -> &[u8] {
    &bytes[range.start as usize..range.end as usize]
}
