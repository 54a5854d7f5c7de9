//! Makes the app's files from its compiled wasm: splits it by page, and merges the pieces into few downloads.

pub mod budget;
mod css;
mod import_names;
mod merge;
mod module;
mod order;
mod output;
mod page;
mod plan;
mod programs;
mod script;
mod slots;
mod split;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};

use budget::{Budget, PageBudget, PageSize};
use module::ParsedModule;
use output::Files;
use page::Page;
use plan::{Bundle, Load, Size};
use programs::Programs;
use split::SplitApp;

/// What to bundle, with which programs.
pub struct Inputs {
    /// The compiled app, linked with relocations.
    pub wasm: PathBuf,
    /// The folder with `index.html`, the style sheets it names and `budget.toml`.
    pub frontend: PathBuf,
    pub wasm_bindgen: PathBuf,
    /// Without it, the files are larger.
    pub wasm_opt: Option<PathBuf>,
    /// A folder for intermediate files; it is emptied.
    pub work: PathBuf,
    /// The folder for the app's files; it is emptied.
    pub dist: PathBuf,
}

/// For each part of the app, or each page, the names of the files that it needs beside the main file.
type Needs = BTreeMap<String, Vec<String>>;

/// Bundles the app; returns what each page downloads.
pub fn bundle(inputs: &Inputs) -> Result<Vec<PageSize>> {
    let budget = Budget::read(&inputs.frontend.join("budget.toml"))?;
    output::empty(&inputs.work)?;
    let wasm = fs::read(&inputs.wasm).with_context(|| format!("cannot read {}", inputs.wasm.display()))?;
    let app = split::split(&wasm, &inputs.work.join("split"))?;
    let bundles = plan_bundles(&app, &budget)?;
    let parts = needs_of_parts(&app, &bundles);
    let mut files = make_files(inputs, &wasm, &app, &bundles, &parts)?;
    let page = Page::read(&inputs.frontend)?;
    files.insert("app.css".to_owned(), page.css.clone().into_bytes());
    let pages = needs_of_pages(&budget, &parts);
    let folder = format!("app/{}", output::hash(&files));
    files = files.into_iter().map(|(name, content)| (format!("{folder}/{name}"), content)).collect();
    files.insert("index.html".to_owned(), page.write(&format!("/{folder}"), &pages).into_bytes());
    files.insert("favicon.svg".to_owned(), fs::read(inputs.frontend.join("assets/favicon.svg"))?);
    let sizes = output::write(&inputs.dist, &files)?;
    Ok(measure(&folder, &pages, &sizes))
}

/// Plans the files: for the pages of the budget, for what each of them downloads later, and for each other part.
fn plan_bundles(app: &SplitApp, budget: &Budget) -> Result<Vec<Bundle>> {
    let of_pages: BTreeSet<&String> = budget.page.iter().flat_map(|page| page.parts.union(&page.later)).collect();
    let unknown: Vec<_> = of_pages.iter().filter(|part| !app.parts.contains(**part)).collect();
    ensure!(unknown.is_empty(), "budget.toml names parts that the app does not have: {unknown:?}");
    let first = |page: &PageBudget| Load { parts: page.parts.clone(), weight: page.weight, is_first: true };
    let later = |parts: BTreeSet<String>| Load { parts, weight: 1, is_first: false };
    let mut loads: Vec<Load> = budget.page.iter().map(first).collect();
    let with_later = budget.page.iter().filter(|page| !page.later.is_empty());
    loads.extend(with_later.map(|page| later(page.parts.union(&page.later).cloned().collect())));
    let others = app.parts.iter().filter(|part| !of_pages.contains(part));
    loads.extend(others.map(|part| later([part.clone()].into())));
    let sizes: Vec<_> = app.pieces.iter().map(|piece| Size { users: &piece.users, bytes: piece.size }).collect();
    Ok(plan::plan(&sizes, &loads))
}

