//! Decides which slots of the table of functions a file must fill.
//!
//! A function has a slot because its address is taken somewhere, or because another piece calls it. The latter needs no
//! slot if both pieces are in the same file.

use std::collections::HashSet;

use anyhow::Result;

use crate::module::ParsedModule;

/// The names of the functions whose addresses are taken: the linker has given them slots.
pub fn addressed_functions<'a>(linked: &ParsedModule<'a>) -> Result<HashSet<&'a str>> {
    let mut names = HashSet::new();
    for (_, functions) in linked.slots()? {
        names.extend(functions.iter().filter_map(|function| linked.names.get(function).copied()));
    }
    Ok(names)
}

/// The slots to fill if the pieces of a file are merged, for each of `files`.
pub fn kept_slots(files: &[Vec<ParsedModule>], addressed: &HashSet<&str>) -> Result<Vec<HashSet<u32>>> {
    let called = files.iter().map(|pieces| called_slots(pieces)).collect::<Result<Vec<_>>>()?;
    let mut kept = Vec::new();
    for (index, pieces) in files.iter().enumerate() {
        let others = called.iter().enumerate().filter(|(other, _)| *other != index);
        let from_outside: HashSet<u32> = others.flat_map(|(_, called)| called).copied().collect();
        let mut slots = HashSet::new();
        for piece in pieces {
            for (offset, functions) in piece.slots()? {
                let must_stay = |slot: u32, function: u32| {
                    // A function without a name may be any.
                    let name = piece.names.get(&function).map(|name| name.strip_suffix(LOCAL_SHIM).unwrap_or(name));
                    from_outside.contains(&slot) || name.is_none_or(|name| addressed.contains(name))
                };
                let all = (offset..).zip(functions);
                slots.extend(all.filter(|(slot, function)| must_stay(*slot, *function)).map(|(slot, _)| slot));
            }
        }
        kept.push(slots);
    }
    Ok(kept)
}

/// What the splitter appends to the name of a function that calls an import.
const LOCAL_SHIM: &str = " local_shim";

fn called_slots(pieces: &[ParsedModule]) -> Result<HashSet<u32>> {
    let mut called = HashSet::new();
    for piece in pieces {
        called.extend(piece.called_slots()?);
    }
    Ok(called)
}
