//! Checks that the styles of a page apply to that page only.

use std::path::Path;

/// The rules in the style sheet of a page that would also apply to other pages, with their lines: all must stand in a
/// block for the root class of the page, which is named after the file (`.users-page` in `users.css`).
pub fn leaking_rules(path: &Path, text: &str) -> Vec<(usize, String)> {
    let is_of_page = path.starts_with("frontend/src/pages") && path.extension().is_some_and(|ending| ending == "css");
    let Some(name) = path.file_stem().filter(|_| is_of_page) else { return Vec::new() };
    let root = format!(".{}-page", name.to_string_lossy());
    let is_allowed = |depth, selector: &str| match depth {
        0 => selector == "@layer pages",
        1 => selector == root || selector.starts_with("@keyframes "),
        // A selector that puts the root below something else may select outside of it.
        _ => selector.split(',').map(str::trim).all(|one| !one.contains('&') || one.starts_with('&')),
    };
    let (mut depth, mut in_comment, mut selector) = (0_usize, false, String::new());
    let mut leaking = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        in_comment |= line.starts_with("/*");
        if !in_comment {
            selector.push_str(line);
            if let Some(opened) = selector.strip_suffix('{') {
                if !is_allowed(depth, opened.trim()) {
                    leaking.push((index + 1, format!("applies outside of the page: put it below `{root}`")));
                }
                depth += 1;
            }
            depth -= usize::from(line == "}");
            if line.ends_with(['{', '}', ';']) || line.is_empty() {
                selector.clear();
            }
        }
        in_comment &= !line.ends_with("*/");
    }
    leaking
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<usize> {
        leaking_rules(Path::new("frontend/src/pages/users/users.css"), text).into_iter().map(|(line, _)| line).collect()
    }

    #[test]
    fn rules_below_the_root_of_the_page_are_fine() {
        assert!(
            lines("/* The { page. */\n@layer pages {\n  .users-page {\n    .a,\n    &.wide .b {\n    }\n  }\n}\n")
                .is_empty()
        );
        let nested = "@layer pages {\n.users-page {\n@media (width < 9px) {\n.a {\ngap: 0;\n}\n}\n}\n\n";
        assert!(lines(&format!("{nested}@keyframes fade {{\n50% {{\n}}\n}}\n}}\n")).is_empty());
    }

    #[test]
    fn rules_for_other_pages_are_found() {
        assert_eq!(lines("@layer pages {\n  .users-page {\n  }\n\n  .a {\n    gap: 0;\n  }\n}\n"), [5]);
        assert_eq!(lines("@layer pages {\n  .user-page {\n  }\n}\n.a {\n}\n"), [2, 5]);
        assert_eq!(lines("@layer pages {\n.users-page {\n.a,\nbody:has(&) {\n}\n}\n}\n"), [4]);
        assert_eq!(lines("@layer pages {\n  @media print {\n  }\n}\n"), [2]);
    }

    #[test]
    fn only_the_styles_of_pages_are_checked() {
        assert!(leaking_rules(Path::new("frontend/src/ui/menu.css"), ".a {\n}\n").is_empty());
        assert!(leaking_rules(Path::new("frontend/src/pages/users.rs"), "impl A {\n}\n").is_empty());
    }
}