/// The name of a planned file.
fn bundle_name(index: usize) -> String {
    format!("part-{index}")
}

fn needs_of_parts(app: &SplitApp, bundles: &[Bundle]) -> Needs {
    let needs = |part: &String| {
        let uses = |bundle: &Bundle| bundle.pieces.iter().any(|piece| app.pieces[*piece].users.contains(part));
        let used = bundles.iter().enumerate().skip(1).filter(|(_, bundle)| uses(bundle));
        used.map(|(index, _)| bundle_name(index)).collect()
    };
    app.parts.iter().map(|part| (part.clone(), needs(part))).collect()
}

fn needs_of_pages(budget: &Budget, parts: &Needs) -> Needs {
    let needs = |page: &PageBudget| {
        let files: BTreeSet<&String> = page.parts.iter().flat_map(|part| &parts[part]).collect();
        files.into_iter().cloned().collect()
    };
    budget.page.iter().map(|page| (page.path.clone(), needs(page))).collect()
}

/// The wasm files and the script.
fn make_files(inputs: &Inputs, linked: &[u8], app: &SplitApp, bundles: &[Bundle], parts: &Needs) -> Result<Files> {
    let programs = Programs { wasm_bindgen: &inputs.wasm_bindgen, wasm_opt: inputs.wasm_opt.as_deref() };
    let mut wasm = merge_pieces(linked, app, bundles)?;
    let (main, script) = programs.bind(&wasm[0], &inputs.work)?;
    wasm[0] = main;
    let mut files = Files::new();
    let mut script = script::complete(&script, parts)?;
    for (index, content) in programs.optimize(wasm, &inputs.work)?.into_iter().enumerate() {
        let mut content = order::by_size(&content)?;
        let mut name = bundle_name(index);
        if index == 0 {
            (content, script) = import_names::shortened(&content, &script)?;
            name = "main".to_owned();
        }
        files.insert(format!("{name}.wasm"), content);
    }
    files.insert("app.js".to_owned(), script.into_bytes());
    Ok(files)
}

/// Merges the pieces of each file.
fn merge_pieces(linked: &[u8], app: &SplitApp, bundles: &[Bundle]) -> Result<Vec<Vec<u8>>> {
    let pieces = |(index, bundle): (usize, &Bundle)| -> Result<Vec<ParsedModule>> {
        let main = (index == 0).then_some(app.main.as_slice());
        let pieces = bundle.pieces.iter().map(|piece| app.pieces[*piece].wasm.as_slice());
        main.into_iter().chain(pieces).map(ParsedModule::parse).collect()
    };
    let files = bundles.iter().enumerate().map(pieces).collect::<Result<Vec<_>>>()?;
    let linked = ParsedModule::parse(linked)?;
    let kept = slots::kept_slots(&files, &slots::addressed_functions(&linked)?)?;
    let merge = |(pieces, kept): (&Vec<ParsedModule>, &HashSet<u32>)| merge::merge(pieces, kept);
    files.iter().zip(&kept).map(merge).collect()
}

/// What each page downloads, by the compressed sizes of the files.
fn measure(folder: &str, pages: &Needs, sizes: &BTreeMap<String, usize>) -> Vec<PageSize> {
    let always = ["main.wasm", "app.js", "app.css"].map(|name| sizes[&format!("{folder}/{name}")]);
    let always = always.iter().sum::<usize>() + sizes["index.html"];
    let size = |name: &String| sizes[&format!("{folder}/{name}.wasm")];
    let start = pages.get("/console");
    let page = |(path, needs): (&String, &Vec<String>)| {
        let further = needs.iter().filter(|name| start.is_none_or(|start| !start.contains(name)));
        PageSize {
            path: path.clone(),
            first_load: always + needs.iter().map(size).sum::<usize>(),
            requests: 4 + needs.len(),
            further: further.map(size).sum(),
        }
    };
    pages.iter().map(page).collect()
}
