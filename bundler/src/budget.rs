//! What a browser downloads for each page, compared with what `frontend/budget.toml` grants.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

/// How much more than granted a page may download before the check fails, in percent.
const TOLERANCE_PERCENT: usize = 3;

/// The pages of the app and what they may download, from `frontend/budget.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// The pages, in the order of the table.
    pub page: Vec<PageBudget>,
}

/// A page of the app.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageBudget {
    /// Its path, with `*` for an id.
    pub path: String,
    /// The parts of the app that it needs, as named in the app's routes.
    pub parts: BTreeSet<String>,
    /// The parts that are downloaded a moment after the page was shown, or when they are first needed: its dialogs.
    #[serde(default)]
    pub later: BTreeSet<String>,
    /// How much its first load counts when files are planned.
    #[serde(default = "one")]
    pub weight: usize,
    /// Bytes, compressed, of everything that the first visit downloads.
    pub first_load: usize,
    /// The number of files of the first visit.
    pub requests: usize,
    /// Bytes, compressed, that the page adds for somebody who comes from the console.
    #[serde(default)]
    pub further: Option<usize>,
}

/// What a page downloads in a build.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct PageSize {
    /// Its path, with `*` for an id.
    pub path: String,
    /// Bytes, compressed, of everything that the first visit downloads.
    pub first_load: usize,
    /// The number of files of the first visit.
    pub requests: usize,
    /// Bytes, compressed, that the page adds for somebody who comes from the console.
    pub further: usize,
}

impl Budget {
    /// Reads the file.
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        toml::from_str(&text).with_context(|| format!("{} is not as expected", path.display()))
    }

    /// Every figure that is too large, in words; empty if none is.
    pub fn excesses(&self, sizes: &[PageSize]) -> Vec<String> {
        let mut excesses = Vec::new();
        for page in &self.page {
            let Some(size) = sizes.iter().find(|size| size.path == page.path) else {
                excesses.push(format!("{} was not measured", page.path));
                continue;
            };
            let mut check = |what: &str, actual: usize, granted: usize, allowed: usize| {
                if actual > allowed {
                    excesses.push(format!("{}: {what} {actual}, granted are {granted}", page.path));
                }
            };
            check("first load in bytes", size.first_load, page.first_load, tolerated(page.first_load));
            check("requests", size.requests, page.requests, page.requests);
            if let Some(further) = page.further {
                check("further bytes", size.further, further, tolerated(further));
            }
        }
        excesses
    }

    /// The table of all pages, with the difference from what is granted.
    pub fn table(&self, sizes: &[PageSize]) -> String {
        let mut table =
            format!("{:<22}{:>12}{:>10}{:>10}{:>10}\n", "page", "first load", "change", "requests", "further");
        for page in &self.page {
            let Some(size) = sizes.iter().find(|size| size.path == page.path) else { continue };
            let change = 100.0 * (size.first_load as f64 / page.first_load.max(1) as f64 - 1.0);
            let (first, further) = (kilobytes(size.first_load), kilobytes(size.further));
            // Writing to a string does not fail.
            let _ = writeln!(table, "{:<22}{first:>12}{change:>+9.1}%{:>10}{further:>10}", page.path, size.requests);
        }
        table
    }
}

fn one() -> usize {
    1
}

fn tolerated(granted: usize) -> usize {
    granted + granted * TOLERANCE_PERCENT / 100
}

fn kilobytes(bytes: usize) -> String {
    format!("{:.1} kB", bytes as f64 / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::{Budget, PageSize};

    fn budget() -> Budget {
        let text = "[[page]]\npath = '/join'\nparts = ['join']\nfirst_load = 1000\nrequests = 5\nfurther = 100\n";
        toml::from_str(text).unwrap()
    }

    fn size(first_load: usize, requests: usize, further: usize) -> Vec<PageSize> {
        vec![PageSize { path: "/join".to_owned(), first_load, requests, further }]
    }

    #[test]
    fn three_percent_more_are_tolerated_and_no_further_request() {
        assert!(budget().excesses(&size(1030, 5, 103)).is_empty());
        assert_eq!(budget().excesses(&size(1031, 6, 104)).len(), 3);
    }

    #[test]
    fn a_page_that_was_not_measured_is_an_excess() {
        assert_eq!(budget().excesses(&[]), ["/join was not measured"]);
    }
}
