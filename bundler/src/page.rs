//! The app's page: `frontend/index.html`, which is written for `trunk serve`, with the files of a build.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};

use crate::css;

/// Fetches the files of the page that will be shown, at once and beside the main file.
const PRELOAD: &str = "\
const pages = PAGES;
for (const file of pages[bootPage] ?? pages[bootPage.replace(/[^/]*$/, \"*\")] ?? []) {
  const link = { rel: \"preload\", as: \"fetch\", crossOrigin: \"anonymous\", href: `FOLDER/${file}.wasm` };
  document.head.append(Object.assign(document.createElement(\"link\"), link));
}
";

/// The page as it is in the source, and the style sheets that it names.
pub struct Page {
    html: String,
    /// All style sheets, in their order.
    pub css: String,
}

impl Page {
    /// Reads `index.html` and its style sheets from the app's folder.
    pub fn read(frontend: &Path) -> Result<Self> {
        let read = |name: &str| {
            let path = frontend.join(name);
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
        };
        let html = read("index.html")?;
        let mut css = String::new();
        for line in html.lines().filter(|line| is_link(line, "css")) {
            css.push_str(&css::minified(&read(attribute(line, "href").context("a style sheet without href")?)?));
        }
        ensure!(!css.is_empty(), "index.html names no style sheet");
        Ok(Self { html, css })
    }

    /// The page for files in `folder`; `pages` has the files to fetch ahead for each path.
    pub fn write(&self, folder: &str, pages: &BTreeMap<String, Vec<String>>) -> String {
        let table = pages.iter().map(|(path, files)| format!("{path:?}: {files:?}")).collect::<Vec<_>>().join(", ");
        let preload = PRELOAD.replace("PAGES", &format!("{{ {table} }}")).replace("FOLDER", folder);
        let mut head = Some(format!(
            "<link rel=\"preload\" as=\"fetch\" crossorigin href=\"{folder}/main.wasm\">\n\
             <script>\n{preload}</script>\n\
             <script type=\"module\" src=\"{folder}/app.js\"></script>\n\
             <link rel=\"stylesheet\" href=\"{folder}/app.css\">\n"
        ));
        let mut page = String::new();
        for line in self.html.lines().map(str::trim) {
            match () {
                () if is_link(line, "css") => page.push_str(&head.take().unwrap_or_default()),
                () if is_link(line, "rust") || line.is_empty() => {}
                () if is_link(line, "icon") => {
                    page.push_str("<link rel=\"icon\" href=\"/favicon.svg\" type=\"image/svg+xml\">\n");
                }
                () => {
                    page.push_str(line);
                    page.push('\n');
                }
            }
        }
        page
    }
}

/// Whether a line is a link for trunk with this `rel`.
fn is_link(line: &str, rel: &str) -> bool {
    line.contains("<link data-trunk ") && attribute(line, "rel") == Some(rel)
}

fn attribute<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    line.split_once(&format!("{name}=\""))?.1.split_once('"').map(|(value, _)| value)
}
